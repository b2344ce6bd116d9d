# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What instances cost, and what the guard does about it: no I/O, amounts are Decimal, an unknown is an error.

Private to this collection: may change without notice.
"""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation

from ansible_collections.netfs.bench.plugins.module_utils._cloud import ORCHESTRATOR, CloudError, moment
from ansible_collections.netfs.bench.plugins.module_utils._files import Json

HOURS_PER_MONTH = Decimal(730)
LEVELS = (25, 50, 75, 80)
PATIENCE = timedelta(minutes=30)

# On-demand prices of Linux instances, with what the instance types' data say about their network. Written down by hand
# and not compared with AWS: nodes_ec2_prices replaces it, and every estimate names source and date.
TABLE: Json = {
    "source": "table of netfs.bench, not verified on AWS",
    "date": "2026-11-24",
    "region": "us-west-2",
    "hourly": {
        "c7a.xlarge": "0.20528",
        "c7a.2xlarge": "0.41056",
        "i4i.2xlarge": "0.686",
        "t3.medium": "0.0416",
    },
    "volume_gb_month": "0.08",
    "address_hour": "0.005",
}


def dollars(value: t.Any, what: str) -> Decimal:
    """Read an amount that is more than nothing; nothing, a lack and a word are errors."""
    try:
        amount = Decimal(str(value))
    except InvalidOperation as error:
        raise CloudError(f"The price of {what} is unknown: '{value}' is not an amount.") from error
    if not amount.is_finite() or amount <= 0:
        raise CloudError(f"The price of {what} is unknown: {value} is not a price.")
    return amount


@dataclass(frozen=True)
class Prices:
    """Hourly prices of one region: on demand by type, spot by type and zone."""

    table: Json
    spot: dict[tuple[str, str], Decimal] = field(default_factory=dict)

    def on_demand(self, type_name: str) -> Decimal:
        if type_name not in self.table.get("hourly", {}):
            raise CloudError(f"The price of {type_name} is unknown. Add it to nodes_ec2_prices, with source and date.")
        return dollars(self.table["hourly"][type_name], type_name)

    def of(self, type_name: str, market: str, zone: str) -> Decimal:
        """Return what one instance costs in an hour; spot never counts as dearer than on demand, its cap."""
        if market != "spot":
            return self.on_demand(type_name)
        price = self.spot.get((type_name, zone))
        if price is None:
            raise CloudError(
                f"The spot price of {type_name} in {zone} is unknown: EC2's price history does not list it."
            )
        return min(price, self.on_demand(type_name))

    def of_instance(self, instance: Json) -> Decimal:
        """Return what an instance costs in an hour, now."""
        return self.of(instance["type"], instance["market"], instance["zone"])

    def highest(self, type_name: str, market: str, zones: list[str]) -> Decimal:
        """Return the highest price among the zones, for an estimate made before a zone is known."""
        return max(self.of(type_name, market, zone) for zone in zones)

    def volume(self, gigabytes: int) -> Decimal:
        """Return what a volume costs in an hour."""
        return dollars(self.table.get("volume_gb_month"), "a volume") * gigabytes / HOURS_PER_MONTH

    def address(self) -> Decimal:
        """Return what a public address costs in an hour."""
        return dollars(self.table.get("address_hour"), "a public address")


def check_table(table: Json, region: str) -> Json:
    """Return a price table that is of this region and says where it comes from."""
    for key in ("source", "date", "region", "hourly"):
        if not table.get(key):
            raise CloudError(f"The price table has no {key}.")
    if table["region"] != region:
        raise CloudError(
            f"The price table is of {table['region']}, and the region is {region}, so its prices are unknown. "
            "Set nodes_ec2_prices."
        )
    return table


def latest_spot(history: list[Json]) -> dict[tuple[str, str], Decimal]:
    """Return the newest price of each type in each zone."""
    found: dict[tuple[str, str], tuple[datetime, Decimal]] = {}
    for entry in history:
        key = (entry["InstanceType"], entry["AvailabilityZone"])
        price = dollars(entry["SpotPrice"], f"{key[0]} in {key[1]}")
        if key not in found or found[key][0] < entry["Timestamp"]:
            found[key] = (entry["Timestamp"], price)
    return {key: price for key, (_time, price) in found.items()}


def hourly(group: Json, prices: Prices, zones: list[str]) -> Decimal:
    """Return what one instance of a group costs in an hour at most: its dearest type, volume and address."""
    markets = [group["market"], *(["on-demand"] if group["on_demand_allowed"] else [])]
    most = max(prices.highest(type_name, market, zones) for type_name in group["types"] for market in markets)
    return most + prices.volume(group["volume_gb"]) + (prices.address() if group["public_address"] else 0)


def estimate(groups: list[Json], prices: Prices, zones: list[str], hours: Decimal) -> Decimal:
    """Return what the groups cost at most in that many hours."""
    return sum((hourly(group, prices, zones) * group["count"] * hours for group in groups), Decimal(0))


# The ledger: one line of JSON per event; `launch` has all of an instance, `price` its id and what it costs since it has
# become dearer, `end` its id and time


def read_ledger(text: str) -> list[Json]:
    """Return one entry per launched instance, with ``ended`` (empty while it lives); a damaged ledger is an error."""
    entries: dict[str, Json] = {}
    if text and not text.endswith("\n"):
        raise CloudError("The ledger is cut off: its last line is incomplete.")
    for number, line in enumerate(text.splitlines(), 1):
        try:
            event = json.loads(line)
            moment(event["time"])
            if event["event"] == "launch":
                entries[event["id"]] = {
                    "id": event["id"],
                    "type": event["type"],
                    "market": event["market"],
                    "launched": event["time"],
                    "hourly": str(dollars(event["hourly"], event["id"])),
                    "ended": "",
                }
            elif event["event"] == "end":
                entries[event["id"]]["ended"] = event["time"]
            elif event["event"] == "price":
                entries[event["id"]]["hourly"] = str(dollars(event["hourly"], event["id"]))
            else:
                raise CloudError(f"'{event['event']}' is not an event")
        except (ValueError, KeyError, TypeError, CloudError) as error:
            raise CloudError(f"The ledger cannot be read: line {number}: {error}") from error
    return list(entries.values())


def launch_event(each: Json, price: Decimal) -> Json:
    return {
        "event": "launch",
        "time": each["launched"],
        "id": each["id"],
        "type": each["type"],
        "market": each["market"],
        "hourly": str(price),
    }


def rebuilt(instances: list[Json], prices: Prices, started: str, wanted: int) -> list[Json]:
    """Return the events of a ledger that was lost.

    What is unknown counts as dear: every instance ran on demand since the cluster began, and when fewer are left than
    the cluster has, so did as many of the dearest type.
    """
    if not instances:
        raise CloudError("The ledger is lost and no instance is left to rebuild it from. Create a new one by hand.")
    events = [
        launch_event({**each, "launched": started, "market": "on-demand"}, prices.on_demand(each["type"]))
        for each in instances
    ]
    dearest = max(instances, key=lambda each: prices.on_demand(each["type"]))
    for number in range(len(instances), wanted):
        lost = {"id": f"lost-{number + 1}", "type": dearest["type"], "market": "on-demand", "launched": started}
        events.append(launch_event(lost, prices.on_demand(dearest["type"])))
    return events


def accrued(
    ledger: list[Json],
    instances: list[Json],
    prices: Prices,
    when: tuple[datetime | None, datetime],
    extra_hourly: Decimal,
) -> tuple[Decimal, list[Json]]:
    """Return what was spent from when to when (None: midnight UTC), and the lines that it adds up from.

    Each instance costs the higher of its price at launch and now. One that is not in the ledger counts from its launch
    at the on-demand price. One whose end nobody saw counts on. ``extra_hourly`` is for volume and address of each.
    """
    since, now = when
    start = since or now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    live = {each["id"]: each for each in instances}
    entries = {entry["id"]: entry for entry in ledger}
    for each in instances:
        if each["id"] not in entries:
            entries[each["id"]] = {**each, "hourly": str(prices.on_demand(each["type"])), "ended": ""}
    lines = []
    for entry in entries.values():
        began, ended = moment(entry["launched"]), moment(entry["ended"]) if entry["ended"] else now
        if began > now or ended > now:
            raise CloudError(f"The times of {entry['id']} are in the future, so the clock of this host is wrong.")
        seconds = max((ended - max(began, start)).total_seconds(), 0)
        price = dollars(entry["hourly"], entry["id"])
        running = entry["id"] in live and not entry["ended"]
        if running:
            each = live[entry["id"]]
            price = max(price, prices.of_instance(each))
        amount = (price + extra_hourly) * Decimal(str(seconds)) / 3600
        kept = {key: entry[key] for key in ("id", "type", "market")}
        lines.append({**kept, "running": running, "hours": round(seconds / 3600, 4), "amount": amount})
    return sum((line["amount"] for line in lines), Decimal(0)), lines


@dataclass(frozen=True)
class State:
    """What one guard run knows; ``doubts`` are the things that it could not find out, each in a sentence."""

    now: datetime
    cap: Decimal
    spent: Decimal | None
    instances: list[Json]
    doubts: tuple[str, ...] = ()
    doubt_since: datetime | None = None
    notified: tuple[int, ...] = ()


@dataclass(frozen=True)
class Decision:
    """What the guard does now."""

    launches: bool
    alarm: bool
    terminate: list[str]
    notify: list[int]
    reasons: list[str]
    doubt_since: datetime | None = None


def spot_ids(instances: list[Json]) -> list[str]:
    """Return what the guard may end: spot nodes, never the orchestrator."""
    return sorted(
        each["id"] for each in instances if each["market"] == "spot" and each["tags"].get("role") != ORCHESTRATOR
    )


def decide(state: State) -> Decision:
    """Return what to do; not to know is a reason to stop, never a reason to go on."""
    doubts = list(state.doubts)
    if state.spent is None and not doubts:
        doubts.append("the amount spent is unknown")
    if not state.cap.is_finite() or state.cap <= 0:
        doubts.append(f"the cap is {state.cap}")
    roleless = [each["id"] for each in state.instances if not each["tags"].get("role")]
    doubts += [f"instance {name} has no role in its tags" for name in roleless]
    if state.doubt_since and state.doubt_since > state.now:
        doubts.append("an earlier problem began in the future: the clock of this host is wrong")
    if doubts:
        since = state.doubt_since or state.now
        # a clock that went back never shortens the patience to nothing, nor makes it endless
        over = state.now - since >= PATIENCE or since > state.now
        return Decision(False, True, spot_ids(state.instances) if over else [], [], doubts, since)
    spent = state.spent or Decimal(0)
    percent = spent * 100 / state.cap
    if percent >= 100:
        reason = f"{spent:.2f} of {state.cap:.2f} dollars are spent"
        return Decision(False, True, spot_ids(state.instances), [100], [reason])
    reached = [level for level in LEVELS if percent >= level and level not in state.notified]
    return Decision(True, False, [], reached, [f"{percent:.2f} % of the cap are spent"])

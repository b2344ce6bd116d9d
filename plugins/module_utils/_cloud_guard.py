# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One look of the cost guard: what is known, what was spent, what to do.

Its directory holds ``ledger.jsonl`` (what was launched and ended), ``state.json`` (what the last look found, which role
nodes_ec2 heeds before it makes a node) and ``lock``.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import typing as t
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from pathlib import Path

from ansible_collections.netfs.bench.plugins.module_utils._cloud import LIVE, CloudError, moment
from ansible_collections.netfs.bench.plugins.module_utils._cloud_aws import OPTIONS_OF_PROJECT, Cloud
from ansible_collections.netfs.bench.plugins.module_utils._cloud_cost import (
    TABLE,
    Decision,
    Prices,
    State,
    accrued,
    check_table,
    decide,
    dollars,
    latest_spot,
    launch_event,
    read_ledger,
    rebuilt,
)
from ansible_collections.netfs.bench.plugins.module_utils._files import Json, write_json

CLOCK_TOLERANCE = timedelta(minutes=5)
NEW = timedelta(minutes=15)
# What a ledger is read with; documented in doc_fragments/cloud.py
OPTIONS_OF_LEDGER: Json = {
    **OPTIONS_OF_PROJECT,
    "cluster": {"type": "str", "required": True},
    "directory": {"type": "path", "required": True},
    "cap": {"type": "str", "required": True},
    "since": {"type": "str", "default": ""},
    "volume_gb": {"type": "int", "default": 50},
    "prices": {"type": "dict", "default": {}},
}


class Looked(t.NamedTuple):
    """What one look found and decided."""

    decision: Decision
    spent: Decimal | None
    instances: list[Json]
    lines: list[str]


@contextlib.contextmanager
def lock(directory: Path) -> t.Iterator[None]:
    """Hold the lock of a guard's directory; another guard that holds it is an error."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (directory / "lock").open("a") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise CloudError(f"Another cost guard is running in {directory}.") from error
        yield


def append(ledger: Path, events: list[Json]) -> None:
    """Add events to the ledger, on the disk before anything else happens."""
    with ledger.open("a", encoding="utf-8") as file:
        file.writelines(f"{json.dumps(event, sort_keys=True)}\n" for event in events)
        file.flush()
        os.fsync(file.fileno())


def read_state(directory: Path) -> Json:
    """Return what the last look found; a state that cannot be read is an error."""
    try:
        state = json.loads((directory / "state.json").read_text(encoding="utf-8"))
        return {"doubt_since": state["doubt_since"], "notified": state["notified"], "day": state["day"]}
    except FileNotFoundError:
        return {"doubt_since": "", "notified": [], "day": ""}
    except (ValueError, KeyError, TypeError) as error:
        raise CloudError(f"{directory / 'state.json'} cannot be read: {error}") from error


def check_clock(cloud: Cloud, now: datetime) -> None:
    """Raise a CloudError when the clock of this host and that of AWS differ."""
    headers = cloud("sts", "get_caller_identity")["ResponseMetadata"]["HTTPHeaders"]
    if "date" not in headers:
        raise CloudError("AWS did not send its time, so the clock of this host cannot be checked.")
    theirs = parsedate_to_datetime(headers["date"])
    if abs(now - theirs) > CLOCK_TOLERANCE:
        raise CloudError(
            f"The clock of this host says {now:%H:%M:%S}, that of AWS {theirs:%H:%M:%S} UTC: one is wrong."
        )


def prices_now(cloud: Cloud, table: Json, instances: list[Json], now: datetime) -> Prices:
    """Return the prices of these instances as they are now."""
    checked = check_table(table or TABLE, cloud.region)
    types = sorted({each["type"] for each in instances if each["market"] == "spot"})
    return Prices(checked, latest_spot(cloud.spot_prices(types, now)) if types else {})


def price_at_launch(each: Json, prices: Prices, now: datetime) -> Decimal:
    """Return the price of an instance that was never seen before: that of now while it is new, else on demand."""
    if now - moment(each["launched"]) <= NEW:
        return prices.of_instance(each)
    return prices.on_demand(each["type"])


def news(entries: list[Json], instances: list[Json], prices: Prices, now: datetime) -> list[Json]:
    """Return what the ledger does not know yet: instances that began, became dearer, or are gone, now at the latest.

    A price that rose is kept, because nobody can ask for it once the instance is gone: money spent never becomes less.
    """
    known = {entry["id"] for entry in entries}
    live = {each["id"]: each for each in instances}
    began = [launch_event(each, price_at_launch(each, prices, now)) for each in instances if each["id"] not in known]
    running = [entry for entry in entries if not entry["ended"]]
    dearer = []
    for entry in running:
        if each := live.get(entry["id"]):
            price = prices.of_instance(each)
            if price > dollars(entry["hourly"], entry["id"]):
                dearer.append({"event": "price", "time": now.isoformat(), "id": entry["id"], "hourly": str(price)})
    ended = [
        {"event": "end", "time": now.isoformat(), "id": entry["id"]} for entry in running if entry["id"] not in live
    ]
    return [*began, *dearer, *ended]


def account_for(cloud: Cloud, params: Json, directory: Path, instances: list[Json], now: datetime) -> Decimal:
    """Return what was spent, after the ledger was brought up to date; whatever is unknown is a CloudError."""
    check_clock(cloud, now)
    prices = prices_now(cloud, params["prices"], instances, now)
    ledger = directory / "ledger.jsonl"
    try:
        text = ledger.read_text(encoding="utf-8")
    except FileNotFoundError:
        text = ""
        # the first look makes the ledger; when there was one before, what it knew counts as dear
        if (directory / "state.json").exists() and instances:
            starts = [moment(each["launched"]) for each in instances]
            starts += [moment(params["since"])] if params["since"] else []
            append(ledger, rebuilt(instances, prices, min(starts).isoformat(), params["wanted"]))
            text = ledger.read_text(encoding="utf-8")
    except OSError as error:
        raise CloudError(f"The ledger cannot be read: {error}") from error
    fresh = news(read_ledger(text), instances, prices, now)
    append(ledger, fresh)
    entries = read_ledger(text + "".join(f"{json.dumps(event)}\n" for event in fresh))
    return accrue(entries, instances, prices, params, now)[0]


def accrue(
    entries: list[Json], instances: list[Json], prices: Prices, params: Json, now: datetime
) -> tuple[Decimal, list[Json]]:
    """Return what was spent, and the lines that it adds up from; each instance has a volume and an address."""
    extra = prices.volume(params["volume_gb"]) + prices.address()
    since = moment(params["since"]) if params["since"] else None
    return accrued(entries, instances, prices, (since, now), extra)


def read_account(cloud: Cloud, params: Json, now: datetime) -> tuple[Decimal, list[Json]]:
    """Return what :func:`accrue` does, each line with a name, and write nothing; whatever is unknown is a CloudError.

    Without a ledger nobody knows what has ended already, so that is not the same as an empty one.
    """
    ledger = Path(params["directory"]) / "ledger.jsonl"
    try:
        text = ledger.read_text(encoding="utf-8")
    except OSError as error:
        raise CloudError(
            f"The amount spent is unknown: the ledger cannot be read: {error}. The cost guard keeps it: run "
            "playbooks/guard.yml, or name its directory."
        ) from error
    check_clock(cloud, now)
    instances = cloud.instances(params["project"], params["cluster"], LIVE)
    spent, lines = accrue(
        read_ledger(text), instances, prices_now(cloud, params["prices"], instances, now), params, now
    )
    names = {each["id"]: each["tags"].get("Name") for each in instances}
    return spent, [{"name": names.get(line["id"]) or line["id"], **line} for line in lines]


def left_of(cap: Decimal, spent: Decimal) -> Decimal:
    """Return what may still be spent."""
    return max(cap - spent, Decimal(0))


def money(spent: Decimal, cap: Decimal) -> str:
    """Return what was spent and what is left, as a person reads it."""
    return f"{spent:.2f} dollars so far, {left_of(cap, spent):.2f} of {cap:.2f} left"


def gone(cloud: Cloud, params: Json, ids: list[str]) -> list[str]:
    """Return those of these instances that still live."""
    return sorted({each["id"] for each in cloud.instances(params["project"], params["cluster"])} & set(ids))


def look(cloud: Cloud, params: Json, cap: Decimal, now: datetime, dry_run: bool) -> Looked:
    """Look once and do what is decided: every doubt is kept, none is taken for nothing."""
    directory = Path(params["directory"])
    with lock(directory):
        doubts: list[str] = []
        instances: list[Json] = []
        spent = None
        try:
            before = read_state(directory)
        except CloudError as error:
            doubts.append(str(error))
            before = {"doubt_since": "", "notified": [], "day": ""}
        try:
            instances = cloud.instances(params["project"], params["cluster"], LIVE)
            spent = account_for(cloud, params, directory, instances, now)
        except CloudError as error:
            doubts.append(str(error))
        day = now.astimezone(UTC).date().isoformat()
        notified = before["notified"] if before["day"] == day else []
        since = moment(before["doubt_since"]) if before["doubt_since"] else None
        decision = decide(State(now, cap, spent, instances, tuple(doubts), since, tuple(notified)))
        lines = [*decision.reasons]
        if spent is not None:
            lines.append(money(spent, cap))
        if not dry_run:
            write_json(
                directory / "state.json",
                {
                    "day": day,
                    "doubt_since": decision.doubt_since.isoformat() if decision.doubt_since else "",
                    "launches": decision.launches,
                    "looked": now.isoformat(),
                    "notified": sorted({*notified, *decision.notify}),
                    "reasons": decision.reasons,
                    "spent": "unknown" if spent is None else f"{spent:.4f}",
                },
            )
        return Looked(decision, spent, instances, lines)


def act(cloud: Cloud, params: Json, looked: Looked) -> list[str]:
    """End what was decided, see that it is gone, and tell; return what could not be done."""
    failures = []
    if looked.decision.terminate:
        try:
            cloud.terminate(looked.decision.terminate)
            left = gone(cloud, params, looked.decision.terminate)
            if left:
                failures.append(f"still running: {', '.join(left)}")
        except CloudError as error:
            failures.append(str(error))
    if params["topic"] and (looked.decision.alarm or looked.decision.notify):
        try:
            cloud(
                "sns",
                "publish",
                TopicArn=params["topic"],
                Subject=f"netfs.bench {params['cluster']}: cost guard",
                Message="\n".join([*looked.lines, *failures]),
            )
        except CloudError as error:
            failures.append(str(error))
    return failures

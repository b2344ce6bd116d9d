# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from ansible_collections.netfs.bench.plugins.module_utils import _cloud_cost as cost
from ansible_collections.netfs.bench.plugins.module_utils._cloud import CloudError

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
CAP = Decimal(100)
TABLE = {
    "source": "test",
    "date": "2026-11-24",
    "region": "us-west-2",
    "hourly": {"big": "2", "small": "1"},
    "volume_gb_month": "0.73",
    "address_hour": "0.005",
}
PRICES = cost.Prices(TABLE, {("big", "z1"): Decimal("0.5"), ("big", "z2"): Decimal(3)})


def node(name, *, market="spot", role="server", launched="2026-11-24T10:00:00+00:00"):
    tags = {"role": role} if role else {}
    return {"id": name, "type": "big", "market": market, "zone": "z1", "launched": launched, "tags": tags}


NODES = [node("i-1"), node("i-2"), node("i-3", market="on-demand"), node("i-4", role="orchestrator")]


def state(**given):
    return cost.State(**{"now": NOW, "cap": CAP, "spent": Decimal(1), "instances": NODES, **given})


@pytest.mark.parametrize(
    "given, launches, alarm, ended, levels",
    [
        ({}, True, False, [], []),
        ({"spent": Decimal("24.99")}, True, False, [], []),
        ({"spent": Decimal(25)}, True, False, [], [25]),
        ({"spent": Decimal("79.99")}, True, False, [], [25, 50, 75]),
        ({"spent": Decimal("79.99"), "notified": (25, 50, 75)}, True, False, [], []),
        ({"spent": Decimal(80), "notified": (25, 50, 75)}, True, False, [], [80]),
        ({"spent": Decimal("99.99"), "notified": (25, 50, 75, 80)}, True, False, [], []),
        # the orchestrator and what is on demand stay
        ({"spent": Decimal(100)}, False, True, ["i-1", "i-2"], [100]),
        ({"spent": Decimal(1000)}, False, True, ["i-1", "i-2"], [100]),
        # not to know is never nothing
        ({"spent": None}, False, True, [], []),
        ({"doubts": ("API down",)}, False, True, [], []),
        ({"doubts": ("API down",), "doubt_since": NOW - timedelta(minutes=29)}, False, True, [], []),
        ({"doubts": ("API down",), "doubt_since": NOW - timedelta(minutes=30)}, False, True, ["i-1", "i-2"], []),
        ({"doubt_since": NOW - timedelta(minutes=31)}, True, False, [], []),
        ({"doubt_since": NOW + timedelta(minutes=1)}, False, True, ["i-1", "i-2"], []),
        ({"cap": Decimal(0)}, False, True, [], []),
        ({"cap": Decimal("NaN")}, False, True, [], []),
        ({"instances": [node("i-5", role="")]}, False, True, [], []),
    ],
)
def test_decision(given, launches, alarm, ended, levels):
    decision = cost.decide(state(**given))
    assert (decision.launches, decision.alarm) == (launches, alarm)
    assert (decision.terminate, decision.notify) == (ended, levels)
    assert decision.reasons


@pytest.mark.parametrize("value", [None, "", "free", 0, "0", "-1", "NaN", "Infinity"])
def test_no_price_is_an_error(value):
    with pytest.raises(CloudError, match="unknown"):
        cost.dollars(value, "big")


def test_prices():
    assert PRICES.of("big", "on-demand", "z1") == 2
    assert PRICES.of("big", "spot", "z1") == Decimal("0.5")
    assert PRICES.of("big", "spot", "z2") == 2, "spot is capped at the price on demand"
    for type_name, market, zone in [("huge", "on-demand", "z1"), ("big", "spot", "z9"), ("huge", "spot", "z1")]:
        with pytest.raises(CloudError, match="unknown"):
            PRICES.of(type_name, market, zone)
    assert PRICES.volume(1000) == 1
    with pytest.raises(CloudError, match="volume"):
        cost.Prices({"hourly": {}}).volume(1)


def test_the_table_is_of_the_region_and_says_where_it_comes_from():
    assert cost.check_table(TABLE, "us-west-2") == TABLE
    assert cost.check_table(cost.TABLE, "us-west-2")["date"]
    for table, region in [(TABLE, "eu-west-1"), ({**TABLE, "date": ""}, "us-west-2"), ({}, "us-west-2")]:
        with pytest.raises(CloudError):
            cost.check_table(table, region)


def test_latest_spot_price():
    def entry(hour, price):
        when = datetime(2026, 11, 24, hour, tzinfo=UTC)
        return {"InstanceType": "big", "AvailabilityZone": "z1", "SpotPrice": price, "Timestamp": when}

    assert cost.latest_spot([entry(1, "1"), entry(3, "3"), entry(2, "2")]) == {("big", "z1"): 3}
    with pytest.raises(CloudError):
        cost.latest_spot([entry(1, "0")])


def test_estimate_takes_the_dearest_that_may_be_made():
    group = {
        "count": 2,
        "types": ["big"],
        "market": "spot",
        "on_demand_allowed": False,
        "volume_gb": 1000,
        "public_address": True,
    }
    assert cost.estimate([group], PRICES, ["z1"], Decimal(2)) == 4 * Decimal("1.505")
    assert cost.estimate([{**group, "on_demand_allowed": True}], PRICES, ["z1"], Decimal(2)) == 4 * Decimal("3.005")
    with pytest.raises(CloudError):
        cost.estimate([{**group, "types": ["big", "huge"]}], PRICES, ["z1"], Decimal(2))


def ledger(*events):
    return "".join(f"{json.dumps(event)}\n" for event in events)


LAUNCH = cost.launch_event(node("i-1"), Decimal("0.25"))


@pytest.mark.parametrize(
    "text, hours, price",
    [
        # empty: the instance counts from its launch, on demand
        ("", 2, "2"),
        # at the higher of the price at launch and now
        (ledger(LAUNCH), 2, "0.5"),
        (ledger({**LAUNCH, "hourly": "0.75"}), 2, "0.75"),
        (ledger(LAUNCH, {**LAUNCH, "event": "price", "hourly": "0.75"}), 2, "0.75"),
        # it began yesterday, and the day's money begins at midnight
        (ledger({**LAUNCH, "time": "2026-11-23T10:00:00+00:00"}), 12, "0.5"),
        (ledger(LAUNCH, {"event": "end", "id": "i-1", "time": "2026-11-24T11:00:00+00:00"}), 1, "0.25"),
    ],
)
def test_accrual(text, hours, price):
    spent, lines = cost.accrued(cost.read_ledger(text), [node("i-1")], PRICES, (None, NOW), Decimal(0))
    assert spent == hours * Decimal(price)
    assert [line["id"] for line in lines] == ["i-1"]


def test_an_instance_that_vanished_counts_on_until_its_end_is_known():
    spent, _lines = cost.accrued(cost.read_ledger(ledger(LAUNCH)), [], PRICES, (None, NOW), Decimal(1))
    assert spent == 2 * Decimal("1.25")
    ended = {"event": "end", "id": "i-1", "time": "2026-11-23T11:00:00+00:00"}
    yesterday = ledger({**LAUNCH, "time": "2026-11-23T10:00:00+00:00"}, ended)
    assert cost.accrued(cost.read_ledger(yesterday), [], PRICES, (None, NOW), Decimal(1))[0] == 0


@pytest.mark.parametrize(
    "text",
    [
        ledger(LAUNCH)[:-1],
        ledger(LAUNCH)[:-9] + "\n",
        "[]\n",
        "\n",
        ledger({**LAUNCH, "hourly": "0"}),
        ledger({**LAUNCH, "time": "yesterday"}),
        ledger({"event": "end", "id": "i-9", "time": "2026-11-24T11:00:00+00:00"}),
        ledger({**LAUNCH, "event": "lunch"}),
        ledger({**LAUNCH, "event": "price"}),
        ledger(LAUNCH, {**LAUNCH, "event": "price", "hourly": "0"}),
    ],
)
def test_a_damaged_ledger_is_an_error(text):
    with pytest.raises(CloudError, match="ledger"):
        cost.read_ledger(text)


def test_a_clock_that_went_back_is_an_error():
    with pytest.raises(CloudError, match="clock"):
        cost.accrued([], [node("i-1", launched="2026-11-24T13:00:00+00:00")], PRICES, (None, NOW), Decimal(0))


def test_a_lost_ledger_is_rebuilt_as_dear_as_it_can_have_been():
    events = cost.rebuilt([node("i-1")], PRICES, "2026-11-24T08:00:00+00:00", 3)
    entries = cost.read_ledger(ledger(*events))
    spent, _lines = cost.accrued(entries, [node("i-1")], PRICES, (None, NOW), Decimal(0))
    assert spent == 3 * 4 * 2
    with pytest.raises(CloudError, match="lost"):
        cost.rebuilt([], PRICES, "2026-11-24T08:00:00+00:00", 3)

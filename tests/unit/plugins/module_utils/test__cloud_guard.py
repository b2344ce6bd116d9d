# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Looks of the guard, and the account that it keeps, with a cloud that answers as it is told."""

from __future__ import annotations

import fcntl
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime
from pathlib import Path

import pytest

from ansible_collections.netfs.bench.plugins.module_utils import _cloud_cost, _cloud_guard
from ansible_collections.netfs.bench.plugins.module_utils._cloud import CloudError

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
TABLE = {
    "source": "test",
    "date": "2026-11-24",
    "region": "us-west-2",
    "hourly": {"big": "2"},
    "volume_gb_month": "0.73",
    "address_hour": "0.25",
}


def node(name, *, market="spot", role="server", hours=2.0, type_name="big"):
    return {
        "id": name,
        "type": type_name,
        "market": market,
        "zone": "z1",
        "launched": (NOW - timedelta(hours=hours)).isoformat(),
        "tags": {"Name": f"{role}-{name}", **({"role": role} if role else {})},
    }


class FakeCloud:
    """EC2 as far as the guard asks it: ``refuses`` names instances that do not end, ``down`` calls that fail."""

    region = "us-west-2"

    def __init__(self, *nodes, refuses=(), down=(), spot="0.5", clock=NOW):
        self.nodes, self.refuses, self.down, self.spot, self.clock = list(nodes), refuses, down, spot, clock
        self.told: list[str] = []

    def __call__(self, service, operation, **arguments):
        if operation in self.down:
            raise CloudError(f"{service} {operation} failed")
        if operation == "publish":
            self.told.append(arguments["Message"])
        return {"ResponseMetadata": {"HTTPHeaders": {"date": format_datetime(self.clock, usegmt=True)}}}

    def instances(self, _project, _cluster="", _states=()):
        self("ec2", "describe_instances")
        return list(self.nodes)

    def spot_prices(self, types, _since):
        return [
            {"InstanceType": name, "AvailabilityZone": "z1", "SpotPrice": self.spot, "Timestamp": NOW}
            for name in types
            if self.spot
        ]

    def terminate(self, ids):
        self.nodes = [each for each in self.nodes if each["id"] not in ids or each["id"] in self.refuses]
        refused = sorted(set(ids) & set(self.refuses))
        if refused:
            raise CloudError(f"{', '.join(refused)} is protected")


NODES = (node("i-1"), node("i-2", market="on-demand", role="client"), node("i-3", role="orchestrator"))


@pytest.fixture
def params(tmp_path: Path):
    return {
        "project": "netfs-bench",
        "cluster": "mine",
        "directory": str(tmp_path),
        "since": "",
        "wanted": 3,
        "volume_gb": 250,
        "prices": TABLE,
        "topic": "arn:topic",
    }


def keep(params, *events):
    text = "".join(f"{json.dumps(event)}\n" for event in events)
    (Path(params["directory"]) / "ledger.jsonl").write_text(text, encoding="utf-8")


def launched(each, price="0.25"):
    return _cloud_cost.launch_event(each, Decimal(price))


def look(cloud, params, cap="100", now=NOW):
    looked = _cloud_guard.look(cloud, params, Decimal(cap), now, False)
    return looked, _cloud_guard.act(cloud, params, looked)


# two hours of three instances, each with half a dollar an hour for volume and address
SPENT = Decimal(2) * (Decimal("0.5") + Decimal(2) + Decimal("0.5")) + 3 * Decimal(2) * Decimal("0.5")


def test_what_each_instance_has_cost(params):
    ended = {"event": "end", "id": "i-9", "time": (NOW - timedelta(hours=1)).isoformat()}
    keep(params, *map(launched, (*NODES, node("i-9"))), ended)
    before = (Path(params["directory"]) / "ledger.jsonl").read_bytes()
    spent, lines = _cloud_guard.read_account(FakeCloud(*NODES), params, NOW)
    assert spent == SPENT + Decimal("0.25") + Decimal("0.5")
    assert [(each["name"], each["hours"], each["amount"], each["running"]) for each in lines] == [
        ("server-i-1", 2, 2, True),
        # a price on demand that the ledger does not have
        ("client-i-2", 2, 5, True),
        ("orchestrator-i-3", 2, 2, True),
        ("i-9", 1, Decimal("0.75"), False),
    ]
    assert (Path(params["directory"]) / "ledger.jsonl").read_bytes() == before
    assert sorted(path.name for path in Path(params["directory"]).iterdir()) == ["ledger.jsonl"]


def test_one_that_the_ledger_does_not_know_counts_on_demand_from_its_launch(params):
    keep(params)
    spent, (line,) = _cloud_guard.read_account(FakeCloud(node("i-1")), params, NOW)
    assert (spent, line["market"]) == (2 * Decimal("2.5"), "spot")


@pytest.mark.parametrize(
    "cloud, ledger, change, says",
    [
        (FakeCloud(*NODES), None, {}, "ledger cannot be read.*guard.yml"),
        (FakeCloud(*NODES), "", {"prices": {**TABLE, "hourly": {"small": "1"}}}, "price of big is unknown"),
        (FakeCloud(*NODES), "", {"prices": {**TABLE, "volume_gb_month": ""}}, "price of a volume is unknown"),
        (FakeCloud(*NODES), "", {"prices": {**TABLE, "address_hour": "0"}}, "price of a public address is unknown"),
        (FakeCloud(*NODES), "", {"prices": {**TABLE, "region": "eu-west-1"}}, "eu-west-1"),
        (FakeCloud(*NODES, spot=""), "", {}, "spot price of big in z1 is unknown"),
        (FakeCloud(*NODES, spot="0"), "", {}, "unknown"),
        (FakeCloud(*NODES, down=["describe_instances"]), "", {}, "describe_instances failed"),
        (FakeCloud(*NODES, down=["get_caller_identity"]), "", {}, "get_caller_identity failed"),
        (FakeCloud(*NODES, clock=NOW + timedelta(minutes=6)), "", {}, "clock"),
        (FakeCloud(node("i-1", hours=-1)), "", {}, "clock"),
        (FakeCloud(*NODES), '{"event": "launch"', {}, "cut off"),
        (FakeCloud(*NODES), '{"event": "launch"}\n', {}, "line 1"),
        (FakeCloud(*NODES), "", {"since": "yesterday"}, "yesterday"),
    ],
)
def test_what_is_unknown_is_an_error_and_never_nothing(params, cloud, ledger, change, says):
    if ledger is not None:
        (Path(params["directory"]) / "ledger.jsonl").write_text(ledger, encoding="utf-8")
    with pytest.raises(CloudError, match=says):
        _cloud_guard.read_account(cloud, {**params, **change}, NOW)


@pytest.mark.parametrize(
    "percent, launches, ended, levels",
    [
        ("79.99", True, [], [25, 50, 75]),
        ("80", True, [], [25, 50, 75, 80]),
        ("99.99", True, [], [25, 50, 75, 80]),
        ("100", False, ["i-1"], [100]),
    ],
)
def test_a_look_between_the_ledger_and_the_cap(params, percent, launches, ended, levels):
    """The cap is chosen so that what was spent is that share of it. What is over stays over when the node has ended."""
    keep(params, *map(launched, NODES))
    cloud = FakeCloud(*NODES)
    looked, failures = look(cloud, params, cap=str(SPENT * 100 / Decimal(percent)))
    assert looked.spent == SPENT
    assert (looked.decision.launches, looked.decision.terminate, looked.decision.notify) == (launches, ended, levels)
    assert (failures, len(cloud.told)) == ([], 1)
    assert [each["id"] for each in cloud.nodes] == [each["id"] for each in NODES if each["id"] not in ended]
    again, _failures = look(cloud, params, cap=str(SPENT * 100 / Decimal(percent)))
    assert again.decision.notify == ([] if launches else [100]), "a level is told once a day"
    assert again.spent == SPENT


@pytest.mark.parametrize(
    "cloud, ledger, change, says",
    [
        (FakeCloud(*NODES, down=["describe_instances"]), "", {}, "describe_instances failed"),
        (FakeCloud(*NODES), "", {"prices": {**TABLE, "hourly": {"small": "1"}}}, "price of big is unknown"),
        (FakeCloud(node("i-1"), node("i-5", role="")), "", {}, "i-5 has no role"),
        (FakeCloud(*NODES, clock=NOW - timedelta(minutes=6)), "", {}, "clock"),
        (FakeCloud(*NODES), '{"cut', {}, "cut off"),
        (FakeCloud(*NODES), "\n", {}, "line 1"),
    ],
)
def test_a_doubt_forbids_nodes_at_once_and_ends_them_after_half_an_hour(params, cloud, ledger, change, says):
    (Path(params["directory"]) / "ledger.jsonl").write_text(ledger, encoding="utf-8")
    params = {**params, **change}
    first, _failures = look(cloud, params)
    assert not first.decision.launches
    assert says in " ".join(first.decision.reasons)
    assert first.decision.terminate == []
    state = json.loads((Path(params["directory"]) / "state.json").read_text(encoding="utf-8"))
    assert (state["launches"], state["doubt_since"]) == (False, NOW.isoformat())
    # the API is there again, and nothing else has become any better
    cloud.down, cloud.clock = [], cloud.clock + timedelta(minutes=30)
    if "describe_instances" in says:
        (Path(params["directory"]) / "ledger.jsonl").write_text("cut", encoding="utf-8")
    later, _failures = look(cloud, params, now=NOW + timedelta(minutes=30))
    assert "i-1" in later.decision.terminate
    assert not {"i-2", "i-3"} & set(later.decision.terminate)
    assert len(cloud.told) == 2


def test_a_ledger_that_is_empty_counts_from_launch_and_one_from_yesterday_from_midnight(params):
    keep(params)
    assert look(FakeCloud(node("i-1", hours=0.1)), params)[0].spent == Decimal("0.1"), "new: at the price of now"
    yesterday = node("i-1", hours=20)
    gone = [launched(node("i-8", hours=30)), {"event": "end", "id": "i-8", "time": "2026-11-23T20:00:00+00:00"}]
    keep(params, launched(yesterday), *gone)
    assert look(FakeCloud(yesterday), params)[0].spent == 12


def test_a_ledger_that_was_lost_is_rebuilt_on_demand(params):
    keep(params, *map(launched, NODES))
    look(FakeCloud(*NODES), params)
    ledger = Path(params["directory"]) / "ledger.jsonl"
    ledger.unlink()
    # as if every node that is wanted had been there on demand since the first of those that are left
    looked, _failures = look(FakeCloud(NODES[0]), params)
    assert looked.spent == 3 * 2 * (2 + Decimal("0.5"))
    entries = _cloud_cost.read_ledger(ledger.read_text(encoding="utf-8"))
    assert {each["market"] for each in entries} == {"on-demand"}


def test_one_that_cannot_be_ended_is_named_and_told(params):
    keep(params, *map(launched, NODES))
    cloud = FakeCloud(*NODES, node("i-4"), refuses=["i-4"])
    _looked, failures = look(cloud, params, cap="1")
    assert failures == ["i-4 is protected"]
    assert "i-4 is protected" in cloud.told[0]
    assert [each["id"] for each in cloud.nodes] == ["i-2", "i-3", "i-4"]


def test_a_topic_that_does_not_answer_keeps_no_node_alive(params):
    keep(params, *map(launched, NODES))
    cloud = FakeCloud(*NODES, down=["publish"])
    _looked, failures = look(cloud, params, cap="1")
    assert failures == ["sns publish failed"]
    assert [each["id"] for each in cloud.nodes] == ["i-2", "i-3"]


def test_of_two_guards_at_once_the_second_touches_nothing(params):
    with (Path(params["directory"]) / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(CloudError, match="Another cost guard"):
            look(FakeCloud(*NODES), params, cap="1")
    assert sorted(path.name for path in Path(params["directory"]).iterdir()) == ["lock"]

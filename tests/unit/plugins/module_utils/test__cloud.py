# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from ansible_collections.netfs.bench.plugins.module_utils import _cloud as cloud
from ansible_collections.netfs.bench.plugins.module_utils._cloud import CloudError
from ansible_collections.netfs.bench.plugins.module_utils._cloud_aws import Cloud

REAL = "AKIA" + "Q" * 16
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def node(name="server-1", **given):
    tags = {"Name": name, "managed-by": "netfs.bench", "role": "server", "generation": "1", **given.pop("tags", {})}
    return {"id": "i-1", "state": "running", "launched": "2026-11-24T11:00:00+00:00", "tags": tags, **given}


@pytest.mark.parametrize(
    "key, endpoint, allowed",
    [
        ("testing", "http://127.0.0.1:5000", True),
        ("testing", "http://localhost:5000", True),
        ("testing", "http://[::1]:5000", True),
        ("testing", "http://127.0.0.1.evil.example", False),
        ("testing", "http://localhost.example:5000", False),
        ("testing", "http://127.0.0.1@192.0.2.1/", False),
        ("testing", "", False),
        ("AKIAIOSFODNN7EXAMPLE", "https://ec2.example", False),
        ("", "http://127.0.0.1:5000", False),
        (REAL, "https://ec2.example", True),
    ],
)
def test_credentials_that_are_fake_stay_on_this_machine(key, endpoint, allowed):
    if allowed:
        cloud.refuse_endpoint(key, endpoint)
    else:
        with pytest.raises(CloudError) as refused:
            cloud.refuse_endpoint(key, endpoint)
        assert not key or key not in str(refused.value)


def test_names():
    groups = [{"role": "object_store", "site": "a", "count": 2}, {"role": "client", "site": "", "count": 1}]
    names = [(each["name"], each["node"]) for each in cloud.names_of(groups)]
    assert names == [("object-store-a-1", "1"), ("object-store-a-2", "2"), ("client-1", "1")]
    with pytest.raises(CloudError, match="client-1"):
        cloud.names_of([groups[1], groups[1]])


def test_names_that_are_given():
    group = {"role": "client_fuse", "site": "a", "count": 2, "names": ["one", "two"], "market": "spot"}
    assert [(each["name"], each["node"]) for each in cloud.names_of([group])] == [("one", "1"), ("two", "2")]
    with pytest.raises(CloudError, match="client_fuse has 2 names and count 1"):
        cloud.names_of([{**group, "count": 1}])


def test_no_spot_instance_is_protected():
    group = {"role": "orchestrator", "site": "", "count": 1, "market": "spot", "protected": True}
    assert cloud.names_of([{**group, "market": "on-demand"}])
    with pytest.raises(
        CloudError, match="role orchestrator are protected against termination, and AWS protects no spot"
    ):
        cloud.names_of([group])


GROUP = {
    "role": "storage",
    "site": "a",
    "count": 2,
    "types": ["i4i.2xlarge"],
    "market": "spot",
    "on_demand_allowed": False,
    "volume_gb": 50,
}
MADE = {"type": "i4i.2xlarge", "market": "spot", "tags": {"role": "storage", "site": "a"}}


@pytest.mark.parametrize(
    "change, live, says",
    [
        ({}, MADE, []),
        ({}, None, []),
        ({"types": ["x", "i4i.2xlarge"]}, MADE, []),
        ({"on_demand_allowed": True}, {**MADE, "market": "on-demand"}, []),
        ({"types": ["x", "y"]}, MADE, ["storage-a-1 has type i4i.2xlarge, and x or y is wanted."]),
        ({"market": "on-demand"}, MADE, ["storage-a-1 has market spot, and on-demand is wanted."]),
        ({}, {**MADE, "market": "on-demand"}, ["storage-a-1 has market on-demand, and spot is wanted."]),
        (
            {},
            {**MADE, "tags": {"role": "jepsen"}},
            [
                "storage-a-1 has role jepsen, and storage is wanted.",
                "storage-a-1 has site none, and a is wanted.",
            ],
        ),
        ({"volume_gb": 60}, MADE, ["storage-a-1 has root volume 50 GB, and 60 GB is wanted."]),
    ],
)
def test_what_no_change_can_make_as_it_is_wanted(change, live, says):
    wanted = cloud.names_of([{**GROUP, **change}])
    found = cloud.differences(wanted, {"storage-a-1": live} if live else {}, {"storage-a-1": 50})
    assert found[:-1] == says
    assert not says or found[-1].startswith("An instance keeps what it was made with: terminate it")


def test_what_is_wanted_no_more_is_told_together():
    (found,) = cloud.differences([], {"b": MADE, "a": MADE}, {})
    assert found.startswith("a, b: these instances of the cluster are wanted no more.")


def test_attempts_are_types_times_zones_and_on_demand_only_where_allowed():
    group = {"market": "spot", "on_demand_allowed": False, "types": ["a", "b"]}
    spot = cloud.attempts(group, ["1", "2"])
    assert [(each["type"], each["zone"]) for each in spot] == [("a", "1"), ("a", "2"), ("b", "1"), ("b", "2")]
    both = cloud.attempts({**group, "on_demand_allowed": True}, ["1"])
    assert [each["market"] for each in both] == ["spot", "spot", "on-demand", "on-demand"]


def test_generation_goes_on_after_the_dead():
    dead = node(state="terminated", tags={"generation": "4"})
    assert cloud.next_generation("server-1", [dead]) == 5
    assert cloud.next_generation("client-1", [dead]) == 1
    with pytest.raises(CloudError, match="generation"):
        cloud.next_generation("server-1", [node(tags={"generation": ""})])


def test_a_name_that_is_there_twice_is_an_error():
    assert set(cloud.by_name([node(), node(state="terminated", id="i-0")])) == {"server-1"}
    with pytest.raises(CloudError, match="i-1 and i-2"):
        cloud.by_name([node(), node(id="i-2")])
    with pytest.raises(CloudError, match="no Name"):
        cloud.by_name([node("")])


@pytest.mark.parametrize(
    "change, ended",
    [
        ({}, False),
        ({"tags": {"expires-at": "2026-11-24T12:00:00Z"}}, True),
        ({"tags": {"expires-at": "2026-11-24T12:00:01Z"}}, False),
        ({"tags": {"expires-at": "soon"}}, False),
        ({"tags": {"expires-at": "soon"}, "launched": "2026-11-23T12:00:00+00:00"}, True),
        ({"launched": "2026-11-23T12:00:00+00:00"}, True),
        ({"launched": "2026-11-23T12:00:00+00:00", "tags": {"role": "orchestrator"}}, False),
        ({"tags": {"role": "orchestrator", "expires-at": "2026-11-24T11:00:00Z"}}, True),
        ({"launched": "2026-11-23T12:00:00+00:00", "tags": {"managed-by": "else"}}, False),
        ({"launched": "2026-11-23T12:00:00+00:00", "state": "terminated"}, False),
    ],
)
def test_overdue(change, ended):
    assert bool(cloud.overdue([node(**change)], NOW, 24)) == ended


def test_a_launch_in_the_future_is_an_error():
    with pytest.raises(CloudError, match="clock"):
        cloud.overdue([node(launched="2026-11-24T13:00:00+00:00")], NOW, 24)


def test_one_instance_that_is_protected_keeps_no_other_alive():
    ended = []

    class Ec2(Cloud):
        def __call__(self, *_words, **arguments):
            if arguments["InstanceIds"] == ["i-2"]:
                raise CloudError("i-2 is protected", "OperationNotPermitted")
            ended.extend(arguments["InstanceIds"])
            return {}

    with pytest.raises(CloudError, match="i-2 is protected"):
        Ec2(lambda _service: None, "us-west-2").terminate(["i-1", "i-2", "i-3"])
    assert ended == ["i-1", "i-3"]


def test_the_action_group_knows_every_cloud_module():
    root = Path(__file__).resolve().parents[4]
    runtime = yaml.safe_load((root / "meta/runtime.yml").read_text(encoding="utf-8"))
    assert runtime["action_groups"]["cloud"] == sorted(path.stem for path in root.glob("plugins/modules/cloud_*.py"))

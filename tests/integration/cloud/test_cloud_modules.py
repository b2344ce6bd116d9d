# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError
from running import FailedError, call


def test_up_twice_makes_all_and_then_nothing(given, live):
    foretold = call("cloud_spot_group", check=True, **given)
    assert foretold["changed"]
    assert live() == {}
    made = call("cloud_spot_group", **given)
    assert made["created"] == foretold["created"] == ["server-a-1", "server-a-2", "client-1"]
    assert made["diff"] == foretold["diff"]
    assert len(made["tried"]) == 3
    again = call("cloud_spot_group", **given)
    assert not again["changed"]
    assert again["created"] == again["tried"] == []
    found = live()
    assert sorted(again["kept"]) == sorted(found) == ["client-1", "server-a-1", "server-a-2"]
    server, client = found["server-a-1"], found["client-1"]
    assert server["InstanceLifecycle"] == "spot"
    assert "InstanceLifecycle" not in client
    assert server["MetadataOptions"]["HttpTokens"] == "required"
    assert server["tags"] | {"role": "server", "site": "a", "node": "1", "generation": "1"} == server["tags"]
    assert server["tags"]["expires-at"] == given["expires_at"]


def test_volumes_are_encrypted_gp3_and_carry_the_tags(given, ec2):
    call("cloud_spot_group", **given)
    volumes = ec2.describe_volumes()["Volumes"]
    assert len(volumes) == 3
    assert {(each["Encrypted"], each["VolumeType"]) for each in volumes} == {(True, "gp3")}
    assert all({"Key": "project", "Value": "netfs-bench"} in each["Tags"] for each in volumes)


def test_one_that_ended_is_made_again_with_the_next_generation(given, ec2, live):
    call("cloud_spot_group", **given)
    before = live()
    ec2.terminate_instances(InstanceIds=[before["server-a-2"]["InstanceId"]])
    made = call("cloud_spot_group", **given)
    assert made["created"] == made["replaced"] == ["server-a-2"]
    assert live()["server-a-2"]["tags"]["generation"] == "2"
    assert live()["server-a-1"]["InstanceId"] == before["server-a-1"]["InstanceId"]


@pytest.mark.parametrize(
    "change, says",
    [
        ({"image": "ami-nothing"}, "ami-nothing"),
        ({"key_name": "nobody"}, "nobody"),
        ({"groups": [{"role": "server", "types": ["z9.huge"]}]}, "z9.huge"),
        ({"subnets": {"us-west-2z": "subnet-nothing"}}, "subnet-nothing"),
        ({"expires_at": "tomorrow"}, "tomorrow"),
        ({"expires_at": ""}, "expires_at"),
        ({"security_groups": {}}, "security_groups"),
    ],
)
def test_what_is_wrong_fails_clean(given, live, change, says):
    with pytest.raises(FailedError, match=says):
        call("cloud_spot_group", **{**given, **change})
    assert live() == {}


def test_absent_ends_the_cluster_and_nothing_else(given, ec2, live):
    foreign = ec2.run_instances(ImageId=given["image"], MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    call("cloud_spot_group", **given)
    call("cloud_spot_group", **{**given, "cluster": "other", "groups": given["groups"][1:]})
    gone = {"cluster": "mine", "groups": [], "state": "absent"}
    assert call("cloud_spot_group", check=True, **gone)["changed"]
    assert len(live()) == 4
    assert call("cloud_spot_group", **gone)["changed"]
    assert not call("cloud_spot_group", **gone)["changed"]
    left = live()
    assert sorted(left) == sorted(["client-1", foreign])
    assert left["client-1"]["tags"]["cluster"] == "other"


def test_one_that_is_protected_stays_and_the_others_go(given, ec2, live):
    call("cloud_spot_group", **given)
    name = live()["client-1"]["InstanceId"]
    ec2.modify_instance_attribute(InstanceId=name, DisableApiTermination={"Value": True})
    with pytest.raises(FailedError, match=name):
        call("cloud_spot_group", cluster="mine", groups=[], state="absent")
    assert list(live()) == ["client-1"]


ORCHESTRATOR = {
    "role": "orchestrator",
    "names": ["orchestrator"],
    "types": ["c7a.xlarge"],
    "market": "on-demand",
    "protected": True,
    "sites": ["a"],
    "site": "a",
    "network": "a",
}


@pytest.fixture
def placed(given):
    """A protected node in a network of its own, and no others."""
    (group,) = given["security_groups"]["default"]
    network = {"zone": "us-west-2b", "subnet": given["subnets"]["us-west-2b"], "security_groups": [group]}
    without = {name: value for name, value in given.items() if name not in ("subnets", "security_groups")}
    return {**without, "groups": [ORCHESTRATOR], "networks": {"a": network}, "exact": True}


def test_a_protected_node_ends_only_when_its_protection_is_lifted(placed, ec2, live):
    assert call("cloud_spot_group", **placed)["created"] == ["orchestrator"]
    node = live()["orchestrator"]
    assert node["tags"] | {"sites": "a", "site": "a"} == node["tags"]
    assert node["SubnetId"] == placed["networks"]["a"]["subnet"]
    shutdown = ec2.describe_instance_attribute(
        InstanceId=node["InstanceId"], Attribute="instanceInitiatedShutdownBehavior"
    )
    assert shutdown["InstanceInitiatedShutdownBehavior"]["Value"] == "stop"
    gone = {"cluster": "mine", "groups": [], "state": "absent"}
    with pytest.raises(FailedError, match="OperationNotPermitted"):
        call("cloud_spot_group", **gone)
    assert call("cloud_spot_group", check=True, **gone, lift_protection=True)["changed"]
    assert list(live()) == ["orchestrator"]
    assert call("cloud_spot_group", **gone, lift_protection=True)["changed"]
    assert live() == {}


def test_protection_that_somebody_took_away_comes_back(placed, ec2, live):
    call("cloud_spot_group", **placed)
    name = live()["orchestrator"]["InstanceId"]
    ec2.modify_instance_attribute(InstanceId=name, DisableApiTermination={"Value": False})
    again = call("cloud_spot_group", **placed)
    assert (again["changed"], again["created"]) == (True, [])
    assert not call("cloud_spot_group", **placed)["changed"]
    with pytest.raises(FailedError, match=name):
        call("cloud_spot_group", cluster="mine", groups=[], state="absent")


@pytest.mark.parametrize(
    "change, says",
    [
        ({"types": ["c7a.2xlarge"]}, "orchestrator has type c7a.xlarge, and c7a.2xlarge is wanted"),
        ({"volume_gb": 100}, "orchestrator has root volume 50 GB, and 100 GB is wanted"),
        ({"names": ["other"]}, "orchestrator: these instances of the cluster are wanted no more"),
        ({"market": "spot", "protected": False}, "orchestrator has market on-demand, and spot is wanted"),
        ({"names": ["a", "b"]}, "has 2 names and count 1"),
        ({"market": "spot"}, "AWS protects no spot instance"),
        ({"network": "b"}, "networks that are not given: b"),
        ({"names": ["other", "orchestrator"], "count": 2, "instance_store": True}, "other: c7a.xlarge"),
    ],
)
def test_other_groups_than_those_that_are_there_are_refused_before_anything_is_made(placed, live, change, says):
    call("cloud_spot_group", **placed)
    with pytest.raises(FailedError, match=says):
        call("cloud_spot_group", **{**placed, "groups": [{**ORCHESTRATOR, **change}]})
    assert list(live()) == ["orchestrator"]


def test_one_more_is_made_beside_the_others(placed, live):
    call("cloud_spot_group", **placed)
    grown = {**placed, "groups": [{**ORCHESTRATOR, "names": ["orchestrator", "second"], "count": 2}]}
    foretold = call("cloud_spot_group", check=True, **grown)
    assert foretold["lines"] == ["  there already: orchestrator", "  to create: second"]
    assert call("cloud_spot_group", **grown)["created"] == ["second"]
    assert sorted(live()) == ["orchestrator", "second"]


def test_fake_credentials_never_leave_this_machine(given, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_EC2", "http://192.0.2.1:1")
    for endpoint in ("", "http://192.0.2.1:1", "http://localhost.example"):
        with pytest.raises(FailedError, match="loopback"):
            call("cloud_account_info", endpoint_url=endpoint)
    with pytest.raises(FailedError, match="loopback"):
        call("cloud_spot_group", **given, endpoint_url="http://192.0.2.1:1")


def test_an_api_that_is_down_is_an_error(given):
    for module, options in {
        "cloud_account_info": {},
        "cloud_sweep": {},
        "cloud_spot_group": given,
        # only spot prices are asked of EC2
        "cloud_price_info": {**PRICED, "groups": [{"role": "server", "types": ["i4i.2xlarge"]}]},
    }.items():
        with pytest.raises(FailedError, match="failed"):
            call(module, **options, endpoint_url="http://127.0.0.1:1")


def test_the_account(ec2):
    answer = call("cloud_account_info")
    assert answer["account"] == "123456789012"
    assert ec2.meta.region_name + "a" in answer["zones"]


PRICED = {
    "groups": [{"role": "server", "types": ["i4i.2xlarge"], "market": "on-demand", "volume_gb": 100}],
    "zones": ["us-west-2a"],
    "hours": 10,
    "cap": "8",
}


@pytest.mark.usefixtures("ec2")
def test_prices():
    answer = call("cloud_price_info", **PRICED)
    # 0.686 an hour, 100 GB at 0.08 a month, an address at 0.005
    assert answer["estimate"] == "7.0196"
    assert "not verified on AWS, 2026-11-24" in answer["lines"][-1]
    for change, says in [
        ({"cap": "7"}, "may cost 7.02 dollars"),
        ({"cap": "0"}, "cap"),
        ({"zones": []}, "zone"),
        ({"region": "eu-west-1"}, "eu-west-1"),
        ({"groups": [{"role": "server", "types": ["m5.large"], "market": "on-demand"}]}, "m5.large is unknown"),
    ]:
        with pytest.raises(FailedError, match=says):
            call("cloud_price_info", **{**PRICED, **change})


def test_the_sweeper_ends_what_is_past_its_time(given, ec2, live):
    call("cloud_spot_group", **{**given, "expires_at": "2020-01-01T00:00:00Z", "groups": given["groups"][:1]})
    call("cloud_spot_group", **{**given, "groups": given["groups"][1:]})
    ec2.run_instances(ImageId=given["image"], MinCount=1, MaxCount=1)
    said = call("cloud_sweep")
    assert [each["tags"]["Name"] for each in said["overdue"]] == ["server-a-1", "server-a-2"]
    assert not said["changed"]
    assert call("cloud_sweep", check=True, dry_run=False)["changed"]
    assert len(live()) == 4
    assert call("cloud_sweep", dry_run=False)["changed"]
    assert not call("cloud_sweep", dry_run=False)["changed"]
    assert len(live()) == 2


def test_the_server_keeps_a_group_that_another_one_names(given, ec2):
    """As AWS does, so that a role which removes groups in any order is found out."""
    (named,) = given["security_groups"]["default"]
    network = ec2.describe_security_groups(GroupIds=[named])["SecurityGroups"][0]["VpcId"]
    other = ec2.create_security_group(GroupName="other", Description="other", VpcId=network)["GroupId"]
    rule = {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "UserIdGroupPairs": [{"GroupId": named}]}
    ec2.authorize_security_group_ingress(GroupId=other, IpPermissions=[rule])
    with pytest.raises(ClientError, match="DependencyViolation"):
        ec2.delete_security_group(GroupId=named)
    ec2.revoke_security_group_ingress(GroupId=other, IpPermissions=[rule])
    ec2.delete_security_group(GroupId=named)

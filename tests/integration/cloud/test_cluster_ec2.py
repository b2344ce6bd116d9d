# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The shipped topology of ten nodes as instances: cluster.yml and destroy.yml, up to where nodes would be reached."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
BIN = Path(sys.executable).parent
TEN = [
    *("conduit-1", "fuse-client", "jepsen", "nfs-client", "orchestrator"),
    *("storage-a-1", "storage-a-2", "storage-a-3", "storage-b-1", "storage-b-2"),
]
HOME = "192.0.2.7/32"
OURS = {"Filters": [{"Name": "tag:project", "Values": ["netfs-bench"]}]}


@pytest.fixture
def cluster(settings, ec2):
    """Run a playbook on the controller alone, and return (exit code, number of changes, output)."""
    assert ec2

    def run(playbook: str, *words: str, **given: object) -> tuple[int, int, str]:
        variables = {
            "node_kind": "ec2",
            "topology": "phase2",
            "system": "cephfs",
            "nodes_ec2_zones": ["us-west-2a", "us-west-2b"],
            "nodes_ec2_reach": False,
            "nodes_ec2_ssh_from": [HOME],
            **given,
        }
        # instances of moto cannot be reached: what would be deployed on them is left out
        command = [BIN / "ansible-playbook", "-i", "inventories/ec2", "-i", "localhost,", "-c", "local", playbook]
        command += ["--limit", "localhost", *words]
        done = subprocess.run(
            [*command, "-e", json.dumps(variables)], cwd=ROOT, env=settings, capture_output=True, text=True, check=False
        )
        said = done.stdout + done.stderr
        changes = re.search(r"localhost.*changed=(\d+)", said)
        return done.returncode, int(changes[1]) if changes else -1, said

    return run


def trusted(value: object) -> object:
    """What an inventory lists, without the marks of values that Ansible does not trust."""
    if isinstance(value, dict):
        return value.get("__ansible_unsafe", {key: trusted(part) for key, part in value.items()})
    return [trusted(part) for part in value] if isinstance(value, list) else value


def rules_of(ec2) -> dict[str, set[tuple[int, int, str]]]:
    """The ports and sources that each security group of ours lets in."""
    groups = ec2.describe_security_groups(**OURS)["SecurityGroups"]
    names = {group["GroupId"]: group["GroupName"] for group in groups}
    return {
        group["GroupName"]: {
            (rule["FromPort"], rule["ToPort"], entry.get("CidrIp") or names[entry["GroupId"]])
            for rule in group["IpPermissions"]
            for entry in [*rule["IpRanges"], *rule["UserIdGroupPairs"]]
        }
        for group in groups
    }


SSH = (22, 22, HOME)
CEPH = [(3300, 3300), (6789, 6789), (6800, 7568), (9800, 9800)]
GATEWAYS = [(port, port) for port in (111, 22049, 22050, 22051, 22445)]


def served_at(site, ports):
    """The rules that let the nodes of a site, and the conduit, to these ranges of ports."""
    return {(*each, source) for each in ports for source in (f"netfs-bench-mine-{site}", "netfs-bench-mine-a-b")}


def test_ten_nodes_come_stay_are_replaced_and_go(cluster, ec2, live, settings):
    code, _changes, said = cluster("cluster.yml")
    assert code == 0, said
    made = live()
    assert sorted(made) == TEN

    subnets = {subnet["SubnetId"]: subnet for subnet in ec2.describe_subnets(**OURS)["Subnets"]}
    sites = {name: subnets[each["SubnetId"]]["CidrBlock"] for name, each in made.items() if name != "conduit-1"}
    assert Counter(sites.values()) == {"10.180.0.0/24": 7, "10.180.1.0/24": 2}
    assert {sites["storage-b-1"], sites["storage-b-2"]} == {"10.180.1.0/24"}
    assert {subnet["AvailabilityZone"] for subnet in subnets.values()} == {"us-west-2a", "us-west-2b"}

    groups = {
        name: [group["GroupName"] for group in each["NetworkInterfaces"][0]["Groups"]] for name, each in made.items()
    }
    assert Counter(name for names in groups.values() for name in names) == {
        "netfs-bench-mine-a": 7,
        "netfs-bench-mine-b": 2,
        "netfs-bench-mine-a-b": 1,
    }
    assert groups["conduit-1"] == ["netfs-bench-mine-a-b"]
    rules = rules_of(ec2)
    # clients mount site a over NFS and SMB as well
    assert rules["netfs-bench-mine-a"] == {SSH, *served_at("a", [*CEPH, *GATEWAYS])}
    assert rules["netfs-bench-mine-b"] == {SSH, *served_at("b", CEPH)}
    assert rules["netfs-bench-mine-a-b"] == {SSH}, "nothing is served between the sites"

    assert {name for name, each in made.items() if each.get("InstanceLifecycle") != "spot"} == {"orchestrator"}
    assert {name: each["InstanceType"] for name, each in made.items() if name.startswith(("s", "o", "c"))} == {
        "orchestrator": "c7a.2xlarge",
        "conduit-1": "t3.medium",
        **dict.fromkeys(TEN[5:], "i4i.2xlarge"),
    }
    volumes = {
        tag["Value"]: each["Size"]
        for each in ec2.describe_volumes(**OURS)["Volumes"]
        for tag in each["Tags"]
        if tag["Key"] == "Name"
    }
    assert volumes == {name: {"orchestrator": 100, "conduit-1": 20}.get(name, 50) for name in TEN}
    for name, tags in {
        "storage-a-2": {"role": "storage", "site": "a", "sites": "a", "node": "2"},
        "conduit-1": {"role": "conduit", "site": "", "sites": "a b"},
        "nfs-client": {"role": "client_nfs", "site": "a"},
    }.items():
        wanted = {**tags, "project": "netfs-bench", "cluster": "mine", "managed-by": "netfs.bench", "generation": "1"}
        assert made[name]["tags"] | wanted == made[name]["tags"]

    seen = subprocess.check_output(
        [BIN / "ansible-inventory", "-i", "inventories/ec2", "--list"], cwd=ROOT, env=settings, text=True
    )
    found = json.loads(seen)
    assert sorted(found["storage_a"]["hosts"]) == ["storage-a-1", "storage-a-2", "storage-a-3"]
    assert sorted(found["storage"]["hosts"]) == TEN[5:]
    assert (len(found["site_a"]["hosts"]), len(found["site_b"]["hosts"])) == (7, 2)
    assert found["conduit"]["hosts"] == ["conduit-1"]
    assert "site_" not in found
    private = made["conduit-1"]["PrivateIpAddress"]
    conduit = {key: trusted(value) for key, value in found["_meta"]["hostvars"]["conduit-1"].items()}
    assert (conduit["node_name"], conduit["node_site"], conduit["node_sites"]) == ("conduit-1", "", ["a", "b"])
    assert conduit["node_addresses"] == {"a": private, "b": private}

    code, changes, said = cluster("cluster.yml")
    assert (code, changes) == (0, 0), said

    ec2.terminate_instances(InstanceIds=[made["storage-b-2"]["InstanceId"]])
    code, changes, said = cluster("cluster.yml", "-v")
    assert (code, changes) == (0, 1), said
    assert "of these again, because they ended: storage-b-2" in said
    now = live()
    assert now["storage-b-2"]["tags"]["generation"] == "2"
    assert [name for name in TEN if now[name]["InstanceId"] != made[name]["InstanceId"]] == ["storage-b-2"]

    code, _changes, said = cluster("playbooks/destroy.yml", confirm="mine")
    assert code == 0, said
    assert live() == {}
    assert ec2.describe_security_groups(**OURS)["SecurityGroups"] == []
    assert ec2.describe_subnets(**OURS)["Subnets"] == []
    assert ec2.describe_vpcs(**OURS)["Vpcs"] == []


def changed_topology(tmp_path: Path, *changes: tuple[str, str]) -> str:
    """The least topology with some words replaced, in a file of its own; return its path."""
    text = (ROOT / "playbooks/topologies/mini.yml").read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path = tmp_path / "mine.yml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_a_topology_that_changed_is_told_before_anything_is_made(cluster, live, tmp_path):
    code, _changes, said = cluster("cluster.yml", "-v", topology=changed_topology(tmp_path), plan_only=True)
    assert code == 0, said
    assert "to create: storage-a-1, storage-b-1, conduit-1, fuse-client" in said
    assert re.search(r"at most [0-9.]+ dollars an hour, [0-9.]+ dollars in 4 hours \(cap 20\.00\)", said)
    assert live() == {}
    assert cluster("cluster.yml", topology=changed_topology(tmp_path))[0] == 0
    assert len(live()) == 4

    grown = changed_topology(tmp_path, ("count: 1", "count: 2"))
    code, _changes, said = cluster("cluster.yml", "-v", topology=grown, plan_only=True)
    assert code == 0, said
    assert "there already: conduit-1, fuse-client, storage-a-1, storage-b-1" in said
    assert "to create: storage-a-2" in said

    other = changed_topology(
        tmp_path,
        ("root_gb: 20", "root_gb: 30"),
        ("type: i4i.2xlarge", "type: c7a.xlarge"),
        ("fuse-client", "other-client"),
    )
    code, _changes, said = cluster("cluster.yml", "-v", topology=other)
    assert code == 2
    for sentence in (
        "conduit-1 has root volume 20 GB, and 30 GB is wanted.",
        "storage-a-1 has type i4i.2xlarge, and c7a.xlarge is wanted.",
        "fuse-client: these instances of the cluster are wanted no more.",
        "Nothing was changed.",
    ):
        assert sentence in said
    assert len(live()) == 4


@pytest.mark.parametrize(
    "given, says",
    [
        ({"nodes_ec2_ssh_from": []}, "nodes_ec2_ssh_from is empty, and nodes at sites let ssh in from nowhere else"),
        ({"nodes_ec2_ssh_from": ["0.0.0.0/0"]}, "ssh would be open to the world"),
        ({"max_cost": "0.5"}, "the cap is 0.50. None was made"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_made(cluster, ec2, live, given, says):
    code, _changes, said = cluster("cluster.yml", "-v", **given)
    assert code == 2, said
    assert says in said
    assert live() == {}
    assert len(ec2.describe_vpcs()["Vpcs"]) == 1, "the one that every account has"

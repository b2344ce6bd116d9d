# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from ansible_collections.netfs.bench.plugins.plugin_utils._cluster_plan import Demands, plan_cluster
from ansible_collections.netfs.bench.plugins.plugin_utils._ec2_nodes import ec2_groups, ec2_network
from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import RefusedValueError
from ansible_collections.netfs.bench.plugins.plugin_utils._topology import topology_of

ROOT = Path(__file__).parents[4]
TOPOLOGY = yaml.safe_load((ROOT / "playbooks/topologies/phase2.yml").read_text(encoding="utf-8"))
PLAN = plan_cluster(topology_of("phase2", TOPOLOGY, {}), Demands(), "ec2").record()
GROUPS = ec2_groups(PLAN["nodes"])
STORE_A = {"group": "storage_a", "protocol": "tcp", "port": 6800, "last": 7568}
STORE_B = {**STORE_A, "group": "storage_b", "port": 7000}
RELAY = {"group": "conduit", "protocol": "tcp", "port": 9402}
HOME = "203.0.113.7/32"


def network(groups=(), **changed):
    given = {
        "name": "lab",
        "sites": ["a", "b"],
        "zones": ["z1", "z2"],
        "block": "10.180.0.0/16",
        "ports": [STORE_A, STORE_B, RELAY],
        "ssh_sources": [HOME],
    }
    return ec2_network(list(groups) or GROUPS, **{**given, **changed})


def rules(found, name):
    """The rules of a security group, as port and source."""
    (group,) = (each for each in found["security_groups"] if each["name"] == name)
    return sorted((each["from_port"], each.get("group_name") or each["cidr_ip"]) for each in group["rules"])


def test_the_nodes_of_the_shipped_topology():
    assert [(group["role"], group["network"], group["names"]) for group in network()["groups"]] == [
        ("orchestrator", "a", ["orchestrator"]),
        ("storage", "a", ["storage-a-1", "storage-a-2", "storage-a-3"]),
        ("storage", "b", ["storage-b-1", "storage-b-2"]),
        ("client_fuse", "a", ["fuse-client"]),
        ("client_nfs", "a", ["nfs-client"]),
        ("conduit", "a-b", ["conduit-1"]),
        ("jepsen", "a", ["jepsen"]),
    ]
    assert sum(group["count"] for group in GROUPS) == 10
    orchestrator, storage = GROUPS[:2]
    assert orchestrator["protected"]
    assert (orchestrator["market"], storage["market"]) == ("on-demand", "spot")
    assert (storage["volume_gb"], storage["instance_store"], storage["types"]) == (50, True, ["i4i.2xlarge"])


def test_sites_meet_only_at_the_conduit_and_ssh_comes_from_its_sources_alone():
    found = network()
    assert [(each["name"], each["zone"], each["cidr"]) for each in found["subnets"]] == [
        ("lab-a", "z1", "10.180.0.0/24"),
        ("lab-b", "z2", "10.180.1.0/24"),
    ]
    assert rules(found, "lab-a") == [(22, HOME), (6800, "lab-a"), (6800, "lab-a-b")]
    assert rules(found, "lab-b") == [(22, HOME), (7000, "lab-a-b"), (7000, "lab-b")]
    assert rules(found, "lab-a-b") == [(22, HOME), (9402, "lab-a"), (9402, "lab-a-b"), (9402, "lab-b")]
    assert found["networks"]["a-b"] == {"subnet": "lab-a", "zone": "z1", "security_group": "lab-a-b"}
    assert found["networks"].keys() == {"a", "b", "a-b"}


def test_a_port_without_a_group_is_served_by_every_node():
    found = network(ports=[{"protocol": "udp", "port": 111}], zones=["z1"])
    assert {each["zone"] for each in found["subnets"]} == {"z1"}
    assert rules(found, "lab-b") == [(22, HOME), (111, "lab-a-b"), (111, "lab-b")]


def test_without_sites_all_nodes_share_one_group():
    found = network(sites=[], ssh_sources=[])
    assert [each["name"] for each in found["subnets"]] == ["lab-z1", "lab-z2"]
    assert rules(found, "lab") == [(22, "lab"), (6800, "lab"), (7000, "lab"), (9402, "lab")]
    assert (found["networks"], found["groups"]) == ({}, GROUPS)


def test_a_group_with_a_site_stands_there():
    (group,) = network(groups=[{"role": "server", "site": "b"}])["groups"]
    assert (group["sites"], group["network"]) == (["b"], "b")


def test_no_rule_is_there_twice():
    assert network(ports=[STORE_A, STORE_A]) == network(ports=[STORE_A])


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"ssh_sources": []}, "nodes_ec2_ssh_from is empty, and nodes at sites"),
        (
            {"groups": [{"role": "x", "site": ""}]},
            "The group of role x stands at no site, and nodes_ec2_sites has a, b",
        ),
        ({"groups": [{"role": "x", "sites": ["a", "c"]}]}, "The group of role x stands at a and c, and"),
        ({"zones": []}, "nodes_ec2_zones is empty"),
        ({"block": "10.180.0.0/24"}, "nodes_ec2_cidr is '10.180.0.0/24'"),
        ({"block": "here"}, "nodes_ec2_cidr is 'here'"),
    ],
)
def test_what_can_be_no_network_is_refused(changed, said):
    with pytest.raises(RefusedValueError, match=f"^{said}"):
        network(**changed)

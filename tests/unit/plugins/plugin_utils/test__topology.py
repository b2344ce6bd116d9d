# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from ansible_collections.netfs.bench.plugins.plugin_utils._topology import Ec2, TopologyError, Wan, topology_of

SHIPPED = sorted(Path(__file__).parents[4].glob("playbooks/topologies/*.yml"))
STORAGE = {"name": "storage-a", "count": 3, "group": "storage", "site": "a", "memory": "2g"}
CONDUIT = {"name": "conduit", "count": 1, "group": "conduit", "sites": ["a", "b"], "memory": "1g"}
CLIENT = {"name": "fuse-client", "group": "client_fuse", "site": "a", "memory": "1g"}
DATA = {"description": "A cluster.", "sites": ["a", "b"], "nodes": [STORAGE, CONDUIT, CLIENT]}


def faults(data, **counts):
    with pytest.raises(TopologyError) as refused:
        topology_of("sample", data, counts)
    return refused.value.faults


def with_node(**change):
    """The sample whose first entry says something else; None takes a key away."""
    return {**DATA, "nodes": [{k: v for k, v in {**STORAGE, **change}.items() if v is not None}, CONDUIT, CLIENT]}


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_the_shipped_topologies_have_no_fault(path):
    topology = topology_of(path.stem, yaml.safe_load(path.read_text(encoding="utf-8")), {})
    assert [node.name for node in topology.conduits] == ["conduit-1"]
    assert not topology.wan
    assert all(node.ec2 for node in topology.nodes)


def test_phase2_is_the_ten_nodes_of_the_guide():
    (path,) = [path for path in SHIPPED if path.stem == "phase2"]
    nodes = topology_of("phase2", yaml.safe_load(path.read_text(encoding="utf-8")), {}).nodes
    assert {node.name: (node.site, node.ec2.type, node.ec2.market, node.ec2.root_gb) for node in nodes} == {
        "orchestrator": ("a", "c7a.2xlarge", "on-demand", 100),
        "storage-a-1": ("a", "i4i.2xlarge", "spot", 50),
        "storage-a-2": ("a", "i4i.2xlarge", "spot", 50),
        "storage-a-3": ("a", "i4i.2xlarge", "spot", 50),
        "storage-b-1": ("b", "i4i.2xlarge", "spot", 50),
        "storage-b-2": ("b", "i4i.2xlarge", "spot", 50),
        "fuse-client": ("a", "c7a.xlarge", "spot", 50),
        "nfs-client": ("a", "c7a.xlarge", "spot", 50),
        "conduit-1": ("", "t3.medium", "spot", 20),
        "jepsen": ("a", "c7a.xlarge", "spot", 50),
    }
    assert [node.name for node in nodes if node.ec2.protected] == ["orchestrator"]
    assert {node.group for node in nodes if node.data} == {"storage"}


def test_a_count_numbers_the_names_and_without_it_the_name_is_the_nodes_own():
    topology = topology_of("sample", DATA, {})
    assert [(node.name, node.groups) for node in topology.nodes] == [
        ("storage-a-1", ["storage", "site_a", "storage_a"]),
        ("storage-a-2", ["storage", "site_a", "storage_a"]),
        ("storage-a-3", ["storage", "site_a", "storage_a"]),
        ("conduit-1", ["conduit"]),
        ("fuse-client", ["client_fuse", "site_a", "client_fuse_a"]),
    ]


def test_counts_can_be_others_than_the_files():
    assert len(topology_of("sample", DATA, {"storage-a": 5}).storage_at("a")) == 5
    assert len(topology_of("sample", DATA, {"storage-a": 1}).storage_at("a")) == 1


def test_what_is_left_out_has_a_default_and_sizes_are_bytes():
    data = {**DATA, "wan": {"delay_ms": 40, "loss_percent": 0.1}}
    topology = topology_of("sample", data, {})
    node = topology.nodes[0]
    assert (node.kernel, node.cpus, node.memory, node.disk, node.data) == ("auto", 1.0, 2 << 30, 1 << 30, False)
    assert node.ec2 is None
    assert topology.wan == Wan(delay_ms=40, loss_percent=0.1)


def test_what_a_node_is_on_ec2():
    ec2 = {"type": "t3.medium", "market": "spot", "root_gb": 20}
    assert topology_of("sample", with_node(ec2=ec2), {}).nodes[0].ec2 == Ec2("t3.medium", "spot", 20, False)


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (None, "The topology is not a dictionary."),
        ({}, "The topology has no key 'description'."),
        ({**DATA, "site": "a"}, "Unknown key of the topology 'site'. Did you mean 'sites'?"),
        ({**DATA, "sites": "a"}, "'sites' of the topology is not a list."),
        ({**DATA, "nodes": []}, "'nodes' is empty"),
        ({**DATA, "sites": ["a", "b", "a"]}, "'sites' is empty or names a site twice"),
        ({**DATA, "sites": ["a", "b", "West-1"]}, "A site is called 'West-1': write another name, of small letters"),
        ({**DATA, "wan": {"delay": 5}}, "Unknown key of 'wan' 'delay'. Did you mean 'delay_ms'?"),
        ({**DATA, "wan": {"delay_ms": "5ms"}}, "'delay_ms' of 'wan' is not a number."),
        ({**DATA, "wan": {"delay_ms": -1}}, "'delay_ms' of 'wan' is -1: write 0 or more."),
        ({**DATA, "wan": {"rate_mbit": float("nan")}}, "'rate_mbit' of 'wan' is nan: write 0 or more."),
        ({**DATA, "wan": {"loss_percent": 100}}, "'loss_percent' of 'wan' is 100 or more, and nothing would arrive"),
        ({**DATA, "wan": {"jitter_ms": 5}}, "'jitter_ms' of 'wan' is more than 'delay_ms'"),
        ({**DATA, "nodes": ["storage"]}, "Node 1 is not a dictionary."),
        (with_node(name=None), "Node 1 has no key 'name'."),
        (with_node(memory=None), "Node 'storage-a' has no key 'memory'."),
        (with_node(mem="2g"), "Unknown key of node 'storage-a' 'mem'. Did you mean 'memory'?"),
        (with_node(count="3"), "'count' of node 'storage-a' is not a whole number."),
        (with_node(count=True), "'count' of node 'storage-a' is not a whole number."),
        (with_node(count=0), "'count' of node 'storage-a' is 0: write 1 to 50, or leave the node out."),
        (with_node(data="yes"), "'data' of node 'storage-a' is not true or false."),
        (with_node(cpus=0), "'cpus' of node 'storage-a' is 0: write a number above 0."),
        (with_node(memory="lots"), "'memory' of node 'storage-a' is 'lots', which is no size"),
        (with_node(disk="0g"), "'disk' of node 'storage-a' is '0g', which is no size"),
        (
            with_node(name="Storage_A"),
            "'name' of node 'Storage_A' is 'Storage_A': write another name, of small letters",
        ),
        (with_node(name="a-"), "'name' of node 'a-' is 'a-'"),
        (with_node(group="client-fuse"), "'group' of node 'storage-a' is 'client-fuse': write another name"),
        (with_node(group="all"), "'group' of node 'storage-a' is 'all': write another name"),
        (with_node(kernel="own's"), "Unknown kernel of node 'storage-a' 'own's'. Did you mean 'own'? Known: host"),
        (with_node(filesystems=["nfs5"]), "Unknown file system of node 'storage-a' 'nfs5'. Did you mean 'nfs"),
        (with_node(site="c"), "Unknown site of node 'storage-a' 'c'. Known: a, b."),
        (with_node(site=None, sites=["a", "c"]), "Unknown site of node 'storage-a' 'c'. Known: a, b."),
        (with_node(site=None), "The place of node 'storage-a' is said twice or not at all: give it either 'site'"),
        (with_node(sites=["a", "b"]), "The place of node 'storage-a' is said twice or not at all"),
        (with_node(site=None, sites=[]), "'sites' of node 'storage-a' is empty or names a site twice"),
        (with_node(site=None, sites=["a", "a"]), "'sites' of node 'storage-a' is empty or names a site twice"),
        (with_node(ec2={"type": "t3.medium"}), "'ec2' of node 'storage-a' has no key 'market'."),
        (
            with_node(ec2={"type": "t3.medium", "market": "spot", "root_gb": 20, "disk": 1}),
            "Unknown key of 'ec2' of node 'storage-a' 'disk'.",
        ),
        (
            with_node(ec2={"type": "t3.medium", "market": "on_demand", "root_gb": 20}),
            "Unknown market of node 'storage-a' 'on_demand'. Did you mean 'on-demand'?",
        ),
        (
            with_node(ec2={"type": "", "market": "spot", "root_gb": 20}),
            "'type' of node 'storage-a' is empty: name a type of instance",
        ),
        (
            with_node(ec2={"type": "t3.medium", "market": "spot", "root_gb": 20, "protected": True}),
            "'protected' of node 'storage-a' is true, and AWS protects no spot instance",
        ),
        (
            with_node(ec2={"type": "t3.medium", "market": "spot", "root_gb": 4}),
            "'root_gb' of node 'storage-a' is 4: write 8 or more",
        ),
    ],
)
def test_what_a_topology_cannot_say(data, fault):
    assert faults(data)[0].startswith(fault)


@pytest.mark.parametrize(
    ("counts", "fault"),
    [
        (
            {"storage_a": 4},
            "Unknown name in the counts 'storage_a'. Did you mean 'storage-a'? Known: storage-a, conduit.",
        ),
        ({"fuse-client": 2}, "Unknown name in the counts 'fuse-client'."),
        ({"storage-a": "many"}, "'count' of node 'storage-a' is not a whole number."),
    ],
)
def test_counts_belong_to_entries_that_have_one(counts, fault):
    (found,) = faults(DATA, **counts)
    assert found.startswith(fault)


def test_every_fault_is_told_at_once():
    data = {**with_node(memory="lots", site="c"), "wan": {"loss_percent": -1}}
    assert len(faults(data)) == 3

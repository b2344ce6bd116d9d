# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.netfs.bench.plugins.plugin_utils._node_sets import (
    identities,
    node_set,
    turn_hosts,
    turn_place,
    turn_service,
)

GROUPS = {"client": ["c"], "object_store": ["o3", "o1", "o2"], "server": ["s3", "s1", "s2"], "other": ["x"]}


@pytest.mark.parametrize(("number", "hosts"), [(0, "c o1 s1"), (1, "c o2 s2"), ("2", "c o3 s3"), (3, "c o1 s1")])
def test_node_sets_take_turns_and_one_client_loads_all(number, hosts):
    nodes = {"client": {}, "object_store": {}, "server": {}}
    assert " ".join(node_set(nodes, GROUPS, number).values()) == hosts


PLAN = {
    "nodes": {"client": {}, "object_store": {}, "server": {}},
    "systems": {"one": {"services": [{"name": "store", "node": "object_store"}, {"name": "nas", "node": "server"}]}},
}
SITES = {
    "storage_a": ["a2", "a1"],
    "storage_b": ["b1"],
    "client_fuse": ["f2", "f1"],
    "client_nfs": ["n1"],
}
CLUSTER = {
    "nodes": {"client_fuse": {}, "client_nfs": {}, "storage_a": {}, "storage_b": {}},
    "systems": {"both": {}},
    "topology": {
        "stands_for": {"server": "storage_a"},
        "places": {
            "both": {
                "fuse": {"client": "client_fuse", "node": "storage_a", "service": "fs"},
                "nfs4.2": {"client": "client_nfs", "node": "storage_a", "service": "gateway"},
            }
        },
    },
}


def test_the_last_service_of_a_profile_is_what_the_client_mounts():
    assert turn_service(PLAN, {"system": "one"}) == {"name": "nas", "node": "server", "client": "client"}
    assert turn_service(PLAN, {})["client"] == "client"


@pytest.mark.parametrize(
    ("turn", "found"),
    [
        ({"system": "both", "protocol": "fuse"}, ("fs", "storage_a", "client_fuse")),
        ({"system": "both#2", "protocol": "nfs4.2"}, ("gateway", "storage_a", "client_nfs")),
        ({}, ("fs", "storage_a", "client_fuse")),
    ],
)
def test_on_a_topology_the_plan_says_what_is_mounted_over_a_protocol(turn, found):
    assert tuple(turn_service(CLUSTER, turn).values()) == found


def test_a_turn_without_a_topology_has_one_node_set():
    assert turn_hosts(PLAN, GROUPS, 1, {"system": "one"}) == {
        "nodes": {"client": "c", "object_store": "o2", "server": "s2"},
        "hosts": ["c", "o2", "s2"],
        "client": "c",
        "loaded": ["c", "o2", "s2"],
    }


@pytest.mark.parametrize("number", [0, 1])
def test_all_hosts_of_a_topology_take_part_in_every_turn(number):
    assert turn_hosts(CLUSTER, SITES, number, {"system": "both", "protocol": "nfs4.2"}) == {
        "nodes": {
            "server": "a1",
            "client_fuse": "f1",
            "client_nfs": "n1",
            "storage_a": "a1",
            "storage_b": "b1",
        },
        "hosts": ["f1", "f2", "n1", "a1", "a2", "b1"],
        "client": "n1",
        "loaded": ["n1", "a1", "a2"],
    }


FS = {"name": "fs", "node": "storage_a"}
COPY = {"name": "fs", "node": "storage_b"}
GATEWAY = {"name": "gateway", "node": "storage_a", "hosts": 1}


@pytest.mark.parametrize(
    ("services", "endpoints", "said"),
    [
        ([COPY, FS, GATEWAY], {"fs": {"redundancy": {"replicas": 3, "k": 0, "m": 0}}}, "3 copies"),
        ([FS], {"fs": {"redundancy": {"replicas": 1, "k": 0, "m": 0}}}, "1 copy"),
        ([FS], {"fs": {"redundancy": {"replicas": 3, "k": 2, "m": 1}}}, "erasure coding 2+1"),
        # what another system published on the same host says nothing of this one
        ([GATEWAY], {"fs": {"redundancy": {"replicas": 3, "k": 0, "m": 0}}}, "1 copy"),
        ([FS], {}, "unknown"),
        ([FS], {"fs": {}}, "unknown"),
    ],
)
def test_where_a_turn_is_measured(services, endpoints, said):
    topology = {**CLUSTER["topology"], "topology": "two", "site": "a", "network": "fast"}
    plan = {**CLUSTER, "systems": {"both": {"services": services}}, "topology": topology}
    assert turn_place(plan, {"system": "both", "protocol": "nfs4.2"}, endpoints) == {
        "topology": "two",
        "site": "a",
        "redundancy": said,
        "network": "fast",
        "client": "client_nfs",
    }


def test_without_a_topology_a_turn_has_no_place():
    assert turn_place(PLAN, {"system": "one"}, {}) == {}


@pytest.mark.parametrize(
    ("variables", "identity"), [({}, "s"), ({"node_machine": ""}, "s"), ({"node_machine": "i-1"}, "i-1")]
)
def test_a_host_is_what_its_inventory_says_or_its_name(variables, identity):
    assert identities(["s"], {"s": variables, "other": {}}) == {"s": identity}

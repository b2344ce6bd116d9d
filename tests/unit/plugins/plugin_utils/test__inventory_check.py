# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.netfs.bench.plugins.plugin_utils._cluster_plan import Demands, plan_cluster
from ansible_collections.netfs.bench.plugins.plugin_utils._inventory_check import (
    inventory_faults,
    inventory_nodes,
    reach_faults,
    reach_lines,
)
from ansible_collections.netfs.bench.plugins.plugin_utils._topology import topology_of

STORAGE = {"name": "storage-a", "count": 2, "group": "storage", "site": "a", "memory": "1g"}
NODES = [
    STORAGE,
    {**STORAGE, "name": "storage-b", "count": 1, "site": "b"},
    {"name": "fuse-client", "group": "client_fuse", "site": "a", "memory": "1g"},
    {"name": "conduit-1", "group": "conduit", "sites": ["a", "b"], "memory": "1g"},
]
TOPOLOGY = topology_of("own", {"description": "Two sites.", "sites": ["a", "b"], "nodes": NODES}, {})
PLAN = plan_cluster(TOPOLOGY, Demands(), "existing").record()
GROUPS = {
    "storage_a": ["nas-1", "nas-2"],
    "storage_b": ["nas-3"],
    "client_fuse_a": ["load"],
    "conduit": ["relay"],
    "storage": ["nas-1", "nas-2", "nas-3"],
    "client_fuse": ["load"],
    "site_a": ["nas-1", "nas-2", "load"],
    "site_b": ["nas-3"],
    "unheard": ["other"],
}


def test_an_inventory_that_is_the_topology():
    assert inventory_faults(PLAN, GROUPS) == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (
            {"storage_a": ["nas-1"], "storage": ["nas-1", "nas-3"], "site_a": ["nas-1", "load"]},
            ["The topology own has 2 nodes in group 'storage_a', and the inventory has 1 host there (nas-1). Add 1."],
        ),
        (
            {"conduit": []},
            ["The topology own has 1 node in group 'conduit', and the inventory has 0 hosts there. Add 1."],
        ),
        (
            {"conduit": ["relay", "relay-2", "relay-3"]},
            [
                (
                    "The topology own has 1 node in group 'conduit', and the inventory has 3 hosts there (relay, "
                    "relay-2, relay-3). Take 2 out of it, or raise the count in the topology."
                )
            ],
        ),
        (
            {"client_fuse_a": ["nas-1"], "client_fuse": ["nas-1"], "site_a": ["nas-1", "nas-2"]},
            ["nas-1 is in the groups storage_a and client_fuse_a. Give each node of the topology its own host."],
        ),
        (
            {"site_b": ["nas-3", "relay"]},
            ["Group 'site_b' has relay besides. Give it the groups storage_b as children."],
        ),
        (
            {"storage": ["nas-1", "load"]},
            [
                (
                    "Group 'storage' lacks nas-2, nas-3 and has load besides. Give it the groups storage_a, "
                    "storage_b as children."
                )
            ],
        ),
        (
            {"conduit": [], "site_a": ["nas-1", "nas-2"]},
            [
                "The topology own has 1 node in group 'conduit', and the inventory has 0 hosts there. Add 1.",
                "Group 'site_a' lacks load. Give it the groups storage_a, client_fuse_a as children.",
            ],
        ),
    ],
)
def test_what_is_wrong_with_groups_is_told_at_once(changed, said):
    assert inventory_faults(PLAN, {**GROUPS, **changed}) == said


def test_an_empty_inventory_lacks_each_node_once():
    assert len(inventory_faults(PLAN, {})) == 4


def facts(address, *more):
    return {"ansible_facts": {"default_ipv4": {"address": address}, "all_ipv4_addresses": [address, *more]}}


VARIABLES = {
    "nas-1": facts("192.0.2.1"),
    "nas-2": {**facts("192.0.2.2"), "node_name": "two"},
    "nas-3": {**facts("10.9.9.9", "198.51.100.3"), "service_address": "198.51.100.3"},
    "load": facts("192.0.2.4"),
    "relay": {"node_addresses": {"a": "192.0.2.5", "b": "198.51.100.5"}},
}
FOUND = inventory_nodes(PLAN, GROUPS, VARIABLES)


def test_hosts_have_the_name_the_sites_and_the_address_that_others_use():
    assert {host: (node["name"], node["sites"], node["address"]) for host, node in FOUND.items()} == {
        "nas-1": ("nas-1", ["a"], "192.0.2.1"),
        "nas-2": ("two", ["a"], "192.0.2.2"),
        "nas-3": ("nas-3", ["b"], "198.51.100.3"),
        "load": ("load", ["a"], "192.0.2.4"),
        "relay": ("relay", ["a", "b"], "192.0.2.5"),
    }
    assert FOUND["nas-3"]["addresses"] == ["10.9.9.9", "198.51.100.3"]
    assert inventory_nodes(PLAN, GROUPS, {host: {} for host in VARIABLES})["load"]["address"] == ""


NAMES = {node["name"]: [node["address"]] for node in FOUND.values()}
QUIET = {node["address"]: [] for node in FOUND.values()}


def answers(**changed):
    """What hosts answer where all is well, those of a site know and reach each other, and what is changed of it."""
    found = {
        host: {
            "resolved": dict(NAMES),
            "reached": {
                **QUIET,
                **{other["address"]: [22] for other in FOUND.values() if set(other["sites"]) & set(node["sites"])},
            },
        }
        for host, node in FOUND.items()
    }
    for host, (key, part) in changed.items():
        found[host.replace("_", "-")][key].update(part)
    return found


def test_nodes_that_know_each_other_and_meet_at_the_conduit():
    assert reach_faults(FOUND, answers()) == []
    assert reach_lines(FOUND, [22, 3300]) == [
        "every node knows the names of those that it meets (5 nodes asked)",
        "sites a, b do not reach each other (tried: TCP ports 22, 3300 of every node)",
    ]
    assert len(reach_lines({"nas-1": FOUND["nas-1"]}, [22])) == 1


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (
            {"nas_1": ("resolved", {"two": [], "load": []})},
            ["nas-1 does not know the names two, load. Add them to its /etc/hosts or to its DNS."],
        ),
        ({"nas_1": ("resolved", {"nas-3": []})}, []),
        ({"nas_1": ("resolved", {"nas-1": ["127.0.1.1"]})}, []),
        ({"relay": ("resolved", {"nas-3": ["10.9.9.9"]})}, []),
        (
            {"relay": ("resolved", {"nas-3": ["203.0.113.3"]})},
            [
                (
                    "relay takes nas-3 for 203.0.113.3, which is no address of it (10.9.9.9, 198.51.100.3). Correct "
                    "its /etc/hosts or its DNS."
                )
            ],
        ),
        (
            {"nas_3": ("reached", {"192.0.2.1": [22, 3300]}), "load": ("reached", {"198.51.100.3": [3300]})},
            [
                (
                    "Sites a and b reach each other past the conduit: nas-3 reaches nas-1 (192.0.2.1, port 22), load "
                    "reaches nas-3 (198.51.100.3, port 3300). Close that route, or make them one site in the "
                    "topology."
                )
            ],
        ),
        ({"relay": ("reached", {"198.51.100.3": [], "192.0.2.1": []})}, []),
    ],
)
def test_what_nodes_lack_or_reach_too_much_is_told(changed, said):
    assert reach_faults(FOUND, answers(**changed)) == said


def test_all_is_told_at_once_and_many_pairs_are_one_sentence():
    told = answers(
        nas_1=("resolved", {"two": []}), nas_3=("reached", {node["address"]: [22] for node in FOUND.values()})
    )
    told["nas-2"] = {"unreachable": True}
    told["load"]["reached"]["198.51.100.3"] = [22]
    silent, name, route = reach_faults(FOUND, told)
    assert silent.startswith("nas-2 could not be asked.")
    assert name.startswith("nas-1 does not know the names two.")
    assert route.count(" reaches ") == 3
    assert "and 1 more. Close that route" in route


def test_a_host_without_an_address_is_told():
    nodes = {**FOUND, "load": {**FOUND["load"], "address": "", "addresses": []}}
    found = reach_faults(nodes, answers())
    assert "load has no address that others could use. Set service_address of it." in found

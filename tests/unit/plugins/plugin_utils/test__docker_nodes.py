# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from ansible_collections.netfs.bench.plugins.plugin_utils._cluster_plan import Demands, Machine, plan_cluster
from ansible_collections.netfs.bench.plugins.plugin_utils._docker_nodes import docker_networks, docker_nodes, line_of
from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import RefusedValueError
from ansible_collections.netfs.bench.plugins.plugin_utils._topology import topology_of

TOPOLOGIES = sorted(Path(__file__).parents[4].glob("playbooks/topologies/*.yml"))
SITES = {"a": "198.18.70.0/24", "b": "198.18.71.0/24"}
CLUSTER = {
    "storage-a-1": {"kernel": "host", "data": True, "site": "a", "groups": ["storage", "site_a"]},
    "storage-b-1": {"kernel": "host", "data": True, "site": "b", "groups": ["storage", "site_b"]},
    "conduit-1": {"kernel": "own", "data": False, "sites": ["a", "b"], "groups": ["conduit"]},
}


def networks(sites=None, ip_version=4, subnet="198.18.7.0/24"):
    return docker_networks(SITES if sites is None else sites, installation="lab", subnet=subnet, ip_version=ip_version)


def nodes(asked, where=None, wan=None, existing=(), **limits):
    return {
        node["name"]: node
        for node in docker_nodes(
            asked,
            installation="lab",
            networks=networks({}) if where is None else where,
            wan=wan or {},
            existing=list(existing),
            **{"cpus": "2", "memory": "4g", **limits},
        )
    }


def test_without_sites_there_is_one_network():
    assert networks({}) == [{"site": "", "name": "lab", "subnets": ["198.18.7.0/24"]}]


def test_with_ipv6_there_is_a_subnet_for_the_nodes_too():
    (network,) = networks({}, ip_version="6")
    assert network["subnets"] == ["198.18.7.0/24", "2001:2:0:1207::/64"]
    found = nodes({"server": {"kernel": "host"}}, [network])
    assert found["server"]["address"] == "2001:2:0:1207::10"
    assert found["server"]["networks"] == [{"name": "lab", "ipv6_address": "2001:2:0:1207::10"}]


@pytest.mark.parametrize(
    ("sites", "subnets"),
    [
        (SITES, ["198.18.70.0/24", "198.18.71.0/24"]),
        ({"a": "", "b": ""}, ["198.18.7.0/24", "198.18.8.0/24"]),
        ({"a": "", "b": "198.18.99.0/24", "c": None}, ["198.18.7.0/24", "198.18.99.0/24", "198.18.9.0/24"]),
    ],
)
def test_every_site_is_a_network(sites, subnets):
    found = networks(sites)
    assert [network["name"] for network in found] == [f"lab-{site}" for site in sites]
    assert [network["subnets"] for network in found] == [[subnet] for subnet in subnets]


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        ({"sites": {"A": ""}}, "nodes_docker_sites names a site 'A'"),
        (
            {"sites": {"a": "198.18.70.0/16"}},
            "The subnet of site a is '198.18.70.0/16': write an IPv4 network that ends",
        ),
        ({"sites": {"a": "198.18.70.5/24"}}, "The subnet of site a is '198.18.70.5/24'"),
        ({"sites": {"a": "198.18.700.0/24"}}, "The subnet of site a is '198.18.700.0/24'"),
        ({"sites": {"a": "198.18.70.0/24", "b": "198.18.70.0/24"}}, "Sites of nodes_docker_sites share a subnet"),
        ({"sites": {"a": "", "b": "198.18.7.0/24"}}, "Sites of nodes_docker_sites share a subnet"),
        ({"ip_version": 6}, "nodes_docker_sites needs nodes_docker_ip_version 4"),
        ({"sites": {}, "subnet": "10.0.0.0/8"}, "nodes_docker_subnet is '10.0.0.0/8'"),
    ],
)
def test_networks_that_cannot_be(change, refused):
    with pytest.raises(RefusedValueError) as told:
        networks(**change)
    assert str(told.value).startswith(refused)


def test_without_sites_nodes_are_what_they_always_were():
    found = nodes({"client": {"kernel": "own"}, "object_store": {"kernel": "host", "cpus": 1.5, "memory": "1g"}})
    assert found["client"] == {
        "name": "client",
        "container": "lab-client",
        "hostname": "lab-client",
        "kernel": "own",
        "root": "hostfs",
        "data": False,
        "cpus": "2",
        "memory": "4g",
        "address": "198.18.7.20",
        "networks": [{"name": "lab", "ipv4_address": "198.18.7.20"}],
        "groups": "",
        "sites": "",
        "addresses": "198.18.7.20",
        "hosts": {"lab-client": "198.18.7.20", "lab-object-store": "198.18.7.30"},
        "line": "",
        "later": [],
        "labels": {
            "netfs.bench.node": "client",
            "netfs.bench.peers": "lab-client:198.18.7.20 lab-object-store:198.18.7.30",
            "netfs.bench.kernel": "own",
            "netfs.bench.address": "198.18.7.20",
            "netfs.bench.cpus": "2",
            "netfs.bench.memory": "4g",
        },
    }
    store = found["object_store"]
    assert (store["hostname"], store["cpus"], store["memory"], store["root"]) == (
        "lab-object-store",
        "1.5",
        "1g",
        "ext4",
    )


def test_at_sites_a_node_is_called_by_its_name_and_knows_all_others():
    found = nodes(CLUSTER, networks())
    a, b, conduit = (found[name] for name in ("storage-a-1", "storage-b-1", "conduit-1"))
    (at_a, at_b) = conduit["addresses"].split(",")
    assert a["hostname"] == "storage-a-1"
    assert a["hosts"] == {"storage-a-1": a["address"], "storage-b-1": b["address"], "conduit-1": at_a}
    assert b["hosts"] == {"storage-a-1": a["address"], "storage-b-1": b["address"], "conduit-1": at_b}
    assert conduit["hosts"] == {"storage-a-1": a["address"], "storage-b-1": b["address"], "conduit-1": at_a}
    assert conduit["networks"] == [
        {"name": "lab-a", "ipv4_address": at_a},
        {"name": "lab-b", "ipv4_address": at_b},
    ]
    assert (at_a.rpartition(".")[2], conduit["address"]) == (at_b.rpartition(".")[2], at_a)
    assert conduit["labels"]["netfs.bench.sites"] == "a,b"
    assert conduit["labels"]["netfs.bench.groups"] == "conduit"
    assert a["labels"]["netfs.bench.addresses"] == a["address"]


def test_only_what_joins_sites_has_a_line_behind_its_legs():
    found = nodes(CLUSTER, networks(), wan={"delay_ms": 40})
    assert found["conduit-1"]["line"] == "limit 116667 delay 40ms"
    assert found["storage-a-1"]["line"] == ""


@pytest.mark.parametrize(
    ("given", "data", "root"), [("false", False, "hostfs"), ("yes", True, "ext4"), (None, True, "ext4")]
)
def test_what_a_node_says_is_read_in_its_type(given, data, root):
    found = nodes({"server": {"kernel": "own", "data": given, "cpus": "1.50", "memory": None}})["server"]
    assert (found["data"], found["root"], found["cpus"], found["memory"]) == (data, root, "1.5", "4g")


@pytest.mark.parametrize(
    ("wan", "line"),
    [
        ({}, ""),
        ({"delay_ms": 0, "rate_mbit": None}, ""),
        ({"loss_percent": 0.1}, "limit 83334 loss 0.1%"),
        ({"delay_ms": 2.5, "jitter_ms": 1, "rate_mbit": 100}, "limit 1000 delay 2.5ms 1ms rate 100mbit"),
        ({"delay_ms": 300, "rate_mbit": 1000}, "limit 33334 delay 300ms rate 1000mbit"),
    ],
)
def test_a_line_holds_what_is_on_its_way(wan, line):
    assert line_of(wan) == line


def test_a_node_more_moves_no_other_and_none_shares_an_address():
    asked = {f"storage-a-{number}": CLUSTER["storage-a-1"] for number in range(1, 100)}
    found = nodes(asked, networks())
    addresses = {name: node["address"] for name, node in found.items()}
    assert len(set(addresses.values())) == 99
    more = {**{f"extra-{number}": CLUSTER["storage-a-1"] for number in range(90)}, **asked}
    existing = [{"name": name, "address": address} for name, address in addresses.items()]
    again = nodes(more, networks(), existing=existing)
    assert {name: again[name]["address"] for name in asked} == addresses
    assert len({node["address"] for node in again.values()}) == 189


def test_a_node_more_is_a_later_peer_and_no_other_label():
    one = {"storage-a-1": CLUSTER["storage-a-1"]}
    first = nodes(one, networks())["storage-a-1"]
    label = first["labels"]["netfs.bench.peers"]
    assert (label, first["later"]) == (f"storage-a-1:{first['address']}", [])
    existing = [{"name": "storage-a-1", "address": first["address"], "peers": label}]
    found = nodes({**one, "storage-a-2": CLUSTER["storage-a-1"]}, networks(), existing=existing)
    assert found["storage-a-1"]["labels"] == first["labels"]
    assert found["storage-a-1"]["later"] == [f"storage-a-2:{found['storage-a-2']['address']}"]
    assert found["storage-a-2"]["later"] == []


@pytest.mark.parametrize("path", TOPOLOGIES, ids=lambda path: path.stem)
def test_the_shipped_topologies_are_nodes_at_sites(path):
    topology = topology_of(path.stem, yaml.safe_load(path.read_text(encoding="utf-8")), {})
    machine = Machine(memory=1 << 40, free_disk=1 << 40, cpus=64, features=frozenset())
    plan = plan_cluster(topology, Demands(), "docker", machine).record()
    kept = ("kernel", "cpus", "memory", "data", "groups", "sites")
    asked = {name: {key: node[key] for key in kept} for name, node in plan["nodes"].items()}
    found = nodes(asked, networks(dict.fromkeys(plan["sites"], "")))
    assert list(found) == sorted(plan["nodes"])
    assert {name: node["groups"].split(",") for name, node in found.items()} == {
        name: node["groups"] for name, node in plan["nodes"].items()
    }
    assert set(found["fuse-client"]["hosts"]) == set(plan["nodes"])


def test_an_address_of_another_subnet_is_forgotten():
    existing = [{"name": "storage-a-1", "address": "198.18.99.99"}, {"name": "conduit-1", "address": None}]
    assert nodes(CLUSTER, networks(), existing=existing) == nodes(CLUSTER, networks())


@pytest.mark.parametrize(
    ("asked", "refused"),
    [
        ({"Server": {}}, "A node is called 'Server': write small letters"),
        ({"one": {"kernel": "mine"}}, "Node one: value of kernel must be one of: host, own, got: mine"),
        ({"one": {"memroy": "1g"}}, "Node one: memroy. Supported parameters include: address, cpus, data"),
        ({"one": {"cpus": "many"}}, "Node one: argument 'cpus' is of type"),
        ({"storage-1": {}}, "Node storage-1 is in a group of its own name, which may have no -: give it groups."),
        ({"one": {"groups": ["client-fuse"]}}, "Node one is in group 'client-fuse'"),
        ({"one": {"site": "a"}}, "Node one stands at a site, and nodes_docker_sites has none"),
        ({"one": {"address": "198.18.8.5"}}, "Node one has address 198.18.8.5: write one of 198.18.7.0/24"),
        ({"one": {"address": "here"}}, "Node one has address here"),
        ({"one": {"address": "198.18.7.10"}, "server": {}}, "Nodes one and server share an address"),
        ({"a_b": {}, "a-b": {"groups": ["x"]}}, "Nodes a-b and a_b share the host name lab-a-b: rename one."),
    ],
)
def test_nodes_that_cannot_be(asked, refused):
    with pytest.raises(RefusedValueError) as told:
        nodes({name: {"kernel": "host", **node} for name, node in asked.items()})
    assert str(told.value).startswith(refused)


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        ({"site": "c"}, "Node storage-a-1: unknown site 'c'. Known: a, b. nodes_docker_sites lists the sites."),
        ({"sites": ["a"]}, "Node storage-a-1 has both site and sites"),
        ({"site": None, "sites": ["a", "a"]}, "Node storage-a-1 names a site twice"),
        ({"site": None}, "Node storage-a-1 stands at no site: give it site, one of a, b."),
        ({"site": None, "sites": ["a", "b"], "address": "198.18.70.5"}, "Node storage-a-1 has address 198.18.70.5"),
    ],
)
def test_nodes_that_cannot_be_at_sites(change, refused):
    first = {key: value for key, value in {**CLUSTER["storage-a-1"], **change}.items() if value is not None}
    with pytest.raises(RefusedValueError) as told:
        nodes({**CLUSTER, "storage-a-1": first}, networks())
    assert str(told.value).startswith(refused)


@pytest.mark.parametrize(
    ("asked", "wan", "refused"),
    [
        (CLUSTER, {"delay_ms": -1}, "nodes_docker_wan: 'delay_ms' of 'wan' is -1: write 0 or more."),
        (CLUSTER, {"delay": 1}, "nodes_docker_wan: Unknown key of 'wan' 'delay'. Did you mean 'delay_ms'?"),
        ({"x": CLUSTER["storage-a-1"]}, {"delay_ms": 1}, "nodes_docker_wan lies between sites, and no node has legs"),
    ],
)
def test_lines_that_cannot_be(asked, wan, refused):
    with pytest.raises(RefusedValueError) as told:
        nodes(asked, networks(), wan=wan)
    assert str(told.value).startswith(refused)

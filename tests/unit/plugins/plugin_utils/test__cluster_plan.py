# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.netfs.bench.plugins.plugin_utils._cluster_plan import (
    Demands,
    Machine,
    demands_of,
    describe,
    plan_cluster,
)
from ansible_collections.netfs.bench.plugins.plugin_utils._topology import TopologyError, topology_of

GIB = 1 << 30
MACHINE = Machine(memory=16 * GIB, free_disk=50 * GIB, cpus=2, features=frozenset({"nfs", "nfs4"}), image=3 * GIB)
STORAGE_A = {"name": "storage-a", "count": 3, "group": "storage", "site": "a", "memory": "2g", "disk": "3g"}
STORAGE_B = {**STORAGE_A, "name": "storage-b", "count": 2, "site": "b"}
CONDUIT = {"name": "conduit", "count": 1, "group": "conduit", "sites": ["a", "b"], "memory": "1g"}
CLIENT = {"name": "nfs-client", "group": "client_nfs", "site": "a", "memory": "1g", "filesystems": ["nfs"]}
NODES = [STORAGE_A, STORAGE_B, CONDUIT, CLIENT]


def topology(*nodes, **change):
    data = {"description": "A cluster.", "sites": ["a", "b"], "nodes": list(nodes or NODES), **change}
    return topology_of("sample", data, {})


def plan(*nodes, demands=None, kind="docker", machine=MACHINE, present=(), **change):
    return plan_cluster(topology(*nodes, **change), Demands(**(demands or {})), kind, machine, present)


def faults(*nodes, **how):
    with pytest.raises(TopologyError) as refused:
        plan(*nodes, **how)
    return refused.value.faults


def test_a_cluster_that_nothing_speaks_against():
    demands = {
        "voters": {"a": 3, "b": 1},
        "erasure_coding": {"a": "2+1"},
        "conduit_port": 9402,
        "replication_target": "conduit-1:9402",
        "linearizable_sites": ("a",),
        "ssh_sources": ("203.0.113.7/32", "2001:db8::/64"),
    }
    record = plan(demands=demands).record()
    assert record["warnings"] == []
    assert record["conduit"] == "conduit-1"
    assert record["groups"]["storage_b"] == ["storage-b-1", "storage-b-2"]
    assert record["groups"]["site_b"] == ["storage-b-1", "storage-b-2"]
    assert record["groups"]["conduit"] == ["conduit-1"]
    assert (record["memory"], record["disk"]) == (12 * GIB, 17 * GIB)
    node = record["nodes"]["storage-a-1"]
    assert (node["site"], node["sites"], node["memory"], node["kernel"]) == ("a", ["a"], "2048m", "host")
    assert record["wan"] == {}


def test_one_site_needs_no_conduit():
    assert plan(STORAGE_A, sites=["a"]).record()["conduit"] == ""


@pytest.mark.parametrize(
    ("nodes", "change", "fault"),
    [
        ([STORAGE_A, STORAGE_B], {}, "No node joins the sites a, b: give one node 'sites: [a, b]'"),
        ([*NODES, {**CONDUIT, "name": "relay"}], {}, "conduit-1 and relay-1 all join sites: leave 'sites' to one"),
        ([*NODES], {"sites": ["a", "b", "c"]}, "conduit-1 has no leg in site c"),
        ([STORAGE_A], {"sites": ["a"], "wan": {"delay_ms": 5}}, "There is one site, and 'wan' lies between sites"),
        (
            [*NODES, {**CLIENT, "name": "storage-a-2"}],
            {},
            "Two nodes are called 'storage-a-2': give one of them another",
        ),
        ([*NODES, {**CLIENT, "group": "storage_a", "name": "x"}], {}, "The group 'storage_a' has the name of another"),
        ([*NODES, {**CLIENT, "group": "site_b", "name": "x"}], {}, "The group 'site_b' has the name of another"),
        ([*NODES, {**CLIENT, "name": "x", "cpus": 4}], {}, "x shall have 4 CPUs, and this machine has 2"),
        (
            [*NODES, {**CLIENT, "name": "x", "kernel": "host", "filesystems": ["cifs"]}],
            {},
            "x: A node on the host's kernel was asked for, but the kernel of this host lacks cifs. Use auto",
        ),
        (
            [STORAGE_A, STORAGE_B, {**CONDUIT, "kernel": "host"}],
            {"wan": {"delay_ms": 5}},
            "conduit-1: A node on the host's kernel was asked for, but the kernel of this host lacks netem. Use auto",
        ),
    ],
)
def test_what_a_topology_cannot_be(nodes, change, fault):
    (found,) = faults(*nodes, **change)
    assert found.startswith(fault)


@pytest.mark.parametrize(
    ("demands", "fault"),
    [
        ({"voters": {"a": 5}}, "Site a shall have 5 voters, and has 3 storage nodes: raise the count"),
        (
            {"erasure_coding": {"a": "4+2"}},
            "Erasure coding 4+2 at site a needs 6 storage nodes, and the site has 3: use 2+1, or raise their count",
        ),
        (
            {"erasure_coding": {"b": "2+1"}},
            "Erasure coding 2+1 at site b needs 3 storage nodes, and the site has 2: keep",
        ),
        (
            {"conduit_port": 9402, "replication_target": "conduit-1:9401"},
            "The storage nodes replicate to port 9401 of conduit-1, and it listens on port 9402: nothing would",
        ),
        (
            {"replication_target": "conduit-1:9401"},
            "The storage nodes replicate to port 9401 of conduit-1, and it listens",
        ),
        (
            {"conduit_port": 9402, "replication_target": "site-b:9402"},
            "The storage nodes replicate to 'site-b', and the conduit is conduit-1",
        ),
        (
            {"conduit_port": 9402, "replication_target": "conduit-1"},
            "The replication target is 'conduit-1': write it as",
        ),
        ({"linearizable_sites": ("a", "b")}, "The sites a and b shall be linearizable together"),
        ({"ssh_sources": ("0.0.0.0/0",)}, "ssh would be open to the world (0.0.0.0/0): name the networks"),
        ({"ssh_sources": ("10.0.0.0/8", "::/0")}, "ssh would be open to the world (::/0): name the networks"),
        ({"ssh_sources": ("0.0.0.0/1", "128.0.0.0/1")}, "ssh would be open to the world (0.0.0.0/0)"),
        ({"ssh_sources": ("home",)}, "'home' is no network that ssh can be open to: write it as"),
    ],
)
def test_what_an_engine_cannot_ask_for(demands, fault):
    for kind, machine in (("docker", MACHINE), ("existing", None)):
        (found,) = faults(demands=demands, kind=kind, machine=machine)
        assert found.startswith(fault)


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"voter": {}}, "Unknown key of what the engine asks 'voter'. Did you mean 'voters'?"),
        ({"voters": 3}, "'voters' of what the engine asks is not a dictionary."),
        ({"voters": {"c": 3}}, "Unknown site in voters 'c'. Known: a, b."),
        ({"voters": {"a": "three"}}, "The voters at site a are 'three': write a whole number."),
        ({"voters": {"a": -1}}, "The voters at site a are -1"),
        ({"erasure_coding": {"a": "2-1"}}, "The erasure coding at site a is '2-1': write data+coding chunks"),
        ({"erasure_coding": {"a": "2+0"}}, "The erasure coding at site a is '2+0'"),
        ({"linearizable_sites": ["c"]}, "Unknown site in linearizable_sites 'c'."),
        ({"conduit_port": "9402"}, "'conduit_port' of what the engine asks is not a whole number."),
    ],
)
def test_what_an_engine_cannot_say(given, fault):
    (found,) = demands_of(given, [], ["a", "b"])[1]
    assert found.startswith(fault)


def test_what_an_engine_says_is_read():
    given = {"voters": {"a": 3}, "linearizable_sites": ["a"]}
    demands, wrong = demands_of(given, ["10.0.0.0/8"], ["a", "b"])
    assert wrong == []
    assert demands == Demands(voters={"a": 3}, linearizable_sites=("a",), ssh_sources=("10.0.0.0/8",))


@pytest.mark.parametrize(
    ("voters", "warned"),
    [
        ({"a": 3, "b": 1}, []),
        ({"a": 3, "b": 0}, []),
        ({"a": 2}, ["Site a has 2 voters, which survive the loss of 0, as 1 would: an odd number is better."]),
        ({"b": 2}, ["Site b has 2 voters, which survive the loss of 0, as 1 would: an odd number is better."]),
    ],
)
def test_an_even_number_of_voters_is_a_warning(voters, warned):
    assert plan(demands={"voters": voters}).warnings == warned


def test_four_voters_survive_as_much_as_three():
    (said,) = plan({**STORAGE_A, "count": 4}, sites=["a"], demands={"voters": {"a": 4}}).warnings
    assert said.startswith("Site a has 4 voters, which survive the loss of 1, as 3 would")


def test_a_node_needs_inotify_instances_unless_it_has_them():
    few = dataclasses.replace(MACHINE, free_watchers=41)
    (found,) = faults(machine=few)
    assert found.startswith("The 7 nodes to create need 42 inotify instances, and this machine has 41 left: allow more")
    assert plan(machine=few, present=["storage-a-1"])
    assert plan(machine=dataclasses.replace(MACHINE, free_watchers=42))


def test_memory_is_summed_and_the_machine_keeps_some():
    (found,) = faults(machine=dataclasses.replace(MACHINE, memory=13 * GIB))
    assert found.startswith(
        "The 7 nodes need 12288 MiB of memory, with 2048 MiB for the machine itself 14336 MiB, and this machine has "
        "13312 MiB: lower 'memory' or 'count'"
    )
    assert plan(machine=dataclasses.replace(MACHINE, memory=14 * GIB))


def test_disk_is_summed_with_the_image_for_those_that_are_not_there():
    small = dataclasses.replace(MACHINE, free_disk=19 * GIB)
    (found,) = faults(machine=small)
    assert found.startswith(
        "The 7 nodes to create need 17408 MiB of disk, and their image 3072 MiB; 19456 MiB are free: free"
    )
    assert plan(machine=small, present=["storage-a-1"])
    nothing = dataclasses.replace(MACHINE, free_disk=0)
    assert plan(machine=nothing, present=[node.name for node in topology().nodes])


def test_a_kernel_is_chosen_by_what_a_node_needs():
    wan = {"delay_ms": 40, "rate_mbit": 100}
    chosen = plan({**CLIENT, "filesystems": ["nfs", "cifs"]}, STORAGE_A, STORAGE_B, CONDUIT, wan=wan).kernels
    assert chosen["nfs-client"] == {"kernel": "own", "why": "the kernel of this host lacks cifs"}
    assert chosen["conduit-1"] == {"kernel": "own", "why": "the kernel of this host lacks netem"}
    assert chosen["storage-a-1"]["kernel"] == "host"
    able = dataclasses.replace(MACHINE, features=MACHINE.features | {"netem"})
    assert plan(wan=wan, machine=able).kernels["conduit-1"]["kernel"] == "host"


def test_a_conduit_that_cannot_carry_the_wan_says_what_would_do():
    (found,) = faults(STORAGE_A, STORAGE_B, {**CONDUIT, "kernel": "host"}, wan={"loss_percent": 1})
    assert found.endswith("Use auto or own instead of host. It carries 'wan', which can also be left out.")


def test_where_others_make_the_nodes_nothing_is_asked_of_this_machine():
    huge = {**STORAGE_A, "memory": "64g", "cpus": 64}
    planned = plan(huge, STORAGE_B, CONDUIT, kind="existing", machine=None)
    assert {node["kernel"] for node in planned.record()["nodes"].values()} == {"its own"}


def test_on_ec2_a_node_says_what_it_is():
    ec2 = {"type": "t3.medium", "market": "spot", "root_gb": 20}
    nodes = [{**node, "ec2": ec2} for node in NODES[:-1]]
    (found,) = faults(*nodes, CLIENT, kind="ec2", machine=None)
    assert found == "nfs-client has no key 'ec2': name its type, market and root_gb there."
    assert plan(*nodes, kind="ec2", machine=None).record()["nodes"]["conduit-1"]["ec2"] == {**ec2, "protected": False}


def test_every_fault_is_told_at_once():
    demands = {"erasure_coding": {"a": "4+2"}, "ssh_sources": ("0.0.0.0/0",)}
    found = faults(demands=demands, machine=dataclasses.replace(MACHINE, memory=GIB))
    assert len(found) == 3


def test_a_plan_is_read_by_people_too():
    lines = describe(plan(wan={"delay_ms": 40, "loss_percent": 0.5}).record())
    assert lines[0] == "topology sample: 7 nodes at a, b; 12288 MiB of memory, 17408 MiB of disk"
    assert lines[1] == "  between the sites, each way: 40 ms of delay, 0.5 % lost"
    assert (
        "  node conduit-1: group conduit, site between a and b, kernel own (the kernel of this host lacks netem)"
        in lines
    )


EC2 = {"type": "t3.medium", "market": "on-demand", "root_gb": 20, "protected": True}


@pytest.mark.parametrize(
    ("kind", "nodes", "said"),
    [
        ("ec2", [{**CLIENT, "ec2": EC2}], "t3.medium, on-demand, 20 GB root volume, protected against termination"),
        ("ec2", [{**CLIENT, "ec2": {**EC2, "protected": False}}], "t3.medium, on-demand, 20 GB root volume"),
        ("existing", [CLIENT], "a host of the inventory"),
    ],
)
def test_a_plan_says_what_nodes_of_other_kinds_run_on(kind, nodes, said):
    assert describe(plan(*nodes, sites=["a"], kind=kind, machine=None).record()) == [
        "topology sample: 1 nodes at a",
        f"  node nfs-client: group client_nfs, site a, {said}",
    ]


@pytest.mark.parametrize(("kind", "between"), [("ec2", "what AWS has"), ("existing", "what there is")])
def test_a_line_between_sites_is_made_between_containers_alone(kind, between):
    nodes = [{**node, "ec2": EC2} for node in NODES]
    (found,) = faults(*nodes, kind=kind, machine=None, wan={"delay_ms": 5})
    assert found.startswith(f"Between nodes of kind {kind} lies {between}")

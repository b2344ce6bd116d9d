# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy
import json
from pathlib import Path

import jsonschema
import plan_request
import pytest

from ansible_collections.netfs.bench.plugins.plugin_utils._cluster_plan import Machine
from ansible_collections.netfs.bench.plugins.plugin_utils._deployment import Role
from ansible_collections.netfs.bench.plugins.plugin_utils._placement import place
from ansible_collections.netfs.bench.plugins.plugin_utils._plan import (
    describe,
    grown,
    make_plan,
)
from ansible_collections.netfs.bench.plugins.plugin_utils._plan_request import (
    Catalog,
    PlanError,
    Request,
)
from ansible_collections.netfs.bench.plugins.plugin_utils._topology import topology_of

SCHEMA = json.loads((Path(__file__).parents[4] / "schemas/plan.schema.json").read_text(encoding="utf-8"))
MACHINE = Machine(memory=24 << 30, free_disk=40 << 30, cpus=2, features=frozenset())
SMALL = {"memory": "1g"}
TOPOLOGY = {
    "description": "Two sites.",
    "sites": ["a", "b"],
    "nodes": [
        {"name": "storage-a", "count": 2, "group": "storage", "site": "a", **SMALL},
        {"name": "storage-b", "group": "storage", "site": "b", **SMALL},
        {"name": "fuse-client", "group": "client_fuse", "site": "a", **SMALL},
        {"name": "nfs-client", "group": "client_nfs", "site": "a", "filesystems": ["nfs", "nfs4"], **SMALL},
        {"name": "conduit", "group": "conduit", "sites": ["a", "b"], **SMALL},
        {"name": "idle", "group": "idle", "site": "a", **SMALL},
    ],
}
CLUSTER = {
    "description": "A cluster.",
    "durability": {1: "local-durable", 2: "remote-durable"},
    "services": [
        {"role": "fs", "node": "storage_b", "replication": True, "variables": {"fs_port": 1}},
        {"role": "fs", "node": "storage_a", "variables": {"fs_port": 1}},
        {
            "role": "mirror",
            "node": "conduit",
            "replication": True,
            "variables": {"mirror_of": "{{ endpoints.storage_a.fs }}"},
        },
        {"role": "gateway", "node": "storage_a", "hosts": 1, "optional": True},
    ],
    "mounts": [
        {"group": "client_fuse", "node": "storage_a", "service": "fs", "protocol": "fuse", "directory": "/mnt/a"},
        {"group": "client_nfs", "node": "storage_a", "service": "gateway", "protocol": "nfs4.2", "directory": "/mnt/n"},
        {
            "group": "storage_b",
            "node": "storage_b",
            "service": "fs",
            "protocol": "fuse",
            "directory": "/mnt/b",
            "replica_of": "storage_a",
        },
    ],
}
PROFILE = {
    "description": "A server.",
    "services": [{"role": "nas", "node": "server", "variables": {"nas_store": "{{ endpoints.store.store }}"}}],
    "protocols": ["nfs3", "nfs4.1", "nfs4.2"],
    "measured": ["nfs3", "nfs4.2"],
    "durability": "local-durable",
}
PROFILES = {
    "nas": PROFILE,
    "knfsd": {**PROFILE, "services": [{"role": "knfsd", "node": "server"}], "requires": {"server": ["nfsd"]}},
    "share": {**PROFILE, "protocols": ["smb3"], "measured": ["smb3"]},
    "other": {**PROFILE, "services": [{"role": "gateway", "node": "server", "variables": {"gateway_export": "/x"}}]},
}
JOB = "; question: How fast?\n; metric: read_iops\n; layout: data\n[job]\nrw=read\n"
LAG = {
    "question": "How far?",
    "metric": "replication_lag_p50_ns",
    "samples": 200,
    "interval_ms": 100,
    "poll_ms": 50,
    "limit_s": 300,
}
EFFORT = {
    "trials": 2,
    "passes": ["warm", "cold"],
    "ceilings": True,
    "variables": {"SIZE": "64m", "RUNTIME": 2, "RAMP": 0, "JOBS": 2, "FILES": 10},
}
CATALOG = Catalog(
    PROFILES,
    {"read": JOB},
    {"data": "[data]\n"},
    {"smoke": EFFORT},
    {"data": "[check]\n"},
    {},
    {"gateway": Role({"gateway_export": "/data"}, {}), "fs": Role({}, {"fs_hosts": {"type": "list"}})},
    {"cluster": CLUSTER},
    {"lag": LAG},
    ("mini",),
)
REQUEST = {"system": "cluster", **plan_request.REQUEST}


def plan(data=None, catalog=CATALOG, machine=MACHINE, **request):
    """A plan on a topology, as it is kept."""
    asked = Request.of({**copy.deepcopy(REQUEST), **request})
    topology = topology_of("two", data or TOPOLOGY, {})
    placed, placement = place(asked, catalog, topology, machine)
    made = json.loads(json.dumps(make_plan(asked, placed, (), placement).record()))
    jsonschema.validate(made, SCHEMA)
    return made


def without(*names, **changed):
    """The topology without some nodes, and with others as they are given."""
    nodes = [{**node, **changed.get(node["name"], {})} for node in TOPOLOGY["nodes"] if node["name"] not in names]
    return {**TOPOLOGY, "nodes": nodes}


def with_cluster(**changed):
    return CATALOG._replace(clusters={"cluster": {**CLUSTER, **changed}})


def test_a_cluster_stands_on_its_groups_and_is_loaded_by_those_who_mount_it():
    made = plan()
    assert list(made["nodes"]) == ["client_fuse", "client_nfs", "conduit", "storage_a", "storage_b"]
    assert made["topology"]["places"] == {
        "cluster": {
            "fuse": {"client": "client_fuse", "node": "storage_a", "service": "fs"},
            "nfs4.2": {"client": "client_nfs", "node": "storage_a", "service": "gateway"},
        }
    }
    assert made["topology"]["clients"] == {
        "client_fuse": ["fuse"],
        "client_nfs": ["nfs4.2"],
        "conduit": ["fuse"],
    }
    assert made["topology"]["directories"] == ["/mnt/a", "/mnt/b", "/mnt/n"]
    assert {turn["protocol"] for turn in made["turns"]} == {"fuse", "nfs4.2"}
    assert made["systems"]["cluster"]["durability"] == "remote-durable"
    assert not made["ceilings"]


def test_a_cluster_is_deployed_as_it_is_without_a_benchmark():
    deployment = plan()["deployment"]
    assert [(one["name"], one["node"], one.get("hosts")) for one in deployment["services"]] == [
        ("fs", "storage_b", None),
        ("fs", "storage_a", None),
        ("mirror", "conduit", None),
        ("gateway", "storage_a", 1),
    ]
    assert deployment["together"] == [["fs@storage_b", "fs@storage_a"]]
    assert [(one["entry_point"], one.get("places", one["name"])) for one in deployment["steps"]] == [
        ("main", ["fs@storage_b", "fs@storage_a"]),
        ("main", "mirror"),
        ("main", "gateway"),
        ("stop", "gateway"),
        ("stop", "mirror"),
        ("stop", ["fs@storage_b", "fs@storage_a"]),
    ]


def test_what_only_replicates_stands_still_while_workloads_load():
    system = plan()["systems"]["cluster"]
    assert system["together"] == [["fs@storage_b", "fs@storage_a"], ["mirror@conduit"], ["gateway@storage_a"]]
    assert system["serving"] == [["fs@storage_a"], ["gateway@storage_a"]]
    assert system["replicating"] == [["fs@storage_b"], ["mirror@conduit"]]


@pytest.mark.parametrize("changed", [{"workload": "read"}, {"protocol": "nfs4.2"}])
def test_without_a_lag_nothing_is_deployed_that_only_replicates(changed):
    made = plan(**changed)
    places = {f"{one['name']}@{one['node']}" for one in made["deployment"]["services"]}
    assert "fs@storage_a" in places
    assert places.isdisjoint({"fs@storage_b", "mirror@conduit"})
    assert made["topology"]["replicas"] == {}
    assert set(made["nodes"]).isdisjoint({"conduit", "storage_b"})


def test_a_gateway_of_which_nothing_is_measured_is_not_deployed():
    made = plan(protocol="fuse")
    assert [one["name"] for one in made["deployment"]["services"]] == ["fs", "fs", "mirror"]
    assert "client_nfs" not in made["nodes"]


def test_a_single_server_stands_on_the_first_host_that_clients_reach():
    made = plan(system="nas,cluster", protocol="nfs4.2")
    assert list(made["systems"]) == ["nas", "cluster"]
    (service,) = made["systems"]["nas"]["services"]
    assert (service["name"], service["node"], service["hosts"]) == ("nas", "storage_a", 1)
    # what its variables name by the node of its profile is there
    assert made["topology"]["stands_for"] == {"server": "storage_a"}
    both = made["topology"]["places"]
    assert both["nas"]["nfs4.2"]["client"] == both["cluster"]["nfs4.2"]["client"] == "client_nfs"


def test_a_single_server_needs_no_cluster():
    made = plan(system="nas")
    assert list(made["nodes"]) == ["client_nfs", "storage_a"]
    assert [turn["protocol"] for turn in made["turns"] if turn["trial"] == 1] in (
        ["nfs3", "nfs4.2"],
        ["nfs4.2", "nfs3"],
    )
    assert made["topology"]["replicas"] == {}


def test_a_single_server_can_stand_on_another_group_of_the_site():
    made = plan(system="cluster,other", protocol="nfs4.2", server_group="idle")
    assert made["topology"]["places"]["other"]["nfs4.2"] == {
        "client": "client_nfs",
        "node": "idle",
        "service": "gateway",
    }
    # beside the gateway of the cluster on the other host
    gateways = [one["node"] for one in made["deployment"]["services"] if one["name"] == "gateway"]
    assert sorted(gateways) == ["idle", "storage_a"]
    # where it keeps what it serves
    assert [name for name, node in made["topology"]["nodes"].items() if node["data"]] == ["idle"]
    assert made["topology"]["stands_for"] == {"server": "idle"}


def test_only_the_host_that_needs_a_kernel_of_its_own_gets_one():
    machine = Machine(24 << 30, 40 << 30, 2, frozenset({"nfs", "nfs4"}))
    nodes = plan(system="knfsd", machine=machine)["topology"]["nodes"]
    assert [nodes[name]["kernel"] for name in ("storage-a-1", "storage-a-2", "nfs-client")] == ["own", "host", "host"]
    made = plan(system="knfsd", machine=machine)
    assert made["nodes"]["storage_a"]["kernel"] == "host and own"
    assert plan(system="nas", machine=machine)["nodes"]["storage_a"]["kernel"] == "host"


def test_a_server_that_needs_a_kernel_of_its_own_takes_no_host_of_a_cluster():
    places = plan(system="cluster,knfsd", protocol="nfs4.2")["topology"]["places"]
    assert (places["cluster"]["nfs4.2"]["node"], places["knfsd"]["nfs4.2"]["node"]) == ("storage_a", "idle")
    able = Machine(24 << 30, 40 << 30, 2, frozenset({"nfs", "nfs4", "nfsd"}))
    assert plan(system="cluster,knfsd", machine=able)["topology"]["places"]["knfsd"]["nfs3"]["node"] == "storage_a"
    without = {**TOPOLOGY, "nodes": TOPOLOGY["nodes"][:-1]}
    assert plan(without, system="cluster,knfsd")["topology"]["places"]["knfsd"]["nfs3"]["node"] == "storage_a"


def test_the_lag_of_a_replicated_system_is_one_cell_of_each_trial():
    made = plan(system="cluster,nas")
    lags = [cell for cell in made["cells"] if cell["workload"] == "lag"]
    assert [(cell["system"], cell["protocol"], cell["pass"], cell["trial"]) for cell in lags] == [
        ("cluster", "fuse", "warm", 1),
        ("cluster", "fuse", "warm", 2),
    ]
    assert made["topology"]["replicas"] == {
        "cluster": {
            "protocol": "fuse",
            "watcher": "conduit",
            "source": {"node": "storage_a", "service": "fs"},
            "copy": {"node": "storage_b", "service": "fs"},
        }
    }
    assert made["workloads"]["lag"]["lag"] == {"samples": 200, "interval_ms": 100, "poll_ms": 50, "limit_s": 300}
    (turn,) = (turn for turn in made["turns"] if turn["protocol"] == "fuse" and turn["trial"] == 1)
    # before others have written what would have to be replicated before
    assert "~lag~" in turn["cells"][0]
    assert made["dataset_bytes"] == plan(system="cluster,nas", workload="read")["dataset_bytes"]
    more = grown(made, ["wide"])
    assert len(more["cells"]) == len(made["cells"]) // 2 * 3
    assert [cell["protocol"] for cell in more["cells"] if cell["workload"] == "lag"] == ["fuse"] * 3


@pytest.mark.parametrize("changed", [{"system": "nas"}, {"protocol": "nfs4.2"}])
def test_without_a_copy_that_is_measured_there_is_no_lag(changed):
    assert "lag" not in plan(**changed)["workloads"]


def test_a_cluster_takes_its_time_to_be_whole():
    warm, cold = (plan(workload="read", protocol="fuse", passes=passes) for passes in ("warm", "warm,cold"))
    single = plan(workload="read", system="nas", protocol="nfs3", passes="warm")
    assert warm["estimate_seconds"] - single["estimate_seconds"] == 2 * 60
    assert cold["estimate_seconds"] - warm["estimate_seconds"] > 2 * 60


def test_a_person_reads_who_loads_what():
    assert describe(plan())[3:6] == [
        "  topology two: 7 nodes at a, b; nodes of kind docker, between the sites nothing added",
        "  cluster over fuse: client_fuse loads fs on storage_a",
        "  cluster over nfs4.2: client_nfs loads gateway on storage_a",
    ]


def test_what_lies_between_the_sites_is_part_of_the_network():
    data = {**without(conduit={"kernel": "own"}), "wan": {"delay_ms": 20, "rate_mbit": 100}}
    assert plan(data)["topology"]["network"] == ("nodes of kind docker, between the sites 20 ms of delay, 100 Mbit/s")


def test_a_cluster_without_its_copy_can_be_measured_at_one_site():
    data = {**without("storage-b", "conduit"), "sites": ["a"]}
    made = plan(data)
    assert made["topology"]["network"] == "nodes of kind docker"
    assert list(made["nodes"]) == ["client_fuse", "client_nfs", "storage_a"]


def test_what_is_promised_depends_on_how_many_hosts_keep_it():
    data = without(**{"storage-a": {"count": 1}})
    assert plan(data)["systems"]["cluster"]["durability"] == "local-durable"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"node_kind": "ec2"}, r"^On instances of EC2 no topology is measured yet: leave out topology"),
        ({"node_kernel": "own"}, r"^Whose kernel a node of a topology runs on stands in the topology"),
        ({"server_kernel": "host"}, r"leave out node_kernel and server_kernel"),
        ({"ceilings": True}, r"^Ceilings are not measured on a topology"),
        ({"system": "clutser"}, r"^Unknown system 'clutser'\. Did you mean 'cluster'\? Known: nas, .*, cluster\."),
        ({"protocol": "smb3"}, r"^None of the requested protocols \(smb3\) is supported by 'cluster' \(supports fuse"),
        (
            {"system": "share"},
            r"^Topology two has no client for smb3, .* add a node in a group client_NAME at site a with",
        ),
        (
            {"data": without("nfs-client"), "protocol": "nfs4.2"},
            r"^Topology two has no client for nfs4\.2, over which cluster was to be measured: add a node in group cl",
        ),
        (
            {"data": without("nfs-client"), "system": "nas"},
            r"no client for nfs3, .* no client for nfs4\.2, over which nas",
        ),
        (
            {"data": without("storage-a"), "system": "nas"},
            r"^Topology two has no node in group storage_a, on which nas",
        ),
        (
            {"data": without("storage-b")},
            r"^Cluster cluster cannot be deployed\. fs needs nodes in group 'sto",
        ),
        ({"data": without("conduit"), "system": "nas"}, r"^Topology two cannot be used\. No node joins the sites a, b"),
        ({"system": "cluster,other"}, r"^gateway@storage_a cannot suit all systems: gateway_export: .* separate runs"),
        ({"system": "nas", "server_group": "idel"}, r"^Unknown server_group 'idel'\. Did you mean 'idle'\? Known: cl"),
        (
            {"system": "nas", "server_group": "storage"},
            r"^The nodes of group storage do not all stand at site a, where",
        ),
        ({"workload": "lag", "system": "nas"}, r"^Workload lag compares two sites\. Add a system that is replicated"),
        (
            {"workload": "lag", "protocol": "nfs4.2"},
            r"^Workload lag compares two sites\. It can be measured of cluster over fuse: add that protocol",
        ),
        (
            {"catalog": with_cluster(durability={2: "remote-durable"}), "data": without(**{"storage-a": {"count": 1}})},
            r"^playbooks/clusters/cluster\.yml does not say what an acknowledged write promises on 1 host: add it to",
        ),
        (
            {"catalog": with_cluster(durability={0: "durable"})},
            r"'durability' has the key 0: write a number of hosts\. Unknown durability 'durable'",
        ),
        (
            {"catalog": with_cluster(services=[{"role": "fs", "node": "storage_a", "variables": {"fs_key": "x"}}])},
            r"cannot be deployed",
        ),
        ({"machine": Machine(1 << 30, 1, 1, frozenset())}, r"^Topology two cannot be used\. The 7 nodes need"),
    ],
)
def test_what_cannot_be_measured_is_refused(changed, said):
    with pytest.raises(PlanError, match=said):
        plan(**changed)


def test_a_cluster_without_a_topology_is_refused_with_those_that_there_are():
    with pytest.raises(PlanError, match=r"^cluster stands on the nodes of a topology, .* topology=NAME; known: mini\."):
        make_plan(Request.of(REQUEST), CATALOG, ())
    with pytest.raises(
        PlanError, match=r"^Workload lag compares two sites\. Add a system that is replicated and a topo"
    ):
        make_plan(Request.of({**REQUEST, "system": "nas", "workload": "lag"}), CATALOG, ())

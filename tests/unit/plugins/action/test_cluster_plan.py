# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from pathlib import Path

import pytest
from acting import run_action
from ansible.errors import AnsibleActionFail

from ansible_collections.netfs.bench.plugins.action import cluster_plan
from ansible_collections.netfs.bench.plugins.action.cluster_plan import ActionModule
from ansible_collections.netfs.bench.plugins.plugin_utils._catalog import free_watchers, read_catalog, this_machine
from ansible_collections.netfs.bench.plugins.plugin_utils._cluster_plan import Machine

CATALOG = Path(__file__).parents[4] / "playbooks"


@pytest.fixture(autouse=True)
def machine(monkeypatch):
    """A machine as the shipped topologies are made for."""
    made = Machine(memory=24 << 30, free_disk=40 << 30, cpus=2, features=frozenset(), image=3 << 30)
    monkeypatch.setattr(cluster_plan, "this_machine", lambda: made)


def run(**args):
    small = {"topology": "phase2", "catalog": str(CATALOG), "node_kind": "docker"}
    return run_action(ActionModule, **{**small, **args})


def own(tmp_path, text):
    """A file of one's own."""
    path = tmp_path / "own.yml"
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize("kind", ["docker", "ec2", "existing"])
@pytest.mark.parametrize(("name", "number"), [("phase2", 10), ("mini", 4)])
def test_the_shipped_topologies_can_be_planned_for_every_kind(name, number, kind, check_mode):
    answer = run(topology=name, node_kind=kind, check_mode=check_mode)
    assert answer["changed"] is False
    assert answer["plan"]["topology"] == name
    assert len(answer["plan"]["nodes"]) == number
    assert len(answer["lines"]) == number + 1
    assert answer["warnings"] == []


def test_what_the_engine_asks_is_heeded():
    assert run(engine={"voters": {"a": 2}})["warnings"] == run(engine={"voters": {"a": 2}})["plan"]["warnings"] != []
    with pytest.raises(
        AnsibleActionFail, match=r"^Topology phase2 cannot be used\. Erasure coding 4\+2 at site a needs 6"
    ):
        run(engine={"erasure_coding": {"a": "4+2"}})
    with pytest.raises(AnsibleActionFail, match="Unknown key of what the engine asks 'voter'"):
        run(engine={"voter": {"a": 2}})


def test_a_file_of_ones_own_is_named_by_its_path(tmp_path):
    path = own(tmp_path, (CATALOG / "topologies/mini.yml").read_text(encoding="utf-8"))
    assert run(topology=path)["plan"]["topology"] == "own"


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (
            {"topology": "phase3"},
            r"Unknown topology 'phase3'\. Did you mean 'phase2'\? Known: mini, phase2\. A file of",
        ),
        ({"topology": "nowhere.yml"}, r"The topology nowhere\.yml cannot be read: .*No such file or directory"),
        ({"topology": "/"}, r"The topology / cannot be read: .*Is a directory"),
        (
            {"counts": {"storage": 4}},
            r"Topology phase2 cannot be used\. Unknown name in the counts 'storage'\. Did you",
        ),
        ({"counts": {"storage-a": 12}}, r"Topology phase2 cannot be used\. The 19 nodes need 34816 MiB of memory"),
        ({"ssh_sources": ["0.0.0.0/0"]}, r"Topology phase2 cannot be used\. ssh would be open to the world"),
    ],
)
def test_what_cannot_be_planned_is_refused(args, said):
    with pytest.raises(AnsibleActionFail, match=f"^{said}"):
        run(**args)


def test_a_file_that_is_no_yaml_is_named(tmp_path):
    with pytest.raises(AnsibleActionFail, match=r"own\.yml is no YAML: "):
        run(topology=own(tmp_path, "nodes: ["))


def test_nodes_that_are_there_have_taken_their_disk(monkeypatch):
    full = Machine(memory=24 << 30, free_disk=26 << 30, cpus=2, features=frozenset(), image=3 << 30)
    monkeypatch.setattr(cluster_plan, "this_machine", lambda: full)
    with pytest.raises(AnsibleActionFail, match="10 nodes to create need"):
        run()
    assert run(present=["storage-a-1", "storage-a-2"])


PROFILE = """
description: A cluster of one service.
engine: {voters: {a: 2}}
services:
  - {role: samba, node: storage_a, variables: {samba_port: 22445}}
mounts:
  - {group: client_fuse, node: storage_a, service: samba, protocol: smb3, directory: /mnt/netfs}
"""


def test_what_is_deployed_is_written_once(tmp_path):
    directory = tmp_path / "state/cluster"
    args = {"topology": "phase2", "system": own(tmp_path, PROFILE), "directory": str(directory)}
    planned = run(**args, check_mode=True)
    assert not directory.exists()
    assert planned["plan"]["deployment"]["system"] == "own"
    assert [run(**args)["changed"] for _number in range(2)] == [True, False]
    assert run(**args, quiet=True)["lines"] == []
    assert json.loads((directory / "plan.json").read_text(encoding="utf-8")) == planned["plan"]
    assert "netfs.bench.samba" in (directory / "services/samba@storage_a.yml").read_text(encoding="utf-8")


@pytest.mark.parametrize("topology", ["phase2", "mini"])
@pytest.mark.parametrize("path", sorted((CATALOG / "clusters").glob("*.yml")), ids=lambda path: path.stem)
def test_the_shipped_clusters_can_be_deployed_on_the_shipped_topologies(path, topology):
    deployment = run(topology=topology, system=path.stem)["plan"]["deployment"]
    assert deployment["services"]
    assert deployment["mounts"]
    roles = read_catalog(CATALOG).roles
    for service in deployment["services"]:
        assert service["variables"].keys() <= roles[service["role"]].options.keys()


def test_what_the_system_asks_of_a_topology_is_heeded(tmp_path):
    assert run(topology="phase2", system=own(tmp_path, PROFILE))["warnings"] != []


@pytest.mark.parametrize(
    ("system", "said"),
    [
        ("nothing", "Unknown cluster 'nothing'"),
        (PROFILE.replace("engine", "engin"), "Cluster own cannot be deployed. Unknown key of the profile 'engin'"),
        (PROFILE.replace("node: storage_a, variables", "node: storage_c, variables"), "samba needs nodes in group"),
    ],
)
def test_a_system_that_cannot_be_deployed_is_refused(tmp_path, system, said):
    name = own(tmp_path, system) if "\n" in system else system
    with pytest.raises(AnsibleActionFail, match=said):
        run(system=name)


def test_this_machine_has_something():
    machine = this_machine()
    assert machine.memory > 1 << 28
    assert machine.cpus >= 1
    assert machine.image > 0


def test_inotify_instances_that_are_taken_are_counted(tmp_path):
    (tmp_path / "sys/fs/inotify").mkdir(parents=True)
    assert free_watchers(tmp_path) is None
    (tmp_path / "sys/fs/inotify/max_user_instances").write_text("128\n")
    (tmp_path / "17/fd").mkdir(parents=True)
    (tmp_path / "17/fd/3").symlink_to("anon_inode:inotify")
    (tmp_path / "17/fd/4").symlink_to("/dev/null")
    (tmp_path / "18").mkdir()
    taken = 1 if (tmp_path / "17").stat().st_uid == 0 else 0
    assert free_watchers(tmp_path) == 128 - taken


def test_a_cluster_keeps_what_was_added_and_removed(tmp_path):
    args = {"topology": "phase2", "system": "cephfs", "directory": str(tmp_path / "cluster")}
    run(**args)
    grown = run(**args, added_to="storage_a", check_mode=True)
    assert (grown["changed"], grown["node"]) == (False, "storage-a-4")
    assert run(**args, added_to="storage_a")["changed"]
    again = run(**args)
    assert (again["changed"], again["node"]) == (False, "")
    assert again["plan"] == grown["plan"]
    assert run(**args, removed="storage-a-2")["node"] == "storage-a-2"
    assert run(**args)["plan"]["groups"]["storage_a"] == ["storage-a-1", "storage-a-3", "storage-a-4"]
    assert run(**{**args, "topology": "mini"})["plan"]["groups"]["storage_a"] == ["storage-a-1"]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ({"added_to": "storage_aa"}, r"Unknown group 'storage_aa'\. Did you mean 'storage_a'\?"),
        ({"added_to": "conduit"}, r"Topology phase2 cannot be used\. conduit-1 and conduit-2 all join sites"),
        ({"removed": "storage-c-1"}, r"Unknown node 'storage-c-1'\. Did you mean"),
        ({"removed": "storage-a-1", "system": "cephfs"}, r"storage-a-1 carries ganesha, which other nodes of group"),
    ],
)
def test_a_change_that_cannot_be_is_refused(args, said):
    with pytest.raises(AnsibleActionFail, match=f"^{said}"):
        run(**args)


def test_a_plan_names_its_sources_from_everywhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    own(tmp_path, (CATALOG / "topologies/mini.yml").read_text(encoding="utf-8"))
    assert run(topology="own.yml", system="cephfs")["plan"]["sources"] == {
        "topology": str(tmp_path / "own.yml"),
        "system": "cephfs",
    }


def test_a_service_on_several_hosts_is_told(tmp_path):
    services = [run(system=name)["plan"]["deployment"]["services"][0] for name in ("cephfs", own(tmp_path, PROFILE))]
    assert [service["spans_hosts"] for service in services] == [True, False]

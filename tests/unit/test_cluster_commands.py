# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the commands on a cluster refuse, each with one sentence and before anything was changed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from acting import run_action
from collection import ROOT

from ansible_collections.netfs.bench.plugins.action.cluster_plan import ActionModule

INSTALLATION = "nb-commands"


class Controller:
    """A controller with a state directory of its own, and an inventory of nodes that nobody reaches."""

    def __init__(self, directory: Path) -> None:
        self.state = directory / "state/netfs.bench"
        self.cluster = self.state / INSTALLATION / "cluster"
        self.inventory = directory / "hosts.yml"
        self.plan = run_action(
            ActionModule,
            topology="mini",
            system="cephfs",
            catalog=str(ROOT / "playbooks"),
            directory=str(self.cluster),
            node_kind="existing",
        )["plan"]
        self.write_inventory()

    def write_inventory(self, **variables: object) -> None:
        hosts = {
            f"nb-{name}": {"node_name": name, "node_running": True, "ansible_host": "nobody.example", **variables}
            for name in self.plan["nodes"]
        }
        groups = {
            group: {"hosts": {f"nb-{name}": {} for name in names}} for group, names in self.plan["groups"].items()
        }
        document = {"all": {"vars": {"node_kind": "docker"}, "hosts": hosts, "children": groups}}
        self.inventory.write_text(yaml.safe_dump(document), encoding="utf-8")

    def play(self, playbook: str, **variables: str) -> tuple[int, str]:
        words = [word for name, value in variables.items() for word in ("-e", json.dumps({name: value}))]
        done = subprocess.run(
            [str(Path(sys.executable).with_name("ansible-playbook")), "-i", str(self.inventory), playbook, *words],
            cwd=ROOT,
            env={
                **os.environ,
                "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
                "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".venv/collections"),
                "XDG_STATE_HOME": str(self.state.parent),
                "NETFS_BENCH_INSTALLATION": INSTALLATION,
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, " ".join((done.stdout + done.stderr).split())

    def refused(self, playbook: str, said: str, **variables: str) -> None:
        before = (self.cluster / "plan.json").read_text(encoding="utf-8") if self.cluster.exists() else ""
        code, output = self.play(playbook, **variables)
        assert (code, said in output) == (2, True), output
        assert (
            before == (self.cluster / "plan.json").read_text(encoding="utf-8") if before else not self.cluster.exists()
        )


@pytest.fixture
def controller(tmp_path: Path) -> Controller:
    return Controller(tmp_path)


@pytest.mark.parametrize("playbook", ["playbooks/cluster_status.yml", "playbooks/cluster_down.yml", "acceptance.yml"])
def test_a_cluster_that_was_never_brought_up(tmp_path: Path, playbook: str) -> None:
    controller = Controller(tmp_path)
    for path in sorted(controller.cluster.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    controller.cluster.rmdir()
    said = f"There is no cluster of this installation: {controller.cluster}/plan.json is missing."
    controller.refused(playbook, said, group="storage_a", node="storage-a-1")


def test_nodes_that_are_stopped(controller: Controller) -> None:
    controller.write_inventory(node_running=False)
    said = (
        "conduit-1, fuse-client, storage-a-1, storage-b-1 of the cluster are stopped. Start the cluster with make clus"
    )
    controller.refused("playbooks/cluster_validate.yml", said)


@pytest.mark.parametrize(
    ("command", "variables", "said"),
    [
        ("logs", {"node": "storage-a-11"}, "Unknown node 'storage-a-11'. Did you mean 'storage-a-1'?"),
        ("logs", {"service_name": "cehp"}, "Unknown service 'cehp'. Did you mean 'ceph'? Known: ceph, ceph-mirror."),
        ("add", {}, "Which group gets a node more? Name it with group=storage_a."),
        ("add", {"group": "storage_aa"}, "Unknown group 'storage_aa'. Did you mean 'storage_a'?"),
        ("add", {"group": "client_fuse"}, "Group client_fuse is the single node fuse-client: give its entry a 'count'"),
        ("remove", {}, "Which node is removed? Name it with node=storage-a-4."),
        ("remove", {"node": "storage-a-2"}, "Unknown node 'storage-a-2'. Did you mean 'storage-a-1'?"),
        ("remove", {"node": "conduit-1"}, "conduit-1 is the conduit, without which the sites do not meet."),
        ("remove", {"node": "storage-a-1"}, "storage-a-1 is the only node of group storage_a."),
    ],
)
def test_a_name_that_cannot_be(controller: Controller, command: str, variables: dict[str, str], said: str) -> None:
    controller.refused(f"playbooks/cluster_{command}.yml", said, **variables)


def test_hosts_that_were_there_before(controller: Controller) -> None:
    said = "This is for nodes that netfs.bench made as containers, and node_kind is existing."
    controller.refused("playbooks/cluster_down.yml", said, node_kind="existing")


@pytest.mark.parametrize("playbook", ["cluster.yml", "playbooks/cluster_remove.yml"])
def test_a_second_run_while_one_works(controller: Controller, playbook: str) -> None:
    waiting = [sys.executable, "-c", "input()", "cluster.yml"]
    with subprocess.Popen(waiting, stdin=subprocess.PIPE) as other:
        take = (
            "from ansible_collections.netfs.bench.plugins.plugin_utils._lock import process, take; "
            "import pathlib, sys; take(pathlib.Path(sys.argv[1]), process(int(sys.argv[2])))"
        )
        path = controller.state / f"{INSTALLATION}.lock"
        environment = {**os.environ, "PYTHONPATH": str(ROOT / ".venv/collections")}
        subprocess.run([sys.executable, "-c", take, str(path), str(other.pid)], env=environment, check=True)
        controller.refused(playbook, f"Process {other.pid} (", topology="mini", group="storage_a", node="storage-a-1")
        other.kill()


@pytest.mark.parametrize(
    ("variables", "told"), [({}, ""), ({"confirm": "yes"}, "yes"), ({"confirm": "nb-command"}, "nb-command")]
)
def test_a_cluster_is_not_removed_without_its_name(
    controller: Controller, variables: dict[str, str], told: str
) -> None:
    said = f"Nothing was removed. The cluster of installation {INSTALLATION} and its data are removed when that name is"
    controller.refused("playbooks/destroy.yml", said, **variables)
    assert f"told was '{told}'" in controller.play("playbooks/destroy.yml", **variables)[1]


def test_the_checklist_of_nodes_that_nobody_reaches_is_written_and_passes_nothing(controller: Controller) -> None:
    results = controller.inventory.parent / "results"
    code, output = controller.play("acceptance.yml", results=str(results))
    document = json.loads((results / "acceptance/acceptance.json").read_text(encoding="utf-8"))
    states = {line["name"]: line["state"] for line in document["lines"]}
    assert (code, document["exit_code"]) == (2, 20), output
    assert "pass" not in states.values()
    assert {name for name, state in states.items() if state == "fail"} == {"provisioned"}
    assert "storage-a-1 is there and does not answer." in output


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{}", "a file of targets is a dictionary of them"),
        ("one: {promise: Quick., figure: latency, unit: ms}", "target 'one' has no key 'of'"),
    ],
)
def test_targets_that_cannot_be_judged_are_refused(controller: Controller, text: str, said: str) -> None:
    path = controller.inventory.parent / "targets.yml"
    path.write_text(text, encoding="utf-8")
    controller.refused("acceptance.yml", said, targets=str(path), results=str(path.parent / "results"))
    assert not (path.parent / "results").exists()

# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Steps of the playbooks on nodes that are only names, with roles that only say what was asked of them."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from ansible_collections.netfs.bench.plugins.plugin_utils._deployment import deployment_of, write_services

ROOT = Path(__file__).resolve().parents[2]
NODES = ("client", "database", "server")
# Each entry point of role `stub` notes that it ran; where STUB_BROKEN is, it fails instead.
STUB = """
- name: Note it
  ansible.builtin.command:
    argv:
      - sh
      - -c
      - echo "$0" >> "$STUB_NOTES"; [ "$1" != hangs ] || sleep 120
      - "{{{{ inventory_hostname }}}} {role} {entry} {{{{ stub_port | default('') }}}}"
      - "{{{{ (inventory_hostname == lookup('ansible.builtin.env', 'STUB_HANGS')) | ternary('hangs', 'works') }}}}"
- name: Do not work
  ansible.builtin.fail: {{msg: It does not work}}
  when: inventory_hostname == lookup('ansible.builtin.env', 'STUB_BROKEN')
- name: Publish
  ansible.builtin.set_fact:
    service_endpoints: "{{{{ {{stub_name | default(''): {{'durability': 'volatile'}}}} }}}}"
"""
# The role that made the nodes brings back those that ssh does not reach, unless there is no help for them.
START = """
- name: Note it
  ansible.builtin.command:
    argv: [sh, -c, 'rm "$0" && echo started >> "$STUB_NOTES"', "{{ item }}"]
  loop: "{{ lookup('ansible.builtin.env', 'STUB_SILENT') | split }}"
- name: Fail
  ansible.builtin.fail: {msg: The node does not come back}
  when: lookup('ansible.builtin.env', 'STUB_LOST') | length > 0
"""
# A connection that takes everything and never answers as long as there is a file named like the node.
SSH = """#!/bin/sh
while [ -e "$STUB_SILENT" ]; do sleep 1; done
for last; do :; done
exec sh -c "$last"
"""
PLAY = """
- hosts: localhost
  gather_facts: false
  tasks:
    - ansible.builtin.set_fact: {{bench_run_directory: "{run}", bench_plan: {plan}}}
- hosts: client:database:server
  gather_facts: false
  vars_files: ["{playbooks}/steps/common/vars.yml"]
  ignore_unreachable: true
  timeout: {limit}
  vars:
    node_kind: "{kind}"
    node_set: {{client: client, database: database, server: server}}
    node_set_hosts: [client, database, server]
    client_host: client
    mounted_service: "{{{{ plan.systems.second.services[-1] }}}}"
    server_host: server
    mounted_endpoint: "{{{{ hostvars[server_host].service_endpoints[mounted_service.name] }}}}"
    is_client: "{{{{ inventory_hostname == client_host }}}}"
    turn_failure: >-
      {{{{ ansible_play_hosts_all | map('extract', hostvars, 'bench_failure_reason') | select | first | default('') }}}}
    turn: {{system: second, protocol: nfs3}}
  tasks:
"""
STEP = """
    - ansible.builtin.include_tasks: {{file: "{playbooks}/steps/common/guarded.yml"}}
      vars: {{steps_file: "../measure/{name}", failed_step: Failed, system_label: "{system}"}}
    - ansible.builtin.debug: {{msg: "stopped by <{{{{ turn_failure }}}}>"}}
      run_once: true
"""

DEPLOY = """
    - ansible.builtin.set_fact: {{bench_deploy_failures: {{}}}}
    - ansible.builtin.include_tasks: "{playbooks}/steps/deploy/step.yml"
      loop: "{{{{ plan.deployment.steps }}}}"
      loop_control: {{loop_var: deploy_step}}
    - ansible.builtin.debug: {{msg: "stopped by <{{{{ failures | to_json }}}}>"}}
      run_once: true
      vars:
        failures: >-
          {{{{ dict(node_set_hosts | zip(node_set_hosts | map('extract', hostvars, 'bench_deploy_failures')))
               | dict2items | selectattr('value') | items2dict }}}}
"""


@pytest.fixture
def take(tmp_path: Path) -> Callable[..., tuple[list[str], list[str]]]:
    """Run steps for systems; return what the roles noted, and what the play says after each step stood in the way."""
    collection = tmp_path / "ansible_collections/netfs/bench"
    for role, entries in {"stub": "main start stop cold", "load_client": "mount unmount cold"}.items():
        tasks = collection / "roles" / role / "tasks"
        tasks.mkdir(parents=True)
        for entry in entries.split():
            (tasks / f"{entry}.yml").write_text(STUB.format(role=role, entry=entry), encoding="utf-8")
    (collection / "roles/nodes_docker/tasks").mkdir(parents=True)
    (collection / "roles/nodes_docker/tasks/start.yml").write_text(START, encoding="utf-8")
    for name in ("plugins", "playbooks"):
        (collection / name).symlink_to(ROOT / name)
    systems = {}
    for system, port in {"first": 1, "second": 2}.items():
        shared = {"role": "stub", "name": "base", "node": "database", "variables": {"stub_port": 0}}
        own = {"role": "stub", "name": system, "node": "server", "variables": {"stub_port": port}}
        systems[system] = {"services": [shared, own], "durability": "volatile"}
    for service in [service for system in systems.values() for service in system["services"]]:
        service["variables"]["stub_name"] = service["name"]
    deployment = deployment_of(systems, {})
    write_services(tmp_path / "run", deployment)
    plan = json.dumps({"systems": systems, "layouts": {}, "deployment": deployment})
    (tmp_path / "ssh").write_text(SSH, encoding="utf-8")
    (tmp_path / "ssh").chmod(0o755)
    silent = tmp_path / "silent"

    def run(
        *steps: tuple[str, str],
        kind: str = "existing",
        limit: int = 600,
        database: dict[str, object] | None = None,
        **environment: str,
    ) -> tuple[list[str], list[str]]:
        inventory: dict[str, dict] = {"all": {"hosts": {node: {"ansible_connection": "local"} for node in NODES}}}
        inventory["all"]["hosts"]["database"] = database or {"ansible_connection": "local"}
        inventory["all"]["vars"] = {
            "answer_time_limit": 120,
            "ansible_python_interpreter": sys.executable,
            "ansible_pipelining": True,
        }
        inventory |= {node: {"hosts": {node: {}}} for node in NODES}
        (tmp_path / "inventory.json").write_text(json.dumps(inventory), encoding="utf-8")
        play = PLAY.format(playbooks=ROOT / "playbooks", run=tmp_path / "run", plan=plan, kind=kind, limit=limit)
        for name, system in steps:
            if name == "deploy":
                play += DEPLOY.format(playbooks=ROOT / "playbooks")
                continue
            play += STEP.format(playbooks=ROOT / "playbooks", name=name, system=system)
        (tmp_path / "play.yml").write_text(play, encoding="utf-8")
        done = subprocess.run(
            [Path(sys.executable).with_name("ansible-playbook"), "-i", "inventory.json", "play.yml"],
            cwd=tmp_path,
            env={
                **os.environ,
                "ANSIBLE_COLLECTIONS_PATH": str(tmp_path),
                "ANSIBLE_STDOUT_CALLBACK": "default",
                "STUB_NOTES": str(tmp_path / "notes"),
                "STUB_SILENT": str(silent),
                **environment,
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        notes = (tmp_path / "notes").read_text(encoding="utf-8").splitlines()
        return notes, [part.partition(">")[0] for part in done.stdout.split("stopped by <")[1:]]

    return run


@pytest.fixture
def silent_node(tmp_path: Path) -> dict[str, object]:
    """How Ansible reaches a node that takes commands and never ends them."""
    (tmp_path / "silent").touch()
    return {
        "ansible_connection": "ansible.builtin.ssh",
        "ansible_host": "127.0.0.1",
        "ansible_ssh_executable": str(tmp_path / "ssh"),
        "answer_time_limit": 5,
    }


@pytest.fixture
def silent_port() -> Iterator[dict[str, object]]:
    """How Ansible reaches a node that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield {
            "ansible_connection": "ansible.builtin.ssh",
            "ansible_host": "127.0.0.1",
            "ansible_port": listener.getsockname()[1],
            "ansible_ssh_timeout": 1,
            "ansible_ssh_common_args": "-F none",
        }


def test_a_node_that_did_not_start_is_the_reason_and_nothing_is_mounted(take) -> None:
    """Its endpoint may be that of the system before, and a mount of that says nothing about this one."""
    notes, (reason,) = take(("begin.yml", "second"), STUB_BROKEN="database")
    assert reason == "Failed on database: Do not work: It does not work"
    assert [note for note in notes if "mount" in note] == []


def test_what_started_is_mounted(take) -> None:
    notes, (reason,) = take(("begin.yml", "second"))
    assert reason == ""
    assert [note.split()[:3] for note in notes][-1] == ["client", "load_client", "mount"]


DEPLOYED = [
    "database stub main 0",
    "server stub main 1",
    "server stub stop 1",
    "server stub main 2",
    "server stub stop 2",
    "database stub stop 0",
]


def test_every_service_is_deployed_once_and_stopped(take) -> None:
    notes, (failures,) = take(("deploy", ""))
    assert notes == DEPLOYED
    assert failures == "{}"


@pytest.mark.parametrize(
    ("broken", "lost", "notes"),
    [
        # what stands on it is not even tried
        ("database", {"first", "second"}, ["database stub main 0", "database stub stop 0"]),
        ("server", {"first", "second"}, DEPLOYED),
    ],
)
def test_a_service_that_cannot_be_deployed_fails_the_systems_that_stand_on_it(take, broken, lost, notes) -> None:
    noted, (failures,) = take(("deploy", ""), STUB_BROKEN=broken)
    assert [note for note in noted if "main" in note] == [note for note in notes if "main" in note]
    said = json.loads(json.loads(f'"{failures}"'))
    assert set(said[broken]) == lost
    assert set(said[broken].values()) == {f"Deployment failed on {broken}: Do not work: It does not work"}


STEPS = ("begin.yml", "cold.yml", "recover.yml", "end.yml")
LOST = "Failed on database: Fail on a node that does not answer: Node database does not answer."


@pytest.mark.parametrize(("kind", "steps"), [("silent_node", STEPS), ("silent_port", ["begin.yml"])])
def test_a_node_that_answers_nothing_fails_each_step_and_is_named(take, request, kind, steps) -> None:
    node = request.getfixturevalue(kind)
    notes, reasons = take(*((step, "second") for step in steps), database=node)
    assert reasons == [LOST] * len(steps)
    assert [note for note in notes if note.startswith("database")] == []


def test_a_node_that_answers_nothing_is_started_and_the_step_goes_on(take, silent_node) -> None:
    notes, (reason,) = take(("begin.yml", "second"), kind="docker", database=silent_node)
    assert reason == ""
    assert [" ".join(note.split()[:3]) for note in notes] == [
        "started",
        "database stub start",
        "server stub start",
        "client load_client mount",
    ]


def test_a_node_that_cannot_be_started_is_waited_for_once(take) -> None:
    gone = {"ansible_connection": "ansible.builtin.ssh", "ansible_ssh_executable": "/bin/false"}
    notes, reasons = take(
        ("begin.yml", "second"), ("end.yml", "second"), kind="docker", database=gone, STUB_LOST="yes", STUB_SILENT=""
    )
    assert reasons == [LOST, LOST]
    assert [note for note in notes if note.startswith("database")] == []


def test_a_task_that_never_ends_on_a_node_is_ended_and_the_node_is_named(take) -> None:
    _notes, (reason,) = take(("begin.yml", "second"), limit=30, STUB_HANGS="database")
    assert reason.startswith("Failed on database: Note it: ")
    assert "Timed out after 30 second" in reason


@pytest.mark.parametrize("path", sorted((ROOT / "playbooks").glob("*.yml")), ids=lambda path: path.stem)
def test_every_task_of_a_play_has_a_limit(path: Path) -> None:
    plays = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert [play["name"] for play in plays if "hosts" in play and not play.get("timeout")] == []


def test_deploying_and_measuring_begin_with_what_an_earlier_run_left() -> None:
    """A server that still runs may make the deployment of another one fail, which then fails all its cells."""
    for name in ("deploy", "measure"):
        plays = yaml.safe_load((ROOT / f"playbooks/{name}.yml").read_text(encoding="utf-8"))
        (tasks,) = (play["tasks"] for play in plays if len(play.get("vars_files", [])) > 1)
        assert tasks[0]["ansible.builtin.include_tasks"] == "steps/common/prepare.yml"
        assert tasks[0]["vars"] == {"preparation": "../common/prepare_node.yml"}
    steps = yaml.safe_load((ROOT / "playbooks/steps/common/prepare_node.yml").read_text(encoding="utf-8"))
    assert [step["name"] for step in steps] == [
        # what a fault cut off could not be unmounted
        "Undo the faults that an earlier run left",
        "Gather facts",
        "Unmount what an earlier run left mounted",
        "Stop services left by an earlier run",
    ]


MACHINES = """
- hosts: localhost
  gather_facts: false
  tasks:
    - ansible.builtin.set_fact: {{bench_plan: {{nodes: {{client: {{}}, object_store: {{}}, server: {{}}}}}}}}
- hosts: all
  gather_facts: false
  vars_files: ["{playbooks}/steps/common/vars.yml", "{playbooks}/steps/common/node_set.yml"]
  vars: {{node_set_number: "{{{{ trial - 1 }}}}", node_kind: existing}}
  tasks:
    - ansible.builtin.debug:
        msg: "<{{{{ ([trial] + node_set.values() | list) | join(' ') }}}}>"
      loop: [1, 2, 3, 4]
      loop_control: {{loop_var: trial}}
      run_once: true
- hosts: localhost
  gather_facts: false
  vars_files: ["{playbooks}/steps/common/vars.yml"]
  tasks:
    - ansible.builtin.include_tasks: "{playbooks}/steps/common/inventory_check.yml"
"""


@pytest.mark.parametrize("stores, says", [(3, ""), (2, "object_store 2, server 3, client 1")])
def test_machines_take_turns_from_trial_to_trial_and_are_whole(tmp_path: Path, stores: int, says: str) -> None:
    inventory = "[client]\nc\n[server]\ns3\ns1\ns2\n[object_store]\n" + "\n".join(["o1", "o2", "o3"][:stores])
    (tmp_path / "hosts").write_text(f"{inventory}\n[all:vars]\nnode_kind=existing\n", encoding="utf-8")
    (tmp_path / "play.yml").write_text(MACHINES.format(playbooks=ROOT / "playbooks"), encoding="utf-8")
    done = subprocess.run(
        [Path(sys.executable).with_name("ansible-playbook"), "-i", "hosts", "play.yml"],
        cwd=tmp_path,
        env={
            **os.environ,
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".venv/collections"),
            "ANSIBLE_STDOUT_CALLBACK": "default",
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode == 0) == (not says), done.stdout + done.stderr
    assert says in " ".join(done.stdout.split()), done.stdout
    if not says:
        seen = [part.split(">")[0] for part in done.stdout.split('"msg": "<')[1:]]
        assert seen == ["1 c o1 s1", "2 c o2 s2", "3 c o3 s3", "4 c o1 s1"]


LAG = """
- hosts: localhost
  gather_facts: false
  tasks:
    - ansible.builtin.set_fact: {{bench_run_directory: "{run}", bench_plan: {plan}}}
- hosts: all
  gather_facts: false
  vars_files: ["{playbooks}/steps/common/vars.yml", "{playbooks}/steps/common/node_set.yml"]
  vars:
    node_set_number: 0
    server_host: storage-a-1
    mounted_service: {{name: fs, node: storage_a}}
    turn_failure: "{failure}"
    turn: {{system: "cluster#2", protocol: fuse}}
    system_label: "cluster#2"
    cell: {{id: "cluster#2~fuse~lag~warm~1", system: "cluster#2", protocol: fuse, workload: lag, pass: warm, trial: 1}}
  tasks:
    - ansible.builtin.include_tasks: "{playbooks}/steps/measure/lag.yml"
"""
LAG_PLAN = {
    "nodes": {"client_fuse": {}, "conduit": {}, "storage_a": {}, "storage_b": {}},
    "systems": {
        "cluster#2": {
            "services": [{"name": "fs", "node": "storage_a"}],
            "replicating": [["fs@storage_b"], ["mirror@conduit"]],
        }
    },
    "workloads": {"lag": {"job": "samples=20\n", "lag": {"samples": 20, "interval_ms": 1, "poll_ms": 1, "limit_s": 1}}},
    "topology": {
        "topology": "two",
        "site": "a",
        "network": "fast",
        "stands_for": {},
        "places": {"cluster": {"fuse": {"client": "client_fuse", "node": "storage_a", "service": "fs"}}},
        "replicas": {
            "cluster": {
                "protocol": "fuse",
                "watcher": "conduit",
                "source": {"node": "storage_a", "service": "fs"},
                "copy": {"node": "storage_b", "service": "fs"},
            }
        },
    },
}


@pytest.mark.parametrize("failure", ["", "The turn could not begin"])
def test_a_lag_is_measured_where_both_sites_are_seen_and_its_failure_ends_nothing(tmp_path: Path, failure: str) -> None:
    """The stub of the mounts mounts nothing, so that the directory that is to be measured is not there."""
    collection = tmp_path / "ansible_collections/netfs/bench"
    for entry in ("mount", "unmount"):
        tasks = collection / "roles/load_client/tasks"
        tasks.mkdir(parents=True, exist_ok=True)
        (tasks / f"{entry}.yml").write_text(
            "- ansible.builtin.debug:\n"
            f'    msg: "<{entry} {{{{ load_client_directory }}}} on {{{{ inventory_hostname }}}}>"\n',
            encoding="utf-8",
        )
    for name in ("plugins", "playbooks"):
        (collection / name).symlink_to(ROOT / name)
    services = tmp_path / "run/services"
    services.mkdir(parents=True)
    for place in ("fs@storage_b", "mirror@conduit"):
        (services / f"{place}.yml").write_text(
            f'- ansible.builtin.debug: {{msg: "<{{{{ entry_point }}}} {place}>"}}\n  run_once: true\n', encoding="utf-8"
        )
    groups = {"client_fuse": ["client"], "conduit": ["conduit"], "storage_a": ["storage-a-1"], "storage_b": ["b"]}
    inventory = {group: {"hosts": {host: {} for host in hosts}} for group, hosts in groups.items()}
    published = {"fs": {"redundancy": {"replicas": 3, "k": 0, "m": 0}}}
    inventory["storage_a"]["hosts"]["storage-a-1"] = {"service_endpoints": published}
    inventory["all"] = {
        "vars": {
            "ansible_connection": "local",
            "ansible_python_interpreter": sys.executable,
            "node_kind": "existing",
            "answer_time_limit": 120,
        }
    }
    (tmp_path / "inventory.json").write_text(json.dumps(inventory), encoding="utf-8")
    play = LAG.format(playbooks=ROOT / "playbooks", run=tmp_path / "run", plan=json.dumps(LAG_PLAN), failure=failure)
    (tmp_path / "play.yml").write_text(play, encoding="utf-8")
    done = subprocess.run(
        [Path(sys.executable).with_name("ansible-playbook"), "-i", "inventory.json", "play.yml"],
        cwd=tmp_path,
        env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(tmp_path), "ANSIBLE_STDOUT_CALLBACK": "default"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    said = [part.partition(">")[0] for part in done.stdout.split('"<')[1:]]
    places = ["/mnt/netfs-lag-copy", "/mnt/netfs-lag-source"]
    mounted = [] if failure else [f"mount {place} on conduit" for place in places]
    assert [line for line in said if line.startswith("mount ")] == mounted
    assert sorted(line for line in said if line.startswith("unmount ")) == (
        [] if failure else [f"unmount {place} on conduit" for place in places]
    )
    assert [line for line in said if "@" in line] == (
        [] if failure else ["start fs@storage_b", "start mirror@conduit", "stop mirror@conduit", "stop fs@storage_b"]
    )
    record = json.loads((tmp_path / "run/cells/cluster#2~fuse~lag~warm~1.json").read_text(encoding="utf-8"))
    assert record["status"] == "failed"
    assert record["reason"] == (failure or "/mnt/netfs-lag-source takes no directory: no such file or directory.")
    assert record["provenance"]["machines"] == {"conduit": "conduit", "storage-a-1": "storage-a-1", "b": "b"}
    assert record["provenance"]["place"]["redundancy"] == "3 copies"

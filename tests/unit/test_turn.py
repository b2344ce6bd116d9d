# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Steps of playbooks/steps on nodes that are only names, with roles that only say what was asked of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NODES = ("client", "database", "server")
# Each entry point of role `stub` notes that it ran; where STUB_BROKEN is, it fails instead.
STUB = """
- name: Note it
  ansible.builtin.command:
    argv:
      - sh
      - -c
      - echo "$0" >> "$STUB_NOTES"
      - "{{{{ inventory_hostname }}}} {role} {entry} {{{{ stub_port | default('') }}}}"
- name: Do not work
  ansible.builtin.fail: {{msg: It does not work}}
  when: inventory_hostname == lookup('ansible.builtin.env', 'STUB_BROKEN')
- name: Publish
  ansible.builtin.set_fact: {{service_endpoint: {{durability: volatile, port: "{{{{ stub_port | default('') }}}}"}}}}
"""
PLAY = """
- hosts: localhost
  gather_facts: false
  tasks:
    - ansible.builtin.set_fact: {{bench_catalog: "{catalog}"}}
- hosts: client:database:server
  gather_facts: false
  vars:
    plan: {{systems: {{first: {{durability: volatile}}, second: {{durability: volatile}}}}, layouts: {{}}}}
    bench_group: {{client: client, database: database, server: server}}
    bench_client: client
    bench_serving: server
    bench_is_client: "{{{{ inventory_hostname == bench_client }}}}"
    bench_stopped_by: >-
      {{{{ ansible_play_hosts_all | map('extract', hostvars, 'bench_obstacle') | select | first | default('') }}}}
    bench_turn: {{system: second, protocol: nfs3}}
  tasks:
    - ansible.builtin.include_tasks: {{file: "{steps}/guarded.yml"}}
      vars: {{bench_steps: "{{{{ item.steps }}}}", bench_failure: Failed, bench_system: "{{{{ item.system }}}}"}}
      loop: {steps_of_test}
    - ansible.builtin.debug: {{msg: "stopped by <{{{{ bench_stopped_by }}}}>"}}
      run_once: true
"""


@pytest.fixture
def take(tmp_path: Path) -> Callable[..., tuple[list[str], str]]:
    """Run steps for systems; return what the roles noted, and what the play says stood in the way."""
    collection = tmp_path / "ansible_collections/netfs/bench"
    for role, entries in {"stub": ("main", "start", "stop"), "load_client": ("mount",)}.items():
        tasks = collection / "roles" / role / "tasks"
        tasks.mkdir(parents=True)
        for entry in entries:
            (tasks / f"{entry}.yml").write_text(STUB.format(role=role, entry=entry), encoding="utf-8")
    (collection / "plugins").symlink_to(ROOT / "plugins")
    (tmp_path / "systems").mkdir()
    for system, port in {"first": 1, "second": 2}.items():
        shared = {"role": "stub", "node": "database", "variables": {"stub_port": 0}}
        own = {"role": "stub", "node": "server", "variables": {"stub_port": port}}
        (tmp_path / f"systems/{system}.yml").write_text(json.dumps({"services": [shared, own]}), encoding="utf-8")
    inventory = {"all": {"hosts": {node: {"ansible_connection": "local"} for node in NODES}}}
    inventory["all"]["vars"] = {"ansible_python_interpreter": sys.executable}
    inventory |= {node: {"hosts": {node: {}}} for node in NODES}
    (tmp_path / "inventory.json").write_text(json.dumps(inventory), encoding="utf-8")

    def run(*steps: tuple[str, str], broken: str = "nobody") -> tuple[list[str], str]:
        wanted = json.dumps([{"steps": name, "system": system} for name, system in steps])
        play = PLAY.format(catalog=tmp_path, steps=ROOT / "playbooks/steps", steps_of_test=wanted)
        (tmp_path / "play.yml").write_text(play, encoding="utf-8")
        done = subprocess.run(
            [Path(sys.executable).with_name("ansible-playbook"), "-i", "inventory.json", "play.yml"],
            cwd=tmp_path,
            env={
                **os.environ,
                "ANSIBLE_COLLECTIONS_PATH": str(tmp_path),
                "ANSIBLE_STDOUT_CALLBACK": "default",
                "STUB_NOTES": str(tmp_path / "notes"),
                "STUB_BROKEN": broken,
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        notes = (tmp_path / "notes").read_text(encoding="utf-8").splitlines()
        return notes, done.stdout.partition("stopped by <")[2].partition(">")[0]

    return run


def test_a_node_that_did_not_start_is_the_reason_and_nothing_is_mounted(take) -> None:
    """Its endpoint may be that of the system before, and a mount of that says nothing about this one."""
    notes, reason = take(("begin.yml", "second"), broken="database")
    assert reason == "Failed: Do not work: It does not work"
    assert [note for note in notes if "mount" in note] == []


def test_what_started_is_mounted(take) -> None:
    notes, reason = take(("begin.yml", "second"))
    assert reason == ""
    assert [note.split()[:3] for note in notes][-1] == ["client", "load_client", "mount"]


def test_what_systems_share_is_installed_once(take) -> None:
    notes, _reason = take(("install.yml", "first"), ("install.yml", "second"))
    assert [note for note in notes if "stop" not in note] == [
        "database stub main 0",
        "server stub main 1",
        "database stub start 0",
        "server stub main 2",
    ]


MACHINES = """
- hosts: localhost
  gather_facts: false
  tasks:
    - ansible.builtin.set_fact: {{bench_plan: {{nodes: {{client: {{}}, object_store: {{}}, server: {{}}}}}}}}
- hosts: all
  gather_facts: false
  vars_files: ["{playbooks}/vars/machines.yml"]
  vars: {{bench_machine: "{{{{ trial - 1 }}}}", node_kind: existing}}
  tasks:
    - ansible.builtin.debug:
        msg: "<{{{{ ([trial] + bench_group.values() | list) | join(' ') }}}}>"
      loop: [1, 2, 3, 4]
      loop_control: {{loop_var: trial}}
      run_once: true
- hosts: localhost
  gather_facts: false
  tasks:
    - ansible.builtin.include_tasks: "{playbooks}/steps/sizes.yml"
"""


@pytest.mark.parametrize("stores, says", [(3, ""), (2, "object_store 2, server 3, client 1")])
def test_machines_take_turns_from_trial_to_trial_and_are_whole(tmp_path: Path, stores: int, says: str) -> None:
    inventory = "[client]\nc\n[server]\ns3\ns1\ns2\n[object_store]\n" + "\n".join(["o1", "o2", "o3"][:stores])
    (tmp_path / "hosts").write_text(f"{inventory}\n[all:vars]\nnode_kind=existing\n", encoding="utf-8")
    (tmp_path / "play.yml").write_text(MACHINES.format(playbooks=ROOT / "playbooks"), encoding="utf-8")
    done = subprocess.run(
        [Path(sys.executable).with_name("ansible-playbook"), "-i", "hosts", "play.yml"],
        cwd=tmp_path,
        env={**os.environ, "ANSIBLE_STDOUT_CALLBACK": "default"},
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

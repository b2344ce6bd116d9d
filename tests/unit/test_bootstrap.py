# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The record of what was set up: written when it says something else than before, and asked for by the status."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from collection import ROOT
from local_play import played

STEPS = ROOT / "playbooks/steps/cluster"
PLAN = {
    "topology": "mini",
    "groups": {"storage": ["a"]},
    "deployment": {"system": "cephfs", "certificates": False, "mounts": []},
}
CEPH = {"ceph": {"service": "ceph", "version": "18.2.7", "config_sha256": "ab"}}
LISTENS = {"ceph": {**CEPH["ceph"], "listening": ["ceph-osd@0.service 6800"]}}


@pytest.fixture
def run(tmp_path: Path):
    """Return what runs one of the steps, with the values of another plan or other services where they are given."""

    def play(step: str, **changed: Any) -> tuple[int, str]:
        tasks = [
            *({"ansible.builtin.include_tasks": str(STEPS / name)} for name in ("compare_node.yml", step)),
            {"ansible.builtin.debug": {"var": "bootstrap_line"}},
        ]
        book = [{"hosts": "node", "gather_facts": False, "vars_files": [str(STEPS / "vars.yml")], "tasks": tasks}]
        (tmp_path / "book.yml").write_text(yaml.safe_dump(book))
        values = {
            "plan": PLAN,
            "bootstrap_file": f"{tmp_path}/bootstrap.json",
            "service_provenances": LISTENS,
            "tuning_states": {"sysctl": {"vm.swappiness": "shared"}, "limits": {}},
            "ansible_python_interpreter": sys.executable,
            "node_name": "storage-a-1",
            **changed,
        }
        words = ("--inventory=node,", "--connection=local", f"--extra-vars={json.dumps(values)}")
        return played(tmp_path / "book.yml", *words)

    return play


def test_what_was_set_up_is_recorded_once_and_told(run, tmp_path: Path) -> None:
    file = tmp_path / "bootstrap.json"
    code, said = run("bootstrap_check.yml")
    assert code == 2
    assert f"node was not set up to the end of the plan: {file} is missing. Run make cluster once more." in said

    assert "changed=1" in run("bootstrap.yml")[1]
    record = json.loads(file.read_text())
    assert (record["system"], record["topology"], record["node"]) == ("cephfs", "mini", "storage-a-1")
    assert record["services"] == CEPH
    assert record["tuning"] == {"sysctl": {"vm.swappiness": "shared"}, "limits": {}}
    assert len(record["plan_sha256"]) == 64
    before = file.read_text()
    assert "changed=0" in run("bootstrap.yml")[1]
    assert file.read_text() == before

    code, said = run("bootstrap_check.yml")
    assert (
        code,
        f"storage-a-1: cephfs on mini since {record['completed']}, ceph 18.2.7, settings not applied: 1, see" in said,
    ) == (0, True)
    assert f"{file} is of another plan" in run("bootstrap_check.yml", plan={**PLAN, "topology": "phase2"})[1]

    assert "changed=1" in run("bootstrap.yml", service_provenances={})[1]
    assert json.loads(file.read_text())["services"] == {}


SERVICE = """
- name: Ask the service
  ansible.builtin.assert:
    that: (entry_point, inventory_hostname) != ('health', broken | default(''))
"""
SETTLED = """
- hosts: localhost
  gather_facts: false
  tasks:
    - ansible.builtin.set_fact: {{cluster_planned: {{plan: "{{{{ plan }}}}"}}}}
- hosts: one:two
  gather_facts: false
  max_fail_percentage: 0
  vars_files: ["{steps}/../common/vars.yml", "{steps}/vars.yml"]
  tasks:
    - ansible.builtin.include_tasks: "{steps}/compare_node.yml"
    - ansible.builtin.include_tasks: "{steps}/settled.yml"
    - ansible.builtin.include_tasks: "{steps}/bootstrap.yml"
      when: not cluster_is_settled
"""


def test_what_is_as_it_was_set_up_is_checked_and_what_does_not_work_is_deployed(tmp_path: Path) -> None:
    """Two nodes and a service; where one of them fails, or differs, both are deployed."""
    (tmp_path / "state/netfs.bench/lab/cluster/services").mkdir(parents=True)
    (tmp_path / "state/netfs.bench/lab/cluster/services/ours@storage.yml").write_text(SERVICE)
    (tmp_path / "book.yml").write_text(SETTLED.format(steps=STEPS))
    service = {"name": "ours", "node": "storage", "role": "ours", "hosts": []}
    plan = {**PLAN, "groups": ["storage"], "deployment": {**PLAN["deployment"], "services": [service]}}
    hosts = {name: {"ansible_connection": "local"} for name in ("one", "two")}
    (tmp_path / "hosts.json").write_text(json.dumps({"storage": {"hosts": hosts}}))
    values = {
        "plan": plan,
        "tuning_states": {"sysctl": {}, "limits": {}},
        "bootstrap_file": f"{tmp_path}/{{{{ inventory_hostname }}}}",
        "ansible_python_interpreter": sys.executable,
    }

    def run_book(**changed: Any) -> str:
        words = (f"--inventory={tmp_path}/hosts.json", f"--extra-vars={json.dumps({**values, **changed})}")
        place = {"XDG_STATE_HOME": str(tmp_path / "state"), "NETFS_BENCH_INSTALLATION": "lab"}
        code, said = played(tmp_path / "book.yml", *words, **place)
        assert code == 0, said
        return said

    said = run_book()
    assert "one, two: It was never set up to the end." in said
    assert "TASK [Record what was set up]" in said

    said = run_book()
    assert "Nothing is deployed." in said
    assert "TASK [Record what was set up]" not in said

    said = run_book(broken="two")
    assert "two: It is as it was set up, and does not work. The cluster is deployed again." in said
    assert all(f"ok: [{name}]" in said.split("TASK [Record what was set up]")[1] for name in ("one", "two"))

    (tmp_path / "two").unlink()
    said = run_book()
    assert '"two: It was never set up to the end."' in said
    assert all(f"[{name}]" in said.split("TASK [Record what was set up]")[1] for name in ("one", "two"))

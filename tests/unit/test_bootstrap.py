# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The record of what was set up: written when it says something else than before, and asked for by the status."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
STEPS = ROOT / "playbooks/steps/cluster"
PLAN = {"topology": "mini", "groups": {"storage": ["a"]}, "deployment": {"system": "cephfs", "certificates": False}}
CEPH = {"ceph": {"service": "ceph", "version": "18.2.7", "config_sha256": "ab"}}
LISTENS = {"ceph": {**CEPH["ceph"], "listening": ["ceph-osd@0.service 6800"]}}


@pytest.fixture
def run(tmp_path: Path):
    """Return what runs one of the steps, with the values of another plan or other services where they are given."""

    def play(step: str, **changed: Any) -> tuple[int, str]:
        tasks = [
            {"ansible.builtin.include_tasks": str(STEPS / step)},
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
        done = subprocess.run(
            [
                str(Path(sys.executable).with_name("ansible-playbook")),
                *("--inventory=node,", "--connection=local", f"--extra-vars={json.dumps(values)}"),
                str(tmp_path / "book.yml"),
            ],
            cwd=ROOT,
            env={
                **os.environ,
                "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".venv/collections"),
                "ANSIBLE_STDOUT_CALLBACK": "default",
                "ANSIBLE_NOCOLOR": "1",
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        return done.returncode, " ".join((done.stdout + done.stderr).split())

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

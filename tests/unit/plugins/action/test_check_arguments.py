# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A role as Ansible runs it: what it was given reaches the check with the types that the role will see."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[4]
ROLE = {
    "defaults/main.yml": {"demo_port": 12049, "demo_metrics_port": 0},
    "meta/argument_specs.yml": {
        "argument_specs": {
            "main": {
                "options": {
                    "demo_shares": {
                        "type": "list",
                        "elements": "dict",
                        "options": {
                            "users": {"type": "list", "elements": "str"},
                            "mode": {"type": "str"},
                            "password": {"type": "str", "no_log": True},
                        },
                    },
                    "demo_port": {"type": "int"},
                    "demo_metrics_port": {"type": "int"},
                    "demo_sync": {"type": "bool"},
                }
            }
        }
    },
    "tasks/main.yml": [
        {"name": "Check the variables' types", "netfs.bench.check_arguments": None},
        {"name": "Change something", "ansible.builtin.debug": {"msg": "changed the node"}},
    ],
}
GIVEN = """
demo_shares:
  - {users: alice, mode: 0755, password: 012345}
"""


@pytest.fixture
def play(tmp_path: Path):
    """Return what a play with a role of this kind prints."""
    for name, content in ROLE.items():
        (tmp_path / "roles/demo" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "roles/demo" / name).write_text(yaml.safe_dump(content))
    (tmp_path / "play.yml").write_text(
        yaml.safe_dump([{"hosts": "localhost", "gather_facts": False, "roles": ["demo"]}])
    )
    (tmp_path / "given.yml").write_text(GIVEN)

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [Path(sys.executable).with_name("ansible-playbook"), "play.yml", "-vvv", *words],
            cwd=tmp_path,
            env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".venv/collections"), "ANSIBLE_CONFIG": ""},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_every_value_is_refused_by_name_and_no_secret_is_shown(play) -> None:
    done = play("-e", "@given.yml")
    assert done.returncode != 0
    said = done.stdout + done.stderr
    assert "demo_shares[0].users: 'alice' cannot be used: it must be a list; write [alice]." in said
    assert "demo_shares[0].mode: 493 cannot be used: " in said
    assert "demo_shares[0].password: this secret cannot be used: " in said
    assert "5349" not in said  # what YAML makes of the password
    assert "changed the node" not in said


def test_texts_of_the_command_line_are_numbers_and_booleans(play) -> None:
    done = play("-e", "demo_port=22049", "-e", "demo_sync=false")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "changed the node" in done.stdout


def test_outside_of_a_role_there_is_nothing_to_look_at(play, tmp_path: Path) -> None:
    tasks = [{"netfs.bench.check_arguments": None}]
    (tmp_path / "play.yml").write_text(yaml.safe_dump([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]))
    done = play()
    assert done.returncode != 0
    assert "call it in the tasks of a role" in done.stdout + done.stderr

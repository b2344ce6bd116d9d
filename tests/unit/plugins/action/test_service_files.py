# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action plugin, run by Ansible itself against a host that nobody reaches, and against this one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture
def play(tmp_path: Path):
    """Return a way to run service_files in a role with some templates; it returns the result of its task."""
    templates = tmp_path / "roles/sample/templates"
    (tmp_path / "roles/sample/tasks").mkdir(parents=True)
    templates.mkdir()
    (tmp_path / "ansible.cfg").touch()
    (templates / "unit.j2").write_text("{% include item.src %}\n\n# wrapped\n")
    (templates / "sample.service.j2").write_text("# {{ ansible_managed }}\n[Service]\n")
    (templates / "refuses.j2").write_text("{{ value | netfs.bench.to_shell('sample_shares.path') }}\n")
    (templates / "empty.j2").write_text("")

    def run(args: dict[str, Any], *words: str, **variables: Any) -> dict[str, Any]:
        tasks = [{"name": "Files", "netfs.bench.service_files": {"name": "sample", **args}}]
        (tmp_path / "roles/sample/tasks/main.yml").write_text(yaml.safe_dump(tasks))
        book = [{"hosts": "all", "gather_facts": False, "roles": ["sample"], "vars": variables}]
        (tmp_path / "play.yml").write_text(yaml.safe_dump(book))
        said = subprocess.run(
            [Path(sys.executable).with_name("ansible-playbook"), "-i", "nowhere,", *words, "play.yml"],
            cwd=tmp_path,
            env={
                **os.environ,
                "ANSIBLE_CONFIG": str(tmp_path / "ansible.cfg"),
                "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".venv/collections"),
                "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json",
            },
            capture_output=True,
            text=True,
            check=False,
        ).stdout
        result: dict[str, Any] = json.loads(said[said.index("{\n") :])["plays"][0]["tasks"][0]["hosts"]["nowhere"]
        return result

    return run


NOWHERE = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1}
HERE = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
UNITS = [{"name": "sample.service", "src": "sample.service.j2"}]


def test_rendering_asks_no_host(play) -> None:
    assert play({"units": UNITS, "state": "rendered"}, **NOWHERE)["changed"] is False
    assert play({"units": UNITS}, **NOWHERE)["unreachable"] is True


def test_a_value_that_a_template_refuses_is_named(play) -> None:
    files = [{"src": "refuses.j2", "dest": "/etc/refuses", "mode": "0644"}]
    result = play({"files": files, "state": "rendered"}, value="/srv/\0", **NOWHERE)
    assert "sample_shares.path: '/srv/\\x00' cannot be used: it contains a NUL" in result["msg"]


def test_a_set_that_cannot_be_is_refused(play) -> None:
    files = [{"src": "empty.j2", "dest": "/etc/empty", "mode": "rw"}]
    assert "/etc/empty has mode 'rw'" in play({"files": files, "state": "rendered"}, **NOWHERE)["msg"]


def test_a_program_that_is_missing_or_another_is_refused(play, tmp_path: Path) -> None:
    program = tmp_path / "program"
    args = {"programs": [{"src": str(program), "dest": "/x", "checksum": "0" * 40}], "state": "rendered"}
    assert "is missing on the controller" in play(args, **NOWHERE)["msg"]
    program.write_text("")
    assert "its SHA-1 differs" in play(args, **NOWHERE)["msg"]


def test_check_mode_shows_what_is_rendered_and_no_secret(play, tmp_path: Path) -> None:
    place = tmp_path / "etc"
    files = [
        {"src": "refuses.j2", "dest": f"{place}/shown", "mode": "0644", "owner": "nobody-yet"},
        {"src": "refuses.j2", "dest": f"{place}/secret", "mode": "0600", "secret": True},
        {"src": "empty.j2", "dest": f"{place}/empty", "mode": "0644"},
    ]
    result = play({"files": files, "units": UNITS}, "--check", "--diff", "-vvv", value="hunter 2", **HERE)
    assert result["changed"] is True
    assert result["replaced"] == [f"{place}/{name}" for name in ("shown", "secret", "empty")] + [
        "/etc/systemd/system/sample.service"
    ]
    after = {entry["after_header"]: entry["after"] for entry in result["diff"] if "after_header" in entry}
    assert after[f"{place}/shown"] == "'hunter 2'\n"
    assert after["/etc/systemd/system/sample.service"] == "# Ansible managed\n[Service]\n# wrapped\n"
    assert f"{place}/secret" not in after
    assert not place.exists()

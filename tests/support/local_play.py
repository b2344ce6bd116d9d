# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Playbooks and tasks of a role, run on hosts that are all this one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from collection import ROOT


def played(book: Path, *words: str, **environment: str) -> tuple[int, str]:
    """Run a playbook of this checkout; return its exit code, and all it said with one blank between two words."""
    done = subprocess.run(
        [str(Path(sys.executable).with_name("ansible-playbook")), *words, str(book)],
        cwd=ROOT,
        env={
            **os.environ,
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".venv/collections"),
            "ANSIBLE_STDOUT_CALLBACK": "default",
            "ANSIBLE_NOCOLOR": "1",
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    return done.returncode, " ".join((done.stdout + done.stderr).split())


class Told(NamedTuple):
    """How a play ended on one host."""

    failed: bool
    said: str
    why: str
    """The messages of what failed."""


def play(
    folder: Path, hosts: dict[str, dict[str, Any]], tasks: list[dict[str, Any]], **keywords: Any
) -> dict[str, Told]:
    """Run tasks on hosts, which are all this one, at the same time, each with its variables."""
    book = folder / "play.yml"
    book.write_text(yaml.safe_dump([{"hosts": "all", "gather_facts": False, "tasks": tasks, **keywords}]))
    inventory = folder / "hosts.yml"
    local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    inventory.write_text(yaml.safe_dump({"all": {"hosts": hosts, "vars": local}}))
    done = subprocess.run(
        [str(Path(sys.executable).with_name("ansible-playbook")), "--inventory", str(inventory), str(book)],
        env={
            **os.environ,
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".venv/collections"),
            "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json",
            "ANSIBLE_FORKS": str(len(hosts)),
            "ANSIBLE_LOCAL_TEMP": str(folder / "temporary"),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    results = json.loads(done.stdout)
    answers = {
        host: [task["hosts"][host] for one in results["plays"] for task in one["tasks"] if host in task["hosts"]]
        for host in hosts
    }
    return {
        host: Told(
            results["stats"][host]["failures"] > 0,
            " ".join(json.dumps(given) for given in answers[host]),
            " ".join(
                str(item.get("msg"))
                for given in answers[host]
                for item in given.get("results", [given])
                if item.get("failed")
            ),
        )
        for host in hosts
    }


def entered(role: str, entry: str, **variables: Any) -> dict[str, Any]:
    """Return the task that runs an entry point or a step of a role."""
    return {
        "name": "Run it",
        "ansible.builtin.include_role": {"name": f"netfs.bench.{role}", "tasks_from": entry},
        "vars": variables,
    }

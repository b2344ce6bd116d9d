# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What becomes of a server when an apply is refused, or killed at any of its tasks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import secrets_of
from testinfra.host import Host

PLAY = """\
- hosts: server
  gather_facts: false
  tasks:
    - name: Let the role do it
      ansible.builtin.include_role: {name: netfs.bench.%s, tasks_from: %s}
"""


def apply(folder: Path, role: str, entry: str = "main", *, kill_at: str = "", **variables: object) -> tuple[int, str]:
    """Run an entry point of a role; return the exit code and what was said. Killed before the task named `kill_at`.

    The names of the tasks that changed something stand in the file `changed` of the folder, a line each.
    """
    book = folder / f"{entry}.yml"
    book.write_text(PLAY % (role, entry))
    done = subprocess.run(
        [
            str(Path(sys.executable).with_name("ansible-playbook")),
            *secrets_of.inventory(),
            f"--extra-vars={json.dumps(variables)}",
            str(book),
        ],
        cwd=secrets_of.ROOT,
        env={
            **os.environ,
            "ANSIBLE_STDOUT_CALLBACK": "default",
            "ANSIBLE_CALLBACK_PLUGINS": str(Path(__file__).parent / "callback"),
            "ANSIBLE_CALLBACKS_ENABLED": "kill",
            "NETFS_KILL_AT": kill_at,
            "NETFS_CHANGED": str(folder / "changed"),
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    return done.returncode, done.stdout + done.stderr


def state(node: Host, unit: str) -> str:
    """Return the checksums of all configuration, and the process that serves with the time of its start."""
    files = node.check_output("find /etc /usr/local -xdev -type f -exec sha256sum '{}' + | sort -k 2")
    process = node.check_output("systemctl show --property=MainPID,ExecMainStartTimestampMonotonic %s", unit)
    return f"{files}\n{process}"


def left_of_a_swap(node: Host) -> str:
    """Return what an interrupted replacement of files has left on the node."""
    return node.check_output(
        "find /etc /usr/local /var/lib -xdev -name '*netfs-bench-new' -o -path '/var/lib/netfs.bench*'"
    )

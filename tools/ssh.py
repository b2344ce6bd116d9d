# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Logs in to a node of a cluster, as Ansible reaches it.

    .venv/bin/python tools/ssh.py NODE [COMMAND]

The inventory says where the node is and with which key; a name that it does not have is refused with the closest one.
"""

from __future__ import annotations

import difflib
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any


def plain(value: Any) -> Any:
    """Return a value of ansible-inventory without its notes on what may be a template."""
    if isinstance(value, dict) and "__ansible_unsafe" in value:
        return value["__ansible_unsafe"]
    if isinstance(value, dict):
        return {name: plain(part) for name, part in value.items()}
    return [plain(part) for part in value] if isinstance(value, list) else value


def hosts(listed: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the variables of every host by the name of its node, from what ansible-inventory --list says."""
    variables: dict[str, dict[str, Any]] = listed.get("_meta", {}).get("hostvars", {})
    grouped = {host for group in listed.values() if isinstance(group, dict) for host in group.get("hosts", [])}
    found = {host: variables.get(host, {}) for host in sorted(grouped | set(variables))}
    return {str(own.get("node_name", host)): {"ansible_host": host, **own} for host, own in found.items()}


def arguments(own: dict[str, Any], command: str) -> list[str]:
    """Return the words of ssh for a host: what Ansible hands to it."""
    user = own.get("ansible_user")
    port = own.get("ansible_port")
    key = own.get("ansible_ssh_private_key_file")
    return [
        *("ssh", *(["-t"] if not command else [])),
        *shlex.split(own.get("ansible_ssh_common_args", "")),
        *shlex.split(own.get("ansible_ssh_extra_args", "")),
        *(["-i", str(key)] if key else []),
        *(["-p", str(port)] if port else []),
        f"{user}@{own['ansible_host']}" if user else str(own["ansible_host"]),
        *([command] if command else []),
    ]


def chosen(node: str, known: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return the variables of a node; end with a sentence when there is none of that name."""
    if not known:
        sys.exit("There are no nodes of this installation. Bring up a cluster with make cluster.")
    if node not in known:
        close = difflib.get_close_matches(node, known, n=1)
        hint = f" Did you mean '{close[0]}'?" if close else ""
        said = f"Unknown node '{node}'.{hint}" if node else "Which node? make cluster-ssh node=storage-a-1."
        sys.exit(f"{said} Known: {', '.join(known)}.")
    if known[node].get("node_running") is False:
        sys.exit(f"{node} is stopped. Start the cluster with make cluster.")
    return known[node]


def main() -> None:
    node, command = [*sys.argv[1:], "", ""][:2]
    root = Path(__file__).resolve().parent.parent
    program = root / ".venv/bin/ansible-inventory"
    listed = subprocess.run(
        [str(program), "--list"], cwd=root, stdout=subprocess.PIPE, env={**os.environ, "LC_ALL": "C.UTF-8"}, check=False
    )
    if listed.returncode:
        sys.exit(listed.returncode)  # it has said why
    words = arguments(chosen(node, hosts(plain(json.loads(listed.stdout)))), command)
    os.execvp(words[0], words)


if __name__ == "__main__":
    main()

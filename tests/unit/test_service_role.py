# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Role service: the address that clients are told, and a limit for everything that waits. Nothing is run."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from rendering import ROLES, rendered

IPV4 = {"default_ipv4": {"address": "192.0.2.1"}}
IPV6 = {"default_ipv6": {"address": "2001:db8::1"}}
# What may wait for a server, a lock or a disk. The modules of this collection have limits of their own.
WAITING = {"apt", "command", "dnf", "systemd_service", "user"}


@pytest.mark.parametrize(
    "facts, connection, address",
    [
        (IPV4 | IPV6, "ssh", "192.0.2.1"),
        ({"default_ipv4": {}} | IPV6, "ssh", "2001:db8::1"),
        ({"default_ipv4": {}, "default_ipv6": {}}, "ssh", ""),
        ({"default_ipv4": {}, "default_ipv6": {}}, "local", "127.0.0.1"),
        ({}, "local", "127.0.0.1"),
        (IPV4, "local", "192.0.2.1"),
    ],
)
def test_clients_are_told_an_address_that_they_can_reach(facts: dict[str, Any], connection: str, address: str) -> None:
    said = rendered("{{ service_address }}", "service", ansible_facts=facts, ansible_connection=connection)
    assert said.strip() == address


def test_every_task_that_waits_has_a_limit() -> None:
    found, limited = [], 0
    for path in sorted((ROLES / "service/tasks").glob("*.yml")):
        todo = yaml.safe_load(path.read_text(encoding="utf-8"))
        while todo:
            task = todo.pop()
            todo += [inner for part in ("block", "rescue", "always") for inner in task.get(part, [])]
            if {f"ansible.builtin.{name}" for name in WAITING} & set(task):
                limited += 1
                if "timeout" not in task:
                    found.append(f"{path.name}: {task['name']}")
    assert found == []
    assert limited > 10

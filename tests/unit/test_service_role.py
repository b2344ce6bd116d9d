# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Role service: the address that clients are told, a limit for all that waits, and how long it waits for whom."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import local_play
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


# Answers so, one time after the other, and then it works
PROBE = """
import pathlib, sys
asked = pathlib.Path(sys.argv[1])
number = len(asked.read_text()) if asked.exists() else 0
asked.write_text("." * (number + 1))
sys.exit(int((sys.argv[2:] + ["0"] * 99)[number]))
"""


def asked(folder: Path, answers: list[int], *, started: bool = False) -> dict[str, Any]:
    """The variables of a host whose probe answers so; the length of the file is how often it was asked."""
    argv = ["python3", "-c", PROBE, str(folder), *map(str, answers)]
    return {
        "service_spec": {"probe": {"argv": argv, "retries": 6}},
        "__service_units": ["netfs-there-is-no-such.service"],
        "__service_seconds": 30,
        "__service_ran": {"changed": started},
    }


TRIES = [{"ansible.builtin.include_tasks": str(ROLES / "service/tasks/probe.yml")}]


def test_a_service_that_comes_up_is_waited_for_and_not_restarted(tmp_path: Path) -> None:
    """By the host of a play: what the probe answers, whether the service was just started, how often it is asked."""
    expected = {
        "coming-up": ([75] * 5, False, False, 6),
        "busy": ([1] * 2, False, False, 3),
        # it would be restarted, and there is no such unit here
        "dead": ([1] * 5, False, True, 4),
        "started": ([1] * 5, True, False, 6),
        "for-ever": ([75] * 10, True, True, 9),
    }
    hosts = {
        name: asked(tmp_path / name, answers, started=started)
        for name, (answers, started, _failed, _asked) in expected.items()
    }
    told = local_play.play(tmp_path, hosts, TRIES)
    found = {name: (told[name].failed, (tmp_path / name).stat().st_size) for name in expected}
    assert found == {name: (failed, tries) for name, (_answers, _started, failed, tries) in expected.items()}


def test_others_go_on_while_a_service_comes_up(tmp_path: Path) -> None:
    """Where an error ends the play for all, one that is rescued would take the others along, without a word."""
    hosts = {"coming-up": asked(tmp_path / "coming-up", [75] * 5), "fine": asked(tmp_path / "fine", [])}
    told = local_play.play(tmp_path, hosts, [*TRIES, {"ansible.builtin.ping": {}}], any_errors_fatal=True)
    assert {name: one.failed for name, one in told.items()} == {"coming-up": False, "fine": False}, told
    assert all("pong" in one.said for one in told.values())
    assert (tmp_path / "fine").stat().st_size == 1

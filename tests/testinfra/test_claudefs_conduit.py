# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The conduit of ClaudeFS, played by a double: what is run, and what is believed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import secrets_of
from nfs import put
from testinfra.host import Host

FILES = Path(__file__).parent.parent.parent / "molecule/claudefs/files"
PROBE = "timeout 15 python3 /usr/local/lib/netfs-claudefs-conduit/probe.py"


@contextmanager
def misbehaving(node: Host, how: str) -> Iterator[None]:
    """Let the conduit misbehave, from its start on, and behave again in the end."""
    put(node, "/run/cfs-double", how)
    node.run("systemctl restart cfs-conduit")
    try:
        yield
    finally:
        node.check_output("rm /run/cfs-double")
        node.check_output("systemctl restart cfs-conduit")


def test_conduit_runs_and_survives_a_reboot(node: Host) -> None:
    service = node.service("cfs-conduit")
    assert service.is_running, node.check_output("journalctl -n 50 --no-pager -u cfs-conduit")
    assert service.is_enabled
    assert node.run(PROBE).rc == 0


def test_command_line(node: Host) -> None:
    """That of the guide. The names of the sites are known to the conduit, and to nobody else on the host."""
    pid = node.check_output("systemctl show --property=MainPID --value cfs-conduit")
    words = node.check_output("ps -o args= -p %s", pid)
    assert words.endswith(
        "/opt/netfs/releases/1.0/cfs-conduit --site-local site-a:9401 --site-remote site-b:9401 --listen 0.0.0.0:9402"
    )
    assert node.run("getent hosts site-a").rc != 0


def test_endpoint(endpoint: dict[str, Any]) -> None:
    assert (endpoint["service"], endpoint["port"]) == ("claudefs-conduit", 9402)
    assert endpoint["sites"] == ["site-a", "site-b"]


@pytest.mark.parametrize("how, reason", [("exits", "Connection refused"), ("silent", "timed out")])
def test_conduit_that_lies_is_found_out(node: Host, how: str, reason: str) -> None:
    with misbehaving(node, how):
        said = node.run(PROBE)
    assert said.rc == 1
    assert "nothing serves: port 9402 of 127.0.0.1 does not answer" in said.stderr
    assert reason in said.stderr


def test_program_that_prints_a_line_and_ends_serves_nothing(node: Host) -> None:
    said = secrets_of.refusal(claudefs_conduit_program=str(FILES / "stub"))
    assert "claudefs-conduit does not work" in said
    assert "nothing serves: port 9402 of 127.0.0.1 does not answer" in said
    secrets_of.play(*secrets_of.inventory(), "molecule/shared/converge.yml")
    assert node.run(PROBE).rc == 0

# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The conduit of ClaudeFS, played by a double: what is run, and what is believed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import secrets_of
from nfs import put
from testinfra.host import Host

FILES = Path(__file__).parent.parent.parent / "molecule/claudefs/files"
PROBE = "timeout 15 python3 /usr/local/lib/netfs-claudefs-conduit/probe.py"


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


def test_conduit_that_answers_nothing_is_found_out(node: Host) -> None:
    put(node, "/run/cfs-double", "silent")
    node.check_output("systemctl restart cfs-conduit")
    node.check_output("timeout 60 sh -c %s", "until ss -Hltn sport = :9402 | grep -q .; do sleep 0.1; done")
    said = node.run(PROBE)
    node.check_output("sh -c %s", "rm /run/cfs-double && systemctl restart cfs-conduit")
    assert said.rc == 1
    assert "nothing serves: port 9402 of 127.0.0.1 does not answer (timed out)" in said.stderr


def test_program_that_prints_a_line_and_ends_serves_nothing(node: Host) -> None:
    said = secrets_of.refusal(claudefs_conduit_program=str(FILES / "stub"))
    assert "claudefs-conduit does not work" in said
    assert "nothing serves: port 9402 of 127.0.0.1 does not answer" in said
    secrets_of.play(*secrets_of.inventory(), "molecule/shared/converge.yml")
    assert node.run(PROBE).rc == 0

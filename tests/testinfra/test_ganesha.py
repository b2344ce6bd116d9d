# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Role ganesha: its unit, its ports, and bytes that a kernel's NFS client wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import life_cycle
import nfs
import pytest
from testinfra.host import Host

UNIT = "netfs-ganesha.service"


def test_unit_runs_and_survives_a_reboot(node: Host) -> None:
    service = node.service(UNIT)
    assert service.is_running, nfs.journal(node, UNIT)
    assert service.is_enabled


def test_unit_is_hardened(node: Host) -> None:
    exposure = float(
        node.check_output("systemd-analyze security --no-pager %s | tail -n 1", UNIT).split(": ")[1].split()[0]
    )
    assert exposure < 5


@pytest.mark.parametrize("key", ["port", "mount_port"])
def test_listens(node: Host, endpoint: dict[str, Any], key: str) -> None:
    assert node.socket(f"tcp://{endpoint[key]}").is_listening, nfs.journal(node, UNIT)


def test_unit_of_the_distribution_does_not_run(node: Host) -> None:
    assert node.service("nfs-ganesha.service").is_masked
    assert not node.service("nfs-ganesha.service").is_running
    assert not node.socket("tcp://2049").is_listening


def test_endpoint(endpoint: dict[str, Any]) -> None:
    assert endpoint["service"] == "ganesha"
    assert endpoint["versions"] == ["nfs3", "nfs4.0", "nfs4.1", "nfs4.2"]
    assert endpoint["durability"] == "local-durable"


@pytest.mark.parametrize("protocol", ["nfs3", "nfs4.2"])
def test_bytes_reach_the_disk_of_the_server(node: Host, client: Host, endpoint: dict[str, Any], protocol: str) -> None:
    name = f"molecule-{protocol}"
    with nfs.mounted(client, endpoint, protocol) as directory:
        wrote = nfs.write(client, f"{directory}/{name}")
        assert nfs.checksum(node, f"/export/{name}") == wrote
        client.check_output("rm %s", f"{directory}/{name}")
        assert not node.file(f"/export/{name}").exists
        version = client.check_output("findmnt -no OPTIONS %s", directory)
        assert f"vers={protocol.removeprefix('nfs')}" in version.split(",")


def test_probe_leaves_nothing_in_the_export(node: Host) -> None:
    node.check_output("/usr/local/lib/netfs-ganesha/probe")
    assert node.check_output("find /export -name '.netfs-bench-probe*'") == ""


def test_a_bad_configuration_is_refused_and_a_good_one_is_not(node: Host) -> None:
    check = "/usr/local/lib/netfs-ganesha/check"
    node.check_output("%s /etc/netfs-ganesha/ganesha.conf", check)
    bad = "/tmp/bad-ganesha.conf"
    for change in ("s|Squash =|Squahs =|", 's|Path = "/export"|Path = "/nowhere"|', "s|}||"):
        node.check_output("sed %s /etc/netfs-ganesha/ganesha.conf > %s", change, bad)
        answer = node.run("%s %s", check, bad)
        assert answer.rc == 1, f"{change}: {answer}"
        assert "Ganesha refuses this configuration" in answer.stderr
    node.check_output("rm %s", bad)
    assert node.service(UNIT).is_running


def test_a_refused_configuration_leaves_all_as_it_was(node: Host, tmp_path: Path) -> None:
    """One file of the set is refused: the good one beside it is not replaced, and the next start works."""
    before = life_cycle.state(node, UNIT)
    refused = [{"path": "/export", "options": {"Squahs": True}}]
    code, said = life_cycle.apply(tmp_path, "ganesha", ganesha_exports=refused, ganesha_max_files=4321)
    assert code == 2, said
    assert "/etc/netfs-ganesha/ganesha.conf is refused by /usr/local/lib/netfs-ganesha/check" in said
    assert "Unknown parameter (Squahs)" in said
    assert life_cycle.state(node, UNIT) == before
    code, said = life_cycle.apply(tmp_path, "ganesha", "start")
    assert code == 0, said
    assert life_cycle.state(node, UNIT) == before


# Each follows a task that changes the node; where files are replaced, unit tests kill at every step.
@pytest.mark.parametrize(
    "task",
    [
        "Create the directories",
        "Replace the programs, the files and the units together",
        "Read the state of the units and of their files",
        "Try the service until a client succeeds",
    ],
)
def test_a_play_that_is_killed_leaves_a_server_that_starts(node: Host, tmp_path: Path, task: str) -> None:
    code, said = life_cycle.apply(tmp_path, "ganesha", kill_at=task, ganesha_max_files=4321, ganesha_lease_seconds=15)
    assert code == -9, said
    code, said = life_cycle.apply(tmp_path, "ganesha", "start")
    assert code == 0, said
    assert node.service(UNIT).is_running
    assert life_cycle.left_of_a_swap(node) == ""
    node.check_output("/usr/local/lib/netfs-ganesha/probe")


def test_a_server_that_runs_and_does_not_answer_is_restarted_once(node: Host, tmp_path: Path) -> None:
    """Stopped in the middle of its work, it still counts as running; the probe of this apply gives up soon."""
    code, said = life_cycle.apply(tmp_path, "ganesha")
    assert code == 0, said
    pid = node.check_output("systemctl show --property=MainPID --value %s", UNIT)
    node.check_output("kill -STOP %s", pid)
    code, said = life_cycle.apply(tmp_path, "ganesha", "start")
    assert code == 0, said
    assert node.check_output("systemctl show --property=MainPID --value %s", UNIT) != pid

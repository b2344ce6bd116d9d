# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Role ganesha: its unit, its ports, and bytes that a kernel's NFS client wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import life_cycle
import nfs
import pytest
import secrets_of
from nasty import PATHS
from testinfra.host import Host

from ansible_collections.netfs.bench.plugins.plugin_utils._exports import export_path
from ansible_collections.netfs.bench.plugins.plugin_utils._ganesha_conf import from_ganesha_log, to_ganesha_conf

UNIT = "netfs-ganesha.service"
CHECK = "/usr/local/lib/netfs-ganesha/check"
SERVED = {
    "/export/media old": "/export/media old",
    '/export/a "b" [x]{y};#c': '/export/a "b" [x]{y};#c',
    "/export/-a,b=c!*": "/export/-a,b=c!*",
}


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


def test_probe_leaves_neighbours_alone(node: Host) -> None:
    nfs.sibling_survives(node, "/usr/local/lib/netfs-ganesha/probe")


@pytest.mark.parametrize("path", SERVED)
def test_a_name_that_programs_misread_is_served(node: Host, client: Host, endpoint: dict[str, Any], path: str) -> None:
    with nfs.mounted(client, {**endpoint, "path": SERVED[path]}, "nfs4.2") as directory:
        wrote = nfs.write(client, f"{directory}/file", 1)
        assert nfs.checksum(node, f"{path}/file") == wrote
        client.check_output("rm %s", f"{directory}/file")


@pytest.mark.parametrize("name", ["/export/it's 100%Safe", "/ünï 漢"])
def test_a_client_that_was_not_named_is_kept_out(client: Host, endpoint: dict[str, Any], name: str) -> None:
    with (
        pytest.raises(AssertionError, match=r"denied|No such file"),
        nfs.mounted(client, {**endpoint, "path": name}, "nfs3"),
    ):
        pass


def test_ganesha_reads_back_the_paths_that_were_written(node: Host) -> None:
    paths = [
        f"/export/.property{path}" for path in nfs.accepted(PATHS, lambda path: to_ganesha_conf(export_path(path)))
    ]
    node.check_output("mkdir -p /export/.property && cp /etc/netfs-ganesha/ganesha.conf /root/property.conf")
    blocks = [
        f"EXPORT {{ Export_Id = {1000 + number}; Path = {to_ganesha_conf(path)}; Pseudo = {to_ganesha_conf(path)}; "
        "FSAL { Name = VFS; } }"
        for number, path in enumerate(map(export_path, paths))
    ]
    nfs.put(node, "/root/property.paths", "".join(f"{path}\0" for path in paths))
    nfs.put(node, "/root/property.blocks", "\n".join(blocks) + "\n")
    node.check_output("xargs -0 mkdir -p -- < /root/property.paths && cat /root/property.blocks >> /root/property.conf")
    said = node.check_output("%s /root/property.conf", CHECK)
    node.check_output("rm -r /export/.property /root/property.*")
    read = {entry["path"] for entry in from_ganesha_log(said) if entry["path"].startswith("/export/.property")}
    assert read == set(map(export_path, paths))


def test_another_server_that_stops_does_not_blind_the_probe(node: Host) -> None:
    """A server of the same programs that stops takes them all out of rpcbind."""
    for version in ("3", "4"):
        node.check_output("rpcinfo -d 100003 %s", version)
    node.check_output("/usr/local/lib/netfs-ganesha/probe")
    node.check_output("systemctl restart %s", UNIT)


def test_refusals_change_nothing(node: Host, tmp_path: Path) -> None:
    """What molecule/ganesha/refusals/cases.yml lists; and the next start with the old variables works."""
    before = life_cycle.state(node, UNIT)
    secrets_of.play(*secrets_of.inventory(), "molecule/shared/refusals.yml")
    assert life_cycle.state(node, UNIT) == before
    code, said = life_cycle.apply(tmp_path, "ganesha", "start")
    assert code == 0, said
    assert life_cycle.state(node, UNIT) == before


def test_the_parent_of_an_export_is_not_its_owners(node: Host) -> None:
    parent = node.file("/export/team")
    assert (parent.user, parent.mode) == ("root", 0o755)
    assert (node.file("/export/team/alice").user, node.file("/export/team/alice").mode) == ("nobody", 0o700)


def test_a_bad_configuration_is_refused_and_a_good_one_is_not(node: Host) -> None:
    node.check_output("%s /etc/netfs-ganesha/ganesha.conf", CHECK)
    bad = "/tmp/bad-ganesha.conf"
    for change in ("s|Squash =|Squahs =|", 's|Path = "/export"|Path = "/nowhere"|', "s|}||"):
        node.check_output("sed %s /etc/netfs-ganesha/ganesha.conf > %s", change, bad)
        answer = node.run("%s %s", CHECK, bad)
        assert answer.rc == 1, f"{change}: {answer}"
        assert "Ganesha refuses this configuration" in answer.stderr
    node.check_output("rm %s", bad)
    assert node.service(UNIT).is_running


def test_two_tasks_change_an_installed_service(tmp_path: Path) -> None:
    """So a play that is killed leaves one of three states, each of which the next test makes."""
    code, said = life_cycle.apply(tmp_path, "ganesha", ganesha_max_files=4320)
    assert code == 0, said
    assert (tmp_path / "changed").read_text().splitlines() == [
        "Replace the programs, the files and the units together",
        "Run the units with their newest files",
    ]


# Each comes before or after a task that changes an installed service: nothing is replaced, all files are and no unit
# knows it, the units run with them. Within the replacement unit tests kill at every step.
@pytest.mark.parametrize(
    "task, files",
    [
        ("Replace the programs, the files and the units together", 4321),
        ("Read the state of the units and of their files", 4322),
        ("Try the service until a client succeeds", 4323),
    ],
)
def test_a_play_that_is_killed_leaves_a_server_that_starts(node: Host, tmp_path: Path, task: str, files: int) -> None:
    code, said = life_cycle.apply(tmp_path, "ganesha", kill_at=task, ganesha_max_files=files, ganesha_lease_seconds=15)
    assert code == -9, said
    code, said = life_cycle.apply(tmp_path, "ganesha", "start")
    assert code == 0, said
    assert node.service(UNIT).is_running
    assert life_cycle.left_of_a_swap(node) == ""
    node.check_output("/usr/local/lib/netfs-ganesha/probe")


def test_a_server_that_runs_and_does_not_answer_is_restarted_once(node: Host, tmp_path: Path) -> None:
    """Stopped in the middle of its work, it still counts as running."""
    pid = node.check_output("systemctl show --property=MainPID --value %s", UNIT)
    node.check_output("kill -STOP %s", pid)
    code, said = life_cycle.apply(tmp_path, "ganesha", "start")
    assert code == 0, said
    assert node.check_output("systemctl show --property=MainPID --value %s", UNIT) != pid

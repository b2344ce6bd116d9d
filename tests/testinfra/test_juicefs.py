# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Role juicefs: bytes of a kernel's NFS client become blocks and rows, and outlive mount, server and their kills."""

from __future__ import annotations

import re
import struct
import time
from pathlib import Path
from typing import Any

import metrics
import nfs
import pytest
import s3
import secrets_of
from testinfra.host import Host

MOUNT = "netfs-juicefs.service"
SERVER = "netfs-juicefs-nfs.service"
STORE = "netfs-object-store.service"
DIRECTORY = "/srv/juice fs/é"
CACHE = "/var/cache/netfs juicefs/100%é'"


def sql(node: Host, question: str) -> str:
    """Ask the metadata engine itself."""
    return node.check_output("psql -h /run/postgresql -U postgres -d juicefs -Atc %s", question)


def blocks_of(node: Host, name: str) -> list[str]:
    """Return what the objects of a file begin with, as its rows in the database say."""
    inode = f"(select inode from jfs_edge where convert_from(name, 'utf8') = '{name}')"
    rows = sql(node, f"select encode(slices, 'hex') from jfs_chunk where inode = {inode}").split()
    # each slice: position, number, size, offset, length; the number names its objects
    slices = [found[1] for row in rows for found in struct.iter_unpack(">IQIII", bytes.fromhex(row))]
    return [f"netfs/chunks/{number // 1000 // 1000}/{number // 1000}/{number}_" for number in slices]


def is_back(node: Host) -> bool:
    return (
        node.run("systemctl is-active --quiet %s %s", MOUNT, SERVER).rc == 0
        and node.run("stat -c %%i %s", DIRECTORY).stdout.strip() == "1"
        and node.run("ss -Hltn sport = :52049").stdout != ""
    )


def wait_until_back(node: Host, seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while not is_back(node):
        assert time.monotonic() < until, nfs.journal(node, MOUNT) + nfs.journal(node, SERVER)
        time.sleep(0.2)


def metric(node: Host, name: str) -> float:
    lines = node.check_output("curl --silent --fail http://127.0.0.1:9567/metrics").splitlines()
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(f"{name}{{"))


@pytest.mark.parametrize("unit", [MOUNT, SERVER])
def test_unit_runs_survives_a_reboot_and_is_hardened(node: Host, unit: str) -> None:
    service = node.service(unit)
    assert service.is_running, nfs.journal(node, unit)
    assert service.is_enabled
    said = node.check_output("systemd-analyze security --no-pager %s | tail -n 1", unit)
    assert float(said.split(": ")[1].split()[0]) < 5


def test_endpoint(endpoint: dict[str, Any]) -> None:
    assert endpoint["service"] == "juicefs"
    assert (endpoint["port"], endpoint["mount_port"], endpoint["path"]) == (52049, 52050, "/export")
    assert endpoint["durability"] == "remote-durable"


@pytest.mark.parametrize("protocol", ["nfs3", "nfs4.2"])
def test_bytes_become_blocks_and_rows(node: Host, client: Host, endpoint: dict[str, Any], protocol: str) -> None:
    name = f"molecule-{protocol}"
    with nfs.mounted(client, endpoint, protocol) as directory:
        before = metrics.counted(node, endpoint)
        wrote = nfs.write(client, f"{directory}/{name}", 8)
        after = metrics.counted(node, endpoint)
        assert metrics.grew(before, after, "juicefs_object_request_data_bytes_total") >= 8 << 20
        # fsync has returned: everything is there now, not soon
        objects = s3.listed(endpoint, secrets(node), "blocks", "netfs/chunks/")
        blocks = blocks_of(node, name)
        assert sum(size for key, size in objects.items() if key.startswith(tuple(blocks))) >= 8 << 20
        assert [block for block in blocks if not any(key.startswith(block) for key in objects)] == []
        assert nfs.checksum(node, f"{DIRECTORY}/{name}") == wrote
        client.check_output("rm %s", f"{directory}/{name}")


@pytest.mark.parametrize(
    "unit, whom", [(MOUNT, "all"), (MOUNT, "main"), (SERVER, "all")], ids=["mount", "supervisor", "server"]
)
def test_what_is_killed_comes_back_with_every_byte(
    node: Host, client: Host, endpoint: dict[str, Any], unit: str, whom: str
) -> None:
    with nfs.mounted(client, endpoint, "nfs3") as directory:
        wrote = nfs.write(client, f"{directory}/kept", 8)
        node.check_output("systemctl kill --kill-whom=%s --signal=SIGKILL %s; sleep 0.5", whom, unit)
        wait_until_back(node)
        # the handle of before still means the same file
        client.check_output("echo 3 > /proc/sys/vm/drop_caches || true")
        assert nfs.checksum(client, f"{directory}/kept") == wrote
    with nfs.mounted(client, endpoint, "nfs3") as directory:
        assert nfs.checksum(client, f"{directory}/kept") == wrote
        client.check_output("rm %s", f"{directory}/kept")


def test_handles_outlive_a_mount_with_another_device(node: Host, client: Host, endpoint: dict[str, Any]) -> None:
    device = node.check_output("mountpoint -d %s", DIRECTORY)
    # what is mounted in between takes the number that has become free
    take = (
        f'systemctl stop {MOUNT}; i=0; until [ $i = 300 ] || [ "$(mountpoint -d /run/taken-$i)" = {device} ]; do'
        " i=$((i + 1)); mkdir /run/taken-$i; mount -t tmpfs taken /run/taken-$i; done"
    )
    with nfs.mounted(client, endpoint, "nfs3") as directory:
        wrote = nfs.write(client, f"{directory}/handle")
        try:
            node.check_output(take)
            node.check_output("systemctl start %s", MOUNT)
            wait_until_back(node)
            assert node.check_output("mountpoint -d %s", DIRECTORY) != device
            client.check_output("echo 3 > /proc/sys/vm/drop_caches || true")
            assert nfs.checksum(client, f"{directory}/handle") == wrote
        finally:
            node.run("for place in /run/taken-*; do umount $place; rmdir $place; done")
        client.check_output("rm %s", f"{directory}/handle")


def test_empty_directory_is_never_exported(node: Host) -> None:
    node.check_output("systemctl stop %s", MOUNT)
    assert not node.service(SERVER).is_running
    assert node.run("systemctl start %s", SERVER).rc == 0  # which needs the mount, and so brings it
    wait_until_back(node)
    assert "AssertPathIsMountPoint" in node.check_output("systemctl cat %s", SERVER)


def test_cold_means_that_every_byte_comes_from_the_store(node: Host, client: Host, endpoint: dict[str, Any]) -> None:
    size = 16 << 20
    with nfs.mounted(client, endpoint, "nfs3") as directory:
        wrote = nfs.write(client, f"{directory}/cold", size >> 20)
    node.check_output("systemctl stop %s && find %s -mindepth 1 -delete && systemctl start %s", MOUNT, CACHE, MOUNT)
    wait_until_back(node)
    with nfs.mounted(client, endpoint, "nfs3") as directory:
        before = metric(node, "juicefs_object_request_data_bytes")
        assert nfs.checksum(client, f"{directory}/cold") == wrote
        assert metric(node, "juicefs_object_request_data_bytes") - before >= size
        client.check_output("rm %s", f"{directory}/cold")


def test_volume_holds_no_keys(node: Host) -> None:
    said = sql(node, "select value from jfs_setting where name = 'format'")
    assert "AccessKey" not in said
    assert "SecretKey" not in said


def test_flush_waits_for_a_store_that_is_away(node: Host, client: Host, endpoint: dict[str, Any]) -> None:
    with nfs.mounted(client, endpoint, "nfs3") as directory:
        node.check_output("systemctl stop %s && systemd-run sh -c %s", STORE, f"sleep 3; systemctl start {STORE}")
        wrote = nfs.write(client, f"{directory}/away")
        assert node.service(STORE).is_running
        assert nfs.checksum(client, f"{directory}/away") == wrote
        client.check_output("rm %s", f"{directory}/away")


def test_database_may_come_late(node: Host, database_unit: str) -> None:
    node.check_output("systemctl stop %s && systemctl stop %s", MOUNT, database_unit)
    node.check_output("systemctl start --no-block %s; sleep 2", MOUNT)
    assert not is_back(node)
    node.check_output("systemctl start %s", database_unit)
    wait_until_back(node, 60)


def secrets(node: Host) -> list[str]:
    lines = node.file("/etc/netfs-juicefs/environment").content_string.splitlines()
    values = dict(line.split("=", 1) for line in lines if "=" in line and line[0] != "#")
    values = {name: re.sub(r'\\(["$`\\])', r"\1", value[1:-1]) for name, value in values.items()}
    return [values[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "META_PASSWORD")]


def test_what_people_get_wrong_is_said_and_shows_no_secret(node: Host, tmp_path: Path) -> None:
    known = secrets(node)
    said = secrets_of.refusals(tmp_path / "keys", known[0])
    assert "database down" in said
    assert [name for name in known if secrets_of.told(name, said)] == []
    wait_until_back(node)


def test_secrets_are_nowhere_to_be_seen(node: Host) -> None:
    file = node.file("/etc/netfs-juicefs/environment")
    assert (file.mode, file.user) == (0o600, "root")
    for unit in (MOUNT, SERVER):
        shown = secrets_of.shown_by(node, unit)
        assert [place for place, text in shown.items() for secret in secrets(node) if secret in text] == []

# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Role rclone: bytes of a kernel's NFS client become objects, survive a kill, and are read again from the store."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import metrics
import nfs
import pytest
import s3
import secrets_of
from testinfra.host import Host

UNIT = "netfs-rclone.service"
STORE = "netfs-object-store.service"
UPLOADS = "/usr/local/lib/netfs-rclone/uploads"
BUCKET = "/export/object-store/served"
CACHE = "/var/cache/netfs-rclone"
PROGRAM = "/usr/local/lib/netfs-rclone/rclone"
LOCAL = "/export/local/my files/100%é;#'\""


def wait_for_server(node: Host) -> None:
    node.check_output("timeout 20 sh -c 'until ss -Hltn sport = :42049 | grep -q .; do sleep 0.1; done'")


def test_unit_runs_and_survives_a_reboot(node: Host) -> None:
    service = node.service(UNIT)
    assert service.is_running, nfs.journal(node, UNIT)
    assert service.is_enabled


def test_unit_is_hardened_and_has_an_account_of_its_own(node: Host) -> None:
    said = node.check_output("systemd-analyze security --no-pager %s | tail -n 1", UNIT)
    assert float(said.split(": ")[1].split()[0]) < 2
    pid = node.check_output("systemctl show --property=MainPID --value %s", UNIT)
    assert node.check_output("ps -o user:20= -p %s", pid).strip() == "netfs-rclone"


def test_endpoint_says_what_it_cannot_do(endpoint: dict[str, Any]) -> None:
    assert endpoint["versions"] == ["nfs3"]
    assert endpoint["mount_port"] == endpoint["port"] == 42049
    assert endpoint["mount_options"] == {"nolock": True}
    assert endpoint["durability"] == "volatile"


def test_remote_control_is_for_this_node_and_for_those_who_know_the_password(node: Host) -> None:
    assert node.socket("tcp://127.0.0.1:42572").is_listening
    assert not node.socket("tcp://0.0.0.0:42572").is_listening
    url = "http://127.0.0.1:42572/rc/noop"
    assert node.check_output("curl --silent --output /dev/null --write-out '%%{http_code}' -X POST %s", url) == "401"


def test_values_are_read_back_as_they_were_given(node: Host) -> None:
    said = node.check_output("%s config dump --config /etc/netfs-rclone/rclone.conf", PROGRAM)
    assert json.loads(said)["store"]["description"] == " it's `old`, 100% of C:\\ # "
    main = node.check_output("systemctl show --value --property=MainPID %s", UNIT)
    words = node.check_output("tr '\\0' '\\n' < /proc/%s/cmdline", main).split("\n")
    given = ["--links=true", "--exclude=a b", "--exclude=$HOME 100%", '--exclude=it\'s "c"\\d;#']
    assert [word for word in given if word not in words] == []


def test_directory_with_blanks_is_served(node: Host, client: Host, endpoint: dict[str, Any]) -> None:
    """Another remote, which is the node's own disk, and then the scenario's again."""
    variables = {"rclone_remote": {"type": "local"}, "rclone_path": LOCAL, "rclone_remote_secrets": {}}
    words = ["--limit=server", *secrets_of.inventory()]
    try:
        secrets_of.play(*words, f"--extra-vars={json.dumps(variables)}", "molecule/shared/converge.yml")
        with nfs.mounted(client, endpoint, "nfs3") as directory:
            wrote = nfs.write(client, f"{directory}/it's here")
            assert json.loads(node.check_output("%s 60", UPLOADS))["waiting"]["files"] == 0
        assert nfs.checksum(node, f"{LOCAL}/it's here") == wrote
    finally:
        secrets_of.play(*words, "molecule/shared/converge.yml")
        node.check_output("rm -r /export/local && systemctl is-active %s", UNIT)


def test_bytes_become_objects(node: Host, client: Host, endpoint: dict[str, Any]) -> None:
    with nfs.mounted(client, endpoint, "nfs3") as directory:
        wrote = nfs.write(client, f"{directory}/written")
        state = json.loads(node.check_output("%s 60", UPLOADS))
        assert state["waiting"] == {"files": 0, "bytes": 0}
        assert nfs.checksum(node, f"{BUCKET}/written") == wrote
        assert s3.listed(endpoint, secrets(node), "served")["written"] == 4 << 20
        client.check_output("rm %s", f"{directory}/written")
        assert "written" not in s3.listed(endpoint, secrets(node), "served")


def test_server_that_is_killed_comes_back_with_every_byte(node: Host, client: Host, endpoint: dict[str, Any]) -> None:
    with nfs.mounted(client, endpoint, "nfs3") as directory:
        wrote = nfs.write(client, f"{directory}/kept", 16)
        node.check_output("systemctl kill --signal=SIGKILL %s; sleep 0.5", UNIT)
        wait_for_server(node)
    with nfs.mounted(client, endpoint, "nfs3") as directory:
        assert nfs.checksum(client, f"{directory}/kept") == wrote
        node.check_output("%s 60", UPLOADS)
        assert nfs.checksum(node, f"{BUCKET}/kept") == wrote
        client.check_output("rm %s", f"{directory}/kept")


def test_handles_survive_a_restart(node: Host, client: Host, endpoint: dict[str, Any]) -> None:
    with nfs.mounted(client, endpoint, "nfs3") as directory:
        wrote = nfs.write(client, f"{directory}/open")
        # what a restart does to a file that is not uploaded yet is another matter, see Limits in the README
        assert json.loads(node.check_output("%s 60", UPLOADS))["waiting"]["files"] == 0
        node.check_output("systemctl restart %s", UNIT)
        wait_for_server(node)
        client.check_output("echo 3 > /proc/sys/vm/drop_caches || true")
        assert nfs.checksum(client, f"{directory}/open") == wrote
        client.check_output("rm %s", f"{directory}/open")


def test_cold_means_that_every_byte_comes_from_the_store(node: Host, client: Host, endpoint: dict[str, Any]) -> None:
    size = 16 << 20
    with nfs.mounted(client, endpoint, "nfs3") as directory:
        wrote = nfs.write(client, f"{directory}/cold", size >> 20)
    node.check_output("%s 60", UPLOADS)
    node.check_output("systemctl stop %s && rm -r %s/vfs %s/vfsMeta && systemctl start %s", UNIT, CACHE, CACHE, UNIT)
    wait_for_server(node)
    with nfs.mounted(client, endpoint, "nfs3") as directory:
        before = metrics.counted(node, endpoint)
        assert nfs.checksum(client, f"{directory}/cold") == wrote
        # reads that arrive out of order make rclone fetch a part twice
        after = metrics.counted(node, endpoint)
        assert metrics.grew(before, after, "rclone_bytes_transferred_total") >= size
        client.check_output("rm %s", f"{directory}/cold")


def test_uploads_that_wait_are_seen_when_the_server_is_stopped(
    node: Host, client: Host, endpoint: dict[str, Any]
) -> None:
    with nfs.mounted(client, endpoint, "nfs3") as directory:
        nfs.write(client, f"{directory}/waits")
        node.check_output("systemctl kill --signal=SIGKILL %s; systemctl stop %s", UNIT, UNIT)
        stopped = node.run(UPLOADS)
        waiting = json.loads(stopped.stdout)["waiting"]["files"]
        assert stopped.rc == (1 if waiting else 0)
        node.check_output("systemctl start %s", UNIT)
        wait_for_server(node)
        assert json.loads(node.check_output("%s 60", UPLOADS))["waiting"]["files"] == 0
        assert node.file(f"{BUCKET}/waits").size == 4 << 20
        client.check_output("rm %s", f"{directory}/waits")


@pytest.mark.parametrize("how", ["os.O_RDWR", "os.O_RDONLY"])
def test_opening_an_existing_file_keeps_its_bytes(client: Host, endpoint: dict[str, Any], how: str) -> None:
    """Without O_CREAT, as every workload opens what a layout has written. With it, see Limits in the README."""
    with nfs.mounted(client, endpoint, "nfs3") as directory:
        wrote = nfs.write(client, f"{directory}/laid-out")
    with nfs.mounted(client, endpoint, "nfs3") as directory:
        client.check_output("python3 -c %s", f"import os; os.close(os.open('{directory}/laid-out', {how}))")
        assert nfs.checksum(client, f"{directory}/laid-out") == wrote
        client.check_output("rm %s", f"{directory}/laid-out")


def test_store_that_was_away_gets_every_byte(node: Host, client: Host, endpoint: dict[str, Any]) -> None:
    with nfs.mounted(client, endpoint, "nfs3") as directory:
        nfs.write(client, f"{directory}/away")
        node.check_output("%s 60", UPLOADS)
        node.check_output("systemctl stop %s", STORE)
        try:
            # it is in the cache, which acknowledges what cannot be uploaded now
            wrote = nfs.write(client, f"{directory}/away", how="fsync,notrunc,nocreat")
            assert nfs.checksum(client, f"{directory}/away") == wrote
            assert json.loads(node.run("%s 2", UPLOADS).stdout)["waiting"]["files"] == 1
        finally:
            node.check_output("systemctl start %s", STORE)
        assert json.loads(node.check_output("%s 60", UPLOADS))["waiting"]["files"] == 0
        assert nfs.checksum(node, f"{BUCKET}/away") == wrote
        client.check_output("rm %s", f"{directory}/away")


def test_stopped_server_has_not_failed(node: Host) -> None:
    node.check_output("systemctl stop %s", UNIT)
    assert node.check_output("systemctl show --property=Result --value %s", UNIT) == "success"
    node.check_output("systemctl start %s", UNIT)
    wait_for_server(node)


def secrets(node: Host) -> list[str]:
    config = node.file("/etc/netfs-rclone/rclone.conf").content_string.splitlines()
    control = node.file("/etc/netfs-rclone/remote_control").content_string.splitlines()
    found = [line.split(" = ")[1] for line in config if "_key" in line and " = " in line]
    found += [line.split("=", 1)[1].strip('"') for line in control if "PASS=" in line]
    assert len(found) == 3
    return found


def test_what_people_get_wrong_is_said_and_shows_no_secret(node: Host, tmp_path: Path) -> None:
    known = secrets(node)
    kept = node.check_output("stat -c %n:%i:%Y /etc/netfs-rclone/*")
    said = secrets_of.refusals(tmp_path / "keys", known[0])
    assert "refuses the secret key" in said
    assert node.check_output("stat -c %n:%i:%Y /etc/netfs-rclone/*") == kept
    assert [secret for secret in known if secret in said] == []


def test_secrets_are_nowhere_to_be_seen(node: Host) -> None:
    shown = secrets_of.shown_by(node, UNIT)
    for name, user in (("rclone.conf", "netfs-rclone"), ("remote_control", "root"), ("netrc", "root")):
        file = node.file(f"/etc/netfs-rclone/{name}")
        assert (file.mode, file.user) == (0o600, user)
    assert [place for place, text in shown.items() for secret in secrets(node) if secret in text] == []

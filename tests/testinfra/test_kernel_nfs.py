# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Role kernel_nfs: its exports, its ports, and bytes that clients of NFS and of SMB wrote."""

from __future__ import annotations

from typing import Any

import nfs
import pytest
import smb
from testinfra.host import Host

UNIT = "nfs-server.service"
CHECK = "/usr/local/lib/netfs-kernel-nfs/check"
PROTOCOLS = ["nfs3", "nfs4.0", "nfs4.1", "nfs4.2"]


def test_unit_runs_and_survives_a_reboot(node: Host) -> None:
    service = node.service(UNIT)
    assert service.is_running, nfs.journal(node, UNIT)
    assert service.is_enabled


@pytest.mark.parametrize("port", [32049, 32050, 32051, 32052])
def test_listens(node: Host, port: int) -> None:
    assert node.socket(f"tcp://{port}").is_listening, nfs.journal(node, UNIT)


def test_port_of_the_distribution_is_free(node: Host) -> None:
    assert not node.socket("tcp://2049").is_listening


def test_settings_reached_the_kernel(node: Host) -> None:
    read = {name: node.file(f"/proc/fs/nfsd/{name}").content_string.strip() for name in ("threads", "nfsv4leasetime")}
    assert read == {"threads": "8", "nfsv4leasetime": "10"}


def test_exports(node: Host) -> None:
    files = node.file("/etc/exports.d").listdir()
    assert sorted(files) == ["netfs-export-both.exports", "netfs-export-few.exports"]
    exports = node.check_output("exportfs -s").splitlines()
    assert all("sync," in line and "async" not in line for line in exports)
    assert [line.split()[1].partition("(")[0] for line in exports if line.startswith("/export/few")] == [
        "127.0.0.1",
        "198.18.0.0/15",
    ]


def test_endpoint(endpoint: dict[str, Any]) -> None:
    assert endpoint["service"] == "kernel-nfs"
    assert endpoint["versions"] == PROTOCOLS
    assert endpoint["durability"] == "local-durable"


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_bytes_reach_the_disk_of_the_server(node: Host, client: Host, endpoint: dict[str, Any], protocol: str) -> None:
    name = f"molecule-{protocol}"
    with nfs.mounted(client, endpoint, protocol) as directory:
        wrote = nfs.write(client, f"{directory}/{name}")
        assert nfs.checksum(node, f"/export/both/{name}") == wrote
        client.check_output("rm %s", f"{directory}/{name}")
        version = client.check_output("findmnt -no OPTIONS %s", directory)
        assert f"vers={protocol.removeprefix('nfs')}" in version.split(",")


def test_a_read_only_export_is_read_only(client: Host, endpoint: dict[str, Any]) -> None:
    with nfs.mounted(client, {**endpoint, "path": "/export/few"}, "nfs4.2") as directory:
        answer = client.run("touch %s/file", directory)
        assert answer.rc != 0
        assert "Read-only file system" in answer.stderr


def test_nfs_and_smb_read_each_others_bytes(client: Host, endpoint: dict[str, Any]) -> None:
    samba = {"host": endpoint["host"], "port": 22445, "secret": "samba-bench@netfs-bench", "user": "bench"}
    files = list(smb.secret_file(samba).parent.glob("samba-bench@*"))
    assert len(files) == 1
    smb.log_in(client, "bench", files[0].read_text(encoding="utf-8").strip())
    with nfs.mounted(client, endpoint, "nfs4.2") as by_nfs, smb.mounted(client, samba, "both") as by_smb:
        wrote = nfs.write(client, f"{by_nfs}/from-nfs", 16)
        assert nfs.checksum(client, f"{by_smb}/from-nfs") == wrote
        wrote = nfs.write(client, f"{by_smb}/from-smb", 16)
        assert nfs.checksum(client, f"{by_nfs}/from-smb") == wrote
        client.check_output("rm %s/from-nfs %s/from-smb", by_smb, by_nfs)


def test_probe_leaves_nothing(node: Host) -> None:
    node.check_output("/usr/local/lib/netfs-kernel-nfs/probe")
    assert node.check_output("find /export -name '.netfs-bench-probe*'") == ""


@pytest.mark.parametrize(
    "line, says",
    [
        ("/export *(rw,sinc,no_subtree_check)", "sinc"),
        ("/nowhere *(rw,sync,no_subtree_check)", "/nowhere"),
        ("/export 198.18.0.0/33(rw,sync,no_subtree_check)", "Invalid prefix"),
        ("/export *(rw,sync,no_subtree_check,sec=none-such)", "none-such"),
        ("/export no-such-host.invalid(rw,sync,no_subtree_check)", "no-such-host.invalid"),
    ],
)
def test_a_bad_export_is_refused(node: Host, line: str, says: str) -> None:
    before = node.check_output("exportfs -s")
    node.check_output("echo %s > /tmp/bad.exports", line)
    answer = node.run("%s /tmp/bad.exports", CHECK)
    node.check_output("rm /tmp/bad.exports")
    assert answer.rc == 1
    assert says in answer.stderr
    assert node.check_output("exportfs -s") == before

# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Role kernel_nfs: its exports, its ports, and bytes that clients of NFS and of SMB wrote."""

from __future__ import annotations

import os
import re
import subprocess
import time
from typing import Any

import nfs
import pytest
import secrets_of
import smb
from nasty import PATHS, TEXTS
from testinfra.host import Host

from ansible_collections.netfs.bench.plugins.plugin_utils._exports import export_path, from_exportfs, to_exports
from ansible_collections.netfs.bench.plugins.plugin_utils._nfs_conf import to_nfs_conf

UNIT = "nfs-server.service"
CHECK = "/usr/local/lib/netfs-kernel-nfs/check"
# Every 4 KiB is flushed before the next one; what was written can be told from anything else.
FIO = "fio --name=cut --rw=write --bs=4k --size=24m --fsync=1 --verify=crc32c --directory={directory}"
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
    assert node.file("/etc/exports.d").listdir() == ["netfs-kernel-nfs.exports"]
    exports = node.check_output("exportfs -s").splitlines()
    assert {line.split()[0] for line in exports if "async" in line.partition("(")[2].split(",")} == {"/export/quick"}
    assert {"/export/both", "/export/few"} <= {
        line.split()[0] for line in exports if "sync" in line.partition("(")[2].split(",")
    }
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


def test_probe_leaves_neighbours_alone(node: Host) -> None:
    nfs.sibling_survives(node, "/usr/local/lib/netfs-kernel-nfs/probe")


@pytest.mark.parametrize(
    "path",
    ["/export/media old", '/export/a "b" [x]{y};#c', "/export/back\\slash ünï 漢", "/export/-a,b=c!*", "/export/two"],
)
def test_a_name_that_programs_misread_is_served(node: Host, client: Host, endpoint: dict[str, Any], path: str) -> None:
    with nfs.mounted(client, {**endpoint, "path": path}, "nfs4.2") as directory:
        wrote = nfs.write(client, f"{directory}/file", 1)
        assert nfs.checksum(node, f"{path}/file") == wrote
        client.check_output("rm %s", f"{directory}/file")


def test_a_client_that_was_not_named_is_kept_out(client: Host, endpoint: dict[str, Any]) -> None:
    with (
        pytest.raises(AssertionError, match="denied"),
        nfs.mounted(client, {**endpoint, "path": "/export/it's 100%Safe"}, "nfs3"),
    ):
        pass


def test_exportfs_reads_back_the_paths_that_were_written(node: Host) -> None:
    paths = [export_path(f"/root/property{path}") for path in nfs.accepted(PATHS, export_path)]
    nfs.put(node, "/root/property.paths", "".join(f"{path}\0" for path in paths))
    nfs.put(node, "/root/property.exports", to_exports([{"path": path} for path in dict.fromkeys(paths)]) + "\n")
    node.check_output("xargs -0 mkdir -p -- < /root/property.paths")
    said = node.check_output(
        "unshare --mount sh -c %s",
        "mount -t tmpfs tmpfs /mnt && mv /root/property.exports /mnt && mount --bind /mnt /etc/exports.d"
        " && mount -t tmpfs tmpfs /var/lib/nfs && exportfs -r && exportfs -s",
    )
    node.check_output("rm -r /root/property*")
    assert {path for path, _client, _options in from_exportfs(said)} == set(paths)


def test_nfsconf_reads_back_the_values_that_were_written(node: Host) -> None:
    values = nfs.accepted(TEXTS, lambda text: to_nfs_conf({"property": {"key": text}}))
    settings = {"property": {f"key{number}": value for number, value in enumerate(values)}}
    nfs.put(node, "/root/property.conf", to_nfs_conf(settings) + "\n")
    read = node.check_output(
        "for key in $(seq 0 %s); do nfsconf --file /root/property.conf --get property key$key; done",
        str(len(values) - 1),
    )
    node.check_output("rm /root/property.conf")
    assert read.split("\n") == values


def test_another_server_that_stops_does_not_blind_the_probe(node: Host) -> None:
    """A server of the same programs that stops takes them all out of rpcbind."""
    for program, version in (("100003", "3"), ("100003", "4"), ("100021", "4"), ("100024", "1")):
        node.check_output("rpcinfo -d %s %s", program, version)
    node.check_output("/usr/local/lib/netfs-kernel-nfs/probe")


def test_exports_of_others_are_neither_taken_over_nor_broken(node: Host) -> None:
    before = node.check_output("exportfs -s")
    node.check_output("mkdir -p /export/other && touch /etc/exports && mv /etc/exports /root/exports.before")
    node.check_output("printf '/export/other 192.0.2.9(ro)\\n/export/few *(rw)\\n' > /etc/exports")
    assert "/export/few is also exported in /etc/exports" in secrets_of.refusal()
    node.check_output("echo '/export/gone *(ro,sync)' > /etc/exports")
    assert "These exports are not of this role" in secrets_of.refusal(kernel_nfs_grace_seconds=11)
    node.check_output("mv /root/exports.before /etc/exports && rm -r /export/other")
    assert node.check_output("exportfs -s") == before
    assert node.service(UNIT).is_running


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


def docker(*words: str) -> str:
    """Return what the Docker client says."""
    return subprocess.run(["docker", *words], check=True, capture_output=True, text=True, timeout=120).stdout


def cut_the_power(node: Host) -> None:
    """Kill the kernel of the node, which loses what was in its memory, and boot it again."""
    labels = {"installation": os.environ["NETFS_BENCH_INSTALLATION"], "node": "server"}
    filters = [f"--filter=label=netfs.bench.{key}={value}" for key, value in labels.items()]
    container = docker("ps", "--quiet", *filters).strip()
    docker("kill", container)
    assert docker("wait", container).strip() == "137"
    docker("start", container)
    until = time.monotonic() + 120
    while True:
        try:
            node.check_output("systemctl is-active %s", UNIT)
            return
        except (AssertionError, RuntimeError):  # it boots
            if time.monotonic() > until:
                raise
            time.sleep(0.5)


def test_what_was_flushed_survives_a_power_cut(node: Host, client: Host, endpoint: dict[str, Any]) -> None:
    """With sync all that fsync acknowledged is there; with async, which counts as volatile, it is not."""
    with nfs.mounted(client, {**endpoint, "path": "/export"}, "nfs4.2", "hard") as directory:
        # the quick one last: what it wrote reaches the disk by itself half a minute later
        for name in ("both", "quick"):
            run = FIO.format(directory=f"{directory}/{name}") + f" --do_verify=0 > /tmp/cut-{name} 2>&1"
            client.check_output("nohup sh -c %s > /dev/null 2>&1 & echo $! > %s", run, f"/tmp/cut-{name}.pid")
            node.check_output(
                "for t in $(seq 300); do [ $(stat -c %%s %s) -ge 2097152 ] && exit 0; sleep 0.1; done; exit 1",
                f"/export/{name}/cut.0.0",
            )
        cut_the_power(node)
        for name in ("both", "quick"):
            client.check_output("timeout 100 tail --pid=$(cat %s) -f /dev/null", f"/tmp/cut-{name}.pid")
    with nfs.mounted(client, {**endpoint, "path": "/export"}, "nfs4.2", "hard") as directory:
        told = {
            name: client.run(FIO.format(directory=f"{directory}/{name}") + " --verify_only=1 --verify_fatal=1")
            for name in ("both", "quick")
        }
        client.check_output("rm %s/*/cut.0.0 /tmp/cut-*", directory)
    assert told["both"].rc == 0, told["both"]
    assert told["quick"].rc != 0, "nothing was lost: either the power was not cut, or async is no longer volatile"
    assert "verify" in told["quick"].stderr, told["quick"]


def test_a_kernel_without_an_nfs_server_is_refused(node: Host) -> None:
    """Every kernel that this scenario gets has one, so what tells that it has one is covered."""
    before = node.check_output("exportfs -s")
    node.check_output("grep -vw nfsd /proc/filesystems > /run/filesystems")
    node.check_output("mount --bind /run/filesystems /proc/filesystems && mount -t tmpfs none /usr/lib/modules")
    try:
        said = secrets_of.refusal(kernel_nfs_threads=9)
    finally:
        node.check_output("umount /proc/filesystems && umount /usr/lib/modules && rm /run/filesystems")
    assert "has no NFS server" in said
    assert "server_kernel=own" in said
    assert "netfs.bench.ganesha" in said
    assert node.check_output("exportfs -s") == before
    assert node.file("/proc/fs/nfsd/threads").content_string.strip() == "8"


@pytest.mark.parametrize("helper", ["mount", "status"])
def test_a_port_that_a_helper_cannot_have_is_refused(helper: str) -> None:
    variable = f"kernel_nfs_{helper}_port"
    said = secrets_of.refusal(**{variable: 22})
    assert re.search(rf"Port 22 is taken by sshd .*, set {variable}[.]", said), said


def test_a_durability_among_the_options_is_refused(node: Host) -> None:
    before = node.check_output("exportfs -s")
    said = secrets_of.refusal(kernel_nfs_exports=[{"path": "/export/both", "options": ["insecure,async"]}])
    assert "'insecure,async' cannot be used" in said
    assert node.check_output("exportfs -s") == before

# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A mirror between two clusters of CephFS: what arrives, how late, what it survives, what it says, what it hides."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import secrets_of
from conftest import reach
from testinfra.host import Host

UNITS = ("netfs-ceph-mirror.service", "netfs-ceph-snapshots.service")
PROGRAM = "/usr/bin/python3 -I /usr/local/lib/netfs-ceph-mirror/snapshots.py"
# A client with all rights, so that no mount is needed: prints the SHA-256 of a file, which it writes first if it may
CLIENT = """
import cephfs, hashlib, os, sys
path, size = sys.argv[1].encode(), int(sys.argv[2])
fs = cephfs.LibCephFS(conffile="/etc/ceph/ceph.conf", auth_id="admin")
fs.mount(filesystem_name=b"cephfs")
if size:
    data = os.urandom(size)
    file = fs.open(path, "w", 0o644)
    fs.write(file, data, 0)
    fs.fsync(file, 0)
else:
    try:
        file = fs.open(path, "r")
    except cephfs.ObjectNotFound:
        sys.exit(3)
    data = fs.read(file, 0, 1 << 26)
fs.close(file)
print(hashlib.sha256(data).hexdigest())
fs.shutdown()
"""
# Whether a client may do what the role's key should or should not let it do
TRY = """
import cephfs, sys
conf, client, what = sys.argv[1:]
fs = cephfs.LibCephFS(conffile=conf, auth_id=client)
fs.conf_set("client_metadata", "")  # no two sessions have the uuid of the mirror's
fs.mount(mount_root=b"/data", filesystem_name=b"cephfs")
try:
    if what == "snapshot":
        fs.mksnap(b"/", b"try", 0o755)
        fs.rmsnap(b"/", b"try")
    elif what == "directory":
        fs.mkdir(b"/try", 0o755)
        fs.rmdir(b"/try")
    elif what == "evict":
        rc, _data, said = fs.mds_command("0", '{"prefix": "client ls"}', "")
        if rc:
            raise cephfs.OSError(-rc, said)
except cephfs.Error as error:
    print("refused")
else:
    print("done")
fs.shutdown()
"""


@pytest.fixture(scope="session")
def source(sockets: str) -> Host:
    """Return the host of the cluster that is replicated."""
    return reach("NETFS_SOURCE", sockets)


@pytest.fixture(scope="session")
def target(sockets: str) -> Host:
    """Return the host of the cluster that is replicated to."""
    return reach("NETFS_TARGET", sockets)


def written(site: Host, path: str, size: int) -> str:
    """Write a file and return its SHA-256."""
    return str(site.check_output("python3 -c %s %s %s", CLIENT, path, str(size)))


def content(site: Host, path: str) -> str:
    """Return the SHA-256 of a file, "" when it is not there."""
    return str(site.run("python3 -c %s %s 0", CLIENT, path).stdout.strip())


def health(node: Host) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(node.run(f"{PROGRAM} health").stdout)
    return said


def until(holds: Callable[[], bool], seconds: float, why: Callable[[], object]) -> float:
    """Wait until something holds; return the seconds that it took."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < seconds, why()
        time.sleep(0.3)
    return time.monotonic() - began


def arrives(source: Host, target: Host, path: str, size: int, seconds: float) -> float:
    """Write a file at the source, wait until the target has the same, and return the seconds that it took."""
    wrote = written(source, path, size)
    return until(lambda: content(target, path) == wrote, seconds, lambda: f"{path} did not arrive")


def enter(entry: str, refused: bool = False, **variables: object) -> str:
    """Run an entry point of the role on the hosts of the scenario."""
    words = [f"--extra-vars={json.dumps({'entry': entry, **variables})}", "molecule/ceph_mirror/entry.yml"]
    said = secrets_of.play(*secrets_of.inventory(), *words, refused=refused)
    return " ".join(said.split())


@contextmanager
def partition(node: Host, other: Host) -> Iterator[None]:
    """Drop all that goes to a host or comes from it, without a word."""
    address = other.check_output("hostname -I").split()[0]
    rules = [
        "add table inet cut",
        "add chain inet cut in { type filter hook input priority 0; }",
        "add chain inet cut out { type filter hook output priority 0; }",
        f"add rule inet cut in ip saddr {address} drop",
        f"add rule inet cut out ip daddr {address} drop",
    ]
    node.check_output("nft %s", "; ".join(rules))
    try:
        yield
    finally:
        node.check_output("nft delete table inet cut")


@pytest.mark.parametrize("size", [1024, 20_000_000])
def test_file_arrives(source: Host, target: Host, size: int) -> None:
    assert arrives(source, target, f"/data/{size}", size, 30) < 30


def test_it_says_how_late_what_arrives_is(node: Host) -> None:
    said = health(node)
    assert said["faults"] == []
    one = said["mirror"]["directories"]["/data"]
    assert one["seen"] > 0
    assert 0 < one["lag_seconds"]["p50"] < 10
    assert 0 < one["rpo_seconds"] < 10
    shown = node.check_output("cat /run/netfs-ceph-snapshots/ceph_mirror.prom")
    assert 'netfs_ceph_mirror_rpo_seconds{directory="/data"}' in shown
    assert said["mirror"]["restarts"]["total"] == 0
    assert "/data is " in said["figures"][0]


def test_old_snapshots_go(source: Host, node: Host) -> None:
    listed = json.loads(node.check_output("cat /etc/netfs-ceph-mirror/snapshots.json"))
    names = source.check_output(
        "python3 -c %s",
        'import cephfs; fs = cephfs.LibCephFS(conffile="/etc/ceph/ceph.conf", auth_id="admin");'
        ' fs.mount(filesystem_name=b"cephfs"); d = fs.opendir(b"/data/.snap")\n'
        "while e := fs.readdir(d): print(e.d_name.decode())",
    ).split()
    assert len([name for name in names if name.startswith("netfs-")]) <= listed["keep"] + 1


@pytest.mark.parametrize(
    "site, client, what, said",
    [
        ("source", "netfs_snapshots", "snapshot", "done"),
        ("source", "netfs_mirror", "directory", "refused"),
        ("source", "netfs_mirror", "snapshot", "refused"),
        ("source", "netfs_mirror", "evict", "refused"),
        ("target", "netfs_snapshots", "snapshot", "refused"),
        ("target", "netfs_snapshots", "directory", "refused"),
        ("target", "netfs_mirror_remote", "evict", "refused"),
    ],
)
def test_each_key_may_do_only_what_it_is_for(node: Host, site: str, client: str, what: str, said: str) -> None:
    assert node.check_output("timeout 60 python3 -c %s /etc/ceph/netfs-%s.conf %s %s", TRY, site, client, what) == said


@pytest.mark.parametrize("unit", UNITS)
def test_keys_are_kept(node: Host, unit: str) -> None:
    keys = []
    for name in ("source", "target"):
        file = node.file(f"/etc/netfs-ceph-mirror/{name}.keyring")
        assert (file.mode, file.user) == (0o600, "netfs-ceph-mirror")
        keys += [line.split(" = ")[1] for line in file.content_string.splitlines() if "key = " in line]
    assert len(set(keys)) == 4
    for place, text in secrets_of.shown_by(node, unit).items():
        for key in keys:
            assert key not in text, place


def test_what_is_written_at_the_target_does_not_come_back(source: Host, target: Host) -> None:
    written(target, "/data/stray", 1024)
    arrives(source, target, "/data/after", 1024, 30)
    assert content(source, "/data/stray") == ""


def sessions(site: Host, client: str) -> list[int]:
    """Return the sessions of a client at a site."""
    listed = json.loads(site.check_output("ceph tell mds.cephfs:0 session ls"))
    return [one["id"] for one in listed if one["client_metadata"]["entity_id"] == client]


def test_mirror_that_is_killed_comes_back(node: Host, source: Host, target: Host) -> None:
    places = ((source, "netfs_mirror"), (target, "netfs_mirror_remote"))
    before = [sessions(*place) for place in places]
    assert [len(one) for one in before] == [1, 1]
    pid = node.check_output("systemctl show --value --property MainPID netfs-ceph-mirror.service")
    node.check_output("kill -9 %s", pid)
    # A session that the next one had to wait for would keep it for hours
    arrives(source, target, "/data/killed", 4096, 60)
    assert node.check_output("systemctl show --value --property MainPID netfs-ceph-mirror.service") != pid
    after = [sessions(*place) for place in places]
    assert [len(one) for one in after] == [1, 1]
    assert before != after


def test_mirror_with_a_wrong_key_says_so(node: Host, source: Host, target: Host) -> None:
    path = "/etc/netfs-ceph-mirror/target.keyring"
    right = node.file(path).content_string
    remote, snapshots = (line for line in right.splitlines() if "key = " in line)
    wrong = right.replace(remote, snapshots)
    try:
        node.check_output("python3 -c %s %s %s", "import sys; open(sys.argv[1], 'w').write(sys.argv[2])", path, wrong)
        node.check_output("systemctl restart netfs-ceph-mirror.service")
        until(
            lambda: any("the mirror waits for the target" in one for one in health(node)["faults"]),
            40,
            lambda: health(node),
        )
        wrote = written(source, "/data/refused", 1024)
        time.sleep(5)
        assert content(target, "/data/refused") != wrote
    finally:
        node.check_output("python3 -c %s %s %s", "import sys; open(sys.argv[1], 'w').write(sys.argv[2])", path, right)
    until(lambda: content(target, "/data/refused") == wrote, 90, lambda: health(node))
    until(lambda: bool(health(node)["healthy"]), 60, lambda: health(node))


def test_what_is_stopped_is_not_healthy(node: Host) -> None:
    node.check_output("systemctl stop netfs-ceph-snapshots.service")
    assert health(node)["faults"] == ["nothing is known: netfs-ceph-snapshots.service does not run"]
    assert "ceph-mirror is not healthy: nothing is known" in enter("health", refused=True)
    node.check_output("systemctl start netfs-ceph-snapshots.service")
    until(lambda: bool(health(node)["healthy"]), 60, lambda: health(node))
    node.check_output("systemctl stop netfs-ceph-mirror.service")
    until(lambda: "netfs-ceph-mirror.service does not run" in health(node)["faults"], 5, lambda: health(node))
    node.check_output("systemctl start netfs-ceph-mirror.service")
    until(lambda: bool(health(node)["healthy"]), 60, lambda: health(node))


def test_partition_is_said_and_outlived(node: Host, source: Host, target: Host) -> None:
    def behind() -> dict[str, Any]:
        found: dict[str, Any] = health(node)["mirror"]["directories"]["/data"]
        return found

    with partition(node, target):
        until(lambda: any("target cannot be asked" in one for one in health(node)["faults"]), 40, lambda: health(node))
        wrote = written(source, "/data/apart", 4096)
        until(lambda: behind()["rpo_seconds"] > 70, 90, lambda: health(node))
        assert content(target, "/data/apart") != wrote
    # The mirror goes on by itself, or is restarted where the target has thrown it out: both were seen
    until(lambda: content(target, "/data/apart") == wrote, 150, lambda: health(node))
    until(lambda: behind()["rpo_seconds"] < 10, 60, lambda: health(node))
    said = health(node)
    assert said["faults"] == []
    assert said["mirror"]["restarts"]["total"] <= 1
    assert behind()["worst_rpo_seconds"] > 70


def test_what_cannot_be_is_refused() -> None:
    said = enter(
        "main",
        refused=True,
        ceph_mirror_target="{{ ceph_mirror_source }}",
        ceph_mirror_directories=["/data", "/data/x"],
        ceph_mirror_interval_seconds=0,
        ceph_mirror_keep=5,
    )
    for message in (
        "are the same cluster",
        "none is within another",
        "ceph_mirror_interval_seconds: 0 cannot be used",
        "ceph_mirror_keep: 5 cannot be used",
    ):
        assert message in said

# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import subprocess

import pytest

from ansible_collections.netfs.bench.plugins.module_utils import _mounts

MOUNTINFO = r"""
22 27 0:20 / /proc rw,nosuid,nodev,noexec,relatime shared:12 - proc proc rw
27 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw,errors=remount-ro
90 27 0:45 / /mnt/test rw,relatime shared:50 - nfs4 10.0.0.1:/export rw,vers=4.2,rsize=1048576,proto=tcp,port=22049,hard
91 90 0:46 / /mnt/test/below rw,relatime - nfs 10.0.0.1:/other rw,vers=3,nolock,soft,addr=10.0.0.1
92 27 0:47 / /mnt/te\040st\134x rw,nodev master:3 propagate_from:2 - cifs //host/a\040b rw,vers=3.1.1,username=u
93 90 0:48 / /mnt/test rw - tmpfs none rw,size=4096k
94 27 0:49 / /mnt/tester rw - tmpfs none rw
torn line - x
95 27 0:50 / /mnt/none rw
"""


def test_parse_mountinfo():
    mounts = _mounts.parse_mountinfo(MOUNTINFO)
    assert [mount.number for mount in mounts] == [22, 27, 90, 91, 92, 93, 94]
    nfs, share = mounts[2], mounts[4]
    assert nfs == (
        90,
        "0:45",
        "/mnt/test",
        "nfs4",
        "10.0.0.1:/export",
        ["rw", "relatime", "vers=4.2", "rsize=1048576", "proto=tcp", "port=22049", "hard"],
    )
    assert (share.target, share.source) == ("/mnt/te st\\x", "//host/a b")


@pytest.mark.parametrize(
    "path, order",
    [("/mnt/test", [91, 93, 90]), ("/mnt/test/below", [91]), ("/mnt/nothing", []), ("/mnt/tester", [94])],
)
def test_what_is_mounted_at_a_path_in_the_order_to_unmount(path, order):
    assert [mount.number for mount in _mounts.mounts_at(_mounts.parse_mountinfo(MOUNTINFO), path)] == order


@pytest.mark.parametrize(
    "given, options",
    [
        (None, []),
        ("", []),
        ("vers=3, nolock,", ["vers=3", "nolock"]),
        (["vers=3", "nolock"], ["vers=3", "nolock"]),
        (
            {"vers": 4.2, "hard": True, "nolock": None, "soft": False, "port": 0},
            ["vers=4.2", "hard", "nolock", "port=0"],
        ),
    ],
)
def test_option_list(given, options):
    assert _mounts.option_list(given) == options


EFFECTIVE = ["rw", "relatime", "vers=4.2", "proto=tcp", "port=22049", "hard", "username=u"]


@pytest.mark.parametrize(
    "requested, differ",
    [
        ([], []),
        (["vers=4.2", "hard", "rw"], []),
        (["nfsvers=4.2", "tcp", "user=u"], []),
        (["vers=3"], ["vers=3"]),
        (["udp"], ["udp"]),
        (["soft", "ro"], ["soft", "ro"]),
        (["noac", "credentials=/x"], []),  # the kernel does not show them: nothing to hold against the mount
    ],
)
def test_contradictions(requested, differ):
    assert _mounts.contradictions(requested, EFFECTIVE) == differ


@pytest.mark.parametrize(
    "one, other, same",
    [
        ("h:/a", "h:/a/", True),
        ("h:/", "h:/", True),
        ("//h/s", "\\\\h\\s", True),
        ("h:/a", "h:/b", False),
        ("/", "/", True),
    ],
)
def test_same_source(one, other, same):
    assert _mounts.same_source(one, other) is same


@pytest.mark.parametrize(
    "words, hint",
    [
        ("mount.nfs: access denied by server while mounting x", "exports"),
        ("mount.nfs: requested NFS version or transport protocol is not supported", "version"),
        ("mount.nfs: Connection refused", "port"),
        ("it ran longer than 5 seconds", "port"),
        ("mount: /x: unknown filesystem type 'nfs'.", "no nfs"),
        ("mount error(2): No such file or directory", "no such path"),
        ("mount: only root can do that", "root"),
        ("mount error: could not resolve address for x", "resolved"),
        ("something new", "log"),
    ],
)
def test_hints(words, hint):
    assert hint in _mounts.hint_for(words, "nfs")


def test_users_of_a_directory(tmp_path):
    held = tmp_path / "held"
    held.write_text("x", encoding="utf-8")
    (tmp_path / "cwd").mkdir()
    with held.open(encoding="utf-8") as file:
        by_file = subprocess.Popen(["sleep", "60"], stdin=file)
    by_cwd = subprocess.Popen(["sleep", "60"], cwd=tmp_path / "cwd")
    other = subprocess.Popen(["sleep", "60"])
    try:
        assert _mounts.users_of(str(tmp_path)) == {by_file.pid: "sleep", by_cwd.pid: "sleep"}
        assert _mounts.users_of(str(tmp_path / "cwd")) == {by_cwd.pid: "sleep"}
        assert _mounts.users_of(str(tmp_path / "cw")) == {}
    finally:
        for process in (by_file, by_cwd, other):
            process.kill()
            process.wait()


def test_users_in_other_mount_namespaces_are_left_alone(tmp_path):
    for pid, namespace in (("self", "mnt:[1]"), ("5", "mnt:[1]"), ("6", "mnt:[2]"), ("7", None)):
        process = tmp_path / pid
        (process / "ns").mkdir(parents=True)
        (process / "cwd").symlink_to("/mnt/test/x")
        if namespace:
            (process / "ns" / "mnt").symlink_to(namespace)
    assert _mounts.users_of("/mnt/test", str(tmp_path)) == {5: "gone"}
    assert os.getpid() not in _mounts.users_of("/mnt/test")

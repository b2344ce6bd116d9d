# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nasty import PATHS, TEXTS, THOROUGH

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


# Mounts what it is told in a mount namespace of its own, and answers with what the kernel's table says then.
MOUNTER = """
import json, os, subprocess, sys
for line in sys.stdin:
    path, source = json.loads(line)
    os.makedirs(path, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "--", source, path], check=True)
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape", newline="\\n") as file:
        print(json.dumps(file.read()), flush=True)
    subprocess.run(["umount", "-c", path], check=True)
"""


@pytest.fixture(scope="module")
def mounter(tmp_path_factory):
    namespace = ["unshare", "--user", "--map-root-user", "--mount"]
    if subprocess.run([*namespace, "true"], check=False, capture_output=True).returncode:
        pytest.skip("this machine lets nobody make a namespace")
    top = tmp_path_factory.mktemp("mounts")
    script = [*namespace, sys.executable, "-c", MOUNTER]
    with subprocess.Popen(script, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:

        def table(path, source):
            process.stdin.write(json.dumps([f"{top}{path}", source]) + "\n")
            process.stdin.flush()
            return f"{top}{path}", json.loads(process.stdout.readline())

        yield table
        process.stdin.close()


@THOROUGH
@given(PATHS, TEXTS)
def test_the_kernels_own_table_gives_back_path_and_source(mounter, path, source):
    reason = _mounts.unfit(path, source, "tmpfs", [])
    if reason:
        return
    target, text = mounter(path, source)
    (found,) = _mounts.mounts_at(_mounts.parse_mountinfo(text), target)
    assert (found.target, found.source, found.fstype) == (target, source, "tmpfs")


def options_of_libmount(text):
    """How mount(8) takes a list of options apart: {name: value or None}."""
    library = ctypes.CDLL("libmount.so.1")
    rest, found = ctypes.c_char_p(text.encode()), {}
    name, value = ctypes.c_void_p(), ctypes.c_void_p()
    name_size, value_size = ctypes.c_size_t(), ctypes.c_size_t()
    pointers = [ctypes.byref(part) for part in (rest, name, name_size, value, value_size)]
    while library.mnt_optstr_next_option(*pointers) == 0:
        key = ctypes.string_at(name.value, name_size.value).decode()
        found[key] = ctypes.string_at(value.value, value_size.value).decode() if value else None
    return found


@THOROUGH
@given(st.dictionaries(TEXTS.map(lambda text: text.replace("=", "")), TEXTS, max_size=3))
def test_mount_takes_the_options_apart_as_they_were_given(options):
    listed = _mounts.option_list(options)
    if _mounts.unfit("/mnt", None, None, listed):
        return
    assert options_of_libmount(",".join(listed)) == {name: value or None for name, value in options.items()}


@pytest.mark.parametrize("option", ["vers=4.2", "username=a b", "username=o'neill", "domain=ünï", "prefixpath=a=b"])
def test_what_mount_takes_is_not_refused(option):
    assert _mounts.unfit("/mnt/it's 100% a=b", "//host/my share", "cifs", [option]) == ""


@pytest.mark.parametrize(
    "path, source, fstype, options, reason",
    [
        ("/" + "a" * 256, "h:/e", "nfs", [], "has 256 bytes; a file system accepts 255"),
        ("/漢" * 100 + "/" + "漢" * 86, "h:/e", "nfs", [], "has 258 bytes; a file system accepts 255"),
        ("/a" * 2048, "h:/e", "nfs", [], "path has 4096 bytes; the kernel accepts 4095"),
        ("/mnt/../etc", "h:/e", "nfs", [], "path contains .."),
        ("/mnt/a\0b", "h:/e", "nfs", [], "path contains a NUL character"),
        ("/mnt", "", "nfs", [], "src is ''"),
        ("/mnt", "--bind", "nfs", [], "src is '--bind'"),
        ("/mnt", "h:/a\nb", "nfs", [], "src is 'h:/a\\nb'"),
        ("/mnt", "h:/" + "e" * 4093, "nfs", [], "src has 4096 bytes"),
        ("/mnt", "h:/e", "../nfs", [], "fstype is '../nfs'"),
        ("/mnt", "h:/e", "nfs,cifs", [], "fstype is 'nfs,cifs'"),
        ("/mnt", "h:/e", "nfs", ["username=a,uid=0"], "option 'username' contains a comma"),
        ("/mnt", "h:/e", "nfs", ['username=a"b'], "option 'username' contains a double quote"),
        ("/mnt", "h:/e", "nfs", ["username=a\nb"], "option 'username' contains a control character"),
        ("/mnt", "h:/e", "nfs", ["=x"], "option '' has no name"),
        ("/mnt", "h:/e", "nfs", ["a b"], "option 'a b' has no name that mount accepts"),
        ("/mnt", "h:/e", "nfs", ["username=" + "u" * 4087], "options have 4096 bytes"),
    ],
)
def test_what_mount_would_misread_is_refused(path, source, fstype, options, reason):
    assert reason in _mounts.unfit(path, source, fstype, options)


@pytest.mark.parametrize(
    ("directory", "kind"),
    [("/mnt/a/suite", "nfs4"), ("/mnt/ab", "ext4"), ("/export/x", "ext4"), ("/run/x", "tmpfs")],
)
def test_the_file_system_of_a_directory(directory, kind):
    lines = [
        "1 0 8:1 / / rw - ext4 /dev/a rw",
        "2 1 0:2 / /mnt/a rw - ext4 /dev/b rw",
        "3 1 0:3 / /mnt/a rw - nfs4 h:/export rw",
        "4 1 0:4 / /run rw - tmpfs tmpfs rw",
    ]
    assert _mounts.filesystem_of(directory, _mounts.parse_mountinfo("\n".join(lines))) == kind

# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os

import pytest

from ansible_collections.netfs.bench.plugins.module_utils import _mount_probe
from ansible_collections.netfs.bench.plugins.module_utils._command import FailureError
from ansible_collections.netfs.bench.plugins.module_utils._mount_probe import probe, types_of
from ansible_collections.netfs.bench.plugins.module_utils._mounts import Mount

SECONDS = 20
KEPT = {"same": True, "uid": os.geteuid(), "gid": os.getegid(), "mode": "0640"}


def mounts_at(directory, fstype="fuse.ceph-fuse"):
    return [Mount(1, "0:1", str(directory), "ext4", "/dev/a", []), Mount(2, "0:2", str(directory), fstype, "ceph", [])]


@pytest.fixture
def mounted(tmp_path, monkeypatch):
    """A directory that is said to be one of a file system of its own."""
    directory = tmp_path / "mount"
    directory.mkdir()
    monkeypatch.setattr(_mount_probe, "types_of", lambda _directory, _seconds: ["65735546", "794c7630"])
    return directory


def test_what_is_written_is_read_back_with_owner_and_mode_and_removed(mounted):
    found = probe(str(mounted), mounts_at(mounted), SECONDS, write=True, modes=True)
    assert found == {
        "fstype": "fuse.ceph-fuse",
        "statfs_type": "65735546",
        "statfs_type_above": "794c7630",
        "bytes": 65536,
        "uid": os.geteuid(),
        "gid": os.getegid(),
        "mode": "0640",
        "faults": [],
    }
    assert list(mounted.iterdir()) == []


@pytest.mark.parametrize(
    ("kept", "modes", "said"),
    [
        ({"same": False}, True, "has other bytes than were written."),
        ({"uid": os.geteuid() + 1}, True, f"belongs to user {os.geteuid() + 1}, and user {os.geteuid()} wrote it."),
        ({"mode": "0755"}, True, "has mode 0755, and 0640 was set."),
        ({"mode": "0755"}, False, ""),
    ],
)
def test_what_was_not_kept_is_a_fault(mounted, monkeypatch, kept, modes, said):
    monkeypatch.setattr(_mount_probe, "keep", lambda path, data: path.write_bytes(data) and {**KEPT, **kept})
    faults = probe(str(mounted), mounts_at(mounted), SECONDS, write=True, modes=modes)["faults"]
    assert [said in fault for fault in faults] == ([True] if said else [])
    assert list(mounted.iterdir()) == []


def test_what_cannot_be_written_says_why(mounted, monkeypatch):
    def refuse(_path, _data):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(_mount_probe, "keep", refuse)
    (fault,) = probe(str(mounted), mounts_at(mounted), SECONDS, write=True, modes=True)["faults"]
    assert fault.endswith("cannot be written and read: read-only file system.")


def test_what_is_only_read_is_not_written(mounted, monkeypatch):
    monkeypatch.setattr(_mount_probe, "keep", None)
    found = probe(str(mounted), mounts_at(mounted), SECONDS, write=False, modes=True)
    assert (found["faults"], "bytes" in found) == ([], False)


def test_a_directory_that_lost_its_mount_is_told(tmp_path):
    assert probe(str(tmp_path), [], SECONDS, write=True, modes=True)["faults"] == [f"Nothing is mounted at {tmp_path}."]
    # the kernel lists a mount, and its files are those of the directory above
    (fault,) = probe(str(tmp_path), mounts_at(tmp_path), SECONDS, write=True, modes=True)["faults"]
    assert fault.startswith(f"statfs tells the same type of {tmp_path} and of the directory above it (")
    assert list(tmp_path.iterdir()) == []


def test_types_are_those_of_the_kernel():
    proc, root = types_of("/proc", SECONDS)
    assert (proc, root != proc) == ("9fa0", True)


def test_a_directory_that_does_not_answer_is_a_fault(tmp_path):
    gone = tmp_path / "gone"
    with pytest.raises(FailureError, match="does not say its type"):
        types_of(str(gone), SECONDS)
    (fault,) = probe(str(gone), mounts_at(gone), SECONDS, write=True, modes=True)["faults"]
    assert "does not say its type" in fault

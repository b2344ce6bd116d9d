# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from ansible_collections.netfs.bench.plugins.module_utils import _client_files
from ansible_collections.netfs.bench.plugins.modules import client_file
from ansible_collections.netfs.bench.plugins.modules.client_file import faults_of


@pytest.fixture
def mount(tmp_path, monkeypatch):
    """A directory that is taken for a mount."""
    directory = tmp_path / "mnt"
    directory.mkdir()
    monkeypatch.setattr(os.path, "ismount", lambda path: Path(path) == directory)
    return directory


def do(state, directory, names=("one", "two"), dry_run=False, **changed):
    params = {"stamp": "1.5", "size_bytes": 4096, "time_limit": 5, "wait_seconds": 0, **changed}
    return faults_of({"state": state, "directory": str(directory), "names": names, **params}, dry_run)


def test_what_one_writes_another_reads(mount):
    assert do("written", mount) == []
    assert [(mount / name).stat().st_size for name in ("one", "two")] == [4096, 4096]
    assert (mount / "one").read_bytes() != (mount / "two").read_bytes()
    assert do("read", mount) == []
    assert do("absent", mount) == do("absent", mount) == []
    assert list(mount.iterdir()) == []


@pytest.mark.parametrize("change", ["stamp", "byte", "end", "name"])
def test_other_bytes_are_found(mount, change):
    do("written", mount)
    data = (mount / "one").read_bytes()
    said = "it has other bytes than were written"
    if change == "stamp":
        assert do("read", mount, ["one"], stamp="1.6") == [f"{mount}/one cannot be read: {said}."]
        return
    changed = {"byte": data[:100] + b"\0" + data[101:], "end": data[:-1], "name": (mount / "two").read_bytes()}
    (mount / "one").write_bytes(changed[change])
    assert do("read", mount) == [f"{mount}/one cannot be read: {said}."]


def test_each_file_that_is_missing_is_named(mount):
    do("written", mount, ["one"])
    assert do("read", mount, ["one", "two", "three"]) == [
        f"{mount}/{name} cannot be read: no such file or directory." for name in ("two", "three")
    ]


def test_a_file_may_take_a_while_to_show_up(mount, monkeypatch):
    looks = iter(["", "", "there"])

    def pause(_seconds):
        if next(looks):
            do("written", mount, ["one"])

    monkeypatch.setattr(_client_files.time, "sleep", pause)
    monkeypatch.setattr(_client_files, "ask", lambda question, _seconds: question())
    assert do("read", mount, ["one"], wait_seconds=30) == []


def test_a_directory_that_lost_its_mount_takes_nothing(tmp_path):
    for state in ("written", "read", "absent"):
        assert do(state, tmp_path) == [f"Nothing is mounted at {tmp_path}."]
    assert list(tmp_path.iterdir()) == []


class Clock:
    """Time that goes on when somebody sleeps, and only then."""

    def __init__(self):
        self.now = 0.0

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


def test_files_that_do_not_come_are_waited_for_together(mount, monkeypatch):
    clock = Clock()
    for module in (_client_files, client_file):
        monkeypatch.setattr(module, "time", clock)
    assert len(do("read", mount, ["one", "two", "three"], wait_seconds=20)) == 3
    assert 20 <= clock.now < 25


def test_a_file_system_that_does_not_answer_is_waited_for_no_longer(mount, monkeypatch):
    monkeypatch.setattr(os.path, "ismount", lambda _path: time.sleep(60))
    started = time.monotonic()
    assert do("read", mount, time_limit=1) == [f"{mount} does not answer: no answer within 1 seconds."]
    assert time.monotonic() - started < 20


def test_what_cannot_be_written_or_removed_is_said(mount):
    (mount / "one").mkdir()
    assert do("written", mount, ["one"]) == [f"{mount}/one cannot be written: is a directory."]
    assert do("absent", mount, ["one"])[0].startswith(f"{mount}/one cannot be removed: ")


def test_check_mode_writes_and_removes_nothing(mount):
    assert do("written", mount, dry_run=True) == []
    assert list(mount.iterdir()) == []
    do("written", mount)
    assert do("absent", mount, dry_run=True) == []
    assert do("read", mount, dry_run=True) == []

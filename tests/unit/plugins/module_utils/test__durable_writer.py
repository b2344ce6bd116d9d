# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A writer in a process of its own, as on a client: what it notes is there, whatever it is told and however it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest

from ansible_collections.netfs.bench.plugins.module_utils import _durable, _durable_writer

MODULE = "ansible_collections.netfs.bench.plugins.module_utils._durable_writer"
WRITE = (
    f"import sys; from pathlib import Path; import {MODULE} as w; w.write_until_told(*map(Path, sys.argv[1:]), 7, 300)"
)


@pytest.fixture
def place(tmp_path):
    """The directory that is written to, and that of the log."""
    directory, work = tmp_path / "files", tmp_path / "work"
    directory.mkdir()
    _durable_writer.make_work(work)
    return directory, work


@contextmanager
def writing(directory, work, code=WRITE):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen([sys.executable, "-c", code, str(directory), str(work)], env=environment) as process:
        try:
            assert _durable_writer.wait_for(lambda: _durable_writer.acknowledged_of(work) >= 100, 60)
            yield process
        finally:
            process.kill()


def faults(directory, work):
    return _durable.faults_of(_durable_writer.log_of(work), _durable_writer.look_in(directory))


def test_what_is_noted_is_there(place):
    directory, work = place
    with writing(directory, work) as process:
        assert _durable_writer.is_running(work)
        assert _durable_writer.stop(work, 60) is False
        assert process.wait(60) == 0
    assert not _durable_writer.is_running(work)
    log = _durable_writer.log_of(work)
    assert (log.errors, faults(directory, work)) == ([], [])
    assert len(log.acknowledged) == len(log.attempts) >= 100


def test_a_writer_that_is_killed_has_noted_no_more_than_it_was_told(place):
    directory, work = place
    with writing(directory, work) as process:
        process.send_signal(signal.SIGKILL)
    assert faults(directory, work) == []


def test_what_goes_missing_is_found(place):
    directory, work = place
    with writing(directory, work):
        _durable_writer.stop(work, 60)
    created = sorted(directory.glob("created-*"))
    created[0].unlink()
    os.truncate(created[1], 5)
    next(directory.glob("directory-*")).rmdir()
    found = faults(directory, work)
    assert sorted((fault.kind, fault.harm) for fault in found) == [
        ("create", "lost"),
        ("create", "torn"),
        ("mkdir", "lost"),
    ]


def test_an_error_is_noted_and_ends_nothing(place):
    directory, work = place
    with writing(directory, work):
        moved = directory.rename(directory.with_name("gone"))
        assert _durable_writer.wait_for(lambda: bool(_durable_writer.log_of(work).errors), 60)
        moved.rename(directory)
        before = _durable_writer.acknowledged_of(work)
        assert _durable_writer.wait_for(lambda: _durable_writer.acknowledged_of(work) > before + 5, 60)
        _durable_writer.stop(work, 60)
    assert "ENOENT: No such file or directory" in _durable_writer.log_of(work).errors[0]
    assert faults(directory, work) == []


def test_a_writer_whose_operation_does_not_end_is_killed(place):
    directory, work = place
    hangs = f"import {MODULE} as w, time; real = w.perform; count = iter(range(999))\n" + (
        "w.perform = lambda *args: time.sleep(600) if next(count) >= 105 else real(*args)\n" + WRITE
    )
    with writing(directory, work, hangs) as process:
        assert _durable_writer.stop(work, 0.5) is True
        assert process.wait(60) == -signal.SIGKILL
    assert faults(directory, work) == []
    assert len(_durable_writer.log_of(work).acknowledged) == 105


def test_a_second_writer_is_refused(place):
    directory, work = place
    with writing(directory, work), pytest.raises(_durable_writer.WriterError, match="at work already"):
        _durable_writer.make_work(work)


def test_a_directory_with_files_of_others_is_refused(tmp_path):
    (tmp_path / "data").touch()
    with pytest.raises(_durable_writer.WriterError, match="that no writer made"):
        _durable_writer.make_work(tmp_path)
    assert (tmp_path / "data").exists()


def test_without_a_writer_there_is_nothing_to_stop_and_nothing_to_read(tmp_path):
    assert not _durable_writer.is_running(tmp_path / "none")
    assert _durable_writer.stop(tmp_path / "none", 1) is False
    assert _durable_writer.acknowledged_of(tmp_path / "none") == 0
    with pytest.raises(_durable.LogError, match="There is no log"):
        _durable_writer.log_of(tmp_path / "none")


def test_what_stands_under_a_name(tmp_path):
    (tmp_path / "one").write_bytes(b"x")
    (tmp_path / "two").mkdir()
    (tmp_path / "link").symlink_to("one")
    look = _durable_writer.look_in(tmp_path)
    assert [look(name) for name in ("one", "two", "three", "link", "one/x")] == [
        _durable.Found("file", b"x"),
        _durable.Found("directory"),
        _durable.Found("nothing"),
        _durable.Found("neither file nor directory"),
        _durable.Found("ENOTDIR: Not a directory"),
    ]


def test_what_is_acknowledged_before_a_power_cut_is_noted(place):
    directory, work = place
    with pytest.raises(_durable.LogError, match="No power cut was noted"):
        _durable_writer.cut_of(work)
    with writing(directory, work) as process:
        process.kill()
        process.wait(60)
    before = _durable_writer.acknowledged_of(work)
    assert _durable_writer.acknowledged_since(work) == before
    cut = _durable_writer.note_cut(work, "2026-11-30T00:00:00+00:00")
    assert cut == _durable_writer.cut_of(work) == ("2026-11-30T00:00:00+00:00", before)
    assert _durable_writer.acknowledged_since(work) == 0


def test_what_troubles_a_writer_is_told(tmp_path):
    work = tmp_path / "work"
    _durable_writer.make_work(work)
    assert _durable_writer.troubles_of(work) == [f"There is no log in {work}"]
    one = _durable.operation(7, 1, {})
    lines = [_durable.begin_line(7), _durable.try_line(one), _durable.error_line(one, "EIO: Input/output error")]
    (work / "log").write_text("".join(lines), encoding="ascii")
    assert _durable_writer.troubles_of(work) == [f"{one.kind} {one.name}: EIO: Input/output error"]
    (work / "failure").write_text("/mnt/x is read-only", encoding="utf-8")
    assert _durable_writer.troubles_of(work) == ["/mnt/x is read-only"]

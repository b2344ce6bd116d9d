# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import shutil
import threading
import time
from contextlib import contextmanager

import pytest

from ansible_collections.netfs.bench.plugins.module_utils._lag import (
    LagError,
    Probe,
    measure,
    metrics_of,
    percentile,
    summary,
    write,
)

DELAY = 0.5


def probe(tmp_path, **changed):
    settings = {"stamp": "s", "samples": 20, "interval": 0.01, "poll": 0.02, "limit": 60.0, **changed}
    for name in ("source", "copy"):
        (tmp_path / name).mkdir(exist_ok=True)
    return Probe(source=tmp_path / "source", copy=tmp_path / "copy", **settings)


@contextmanager
def replica(given, delay, spoiled=()):
    """Copy every file that has its name to the copy, so long after it was seen; some with other bytes, or half of
    them first."""
    source, copy, stop = given.source / given.folder, given.copy / given.folder, threading.Event()

    def work():
        due = {}
        while not stop.wait(0.005):
            now = time.monotonic()
            for path in source.iterdir() if source.exists() else ():
                if not path.name.startswith("."):
                    due.setdefault(path.name, now + delay)
            for name in [name for name, when in due.items() if when <= now]:
                copy.mkdir(exist_ok=True)
                data = (source / name).read_bytes()
                (copy / name).write_bytes(data[:10])
                (copy / name).write_bytes(b"x" * len(data) if name in spoiled else data)
                due[name] = float("inf")

    thread = threading.Thread(target=work)
    thread.start()
    yield
    stop.set()
    thread.join()


def test_a_lag_is_never_shorter_than_the_delay_of_the_copy(tmp_path):
    given = probe(tmp_path)
    with replica(given, DELAY):
        seen = measure(given)
    lags = seen.lags()
    assert len(lags) == 20
    assert min(lags) >= DELAY * 1e9
    assert list(given.source.iterdir()) == []
    metrics = metrics_of(lags, seen.looks)
    assert metrics["replication_lag_files"] == 20
    assert DELAY * 1e9 <= metrics["replication_lag_p50_ns"] <= metrics["replication_lag_max_ns"] == max(lags)
    assert 0 < metrics["poll_period_ns"] <= metrics["poll_period_max_ns"]
    assert set(seen.arrived.values()) <= set(seen.looks)


def test_what_never_arrives_is_not_measured(tmp_path):
    given = probe(tmp_path, limit=0.2)
    with pytest.raises(LagError, match=r"^None of 1 files that were for .*source arrived at .*copy within 0\.2 s, so"):
        measure(given)
    assert list(given.source.iterdir()) == []


def test_one_file_that_does_not_arrive_spoils_all(tmp_path):
    given = probe(tmp_path, limit=1.0)
    with replica(given, 0, spoiled={"000007"}), pytest.raises(LagError, match=r"^19 of 20 files .*not measured\.$"):
        measure(given)


def test_a_source_that_takes_nothing_is_named(tmp_path):
    given = probe(tmp_path)
    shutil.rmtree(given.source)
    with pytest.raises(LagError, match=r"source takes no directory: no such file or directory\.$"):
        measure(given)


def test_a_directory_of_somebody_else_stays(tmp_path):
    given = probe(tmp_path)
    (given.source / given.folder).mkdir()
    (given.source / given.folder / "kept").touch()
    with pytest.raises(LagError, match="takes no directory"):
        measure(given)
    assert (given.source / given.folder / "kept").exists()


def test_a_source_that_takes_no_more_is_named(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("ansible_collections.netfs.bench.plugins.module_utils._lag.write", full)
    with pytest.raises(LagError, match=r"source takes no file: no space left on device\.$"):
        measure(probe(tmp_path))


def test_a_copy_that_cannot_be_read_is_named(tmp_path):
    given = probe(tmp_path)
    (given.copy / given.folder).write_text("a file", encoding="utf-8")
    with pytest.raises(LagError, match=r"copy cannot be read: not a directory\.$"):
        measure(given)


def test_a_file_has_its_name_after_its_lag_began(tmp_path):
    before = time.monotonic_ns()
    begun = write(tmp_path, "one", "s")
    assert before <= begun <= time.monotonic_ns()
    assert [path.name for path in tmp_path.iterdir()] == ["one"]


@pytest.mark.parametrize(
    ("count", "share", "found"),
    [
        (19, 0.5, None),
        (20, 0.5, 10),
        (199, 0.95, None),
        (200, 0.95, 190),
        (999, 0.99, None),
        (1000, 0.99, 990),
    ],
)
def test_a_percentile_has_ten_samples_above_it(count, share, found):
    assert percentile(list(range(1, count + 1)), share) == found


def test_without_a_sample_there_is_no_figure():
    assert summary([]) == {}
    assert metrics_of([], []) == {"replication_lag_files": 0}
    assert summary([3, 5, 4]) == {"max": 5}

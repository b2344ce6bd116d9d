# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import csv
import io
import json

import pytest
from synthetic import LAG, Shape, lag_run, write_run

from ansible_collections.netfs.bench.plugins.plugin_utils import _reports
from ansible_collections.netfs.bench.plugins.plugin_utils._lags import lags_of
from ansible_collections.netfs.bench.plugins.plugin_utils._results import read_run
from ansible_collections.netfs.bench.plugins.plugin_utils._run import RunError
from ansible_collections.netfs.bench.plugins.plugin_utils._tables import lag_line

SECOND = 1_000_000_000


def test_percentiles_are_those_of_the_files_of_all_trials(tmp_path):
    """Twenty files of each trial are enough for a median of their own; together they would not be for a p95."""
    (lag,) = lags_of(read_run(lag_run(tmp_path / "run", [*range(1, 101)])))
    assert (lag.trials, len(lag.lags)) == (2, 200)
    assert lag.figures == {"p50": 50, "p95": 95, "max": 100}
    assert (lag.poll, lag.poll_max, lag.clocks) == (50_000_000, 90_000_000, ["monotonic clock of conduit-1"])


def test_a_lag_is_said_with_what_it_rests_on(tmp_path):
    (lag,) = lags_of(read_run(lag_run(tmp_path / "run", [2 * SECOND] * 20, "None of 1 files arrived.")))
    assert lag_line(lag) == (
        "Replication lag of cephfs over fuse: p50 2.00 s, p95 n/a, p99 n/a, max 2.00 s of 20 files in 1 trial; looked "
        "for every 50.00 ms, at most 90.00 ms apart; one clock, the monotonic clock of conduit-1 (None of 1 files "
        "arrived.)."
    )


def test_what_did_not_arrive_is_not_measured_and_never_0(tmp_path):
    directory = lag_run(tmp_path / "run", [], "None of 1 files arrived.")
    for path in (directory / "cells").glob("*~1.json"):
        path.unlink()
    (lag,) = lags_of(read_run(directory))
    assert lag_line(lag) == "Replication lag of cephfs over fuse: not measured (None of 1 files arrived.)."
    findings, _where = _reports.judge(directory)
    lines, _changed = _reports.write(directory, findings)
    assert lag_line(lag) in lines
    (row,) = csv.DictReader(io.StringIO((directory / "replication-lag.csv").read_text(encoding="utf-8")))
    assert row["files"] == "not measured"
    assert row["replication_lag_p50_ns"] == row["replication_lag_max_ns"] == row["poll_period_ns"] == ""
    assert "not measured" in (directory / "report.html").read_text(encoding="utf-8")


def test_reports_and_comparisons_show_lags(tmp_path):
    base, new = (lag_run(tmp_path / name, [seconds * SECOND] * 30) for name, seconds in (("old", 2), ("new", 3)))
    findings, where = _reports.judge(new, base)
    lines, _changed = _reports.write(where, findings)
    said = [line for line in lines if "Replication lag" in line]
    assert [line.partition(": p50 ")[2][:6] for line in said] == ["3.00 s", "2.00 s"]
    assert said[1].startswith("The base: Replication lag of cephfs over fuse")
    (row,) = csv.DictReader(io.StringIO((where / "replication-lag.csv").read_text(encoding="utf-8")))
    assert (row["trials"], row["files"], row["replication_lag_p50_ns"]) == ("2", "60", str(3 * SECOND))
    assert "Replication lag" in (where / "report.md").read_text(encoding="utf-8")
    assert "longest" in (where / "report.html").read_text(encoding="utf-8")
    assert [pair.base.metric for pair in findings.pairs] == [LAG]
    assert findings.pairs[0].base.better == "lower"


@pytest.mark.parametrize(
    ("replicas", "said"),
    [
        (
            {"cephfs": {}},
            "Replication of cephfs stood still while workloads ran; it ran alone while its lag was measured.",
        ),
        ({}, ""),
    ],
)
def test_a_reader_is_told_when_replication_stood_still(tmp_path, replicas, said):
    directory = lag_run(tmp_path / "run", [SECOND] * 20)
    plan = json.loads((directory / "plan.json").read_text(encoding="utf-8"))
    (directory / "plan.json").write_text(json.dumps({**plan, "topology": {"replicas": replicas}}), encoding="utf-8")
    findings, _where = _reports.judge(directory)
    lines, _changed = _reports.write(directory, findings)
    assert [line for line in lines if "stood still" in line] == ([said] if said else [])


def test_a_run_without_a_lag_has_no_such_file(tmp_path):
    directory = write_run(
        tmp_path / "run", Shape({"one": 1.0}, ["nfs3"], {"w": ("How?", "read_iops", 5.0)}, ["warm"], 1)
    )
    findings, _where = _reports.judge(directory)
    _lines, changed = _reports.write(directory, findings)
    assert "replication-lag.csv" not in changed
    assert "Replication lag" not in (directory / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("kept", ["{}", "[]", '{"schema": "netfs.bench/lag/1", "lags_ns": 0}', "{"])
def test_samples_that_are_damaged_are_named(tmp_path, kept):
    directory = lag_run(tmp_path / "run", [SECOND] * 20)
    path = next((directory / "raw").glob("*.json"))
    path.write_text(kept, encoding="utf-8")
    with pytest.raises(RunError, match=path.name):
        lags_of(read_run(directory))

# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import math

import pytest
from runs import METRIC, cell, run, series

from ansible_collections.netfs.bench.plugins.plugin_utils import _export, _tables, _verdicts


def test_median_and_range_come_from_the_cells_that_are_ok():
    (one,) = series([cell(1, 100), cell(2, 300), cell(3, None, "fio was killed after 60 s")])
    assert (one.median, one.range) == (200, (100, 300))
    assert (one.planned, one.failed, one.missing) == (3, 1, 0)
    assert one.reasons == ["fio was killed after 60 s"]
    assert one.latency == {"read": 2_000_000}


def test_a_cell_without_a_record_is_missing_and_one_without_its_metric_failed():
    (one,) = series([cell(1, 100), cell(2, 100), cell(3, 100)], [cell(1, 100), cell(2, None)])
    assert (one.failed, one.missing, one.values) == (1, 1, [100])
    assert one.reasons == [f"no value of {METRIC}"]
    assert (one.state, one.why) == ("failed", f"2 of 3: no value of {METRIC}; not measured")


@pytest.mark.parametrize("value", [0, 0.0, -1, math.nan, math.inf, None, "unknown"])
def test_tables_verdict_and_exports_agree_on_a_cell_whose_metric_is_no_value(value):
    found = _verdicts.judge_run(run([cell(1, 100), cell(2, value)]))
    assert (found.code, [one.state for one in found.unfit]) == (13, ["failed"])
    (row,) = _tables.table(found.series.values())
    assert dict(zip(_tables.HEADERS, row, strict=True))["cells"] == "1 of 2"
    assert row[-1] == f"1 of 2 failed: no value of {METRIC}"
    assert "1 of 2 cells measured, 1 failed" in _tables.summary(found.run.plan, found.series.values())[1]
    assert _export.to_csv(found).splitlines()[1].split(",")[9:12] == ["2", "1", "0"]
    assert 'failures="1"' in _export.to_junit(found)
    assert "netfs_bench_values" in _export.to_prometheus(found)


@pytest.mark.parametrize(
    "latency, p99",
    [
        (["fsync"], {"fsync": 1_430_000}),
        (["read", "write"], {"read": 2_000_000, "write": 110_000}),
        (["write", "trim"], {"write": 110_000, "trim": None}),
        ([], {}),
    ],
)
def test_the_latency_of_a_series_is_the_one_that_its_workload_names(latency, p99):
    record = cell(1, 100)
    record["metrics"] |= {"write_latency_p99_ns": 110_000, "fsync_latency_p99_ns": 1_430_000}
    (one,) = series([record], latency=latency)
    assert one.latency == p99


def test_a_latency_is_the_median_of_the_cells_that_have_a_value():
    cells = [cell(trial, 100) for trial in (1, 2, 3)] + [cell(4, 0)]
    for record, p99 in zip(cells, (3_000_000, 1_000_000, 2_000_000, 9_000_000), strict=True):
        record["metrics"]["read_latency_p99_ns"] = p99
    assert series(cells)[0].latency == {"read": 2_000_000}
    del cells[0]["metrics"]["read_latency_p99_ns"]
    assert series(cells)[0].latency == {"read": 1_500_000}

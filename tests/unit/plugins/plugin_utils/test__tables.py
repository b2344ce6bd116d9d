# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import csv
import io

import pytest

from ansible_collections.netfs.bench.plugins.plugin_utils._tables import (
    HEADERS,
    as_csv,
    human,
    instance_lines,
    not_served,
    series_of,
    summary,
    table,
)

METRIC = "read_bandwidth_bytes_per_s"


def cell(trial, value=None, reason="", workload="seq-read"):
    metrics = {} if value is None else {METRIC: value, "read_latency_p99_ns": 2_000_000}
    return {
        "id": f"ganesha~nfs3~{workload}~warm~{trial}",
        "system": "ganesha",
        "protocol": "nfs3",
        "workload": workload,
        "pass": "warm",
        "trial": trial,
        "status": "failed" if reason else "ok",
        "reason": reason,
        "metrics": metrics,
    }


def plan(cells, trials=3):
    return {
        "run": "r",
        "effort": "quick",
        "seed": "1",
        "trials": trials,
        "cells": cells,
        "systems": {"ganesha": {"description": "A server.", "durability": "local-durable"}},
        "nodes": {"client": {"kernel": "own", "why": "asked for"}},
        "workloads": {name: {"metric": METRIC} for name in ("seq-read", "other")},
    }


@pytest.mark.parametrize(
    ("metric", "value", "text"),
    [
        ("read_bandwidth_bytes_per_s", 851_443_712, "812.0 MiB/s"),
        ("read_bandwidth_bytes_per_s", 3 * (1 << 30), "3.00 GiB/s"),
        ("read_bandwidth_bytes_per_s", 0, "0.00 B/s"),
        ("write_iops", 5169.4, "5.17 k IOPS"),
        ("write_iops", 27, "27.00 IOPS"),
        ("read_latency_p99_ns", 1_384_000, "1.38 ms"),
        ("cpu_user_percent", 12.5, "12.5"),
    ],
)
def test_human(metric, value, text):
    assert human(metric, value) == text


def test_median_and_range_come_from_the_cells_that_are_ok():
    cells = [cell(1, 100), cell(2, 300), cell(3, None, "fio was killed after 60 s")]
    (row,) = series_of(plan(cells), cells)
    assert (row["median"], row["minimum"], row["maximum"]) == (200, 100, 300)
    assert (row["planned"], row["failed"], row["missing"]) == (3, 1, 0)
    assert row["reasons"] == ["fio was killed after 60 s"]
    assert row["latency_p99_ns"] == 2_000_000


def test_a_cell_without_a_record_is_missing_and_one_without_its_metric_failed():
    planned = [cell(1, 100), cell(2, 100), cell(3, 100)]
    (row,) = series_of(plan(planned), [cell(1, 100), cell(2, None)])
    assert (row["failed"], row["missing"], row["values"]) == (1, 1, [100])
    assert row["reasons"] == [f"no value of {METRIC}"]


def test_a_series_without_a_value_stays_in_the_table():
    planned = [cell(1, 100), cell(1, 100, workload="other")]
    rows = series_of(plan(planned, 1), [cell(1, 100), cell(1, None, "no server", workload="other")])
    lines = {row[2]: dict(zip(HEADERS, row, strict=True)) for row in table(rows)}
    assert lines["other"]["median"] == "none"
    assert lines["other"]["remark"] == "1 of 1 failed: no server"
    assert lines["seq-read"]["cells"] == "1 of 1"
    assert lines["seq-read"]["remark"] == ""


def test_what_a_system_does_not_serve_has_a_row():
    assert not_served(plan([])) == []
    (row,) = not_served({**plan([]), "not_served": [{"system": "samba", "protocol": "nfs3"}]})
    line = dict(zip(HEADERS, row, strict=True))
    assert (line["system"], line["protocol"], line["cells"]) == ("samba", "nfs3", "not-served")


def test_instances_say_what_their_network_carries():
    aws = {"instance_type": "c7a.xlarge", "market": "spot", "zone": "z1", "baseline_gbps": 1.562, "burst_gbps": 12.5}
    lines = instance_lines({"server-1": {"kind": "docker"}, "client-1": aws})
    assert lines == [
        (
            "Node client-1 is an instance of type c7a.xlarge (spot, z1); its network carries 1.562 Gbit/s, and 12.5 in "
            "bursts."
        )
    ]
    assert "unknown Gbit/s" in instance_lines({"client-1": {**aws, "baseline_gbps": "unknown"}})[0]


def test_csv_has_plain_numbers_and_every_series():
    cells = [cell(1, 100), cell(2, 300), cell(3, 200)]
    (line,) = csv.DictReader(io.StringIO(as_csv(series_of(plan(cells), cells))))
    assert line["median"] == "200"
    assert line["values"] == "100 300 200"
    assert line["metric"] == METRIC


def test_summary_counts_and_names_what_a_write_promises():
    cells = [cell(1, 100), cell(2, None, "gone"), cell(3, 1)]
    text = "\n".join(summary(plan(cells), series_of(plan(cells), cells[:2])))
    assert "1 of 3 cells measured, 1 failed, 1 not measured." in text
    assert "An acknowledged write is local-durable." in text


@pytest.mark.parametrize(
    "names, machines, says, mark",
    [
        (["", "", ""], 0, "", ""),
        (["a", "a", "a"], 1, "rest on one machine, and hold for that one", ""),
        (["a", "b", "a"], 2, "rest on up to 2 machines", "on 2 machines"),
        (["a", "b", "c"], 3, "rest on up to 3 machines", "on 3 machines"),
    ],
)
def test_a_figure_says_on_how_many_machines_it_rests(names, machines, says, mark):
    cells = [
        {**cell(trial, 100), "provenance": {"machines": {"server-1": name} if name else "unknown"}}
        for trial, name in enumerate(names, 1)
    ]
    (row,) = rows = series_of(plan(cells), cells)
    assert row["machines"] == machines
    assert says in "\n".join(summary(plan(cells), rows))
    assert ("machine" in "\n".join(summary(plan(cells), rows))) == bool(says)
    assert dict(zip(HEADERS, table(rows)[0], strict=True))["remark"] == mark

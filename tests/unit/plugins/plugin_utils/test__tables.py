# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from runs import cell, plan, series

from ansible_collections.netfs.bench.plugins.plugin_utils._records import Node
from ansible_collections.netfs.bench.plugins.plugin_utils._tables import (
    HEADERS,
    human,
    instance_lines,
    latency_text,
    not_served,
    summary,
    table,
)


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


def test_a_series_without_a_value_stays_in_the_table():
    planned = [cell(1, 100), cell(1, 100, workload="other")]
    rows = table(series(planned, [cell(1, 100), cell(1, None, "no server", workload="other")]))
    lines = {row[2]: dict(zip(HEADERS, row, strict=True)) for row in rows}
    assert lines["other"]["median"] == "none"
    assert lines["other"]["remark"] == "1 of 1 failed: no server"
    assert lines["seq-read"]["cells"] == "1 of 1"
    assert lines["seq-read"]["remark"] == ""


@pytest.mark.parametrize(
    "latency, text",
    [
        ({"fsync": 1_430_000}, "1.43 ms (fsync)"),
        ({"read": 2_000_000, "write": None}, "2.00 ms (read), n/a (write)"),
        ({}, "none"),
    ],
)
def test_a_latency_says_what_it_is_of(latency, text):
    assert latency_text(latency) == text


def test_what_a_system_does_not_serve_has_a_row():
    assert not_served(plan([])) == []
    (row,) = not_served({**plan([]), "not_served": [{"system": "samba", "protocol": "nfs3"}]})
    line = dict(zip(HEADERS, row, strict=True))
    assert (line["system"], line["protocol"], line["cells"]) == ("samba", "nfs3", "not-served")


def test_instances_say_what_their_network_carries():
    aws = {"instance_type": "c7a.xlarge", "market": "spot", "zone": "z1", "baseline_gbps": 1.562, "burst_gbps": 12.5}
    lines = instance_lines({"server-1": Node.of({"kind": "docker"}), "client-1": Node.of(aws)})
    assert lines == [
        (
            "Node client-1 is an instance of type c7a.xlarge (spot, z1); its network carries 1.562 Gbit/s, and 12.5 in "
            "bursts."
        )
    ]
    assert "unknown Gbit/s" in instance_lines({"client-1": Node.of({**aws, "baseline_gbps": "unknown"})})[0]


def test_summary_counts_and_names_what_a_write_promises():
    cells = [cell(1, 100), cell(2, None, "gone"), cell(3, 1)]
    text = "\n".join(summary(plan(cells), series(cells, cells[:2])))
    assert "1 of 3 cells measured, 1 failed, 1 not measured." in text
    assert "An acknowledged write is local-durable." in text


@pytest.mark.parametrize(
    "names, machines, says, mark",
    [
        (["", "", ""], 0, "", ""),
        (["a", "a", "a"], 1, "rest on one node set, and hold for that one", ""),
        (["a", "b", "a"], 2, "rest on up to 2 node sets", "on 2 node sets"),
        (["a", "b", "c"], 3, "rest on up to 3 node sets", "on 3 node sets"),
    ],
)
def test_a_figure_says_on_how_many_machines_it_rests(names, machines, says, mark):
    cells = [cell(trial, 100) for trial in range(1, len(names) + 1)]
    for record, name in zip(cells, names, strict=True):
        record["provenance"]["machines"] = {"server-1": name} if name else "unknown"
    (one,) = found = series(cells)
    assert one.machine_count == machines
    assert says in "\n".join(summary(plan(cells), found))
    assert ("node set" in "\n".join(summary(plan(cells), found))) == bool(says)
    assert dict(zip(HEADERS, table(found)[0], strict=True))["remark"] == mark

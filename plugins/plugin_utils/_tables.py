# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run adds up to: one row per series, computed from its plan and its cell records alone."""

from __future__ import annotations

import csv
import io
import json
import statistics

from ansible_collections.netfs.bench.plugins.module_utils._files import Json
from ansible_collections.netfs.bench.plugins.plugin_utils._compare import Pair, machine_of
from ansible_collections.netfs.bench.plugins.plugin_utils._results import direction_of, planned_series
from ansible_collections.netfs.bench.plugins.plugin_utils._verdicts import SYMBOLS
from ansible_collections.netfs.bench.plugins.plugin_utils._verdicts import remark as pair_remark

# by the unit at the end of a metric's name: (factor, unit) as people read them, the largest that fits is used
SCALES: dict[str, list[tuple[float, str]]] = {
    "bytes_per_s": [(1 << 30, "GiB/s"), (1 << 20, "MiB/s"), (1 << 10, "KiB/s"), (1, "B/s")],
    "iops": [(1e6, "M IOPS"), (1e3, "k IOPS"), (1, "IOPS")],
    "ns": [(1e9, "s"), (1e6, "ms"), (1e3, "us"), (1, "ns")],
}
HEADERS = ["system", "protocol", "workload", "pass", "cells", "median", "range", "p99 latency", "remark"]


def unit_of(metric: str, value: float) -> tuple[float, str]:
    """Factor and name of the unit in which people read a value of a metric; (1, "") for a metric without one."""
    for unit, scale in SCALES.items():
        if metric.endswith(unit):
            return next((entry for entry in scale if abs(value) >= entry[0]), scale[-1])
    return 1, ""


def human(metric: str, value: float) -> str:
    """A value with the unit that its metric's name ends in, such as ``812.4 MiB/s`` or ``5.17 k IOPS``."""
    factor, name = unit_of(metric, value)
    if not name:
        return f"{value:g}"
    scaled = value / factor
    return f"{scaled:.{0 if scaled >= 1000 else 1 if scaled >= 100 else 2}f} {name}"


def spoken(metric: str) -> str:
    """A metric as people say it, such as ``read bandwidth`` or ``write IOPS``; the unit stands beside the value."""
    return metric.removesuffix("_bytes_per_s").removesuffix("_ns").replace("_", " ").replace("iops", "IOPS")


def series_of(plan: Json, cells: list[Json]) -> list[Json]:
    """One row per series (the cells that differ only in the trial), in alphabetical order.

    Each has ``system``, ``protocol``, ``workload``, ``pass``, ``metric``, ``values`` (of the cells that are ok),
    ``median``, ``minimum``, ``maximum`` (None without values), ``planned``, ``failed``, ``missing``, ``reasons``,
    ``machines`` (how many they were measured on, 0 when that is unknown) and ``latency_p99_ns``: the median over the
    cells of the p99 of the main metric's direction, or None.
    """
    records = {cell["id"]: cell for cell in cells}
    keys = ("system", "protocol", "workload", "pass")
    rows = []
    for series, ids in sorted(planned_series(plan).items()):
        found = [records[cell_id] for cell_id in ids if cell_id in records]
        good = [cell for cell in found if cell["status"] == "ok"]
        row = dict(zip(keys, series, strict=True))
        metric = plan["workloads"][row["workload"]]["metric"]
        values = [cell["metrics"][metric] for cell in good if metric in cell["metrics"]]
        p99 = [
            cell["metrics"][name]
            for cell in good
            if (name := f"{direction_of(metric)}_latency_p99_ns") in cell["metrics"]
        ]
        rows.append(
            {
                **row,
                "metric": metric,
                "values": values,
                "median": statistics.median(values) if values else None,
                "minimum": min(values, default=None),
                "maximum": max(values, default=None),
                "latency_p99_ns": statistics.median(p99) if p99 else None,
                "planned": len(ids),
                "failed": len(found) - len(values),
                "missing": len(ids) - len(found),
                "machines": len({machine_of(cell) for cell in good} - {""}),
                "reasons": sorted(
                    {
                        cell["reason"] or f"no value of {metric}"
                        for cell in found
                        if cell["status"] != "ok" or metric not in cell["metrics"]
                    }
                ),
            }
        )
    return rows


def remark(row: Json) -> str:
    """What a reader must know of a series beside its numbers."""
    parts = []
    if row["failed"]:
        parts.append(f"{row['failed']} of {row['planned']} failed: {'; '.join(row['reasons'])}")
    if row["missing"]:
        parts.append(f"{row['missing']} of {row['planned']} not measured")
    if row["machines"] > 1:
        parts.append(f"on {row['machines']} machines")
    return "; ".join(parts)


def table(rows: list[Json]) -> list[list[str]]:
    """Cells of the table that is printed, one list per series, in the order of HEADERS."""

    def show(row: Json, *keys: str) -> str:
        values = [human(row["metric"], row[key]) for key in keys if row[key] is not None]
        return " - ".join(values) or "none"

    return [
        [
            row["system"],
            row["protocol"],
            row["workload"],
            row["pass"],
            f"{len(row['values'])} of {row['planned']}",
            show(row, "median"),
            show(row, "minimum", "maximum") if len(row["values"]) > 1 else "",
            human("ns", row["latency_p99_ns"]) if row["latency_p99_ns"] is not None else "n/a",
            remark(row),
        ]
        for row in rows
    ]


def not_served(plan: Json) -> list[list[str]]:
    """Rows of the same table for what a system cannot do, so that nobody looks for it."""
    return [
        [pair["system"], pair["protocol"], "all", "all", "not-served", "none", "", "n/a", ""]
        for pair in plan.get("not_served", [])
    ]


def summary(plan: Json, rows: list[Json]) -> list[str]:
    """The sentences above the table: what was asked, what came of it, and what it does not show."""
    planned = sum(row["planned"] for row in rows)
    measured = sum(len(row["values"]) for row in rows)
    failed = sum(row["failed"] for row in rows)
    return [
        f"Run {plan['run']}, effort {plan['effort']}, seed {plan['seed']}.",
        f"{measured} of {planned} cells measured, {failed} failed, {planned - measured - failed} not measured.",
        *machines_lines(rows),
        *(
            f"{name}: {profile['description']} An acknowledged write is {profile['durability']}."
            for name, profile in sorted(plan["systems"].items())
        ),
        *(f"Node {name} ran on kernel {node['kernel']}: {node['why']}." for name, node in plan["nodes"].items()),
    ]


def machines_lines(rows: list[Json]) -> list[str]:
    """A sentence on how many machines figures rest, and for which they hold; none when no machine was recorded."""
    count = max((row["machines"] for row in rows), default=0)
    if count > 1:
        return [f"The figures of a series rest on up to {count} machines, which took turns from trial to trial."]
    return ["All figures of a series rest on one machine, and hold for that one."] if count else []


def instance_lines(nodes: Json) -> list[str]:
    """A sentence per node that is an instance: what its network carries for long, and what only for a while.

    A figure above the baseline may be a burst that ends, so both stand beside the throughput.
    """
    return [
        f"Node {name} is an instance of type {node['instance_type']} ({node['market']}, {node['zone']}); its network "
        f"carries {node['baseline_gbps']} Gbit/s, and {node['burst_gbps']} in bursts."
        for name, node in sorted(nodes.items())
        if "instance_type" in node
    ]


def as_csv(rows: list[Json]) -> str:
    """One line per series with plain numbers; the unit is in the metric's name."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names = [
        "system",
        "protocol",
        "workload",
        "pass",
        "metric",
        "median",
        "minimum",
        "maximum",
        "latency_p99_ns",
        "planned",
        "failed",
        "missing",
    ]
    writer.writerow([*names, "values", "reasons"])
    for row in rows:
        plain = ["" if row[name] is None else row[name] for name in names]
        writer.writerow([*plain, " ".join(map(str, row["values"])), "; ".join(row["reasons"])])
    return text.getvalue()


PAIR_HEADERS = [
    "workload",
    "protocol",
    "pass",
    "comparison",
    "verdict",
    "ratio",
    "interval",
    "p (family)",
    "n",
    "CV",
    "",
]


def pair_table(pairs: list[Pair]) -> list[list[str]]:
    """Cells of the table of verdicts, one list per pair, in the order of PAIR_HEADERS."""
    rows = []
    for pair in sorted(pairs, key=lambda pair: (pair.base.name[2], pair.base.name[1], pair.base.name[3])):
        found = pair.comparison
        numbers = ["none"] * 5
        if found is not None:
            numbers = [
                f"{pair.bound}{found.ratio:.3g}",
                "none" if found.interval is None else "[{:.3g}, {:.3g}]".format(*found.interval),
                f"{pair.p_holm:.2g} ({pair.family})",
                f"{found.n_base}+{found.n_candidate}",
                f"{found.cv_base:.1%}, {found.cv_candidate:.1%}",
            ]
        rows.append(
            [
                pair.candidate.name[2],
                pair.candidate.name[1],
                pair.candidate.name[3],
                f"{pair.candidate.name[0]} against {pair.base.name[0]}",
                f"{SYMBOLS[pair.word]} {pair.word}",
                *numbers,
                pair_remark(pair),
            ]
        )
    return rows


def as_json(document: Json) -> str:
    """A document as it is kept in a file."""
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"

# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run adds up to, as sentences and tables for a terminal and for a pull request; and how numbers are shown."""

from __future__ import annotations

import typing as t

from ansible_collections.netfs.bench.plugins.module_utils._files import Json
from ansible_collections.netfs.bench.plugins.plugin_utils._compare import Pair
from ansible_collections.netfs.bench.plugins.plugin_utils._lags import FIGURES, Lag
from ansible_collections.netfs.bench.plugins.plugin_utils._records import AXES, Node
from ansible_collections.netfs.bench.plugins.plugin_utils._series import Series
from ansible_collections.netfs.bench.plugins.plugin_utils._verdicts import SYMBOLS
from ansible_collections.netfs.bench.plugins.plugin_utils._verdicts import remark as pair_remark

# by the unit at the end of a metric's name: (factor, unit) as people read them, the largest that fits is used
SCALES: dict[str, list[tuple[float, str]]] = {
    "bytes_per_s": [(1 << 30, "GiB/s"), (1 << 20, "MiB/s"), (1 << 10, "KiB/s"), (1, "B/s")],
    "iops": [(1e6, "M IOPS"), (1e3, "k IOPS"), (1, "IOPS")],
    "ns": [(1e9, "s"), (1e6, "ms"), (1e3, "us"), (1, "ns")],
}
REMARK_WIDTH = 160
NAMES = 3
"""As many series are named for a remark that they have in common."""
HEADERS = [*AXES, "cells", "median", "range", "p99 latency", "remark"]


def unit_of(metric: str, value: float) -> tuple[float, str]:
    """Factor and name of the unit in which people read a value of a metric; (1, "") for a metric without one."""
    for unit, scale in SCALES.items():
        if metric.endswith(unit):
            return next((entry for entry in scale if abs(value) >= entry[0]), scale[-1])
    return 1, ""


def human(metric: str, value: float) -> str:
    """A value with the unit that its metric's name ends in, such as ``812.4 MiB/s`` or ``5.17 k IOPS``."""
    if metric.endswith("_cases"):
        return f"{value:g} {spoken(metric)}"
    factor, name = unit_of(metric, value)
    if not name:
        return f"{value:g}"
    scaled = value / factor
    return f"{scaled:.{0 if scaled >= 1000 else 1 if scaled >= 100 else 2}f} {name}"


def spoken(metric: str) -> str:
    """A metric as people say it, such as ``read bandwidth`` or ``write IOPS``; the unit stands beside the value."""
    return metric.removesuffix("_bytes_per_s").removesuffix("_ns").replace("_", " ").replace("iops", "IOPS")


def p99_text(value: float | None) -> str:
    """A latency as people read it; ``n/a`` where too little was done for one."""
    return "n/a" if value is None else human("ns", value)


def latency_text(latency: dict[str, float | None]) -> str:
    """The p99 of a series by operation, such as ``1.43 ms (fsync)``; ``none`` where no latency answers its question."""
    return ", ".join(f"{p99_text(value)} ({operation})" for operation, value in latency.items()) or "none"


def remark(series: Series) -> str:
    """What a reader must know of a series beside its numbers."""
    parts = []
    if series.failed:
        parts.append(f"{series.failed} of {series.planned} failed: {'; '.join(series.reasons)}")
    if series.missing:
        parts.append(f"{series.missing} of {series.planned} not measured")
    if series.machine_count > 1:
        parts.append(f"on {series.machine_count} node sets")
    return "; ".join(parts)


def shortened(text: str) -> str:
    """What a row of a table has room for: the first line of a text, and not too much of it."""
    first = text.strip().partition("\n")[0]
    kept = first if len(first) <= REMARK_WIDTH else first[:REMARK_WIDTH].rstrip()
    return kept if kept == text.strip() else f"{kept} …"


def said_once(remarks: t.Iterable[tuple[str, str]]) -> list[str]:
    """Remarks by the name of their series, each text once: one failed deployment is the reason of all its cells."""
    names: dict[str, list[str]] = {}
    for name, text in remarks:
        if text:
            names.setdefault(text, []).append(name)
    return [
        f"{', '.join(found[:NAMES])}{f' and {len(found) - NAMES} more' if len(found) > NAMES else ''}: {text}"
        for text, found in names.items()
    ]


def table(series: t.Iterable[Series]) -> list[list[str]]:
    """Cells of the table that is printed, one list per series, in the order of HEADERS."""
    return [
        [
            *one.name,
            f"{len(one.values)} of {one.planned}",
            "none" if one.median is None else human(one.metric, one.median),
            " - ".join(human(one.metric, end) for end in one.range) if one.range and len(one.values) > 1 else "",
            latency_text(one.latency),
            remark(one),
        ]
        for one in series
    ]


def not_served(plan: Json) -> list[list[str]]:
    """Rows of the same table for what a system cannot do, so that nobody looks for it."""
    return [
        [pair["system"], pair["protocol"], "all", "all", "not-served", "none", "", "n/a", ""]
        for pair in plan.get("not_served", [])
    ]


def summary(plan: Json, series: t.Collection[Series]) -> list[str]:
    """The sentences above the table: what was asked, what came of it, and what it does not show."""
    planned = sum(one.planned for one in series)
    measured = sum(len(one.values) for one in series)
    failed = sum(one.failed for one in series)
    return [
        f"Run {plan['run']}, effort {plan['effort']}, seed {plan['seed']}.",
        f"{measured} of {planned} cells measured, {failed} failed, {planned - measured - failed} not measured.",
        *machines_lines(series),
        *system_lines(dict(sorted(plan["systems"].items()))),
        *kernel_lines(plan),
    ]


def system_lines(systems: dict[str, Json]) -> list[str]:
    """A sentence per system: what it is, and what it promises."""
    return [
        f"{name}: {profile['description']} An acknowledged write is {profile['durability']}."
        for name, profile in systems.items()
    ]


def kernel_lines(plan: Json) -> list[str]:
    """A sentence per node: whose kernel it ran on, and why."""
    return [f"Node {name} ran on kernel {node['kernel']}: {node['why']}." for name, node in plan["nodes"].items()]


def machines_lines(series: t.Iterable[Series]) -> list[str]:
    """A sentence on how many machines figures rest, and for which they hold; none when no machine was recorded."""
    count = max((one.machine_count for one in series), default=0)
    if count > 1:
        return [f"The figures of a series rest on up to {count} node sets, which took turns from trial to trial."]
    return ["All figures of a series rest on one node set, and hold for that one."] if count else []


def instance_lines(nodes: dict[str, Node]) -> list[str]:
    """A sentence per node that is an instance: what its network carries for long, and what only for a while.

    A figure above the baseline may be a burst that ends, so both stand beside the throughput.
    """
    return [
        f"Node {name} is an instance of type {one.instance_type} ({one.market}, {one.zone}); its network "
        f"carries {one.baseline_gbps} Gbit/s, and {one.burst_gbps} in bursts."
        for name, node in sorted(nodes.items())
        if (one := node.instance)
    ]


def lag_line(lag: Lag) -> str:
    """A sentence on how far another site was behind, with what it rests on; that it was not measured, and why."""
    subject = f"Replication lag of {lag.name.system} over {lag.name.protocol}"
    why = f" ({'; '.join(lag.reasons)})" if lag.reasons else ""
    figures = lag.figures
    if not figures:
        return f"{subject}: not measured{why}."
    said = ", ".join(f"{name} {human('ns', figures[name]) if name in figures else 'n/a'}" for name in FIGURES)
    looks = (
        ""
        if lag.poll is None or lag.poll_max is None
        else (f"; looked for every {human('ns', lag.poll)}, at most {human('ns', lag.poll_max)} apart")
    )
    return (
        f"{subject}: {said} of {len(lag.lags)} files in {lag.trials} trial{'s' * (lag.trials > 1)}{looks}; one "
        f"clock, the {', '.join(lag.clocks)}{why}."
    )


PROTOCOLS = "Its protocols are compared with the first of them; the exit code does not depend on that."
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
    "p99 latency",
    "",
]


def pair_latency(pair: Pair) -> str:
    """The p99 of both sides, by operation; the candidate's first, as in the name of the comparison."""
    new, old = pair.candidate.latency, pair.base.latency
    return ", ".join(f"{p99_text(new[name])} against {p99_text(old[name])} ({name})" for name in new if name in old)


def pair_table(pairs: list[Pair]) -> list[list[str]]:
    """Cells of the table of verdicts, one list per pair, in the order of PAIR_HEADERS."""
    rows = []
    for pair in sorted(pairs, key=lambda pair: (pair.base.name.workload, *pair.base.name.terms)):
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
                pair.candidate.name.workload,
                pair.candidate.name.protocol,
                pair.candidate.name.pass_,
                pair.sides,
                f"{SYMBOLS[pair.word]} {pair.word}",
                *numbers,
                pair_latency(pair),
                pair_remark(pair),
            ]
        )
    return rows

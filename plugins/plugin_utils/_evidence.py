# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What speaks for and against the numbers of a run, as tables of a report. What was not measured is said to be so."""

from __future__ import annotations

import collections
import statistics
import typing as t

from ansible_collections.netfs.bench.plugins.module_utils._files import Json
from ansible_collections.netfs.bench.plugins.plugin_utils import _compare, _statistics
from ansible_collections.netfs.bench.plugins.plugin_utils._compare import Pair
from ansible_collections.netfs.bench.plugins.plugin_utils._counters import COLD_PROOF
from ansible_collections.netfs.bench.plugins.plugin_utils._durability import text_of as durability_text
from ansible_collections.netfs.bench.plugins.plugin_utils._lags import FIGURES
from ansible_collections.netfs.bench.plugins.plugin_utils._records import Ceiling, CellRecord, Provenance, SeriesName
from ansible_collections.netfs.bench.plugins.plugin_utils._results import Run
from ansible_collections.netfs.bench.plugins.plugin_utils._run import UNKNOWN
from ansible_collections.netfs.bench.plugins.plugin_utils._series import original
from ansible_collections.netfs.bench.plugins.plugin_utils._tables import human, spoken
from ansible_collections.netfs.bench.plugins.plugin_utils._verdicts import SYMBOLS, Findings

NOT_MEASURED = "not measured"
RUN_LIMIT = 60
"""Most rows of a table of provenance; the rest is counted."""


class Cell(t.NamedTuple):
    """One cell of a table."""

    text: str = ""
    css: str = ""
    title: str = ""
    small: str = ""
    href: str = ""


class Table(t.NamedTuple):
    """A table of a report."""

    head: list[str]
    rows: list[list[Cell]]


def cv_text(values: list[float]) -> str:
    """The coefficient of variation, and a word when it is too large."""
    if len(values) < 2:
        return ""
    cv = _statistics.coefficient_of_variation(values)
    return f"{cv:.1%}{' ≈ noisy' if cv > _statistics.CV_MAX else ''}"


def family_lines(pairs: list[Pair]) -> list[str]:
    """The families of a comparison, and how many trials each needs."""
    found = {(pair.base.metric, pair.family): pair for pair in pairs if not pair.aa}
    if not found:
        return []
    largest = max(pair.family for pair in found.values())
    limits = f"6 trials carry {_statistics.family_limit(6)}, 8 carry {_statistics.family_limit(8)}"
    members = f"{largest} member{'s' * (largest > 1)} ({limits})"
    return [f"all series of one metric for one pair of systems; the largest has {members}"]


def windows_of(run: Run) -> dict[str, list[tuple[str, bool, list[float]]]]:
    """System, whether it was steady, and the windows of every trial that has them, by workload."""
    found: dict[str, list[tuple[str, bool, list[float]]]] = collections.defaultdict(list)
    for cell in run.cells:
        if cell.steady and len(cell.steady.windows) > 1:
            found[cell.name.workload].append((cell.name.system, cell.steady.steady, cell.steady.windows))
    return found


def _cold(findings: Findings) -> Json:
    passes = {name.pass_ for name in findings.series}
    proofs: dict[SeriesName, list[float]] = collections.defaultdict(list)
    for cell in findings.run.cells:
        if cell.cold:
            proofs[cell.name].append(cell.cold.proof)
    cold = [name for name in findings.series if name.pass_ == "cold"]
    rows = []
    for name in cold:
        least = min(proofs[name], default=None) if name in proofs else None
        word = NOT_MEASURED if least is None else "cold" if least >= COLD_PROOF else "✖ not-cold"
        css = "" if word == "cold" else "word not-cold"
        shown = NOT_MEASURED if least is None else f"{least:.3f}"
        rows.append([Cell(" ".join(name), "keep"), Cell(shown, "number"), Cell(word, css)])
    text = (
        "Bytes that disk or object store delivered to the server, over bytes that the client read; the least of the "
        f"trials. {COLD_PROOF} or more is cold."
        if "cold" in passes
        else "No cold pass was planned: all series are warm, and nothing was to be proven."
    )
    table = Table(["series", "least proof", ""], rows) if rows else None
    return {"id": "cold", "name": "Cold proof", "text": text, "table": table}


def _ceilings(findings: Findings) -> Json:
    ceilings = findings.run.ceilings
    if not ceilings:
        text = "Ceilings: not measured. How far the servers are from what disk, network and client can do is unknown."
        return {"id": "ceilings", "name": "Ceilings", "text": text, "table": None}
    # one ceiling bounds several workloads and passes
    bounded: dict[tuple[str, str], tuple[Ceiling, list[str]]] = {}
    for one in ceilings:
        workloads = bounded.setdefault((one.what, one.metric), (one, []))[1]
        workloads += [name for name in one.workloads or [] if name not in workloads]
    rows = [
        [
            Cell(one.what),
            Cell(spoken(one.metric)),
            Cell(human(one.metric, statistics.median(one.values)) if one.values else "none", "number"),
            Cell(", ".join(human(one.metric, value) for value in one.values) or one.why, "text"),
            Cell(", ".join(workloads) if workloads else "all", "text"),
        ]
        for one, workloads in bounded.values()
    ]
    near = [series for series in findings.series.values() if series.at_ceiling]
    named = "; ".join(" ".join(series.name) for series in near[:RUN_LIMIT])
    text = f"At their ceiling (95 % of it or more): {named or 'no series'}."
    return {
        "id": "ceilings",
        "name": "Ceilings",
        "text": text,
        "table": Table(["ceiling", "metric", "median", "values", "bounds"], rows),
    }


def _durability(findings: Findings) -> Json:
    plan = findings.run.plan
    rows = [
        [
            Cell(name, "keep"),
            Cell(profile["durability"], "keep"),
            Cell(durability_text(plan, original(name))),
        ]
        for name, profile in plan["systems"].items()
    ]
    tiers = {profile["durability"] for profile in findings.run.plan["systems"].values()}
    text = "What an acknowledged write promises. " + (
        "All systems promise the same."
        if len(tiers) == 1
        else "The systems promise different things and are not ranked."
    )
    return {"id": "durability", "name": "Durability", "text": text, "table": Table(["system", "tier", "proof"], rows)}


def _steadiness(findings: Findings) -> Json:
    tested = [cell.steady for cell in findings.run.cells if cell.steady]
    if not tested:
        text = "Throughput over time: not measured. Whether a trial was steady is unknown."
    else:
        unsteady = sum(not found.steady for found in tested)
        extended = sum(found.extended for found in tested)
        text = f"{unsteady} of {len(tested)} trials were unsteady, {extended} were extended once to become steady."
    return {"id": "steadiness", "name": "Steadiness", "text": text, "table": None}


def _content(findings: Findings) -> Json:
    cells = findings.run.cells
    checked = sum(cell.verified is not None for cell in cells)
    wrong = sum(cell.status == "corrupt" for cell in cells)
    text = f"The content of {checked} of {len(cells)} cells was verified after its pass; {wrong} returned wrong bytes."
    if not checked and not wrong:
        text = "Content: not verified. Whether the right bytes came back is unknown."
    return {"id": "content", "name": "Right bytes", "text": text, "table": None}


def _self_test(findings: Findings) -> Json:
    alarms, tested = _compare.false_alarms(findings.pairs)
    text = (
        f"One system was measured twice under two labels: {alarms} of {tested} comparisons with itself came out faster "
        "or slower. Up to 5 % are expected by chance."
        if tested
        else "No system was measured against itself (-e aa=true), so the false alarms of this run are not counted."
    )
    rows = [
        [
            Cell(" ".join(pair.candidate.name), "keep"),
            Cell(f"{SYMBOLS[pair.word]} {pair.word}", f"word {pair.word}"),
            Cell("" if pair.comparison is None else f"{pair.comparison.ratio:.3g}", "number"),
        ]
        for pair in findings.pairs
        if pair.aa
    ]
    table = Table(["against itself", "verdict", "ratio"], rows) if rows else None
    return {"id": "self-test", "name": "A/A: a system against itself", "text": text, "table": table}


def _replication(findings: Findings) -> list[Json]:
    lags = findings.lags + findings.base_lags
    if not lags:
        return []
    rows = [
        [
            Cell(lag.run, "keep"),
            Cell(f"{lag.name.system} over {lag.name.protocol}", "keep"),
            Cell(str(len(lag.lags)) if lag.lags else NOT_MEASURED, "number"),
            *(Cell(human("ns", lag.figures[name]) if name in lag.figures else "n/a", "number") for name in FIGURES),
            Cell("n/a" if lag.poll is None else human("ns", lag.poll), "number"),
            Cell("n/a" if lag.poll_max is None else human("ns", lag.poll_max), "number"),
            Cell("; ".join([*lag.clocks, *lag.reasons]), "text"),
        ]
        for lag in lags
    ]
    text = (
        "From when the bytes of a file were durable until they were read in the copy at the other site, by one clock; "
        "too long by at most the time between two looks. A percentile needs ten files above it."
    )
    head = ["run", "series", "files", *FIGURES, "poll period", "longest", "clock, and what was not measured"]
    return [{"id": "replication", "name": "Replication lag", "text": text, "table": Table(head, rows)}]


def beliefs(findings: Findings) -> list[Json]:
    """``id``, ``name``, ``text`` and ``table`` of everything that the numbers rest on."""
    parts = (_self_test, _content, _cold, _ceilings, _durability, _steadiness)
    return [*(part(findings) for part in parts), *_replication(findings)]


def _medians(head: list[str], values: dict[tuple[str, ...], list[float]]) -> Table | None:
    """A table of the median of every name, whose last word is a counter's; None when there is none."""
    rows = [
        [Cell(system, "keep"), *(Cell(word) for word in words), Cell(f"{statistics.median(found):.4g}", "number")]
        for (system, *words), found in sorted(values.items())
    ]
    return Table(head, rows) if rows else None


def counters(run: Run) -> Table | None:
    """Medians of the counters of every node, by system; None when none were kept."""
    values: dict[tuple[str, ...], list[float]] = collections.defaultdict(list)
    for cell in run.cells:
        for node, found in (cell.counters or {}).items():
            for name, value in found.items():
                values[cell.name.system, node, name.replace("_", " ")].append(value)
    return _medians(["system", "node", "counter", "median of all cells"], values)


def server_counters(run: Run) -> tuple[Table | None, str]:
    """Medians of what the servers counted themselves, by system, and of which systems nothing was kept."""
    values: dict[tuple[str, ...], list[float]] = collections.defaultdict(list)
    told = set()
    for cell in run.cells:
        if cell.server_counters is not None:
            told.add(cell.name.system)
            for name, value in cell.server_counters.items():
                values[cell.name.system, name].append(value)
    grew = {system for system, _name in values}
    text = "Growth of the counters that servers keep themselves."
    for systems, what in (
        (told - grew, "Those of {} did not grow."),
        (set(run.plan["systems"]) - told, "No counters were recorded for {}."),
    ):
        if systems:
            text += f" {what.format(', '.join(sorted(systems)))}"
    return _medians(["system", "counter", "median of the cells in which it grew"], values), text


def time_and_cpu(run: Run) -> tuple[Table, str]:
    """Where the time of a run went, by system, and what the CPUs did."""
    by_system: dict[str, list[CellRecord]] = collections.defaultdict(list)
    for cell in run.cells:
        by_system[cell.name.system].append(cell)
    rows = []
    for system in run.plan["systems"]:
        cells = by_system[system]
        total = sum(cell.seconds.total for cell in cells)
        fio = sum(cell.seconds.fio for cell in cells)
        cpu = [
            cell.metrics["cpu_user_percent"] + cell.metrics.get("cpu_system_percent", 0)
            for cell in cells
            if "cpu_user_percent" in cell.metrics
        ]
        bound = [cell.client_bound for cell in cells if cell.client_bound is not None]
        rows.append(
            [
                Cell(system, "keep"),
                Cell(str(len(cells)), "number"),
                Cell(f"{total / 60:.1f} min", "number"),
                Cell(f"{fio / 60:.1f} min", "number"),
                Cell(f"{(total - fio) / total:.0%}" if total else "n/a", "number"),
                Cell(f"{statistics.median(cpu):.0f} %" if cpu else NOT_MEASURED, "number"),
                Cell(f"{sum(bound)} of {len(bound)} cells" if bound else NOT_MEASURED),
            ]
        )
    head = ["system", "cells", "in all", "in fio", "outside", "CPU of fio, median", "client-bound"]
    total = sum(cell.seconds.total for cell in run.cells)
    fio = sum(cell.seconds.fio for cell in run.cells)
    text = (
        f"Of {total / 60:.1f} minutes in cells, fio ran for {fio / 60:.1f}; the rest is starting, checking and keeping."
    )
    return Table(head, rows), f"{text} CPU of fio is in percent of one CPU of the client."


def leaves(document: t.Any, path: str = "") -> t.Iterator[tuple[str, t.Any]]:
    """Every value of a document with its dotted name."""
    if isinstance(document, dict):
        for key, value in document.items():
            yield from leaves(value, f"{path}.{key}" if path else str(key))
    else:
        yield path, document


def unknown_text(run: Run) -> str:
    """How many facts are unknown, and which."""
    names: collections.Counter[str] = collections.Counter()
    total = 0
    # node names differ from machine to machine, what is unknown of them does not
    for node in run.record.nodes.values():
        for name, value in leaves(node.recorded, f"node {node.node}"):
            total += 1
            names[name] += value == UNKNOWN
    # cells share equal provenance
    cells = collections.Counter(id(cell.provenance) for cell in run.cells)
    for provenance in {id(cell.provenance): cell.provenance for cell in run.cells}.values():
        count = cells[id(provenance)]
        for name, value in leaves(provenance.recorded, "cell"):
            total += count
            names[name] += count * (value == UNKNOWN)
    listed = [f"{name} ({count})" for name, count in sorted(names.items()) if count]
    unknown = sum(names.values())
    if not run.record.nodes:
        listed.insert(0, "all of run.json, which was not written")
    return f"{unknown} of {total} recorded facts are unknown{': ' + ', '.join(listed) if listed else ''}."


def _limited(rows: list[list[Cell]]) -> list[list[Cell]]:
    """At most RUN_LIMIT rows, and how many more there are."""
    if len(rows) <= RUN_LIMIT:
        return rows
    return [*rows[:RUN_LIMIT], [Cell(f"and {len(rows) - RUN_LIMIT} more, in plan.json and cells/")]]


def provenance(run: Run) -> list[Json]:
    """``name`` and ``table`` of what ran where, and in which order."""
    plan, nodes = run.plan, run.record.nodes
    facts = {
        "run": plan["run"],
        "created": plan.get("created", UNKNOWN),
        "collection": plan.get("collection_version", UNKNOWN),
        "ansible-core": run.record.ansible_core,
        "seed": plan["seed"],
        "variables": " ".join(f"{name}={value}" for name, value in sorted(plan.get("variables", {}).items())),
        "first cell began": min((cell.started for cell in run.cells), default=UNKNOWN),
        "last cell ended": max((cell.ended for cell in run.cells), default=UNKNOWN),
    }
    names = list(dict.fromkeys(key for node in nodes.values() for key in node.recorded))
    machines = [
        [Cell(host, "keep"), *(Cell(str(node.recorded.get(name, UNKNOWN))) for name in names)]
        for host, node in sorted(nodes.items())
    ]
    measured: dict[tuple[str, str, int], Provenance] = {}
    for cell in run.cells:
        measured.setdefault((cell.name.system, cell.name.protocol, id(cell.provenance)), cell.provenance)
    distinct: dict[tuple[str, ...], None] = {}
    for (system, protocol, _id), kept in measured.items():
        row = (
            system,
            protocol,
            kept.service.version,
            kept.service.config_sha256,
            kept.fio_version,
            kept.client_kernel,
            kept.server_kernel,
            UNKNOWN if kept.mount_options is None else ",".join(kept.mount_options),
        )
        distinct[row] = None
    order: dict[int, list[str]] = collections.defaultdict(list)
    for turn in plan.get("turns", []):
        order[turn["trial"]].append(f"{turn['system']} {turn['protocol']}")
    head = [
        "system",
        "protocol",
        "version",
        "configuration (sha256)",
        "fio",
        "client kernel",
        "server kernel",
        "mount options",
    ]
    return [
        {"name": "Run", "table": Table(["", ""], [[Cell(key), Cell(str(value))] for key, value in facts.items()])},
        {"name": "Nodes", "table": Table(["node", *names], _limited(machines))},
        {
            "name": "Systems",
            "table": Table(
                head, _limited([[*(Cell(part) for part in row[:-1]), Cell(row[-1], "text")] for row in distinct])
            ),
        },
        {
            "name": "Order of turns",
            "table": Table(
                ["trial", "order"],
                _limited(
                    [[Cell(str(trial)), Cell(", ".join(turns), "text")] for trial, turns in sorted(order.items())]
                ),
            ),
        },
    ]

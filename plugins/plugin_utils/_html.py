# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What report.html shows: sentences, tables and figures; the template of the page lies in playbooks/templates/report.

Tables are plain HTML, so that they are searched, printed and read without a script; only the pictures are drawn by one.
The plotting library and the figures are packed with gzip, which makes the page less than half as big.
"""

from __future__ import annotations

import base64
import collections
import gzip
import json

from ansible_collections.netfs.bench.plugins.module_utils._files import Json
from ansible_collections.netfs.bench.plugins.plugin_utils import _evidence, _figures
from ansible_collections.netfs.bench.plugins.plugin_utils._compare import Pair, Series
from ansible_collections.netfs.bench.plugins.plugin_utils._evidence import Cell, Table
from ansible_collections.netfs.bench.plugins.plugin_utils._results import SeriesName
from ansible_collections.netfs.bench.plugins.plugin_utils._run import UNKNOWN
from ansible_collections.netfs.bench.plugins.plugin_utils._tables import (
    human,
    instance_lines,
    machines_lines,
    not_served,
    series_of,
    spoken,
)
from ansible_collections.netfs.bench.plugins.plugin_utils._verdicts import (
    MEANINGS,
    STATE_MEANINGS,
    SYMBOLS,
    Findings,
    remark,
    sentence,
    warnings,
)

OPEN_SERIES = 200
"""With more series than this the workloads are closed at first, to keep the page quick."""
LONG_TABLE = 40
"""Longer tables than this are closed at first."""
FULL_PAIRS = 600
"""With more pairs than this the tables show word, ratio and interval; the other numbers are in verdicts.csv."""
PAIR_COLUMNS = 6
"""As many pairs of systems fit beside each other in one table."""

Distributions = dict[SeriesName, tuple[int, list[int]]]


class Pictures:
    """The figures of a page, each known by its number."""

    def __init__(self) -> None:
        self.figures: list[Json] = []

    def add(self, figure: Json | None) -> int | None:
        """Keep a figure and return its number; None for no figure."""
        if figure is None or not (figure["data"] or figure["layout"].get("annotations")):
            return None
        self.figures.append(figure)
        return len(self.figures) - 1


def packed(text: str) -> str:
    """Text as gzip in base64, the same for the same text."""
    return base64.b64encode(gzip.compress(text.encode(), 6, mtime=0)).decode()


def sides(findings: Findings, pair: Pair) -> str:
    """What is compared with what, as a heading."""
    if findings.base is not None and pair.base.name[0] == pair.candidate.name[0]:
        return f"{pair.candidate.name[0]} (this run against the base)"
    return f"{pair.candidate.name[0]} against {pair.base.name[0]}"


def word_cell(pair: Pair) -> Cell:
    """A verdict with its numbers below it."""
    comparison = pair.comparison
    if comparison is None:
        return Cell(f"{SYMBOLS[pair.word]} {pair.word}", f"word {pair.word}", pair.why)
    interval = "no interval" if comparison.interval is None else "[{:.3g}, {:.3g}]".format(*comparison.interval)
    numbers = (
        f"p {comparison.p:.2g}, p adjusted {pair.p_holm:.2g} in a family of {pair.family}, n {comparison.n_base}+"
        f"{comparison.n_candidate}, CV {comparison.cv_base:.1%} and {comparison.cv_candidate:.1%}"
    )
    forced = " ≠ FORCED" if pair.why else ""
    return Cell(
        f"{SYMBOLS[pair.word]} {pair.word}{forced}",
        f"word {pair.word}",
        numbers,
        f"{pair.bound}{comparison.ratio:.3g} {interval}",
    )


def pair_table(findings: Findings, pairs: list[Pair]) -> Table:
    """Every number of every pair, a row each."""
    rows = []
    for pair in pairs:
        comparison = pair.comparison
        terms = f"{pair.base.name[1]}, {pair.base.name[3]}"
        row = [Cell(sides(findings, pair), "keep", small=terms), word_cell(pair)]
        if comparison is None:
            row += [Cell("none")] * 3
        else:
            row += [
                Cell(f"{comparison.p:.2g}", "number", small=f"adjusted {pair.p_holm:.2g}, family of {pair.family}"),
                Cell(f"{comparison.n_base}+{comparison.n_candidate}", "number"),
                Cell(f"{comparison.cv_base:.1%}, {comparison.cv_candidate:.1%}", "number"),
            ]
        rows.append([*row, Cell(remark(pair), "text")])
    return Table(["comparison", "verdict, ratio [interval]", "p", "n", "CV", ""], rows)


def triangle(pairs: list[Pair]) -> Table:
    """The pairs of many systems as one table for each protocol and pass: the row against the column."""
    bases = list(dict.fromkeys(pair.base.name[0] for pair in pairs))
    found: dict[tuple[str, ...], Pair] = {
        (pair.base.name[1], pair.base.name[3], pair.candidate.name[0], pair.base.name[0]): pair for pair in pairs
    }
    rows = []
    for protocol, passed, candidate in dict.fromkeys(key[:3] for key in found):
        cells = [found.get((protocol, passed, candidate, base)) for base in bases]
        first = Cell(candidate, "keep", small=f"{protocol}, {passed}")
        rows.append([first, *(word_cell(one) if one else Cell() for one in cells)])
    rows.sort(key=lambda row: row[0].small)
    return Table(["this against", *bases], rows)


def matrix_of(findings: Findings) -> tuple[Table | None, str]:
    """The ranking as verdicts: what was measured against pairs of systems, or how often each word fell."""
    pairs = [pair for pair in findings.pairs if not pair.aa]
    columns = list(dict.fromkeys(sides(findings, pair) for pair in pairs))
    if not pairs:
        return None, ""
    if len(columns) <= PAIR_COLUMNS and len(pairs) <= FULL_PAIRS:
        found = {(pair.candidate.name[1:], sides(findings, pair)): pair for pair in pairs}
        names = sorted({pair.candidate.name[1:] for pair in pairs}, key=lambda name: (name[1], name[0], name[2]))
        rows = []
        for name in names:
            cells = [found.get((name, column)) for column in columns]
            first = Cell(name[1], "keep", small=f"{name[0]}, {name[2]}")
            rows.append([first, *(word_cell(pair) if pair else Cell("not compared") for pair in cells)])
        return Table(["workload", *columns], rows), "Each word is the verdict on one pair."
    counted = collections.Counter((sides(findings, pair), pair.word) for pair in pairs)
    words = [word for word in SYMBOLS if any(counted[column, word] for column in columns)]
    rows = [
        [Cell(column, "keep"), *(Cell(str(counted[column, word] or ""), f"number {word}") for word in words)]
        for column in columns
    ]
    text = "How often each verdict fell for each pair of systems; the single verdicts stand with each workload."
    return Table(["", *(f"{SYMBOLS[word]} {word}" for word in words)], rows), text


def questions(plan: Json) -> list[tuple[str, str, str]]:
    """The workloads, their questions, and the metric that answers each."""
    return [
        (name, work.get("question", UNKNOWN), spoken(work["metric"]))
        for name, work in sorted(plan["workloads"].items())
    ]


def asked(findings: Findings, rows: list[Json]) -> list[str]:
    """What the run was to find out, and on what; rows as of series_of."""
    plan = findings.run["plan"]
    passes = sorted({name[3] for name in findings.series})
    protocols = sorted({name[1] for name in findings.series})
    size = f"{plan['trials']} trials of each, {len(plan['cells'])} cells in {len(findings.series)} series"
    lines = [
        f"{name}: {profile['description']} An acknowledged write is {profile['durability']}."
        for name, profile in plan["systems"].items()
    ]
    if findings.base is not None:
        lines.insert(0, f"Is this run better or worse than {findings.base['plan']['run']}?")
    return [
        *lines,
        f"Over {', '.join(protocols)}, {' and '.join(passes)}; {size}.",
        *(f"Node {name} ran on kernel {node['kernel']}: {node['why']}." for name, node in plan["nodes"].items()),
        *machines_lines(rows),
        *instance_lines(findings.run["nodes"]["nodes"]),
        *(f"Families of comparisons: {line}." for line in _evidence.family_lines(findings.pairs)),
    ]


def series_table(findings: Findings, measured: list[Json]) -> Table:
    """All series with their numbers, measured as of series_of; failed ones are named."""
    head = [
        "system",
        "protocol",
        "workload",
        "pass",
        "state",
        "cells",
        "median",
        "range",
        "CV",
        "p99 latency",
        "remark",
    ]
    plan = findings.run["plan"]
    rows = []
    for row in measured:
        one = findings.series[(row["system"], row["protocol"], row["workload"], row["pass"])]
        bad = one.state != "ok"
        spread = (
            f"{human(row['metric'], row['minimum'])} to {human(row['metric'], row['maximum'])}" if row["values"] else ""
        )
        remarks = [one.why] if one.why else []
        if one.at_ceiling:
            remarks.append(f"at the ceiling, {one.ceiling_what}")
        if one.unsteady:
            remarks.append(f"{one.unsteady:.0%} of trials unsteady")
        if row["machines"] > 1:
            remarks.append(f"on {row['machines']} machines")
        deviation = _evidence.cv_text(one.values)
        rows.append(
            [
                *(Cell(part, "keep") for part in one.name),
                Cell(f"{SYMBOLS[one.state]} {one.state}" if bad else "ok", f"word {one.state}" if bad else ""),
                Cell(f"{len(row['values'])} of {row['planned']}", "number"),
                Cell("none" if row["median"] is None else human(row["metric"], row["median"]), "number"),
                Cell(spread if len(row["values"]) > 1 else "", "number"),
                Cell(deviation, "number"),
                Cell("n/a" if row["latency_p99_ns"] is None else human("ns", row["latency_p99_ns"]), "number"),
                Cell("; ".join(remarks), "text"),
            ]
        )
    rows += [[*(Cell(part, "keep") for part in row[:4]), Cell(row[4]), *[Cell("")] * 6] for row in not_served(plan)]
    return Table(head, rows)


def workload_parts(findings: Findings, lines: Distributions, pictures: Pictures) -> list[Json]:
    """For each workload its question, its figures and the verdicts on it."""
    plan = findings.run["plan"]
    styles = _figures.styles_of(plan["systems"])
    order = {system: number for number, system in enumerate(plan["systems"])}
    by_workload: dict[str, list[Series]] = collections.defaultdict(list)
    for one in findings.series.values():
        by_workload[one.name[2]].append(one)
    pairs: dict[str, list[Pair]] = collections.defaultdict(list)
    for pair in findings.pairs:
        pairs[pair.candidate.name[2]].append(pair)
    windows = _evidence.windows_of(findings.run)
    full = len(findings.pairs) <= FULL_PAIRS
    parts = []
    for name in sorted(by_workload):
        series = sorted(by_workload[name], key=lambda one: (one.name[1], one.name[3], order[one.name[0]]))
        latency = []
        for protocol, passed in dict.fromkeys((one.name[1], one.name[3]) for one in series):
            found = {
                one.name[0]: lines[one.name]
                for one in series
                if one.name[1] == protocol and one.name[3] == passed and lines.get(one.name, (0, []))[1]
            }
            if found:
                figure = _figures.latency_figure(found, styles)
                latency.append({"name": f"{protocol}, {passed}", "number": pictures.add(figure)})
        trials = windows.get(name, [])
        parts.append(
            {
                "name": name,
                "question": plan["workloads"][name].get("question", ""),
                "metric": spoken(plan["workloads"][name]["metric"]),
                "dots": pictures.add(_figures.values_figure(series, styles)),
                "pairs": (pair_table(findings, pairs[name]) if full else triangle(pairs[name]))
                if pairs[name]
                else None,
                "latency": latency,
                "steady": pictures.add(_figures.steady_figure(trials, styles)) if trials else None,
            }
        )
    return parts


def verdict_picture(findings: Findings) -> tuple[Json | None, str]:
    """The picture beside the verdict and what it shows: all against the first system, or the run against its base."""
    first = next(iter(findings.run["plan"]["systems"]))
    pairs = [pair for pair in findings.pairs if not pair.aa]
    many = len({sides(findings, pair) for pair in pairs}) > 1
    if findings.base is None:
        pairs = [pair for pair in pairs if pair.base.name[0] == first]
    pairs.sort(key=lambda pair: (pair.candidate.name[0], *pair.candidate.name[2:0:-1], pair.candidate.name[3]))

    def named(pair: Pair) -> str:
        system = f"{pair.candidate.name[0]} " if many else ""
        return f"{system}{pair.candidate.name[2]} {pair.candidate.name[1]} {pair.candidate.name[3]}"

    base = findings.base["plan"]["run"] if findings.base else first
    caption = (
        f"Each mark is how many times as fast as {base} one series is, the line its 95 % interval. In the grey band, "
        "5 % to either side of 1, a difference is of no practical interest."
    )
    return _figures.verdict_figure(pairs, named), caption


def failures(findings: Findings) -> Table:
    """The series that failed and why, in red and in words."""
    return Table(
        ["series", "state", "why"],
        [
            [
                Cell(" ".join(one.name), "keep"),
                Cell(f"{SYMBOLS[one.state]} {one.state}", f"word {one.state}"),
                Cell(one.why, "text"),
            ]
            for one in findings.unfit
            if one.state != "not-comparable"
        ],
    )


def unlike(findings: Findings) -> Table:
    """What was measured on unlike terms, and in which fields they differ."""
    rows = [
        [Cell(" ".join(one.name), "keep"), Cell(one.why, "text")]
        for one in findings.unfit
        if one.state == "not-comparable"
    ]
    rows += [
        [Cell(f"{' '.join(pair.candidate.name)} against {pair.base.name[0]}", "keep"), Cell(pair.why, "text")]
        for pair in findings.pairs
        if pair.why
        and (pair.word == "not-comparable" or pair.comparison is not None)
        and pair.base.state == "ok"
        and pair.candidate.state == "ok"
    ]
    return Table(["what", "fields that differ"], rows)


def unlike_text(findings: Findings) -> str:
    """What to say when nothing was refused."""
    if not findings.pairs:
        return "Nothing was compared."
    return "Nothing: every pair that was compared was measured on equal terms, as far as they are recorded."


def context(findings: Findings, lines: Distributions) -> Json:
    """Everything that the page shows, but for style sheet, script and library."""
    plan = findings.run["plan"]
    measured = series_of(plan, findings.run["cells"])
    pictures = Pictures()
    picture, caption = verdict_picture(findings)
    number = pictures.add(picture)
    table, text = matrix_of(findings)
    time_table, time_text = _evidence.time_and_cpu(findings.run)
    served_table, served_text = _evidence.server_counters(findings.run)
    versus = f" against {findings.base['plan']['run']}" if findings.base else ""
    subtitle = f"effort {plan['effort']}, trials {plan['trials']}, seed {plan['seed']}"
    words = {*MEANINGS, *findings.counts, *(one.state for one in findings.unfit)}
    return {
        "plan": plan,
        "title": f"{plan['run']}{versus}",
        "subtitle": f"{plan.get('created', UNKNOWN)}, {subtitle}",
        "contents": [
            ("asked", "What was asked"),
            ("verdict", "Verdict"),
            ("ranking", "Ranking"),
            ("workloads", "Workloads"),
            ("belief", "Can it be believed?"),
            ("time", "Time and CPU"),
            ("failed", "What failed"),
            ("unlike", "Not comparable"),
            ("provenance", "Provenance"),
            ("series", "All series"),
        ],
        "asked": asked(findings, measured),
        "questions": questions(plan),
        "sentence": sentence(findings),
        "warnings": warnings(findings),
        "code": findings.code,
        "code_meaning": findings.exit_meaning,
        "verdict_figure": number,
        "verdict_caption": caption,
        "symbols": SYMBOLS,
        "meanings": {**MEANINGS, **{name: text for name, text in STATE_MEANINGS.items() if name in words}},
        "matrix": table,
        "matrix_text": text,
        "workloads": workload_parts(findings, lines, pictures),
        "opened": len(findings.series) <= OPEN_SERIES,
        "long": LONG_TABLE,
        "beliefs": _evidence.beliefs(findings),
        "time_table": time_table,
        "counters": _evidence.counters(findings.run),
        "served_table": served_table,
        "served_text": served_text,
        "time_text": time_text,
        "failures": failures(findings),
        "unlike": unlike(findings),
        "unlike_text": unlike_text(findings),
        "forced": findings.forced,
        "unknown_text": _evidence.unknown_text(findings.run),
        "provenance": _evidence.provenance(findings.run),
        "all_series": series_table(findings, measured),
        "heights": [figure["layout"]["height"] for figure in pictures.figures],
        "figures": packed(json.dumps(pictures.figures, separators=(",", ":"))),
    }

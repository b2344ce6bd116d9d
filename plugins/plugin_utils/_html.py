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
from ansible_collections.netfs.bench.plugins.plugin_utils import _evidence, _figures, _tables
from ansible_collections.netfs.bench.plugins.plugin_utils._compare import Pair
from ansible_collections.netfs.bench.plugins.plugin_utils._evidence import Cell, Table
from ansible_collections.netfs.bench.plugins.plugin_utils._records import AXES, SeriesName
from ansible_collections.netfs.bench.plugins.plugin_utils._results import Distribution, operations_of
from ansible_collections.netfs.bench.plugins.plugin_utils._run import UNKNOWN
from ansible_collections.netfs.bench.plugins.plugin_utils._series import AA_MARK, Series
from ansible_collections.netfs.bench.plugins.plugin_utils._tables import (
    human,
    instance_lines,
    kernel_lines,
    latency_text,
    machines_lines,
    not_served,
    pair_latency,
    said_once,
    shortened,
    spoken,
    system_lines,
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
LATENCY_LINES = 24
"""With more lines than this the latencies of a workload do not share one frame."""
FULL_PAIRS = 600
"""With more pairs than this the tables show word, ratio and interval; the other numbers are in verdicts.csv."""
REMARKED_COLUMNS = 3
"""Beside more columns than this, remarks would make a tall table of a small one."""
MATRIX_COLUMNS = 6
"""As many pairs of systems fit beside each other in one table."""

Distributions = dict[SeriesName, dict[str, Distribution]]


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
    if findings.base is not None and pair.base.name.system == pair.candidate.name.system:
        return f"{pair.candidate.name.system} (this run against the base)"
    return pair.sides


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
        terms = f"{pair.base.name.protocol}, {pair.base.name.pass_}"
        row = [Cell(sides(findings, pair), "keep", small=terms), word_cell(pair)]
        if comparison is None:
            row += [Cell("none")] * 3
        else:
            row += [
                Cell(f"{comparison.p:.2g}", "number", small=f"adjusted {pair.p_holm:.2g}, family of {pair.family}"),
                Cell(f"{comparison.n_base}+{comparison.n_candidate}", "number"),
                Cell(f"{comparison.cv_base:.1%}, {comparison.cv_candidate:.1%}", "number"),
            ]
        rows.append([*row, Cell(pair_latency(pair), "text"), Cell(remark(pair), "text")])
    return Table(["comparison", "verdict, ratio [interval]", "p", "n", "CV", "p99 latency", ""], rows)


def triangle(pairs: list[Pair]) -> Table:
    """The pairs of many systems as one table for each protocol and pass: the row against the column."""
    bases = list(dict.fromkeys(pair.base.name.system for pair in pairs))
    found: dict[tuple[str, ...], Pair] = {
        (*pair.base.name.terms, pair.candidate.name.system, pair.base.name.system): pair for pair in pairs
    }
    rows = []
    for protocol, passed, candidate in dict.fromkeys(key[:3] for key in found):
        cells = [found.get((protocol, passed, candidate, base)) for base in bases]
        first = Cell(candidate, "keep", small=f"{protocol}, {passed}")
        rows.append([first, *(word_cell(one) if one else Cell() for one in cells)])
    rows.sort(key=lambda row: row[0].small)
    return Table(["this against", *bases], rows)


def answer(findings: Findings) -> Table:
    """What came out: a row for each workload, a column for each system, or for each protocol of the only one.

    Remarks have a column where there is room for one; what is unfit is named in its cell in any case.
    """
    found = [one for one in findings.series.values() if AA_MARK not in one.name.system]
    protocols = sorted({one.name.protocol for one in found})
    passes = {one.name.pass_ for one in found}
    systems = [name for name in findings.run.plan["systems"] if AA_MARK not in name]
    by_system = len(systems) > 1
    columns = systems if by_system else protocols
    rows: dict[tuple[str, ...], dict[str, Series]] = {}
    for one in found:
        protocol = [one.name.protocol] if by_system and len(protocols) > 1 else []
        passed = [one.name.pass_] if len(passes) > 1 else []
        column = one.name.system if by_system else one.name.protocol
        rows.setdefault((one.name.workload, *protocol, *passed), {})[column] = one
    remarked = len(columns) <= REMARKED_COLUMNS
    table = []
    for (workload, *terms), line in sorted(rows.items()):
        remarks = said_once((name, shortened(series_remark(one))) for name, one in line.items())
        cells = [answer_cell(line[name]) if name in line else Cell("not planned", "soft") for name in columns]
        remark_cell = [Cell("; ".join(remarks), "text")] if remarked else []
        table.append([Cell(workload, "keep", small=", ".join(terms)), *cells, *remark_cell])
    return Table(["median, p99 latency", *columns, *([""] if remarked else [])], table)


def answer_cell(one: Series) -> Cell:
    """The median of a series and the latency that answers its question, or why it has none."""
    value = "none" if one.median is None else human(one.metric, one.median)
    if one.state != "ok":
        return Cell(f"{SYMBOLS[one.state]} {one.state}", f"word {one.state}", shortened(one.why), value)
    return Cell(value, "number", small=latency_text(one.latency) if one.latency else "")


def terms_of(pair: Pair) -> tuple[str, ...]:
    """Workload, protocol (unless that is what is compared) and pass, which both sides of a pair have in common."""
    name = pair.candidate.name
    protocol = [name.protocol] if name.protocol == pair.base.name.protocol else []
    return (name.workload, *protocol, name.pass_)


def matrix_of(findings: Findings) -> tuple[Table | None, str]:
    """The ranking as verdicts: what was measured against pairs of systems, or how often each word fell."""
    pairs = [pair for pair in findings.pairs if not pair.aa] or findings.protocols
    columns = list(dict.fromkeys(sides(findings, pair) for pair in pairs))
    if not pairs:
        return None, ""
    if len(columns) <= MATRIX_COLUMNS and len(pairs) <= FULL_PAIRS:
        found = {(terms_of(pair), sides(findings, pair)): pair for pair in pairs}
        rows = []
        for workload, *terms in sorted({terms_of(pair) for pair in pairs}):
            cells = [found.get(((workload, *terms), column)) for column in columns]
            first = Cell(workload, "keep", small=", ".join(terms))
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


def asked(findings: Findings) -> list[str]:
    """What the run was to find out, and on what."""
    plan = findings.run.plan
    passes = sorted({name.pass_ for name in findings.series})
    protocols = sorted({name.protocol for name in findings.series})
    trials = f"{plan['trials']} trial{'s' * (plan['trials'] > 1)}"
    size = f"{trials} of each, {len(plan['cells'])} cells in {len(findings.series)} series"
    lines = system_lines(plan["systems"])
    if findings.base is not None:
        lines.insert(0, f"Is this run better or worse than {findings.base.plan['run']}?")
    return [
        *lines,
        f"Over {', '.join(protocols)}, {' and '.join(passes)}; {size}.",
        *kernel_lines(plan),
        *machines_lines(findings.series.values()),
        *instance_lines(findings.run.record.nodes),
        *(f"Families of comparisons: {line}." for line in _evidence.family_lines(findings.pairs)),
    ]


def series_remark(one: Series) -> str:
    """What a reader must know of a series beside its numbers."""
    remarks = [one.why] if one.why else []
    if one.at_ceiling:
        remarks.append(f"at the ceiling, {one.ceiling_what}")
    if one.unsteady:
        remarks.append(f"{one.unsteady:.0%} of trials unsteady")
    if one.machine_count > 1:
        remarks.append(f"on {one.machine_count} node sets")
    return "; ".join(remarks)


def series_table(findings: Findings) -> Table:
    """All series with their numbers; failed ones are named."""
    head = [*AXES, "state", "cells", "median", "range", "CV", "p99 latency", "remark"]
    plan = findings.run.plan
    rows = []
    for one in sorted(findings.series.values(), key=lambda one: one.name):
        bad = one.state != "ok"
        ends = [human(one.metric, end) for end in one.range or ()]
        deviation = _evidence.cv_text(one.values)
        rows.append(
            [
                *(Cell(part, "keep") for part in one.name),
                Cell(f"{SYMBOLS[one.state]} {one.state}" if bad else "ok", f"word {one.state}" if bad else ""),
                Cell(f"{len(one.values)} of {one.planned}", "number"),
                Cell("none" if one.median is None else human(one.metric, one.median), "number"),
                Cell(" to ".join(ends) if len(one.values) > 1 else "", "number"),
                Cell(deviation, "number"),
                Cell(latency_text(one.latency), "number"),
                Cell(shortened(series_remark(one)), "text", series_remark(one)),
            ]
        )
    rows += [[*(Cell(part, "keep") for part in row[:4]), Cell(row[4]), *[Cell("")] * 6] for row in not_served(plan)]
    return Table(head, rows)


def latency_frames(lines: Distributions) -> list[tuple[str, Distributions]]:
    """The distributions of one workload that share a frame, and the name of the frame: all of them, unless that are so
    many that each protocol and pass needs a frame of its own."""
    known = {name: found for name, parts in lines.items() if (found := {k: v for k, v in parts.items() if v[1]})}
    if sum(map(len, known.values())) <= LATENCY_LINES:
        return [("", known)] if known else []
    frames: dict[str, Distributions] = {}
    for name, parts in known.items():
        frames.setdefault(f", {name.protocol}, {name.pass_}", {})[name] = parts
    return list(frames.items())


def workload_parts(findings: Findings, lines: Distributions, pictures: Pictures) -> list[Json]:
    """For each workload its question, its figures and the verdicts on it."""
    plan = findings.run.plan
    styles = _figures.styles_of(plan["systems"])
    order = {system: number for number, system in enumerate(plan["systems"])}
    by_workload: dict[str, list[Series]] = collections.defaultdict(list)
    for one in findings.series.values():
        by_workload[one.name.workload].append(one)
    pairs: dict[str, list[Pair]] = collections.defaultdict(list)
    for pair in [*findings.pairs, *findings.protocols]:
        pairs[pair.candidate.name.workload].append(pair)
    windows = _evidence.windows_of(findings.run)
    full = len(findings.pairs) <= FULL_PAIRS
    parts = []
    for name in sorted(by_workload):
        series = sorted(by_workload[name], key=lambda one: (one.name.protocol, one.name.pass_, order[one.name.system]))
        latency = [
            {"name": name, "number": pictures.add(_figures.latency_figure(part, styles))}
            for name, part in latency_frames({one.name: lines[one.name] for one in series if one.name in lines})
        ]
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
                "operations": " and ".join(operations_of(plan["workloads"][name])),
                "steady": pictures.add(_figures.steady_figure(trials, styles)) if trials else None,
            }
        )
    return parts


def verdict_picture(findings: Findings) -> tuple[Json | None, str]:
    """The picture beside the verdict and what it shows: all against the first system, or the run against its base."""
    first = next(iter(findings.run.plan["systems"]))
    pairs = [pair for pair in findings.pairs if not pair.aa]
    many = len({sides(findings, pair) for pair in pairs}) > 1
    if findings.base is None:
        pairs = [pair for pair in pairs if pair.base.name.system == first]
    pairs.sort(key=lambda pair: (pair.candidate.name.system, pair.candidate.name.workload, *pair.candidate.name.terms))

    def named(pair: Pair) -> str:
        system = f"{pair.candidate.name.system} " if many else ""
        return f"{system}{pair.candidate.name.workload} {pair.candidate.name.protocol} {pair.candidate.name.pass_}"

    base = findings.base.plan["run"] if findings.base else first
    caption = (
        f"Each mark is how many times as fast as {base} one series is, the line its 95 % interval. In the grey band, "
        "5 % to either side of 1, a difference is of no practical interest."
    )
    return _figures.verdict_figure(pairs, named), caption


def failures(findings: Findings) -> Table:
    """The series that failed and why, in red and in words."""
    rows, told = [], set()
    for one in findings.unfit:
        if one.state != "not-comparable":
            # one failed deployment is the reason of all its cells
            why = shortened(one.why) if one.why in told else one.why
            told.add(one.why)
            word = Cell(f"{SYMBOLS[one.state]} {one.state}", f"word {one.state}")
            rows.append([Cell(" ".join(one.name), "keep"), word, Cell(why, "text")])
    return Table(["series", "state", "why"], rows)


def unlike(findings: Findings) -> Table:
    """What was measured under different conditions, and in which fields they differ."""
    rows = [
        [Cell(" ".join(one.name), "keep"), Cell(one.why, "text")]
        for one in findings.unfit
        if one.state == "not-comparable"
    ]
    rows += [
        [Cell(f"{' '.join(pair.candidate.name)} against {pair.base.name.system}", "keep"), Cell(pair.why, "text")]
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
    return "Nothing: every pair that was compared was measured under the same conditions, as far as they are recorded."


def context(findings: Findings, lines: Distributions) -> Json:
    """Everything that the page shows, but for style sheet, script and library."""
    plan = findings.run.plan
    pictures = Pictures()
    picture, caption = verdict_picture(findings)
    number = pictures.add(picture)
    table, text = matrix_of(findings)
    time_table, time_text = _evidence.time_and_cpu(findings.run)
    served_table, served_text = _evidence.server_counters(findings.run)
    versus = f" against {findings.base.plan['run']}" if findings.base else ""
    subtitle = f"effort {plan['effort']}, trials {plan['trials']}, seed {plan['seed']}"
    words = {*MEANINGS, *findings.counts, *(one.state for one in findings.unfit)}
    return {
        "plan": plan,
        "title": f"{plan['run']}{versus}",
        "subtitle": f"{plan.get('created', UNKNOWN)}, {subtitle}",
        "contents": [
            ("verdict", "What came out"),
            ("asked", "What was asked"),
            ("ranking", "Ranking"),
            ("workloads", "Workloads"),
            ("belief", "Can it be believed?"),
            ("time", "Time and CPU"),
            ("failed", "What failed"),
            ("unlike", "Not comparable"),
            ("provenance", "Provenance"),
            ("series", "All series"),
        ],
        "asked": asked(findings),
        "questions": questions(plan),
        "sentence": sentence(findings),
        "warnings": warnings(findings),
        "code": findings.code,
        "code_meaning": findings.exit_meaning,
        "answer": answer(findings),
        "protocols": _tables.PROTOCOLS if findings.protocols else "",
        "compared": bool(findings.pairs or findings.protocols),
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
        "all_series": series_table(findings),
        "heights": [figure["layout"]["height"] for figure in pictures.figures],
        "figures": packed(json.dumps(pictures.figures, separators=(",", ":"))),
    }

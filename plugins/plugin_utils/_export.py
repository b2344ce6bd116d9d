# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was found, for other programs: CSV, JSON, JUnit and the text format of Prometheus."""

from __future__ import annotations

import csv
import io
import json
import statistics
import typing as t
from xml.etree import ElementTree

from ansible_collections.netfs.bench.plugins.module_utils._files import Json
from ansible_collections.netfs.bench.plugins.plugin_utils import _compare
from ansible_collections.netfs.bench.plugins.plugin_utils._compare import Pair, Series
from ansible_collections.netfs.bench.plugins.plugin_utils._tables import as_csv, series_of
from ansible_collections.netfs.bench.plugins.plugin_utils._verdicts import Findings, remark, verdict_document

SCHEMA = "netfs.bench/export/1"
PAIR_COLUMNS = [
    "base",
    "candidate",
    "protocol",
    "workload",
    "pass",
    "metric",
    "verdict",
    "ratio",
    "low",
    "high",
    "p",
    "p_holm",
    "family",
    "n_base",
    "n_candidate",
    "cv_base",
    "cv_candidate",
    "machines_base",
    "machines_candidate",
    "bound",
    "aa",
    "forced",
    "remark",
]
# a JUnit failure is what a pipeline must not pass over; the other words are no failures of the system
JUNIT_FAILURES = {"slower", "noisy"}
JUNIT_SKIPPED = {"too-few", "at-ceiling"}


def forced(pair: Pair) -> bool:
    """Whether a pair was compared although it was measured on unlike terms."""
    return pair.comparison is not None and bool(pair.why)


def pair_row(pair: Pair) -> Json:
    """One pair with plain numbers; None where there is none."""
    comparison = pair.comparison
    numbers: Json = dict.fromkeys(PAIR_COLUMNS[PAIR_COLUMNS.index("ratio") : PAIR_COLUMNS.index("bound")])
    if comparison is not None:
        low, high = comparison.interval or (None, None)
        numbers = {
            "ratio": comparison.ratio,
            "low": low,
            "high": high,
            "p": comparison.p,
            "n_base": comparison.n_base,
            "n_candidate": comparison.n_candidate,
            "cv_base": comparison.cv_base,
            "cv_candidate": comparison.cv_candidate,
            "machines_base": comparison.machines_base,
            "machines_candidate": comparison.machines_candidate,
        }
    return {
        "base": pair.base.name[0],
        "candidate": pair.candidate.name[0],
        **dict(zip(("protocol", "workload", "pass"), pair.candidate.name[1:], strict=True)),
        "metric": pair.base.metric,
        "verdict": pair.word,
        **numbers,
        "p_holm": pair.p_holm,
        "family": pair.family,
        "bound": pair.bound,
        "aa": pair.aa,
        "forced": forced(pair),
        "remark": remark(pair),
    }


def series_row(series: Series) -> Json:
    """One series with plain numbers."""
    return {
        **dict(zip(("system", "protocol", "workload", "pass"), series.name, strict=True)),
        "metric": series.metric,
        "state": series.state,
        "why": series.why,
        "values": series.values,
        "machines": list(series.machines),
        "median": statistics.median(series.values) if series.values else None,
        "unsteady": series.unsteady,
        "ceiling": series.ceiling,
        "key_sha256": _compare.digest(series.key) if series.key else None,
    }


def verdicts_csv(findings: Findings) -> str:
    """One line per pair; empty where there is no number."""
    text = io.StringIO()
    writer = csv.DictWriter(text, PAIR_COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(pair_row(pair) for pair in findings.pairs)
    return text.getvalue()


def to_csv(findings: Findings) -> str:
    """The series as ``report.csv`` holds them."""
    return as_csv(series_of(findings.run["plan"], findings.run["cells"]))


def to_json(findings: Findings) -> str:
    """Everything in one document; what has no value is left out, never null."""

    def without_none(row: Json) -> Json:
        return {key: value for key, value in row.items() if value is not None}

    document = {
        **verdict_document(findings),
        "schema": SCHEMA,
        "series": [without_none(series_row(series)) for series in findings.series.values()],
        "pairs": [without_none(pair_row(pair)) for pair in findings.pairs],
    }
    return json.dumps(document, ensure_ascii=False) + "\n"


def to_junit(findings: Findings) -> str:
    """A test per series (it has all its values) and one per pair (it is not slower or noisy)."""
    root = ElementTree.Element("testsuites", name=findings.run["plan"]["run"])

    def suite(name: str) -> ElementTree.Element:
        return ElementTree.SubElement(root, "testsuite", name=name)

    measured, compared = suite("measured"), suite("compared")
    seconds: dict[tuple[str, ...], float] = {}
    for cell in findings.run["cells"]:
        name = (cell["system"], cell["protocol"], cell["workload"], cell["pass"])
        seconds[name] = seconds.get(name, 0.0) + cell["seconds"].get("total", 0.0)
    for one in findings.series.values():
        case = ElementTree.SubElement(
            measured,
            "testcase",
            classname=f"{one.name[0]}.{one.name[1]}",
            name=f"{one.name[2]} {one.name[3]}",
            time=f"{seconds.get(one.name, 0.0):.3f}",
        )
        if one.state != "ok":
            ElementTree.SubElement(case, "failure", type=one.state, message=one.why)
    for pair in findings.pairs:
        case = ElementTree.SubElement(
            compared,
            "testcase",
            classname=f"{pair.candidate.name[0]} against {pair.base.name[0]}.{pair.base.name[1]}",
            name=f"{pair.base.name[2]} {pair.base.name[3]}: {pair.word}{' FORCED' if forced(pair) else ''}",
        )
        unfit = pair.comparison is None and pair.word not in JUNIT_SKIPPED
        message = remark(pair) or _ratio_text(pair)
        if unfit or pair.word in JUNIT_FAILURES:
            ElementTree.SubElement(case, "failure", type=pair.word, message=message)
        elif pair.word in JUNIT_SKIPPED:
            ElementTree.SubElement(case, "skipped", message=f"{pair.word}: {message}")
    for each in (measured, compared):
        each.set("tests", str(len(each)))
        each.set("failures", str(len(each.findall("testcase/failure"))))
        each.set("skipped", str(len(each.findall("testcase/skipped"))))
    ElementTree.indent(root, " ")
    return ElementTree.tostring(root, "unicode", xml_declaration=True) + "\n"


def _ratio_text(pair: Pair) -> str:
    """Ratio and interval of a pair in one line."""
    if pair.comparison is None:
        return pair.word
    interval = pair.comparison.interval
    return f"ratio {pair.comparison.ratio:.4g}" + (" [{:.4g}, {:.4g}]".format(*interval) if interval else "")


def labels(**names: str) -> str:
    """Labels of a metric in the text format of Prometheus."""

    def quoted(value: str) -> str:
        return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")

    return "{" + ",".join(f'{name}="{quoted(value)}"' for name, value in names.items()) + "}"


def to_prometheus(findings: Findings) -> str:
    """Text for Prometheus' textfile collector: medians, states, verdicts and the exit code."""
    run = findings.run["plan"]["run"]
    families: dict[str, tuple[str, list[str]]] = {
        "netfs_bench_median": ("Median of a series in the unit that the metric's name ends in.", []),
        "netfs_bench_values": ("How many values a series has.", []),
        "netfs_bench_unfit": ("1 for a series that is not fit for a verdict.", []),
        "netfs_bench_ratio": ("How many times as good as the base a candidate is.", []),
        "netfs_bench_verdict": ("1, with the verdict on a pair as a label.", []),
        "netfs_bench_exit_code": ("What netfs-bench ends with.", []),
    }

    def add(name: str, value: float, **names: str) -> None:
        families[name][1].append(f"{name}{labels(run=run, **names)} {value:.10g}")

    for one in findings.series.values():
        names = {
            **dict(zip(("system", "protocol", "workload", "pass"), one.name, strict=True)),
            "metric": one.metric,
        }
        if one.values:
            add("netfs_bench_median", statistics.median(one.values), **names)
        add("netfs_bench_values", len(one.values), **names)
        add("netfs_bench_unfit", float(one.state != "ok"), **names, state=one.state)
    for pair in findings.pairs:
        names = {
            "base": pair.base.name[0],
            "candidate": pair.candidate.name[0],
            **dict(zip(("protocol", "workload", "pass"), pair.candidate.name[1:], strict=True)),
        }
        if pair.comparison is not None:
            add("netfs_bench_ratio", pair.comparison.ratio, **names)
        add("netfs_bench_verdict", 1, **names, verdict=pair.word, forced=str(forced(pair)).lower())
    add("netfs_bench_exit_code", findings.code)
    return "".join(
        f"# HELP {name} {meaning}\n# TYPE {name} gauge\n" + "".join(f"{line}\n" for line in lines)
        for name, (meaning, lines) in families.items()
    )


EXPORTS: dict[str, t.Callable[[Findings], str]] = {
    "csv": to_csv,
    "json": to_json,
    "junit": to_junit,
    "prometheus": to_prometheus,
}

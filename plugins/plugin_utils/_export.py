# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was found, for other programs: CSV, JSON, JUnit and the text format of Prometheus."""

from __future__ import annotations

import csv
import io
import json
import typing as t
from xml.etree import ElementTree

try:
    from prometheus_client import CollectorRegistry, Gauge, generate_latest
except ImportError as error:
    MISSING = str(error)
else:
    MISSING = ""

from ansible_collections.netfs.bench.plugins.module_utils._files import Json
from ansible_collections.netfs.bench.plugins.plugin_utils._compare import Pair
from ansible_collections.netfs.bench.plugins.plugin_utils._records import AXES, SeriesName
from ansible_collections.netfs.bench.plugins.plugin_utils._results import OPERATIONS
from ansible_collections.netfs.bench.plugins.plugin_utils._run import refuse_missing
from ansible_collections.netfs.bench.plugins.plugin_utils._series import Series, digest
from ansible_collections.netfs.bench.plugins.plugin_utils._verdicts import Findings, remark, verdict_document

SCHEMA = "netfs.bench/export/1"
SERIES_COLUMNS = [
    *AXES,
    "metric",
    "median",
    "minimum",
    "maximum",
    "latency_p99_ns",
    "planned",
    "failed",
    "missing",
    "values",
    "reasons",
    "latency_of",
    *(f"{operation}_latency_p99_ns" for operation in OPERATIONS),
]
PAIR_COLUMNS = [
    "base",
    "candidate",
    *AXES[1:],
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
    "latency_of",
    "latency_p99_ns_base",
    "latency_p99_ns_candidate",
]
# a JUnit failure is what a pipeline must not pass over; the other words are no failures of the system
JUNIT_FAILURES = {"slower", "noisy"}
JUNIT_SKIPPED = {"too-few", "at-ceiling"}


def forced(pair: Pair) -> bool:
    """Whether a pair was compared although it was measured under different conditions."""
    return pair.comparison is not None and bool(pair.why)


def pair_latency(pair: Pair) -> Json:
    """The operation that answers the question of the workload, and its p99 on both sides; None where there is none."""
    operation = next(iter(pair.candidate.latency), None)
    return {
        "latency_of": operation,
        "latency_p99_ns_base": pair.base.latency.get(operation or ""),
        "latency_p99_ns_candidate": pair.candidate.latency.get(operation or ""),
    }


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
        "base": pair.base.name.system,
        "candidate": pair.candidate.name.system,
        **dict(zip(AXES[1:], pair.candidate.name[1:], strict=True)),
        "metric": pair.base.metric,
        "verdict": pair.word,
        **numbers,
        "p_holm": pair.p_holm,
        "family": pair.family,
        "bound": pair.bound,
        "aa": pair.aa,
        "forced": forced(pair),
        "remark": remark(pair),
        **pair_latency(pair),
    }


def series_row(series: Series) -> Json:
    """One series with plain numbers."""
    return {
        **series.name.labels,
        "metric": series.metric,
        "state": series.state,
        "why": series.why,
        "values": series.values,
        "machines": list(series.machines),
        "median": series.median,
        "latency_p99_ns": {name: value for name, value in series.latency.items() if value is not None},
        "unsteady": series.unsteady,
        "ceiling": series.ceiling,
        "key_sha256": digest(series.key) if series.key else None,
    }


def verdicts_csv(findings: Findings) -> str:
    """One line per pair; empty where there is no number."""
    text = io.StringIO()
    writer = csv.DictWriter(text, PAIR_COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(pair_row(pair) for pair in findings.pairs)
    return text.getvalue()


def to_csv(findings: Findings) -> str:
    """One line per series with plain numbers; the unit is in the metric's name.

    ``latency_p99_ns`` is that of the first operation that answers the question of the workload; ``latency_of`` names
    all of them, and each has a column of its own.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, SERIES_COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    for one in sorted(findings.series.values(), key=lambda one: one.name):
        low, high = one.range or ("", "")
        latency = {name: "" if value is None else value for name, value in one.latency.items()}
        writer.writerow(
            {
                **one.name.labels,
                "metric": one.metric,
                "median": "" if one.median is None else one.median,
                "minimum": low,
                "maximum": high,
                "latency_p99_ns": next(iter(latency.values()), ""),
                "planned": one.planned,
                "failed": one.failed,
                "missing": one.missing,
                "values": " ".join(map(str, one.values)),
                "reasons": "; ".join(one.reasons),
                "latency_of": " ".join(latency),
                **{f"{name}_latency_p99_ns": value for name, value in latency.items()},
            }
        )
    return text.getvalue()


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
    root = ElementTree.Element("testsuites", name=findings.run.plan["run"])

    def suite(name: str) -> ElementTree.Element:
        return ElementTree.SubElement(root, "testsuite", name=name)

    measured, compared = suite("measured"), suite("compared")
    seconds: dict[SeriesName, float] = {}
    for cell in findings.run.cells:
        seconds[cell.name] = seconds.get(cell.name, 0.0) + cell.seconds.total
    for one in findings.series.values():
        case = ElementTree.SubElement(
            measured,
            "testcase",
            classname=f"{one.name.system}.{one.name.protocol}",
            name=f"{one.name.workload} {one.name.pass_}",
            time=f"{seconds.get(one.name, 0.0):.3f}",
        )
        if one.state != "ok":
            ElementTree.SubElement(case, "failure", type=one.state, message=one.why)
    for pair in findings.pairs:
        case = ElementTree.SubElement(
            compared,
            "testcase",
            classname=f"{pair.candidate.name.system} against {pair.base.name.system}.{pair.base.name.protocol}",
            name=f"{pair.base.name.workload} {pair.base.name.pass_}: {pair.word}{' FORCED' if forced(pair) else ''}",
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


def to_prometheus(findings: Findings) -> str:
    """Text for Prometheus' textfile collector: medians, latencies, states, verdicts and the exit code."""
    refuse_missing(MISSING)
    registry = CollectorRegistry(auto_describe=False)
    run = findings.run.plan["run"]

    def gauge(name: str, meaning: str, *labels: str) -> t.Callable[..., t.Any]:
        metric = Gauge(f"netfs_bench_{name}", meaning, ("run", *labels), registry=registry)
        return lambda value, **names: metric.labels(run=run, **names).set(value)

    of_series = (*AXES, "metric")
    of_pairs = ("base", "candidate", *AXES[1:])
    median = gauge("median", "Median of a series in the unit that the metric's name ends in.", *of_series)
    values = gauge("values", "How many values a series has.", *of_series)
    unfit = gauge("unfit", "1 for a series that is not fit for a verdict.", *of_series, "state")
    latency = gauge(
        "latency_p99_seconds", "Median of the p99 of a series, by what answers its question.", *AXES, "operation"
    )
    ratio = gauge("ratio", "How many times as good as the base a candidate is.", *of_pairs)
    verdict = gauge("verdict", "1, with the verdict on a pair as a label.", *of_pairs, "verdict", "forced")
    for one in findings.series.values():
        names = {**one.name.labels, "metric": one.metric}
        if one.median is not None:
            median(one.median, **names)
        values(len(one.values), **names)
        unfit(one.state != "ok", **names, state=one.state)
        for operation, nanoseconds in one.latency.items():
            if nanoseconds is not None:
                latency(nanoseconds / 1e9, **one.name.labels, operation=operation)
    for pair in findings.pairs:
        names = {**pair.candidate.name.labels, "base": pair.base.name.system, "candidate": pair.candidate.name.system}
        del names["system"]
        if pair.comparison is not None:
            ratio(pair.comparison.ratio, **names)
        verdict(1, **names, verdict=pair.word, forced=str(forced(pair)).lower())
    gauge("exit_code", "What netfs-bench ends with.")(findings.code)
    return generate_latest(registry).decode()


EXPORTS: dict[str, t.Callable[[Findings], str]] = {
    "csv": to_csv,
    "json": to_json,
    "junit": to_junit,
    "prometheus": to_prometheus,
}

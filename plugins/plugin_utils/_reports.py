# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a run directory to its reports; the playbooks and the command-line tool share every step."""

from __future__ import annotations

import typing as t
from pathlib import Path

import jinja2
from markupsafe import Markup

from ansible_collections.netfs.bench.plugins.module_utils._files import write_text
from ansible_collections.netfs.bench.plugins.plugin_utils import (
    _export,
    _html,
    _lags,
    _results,
    _tables,
    _validation,
    _validation_report,
    _verdicts,
)
from ansible_collections.netfs.bench.plugins.plugin_utils._plan import (
    replication_line,
)
from ansible_collections.netfs.bench.plugins.plugin_utils._run import RunError, refuse_missing
from ansible_collections.netfs.bench.plugins.plugin_utils._suites import has_suites
from ansible_collections.netfs.bench.plugins.plugin_utils._validation import Validation
from ansible_collections.netfs.bench.plugins.plugin_utils._verdicts import Findings

try:
    from plotly.offline import get_plotlyjs
    from tabulate import tabulate
except ImportError as error:
    MISSING = str(error)
else:
    MISSING = ""

LONG_TABLE = 600
"""Longer tables are no help on a terminal or in a pull request: they show what has a remark."""

TEMPLATES = Path(__file__).resolve().parents[2] / "playbooks/templates/report"

Judged = Findings | Validation
"""What a run of workloads comes to, or one of suites."""


def page(template: str, **shown: t.Any) -> str:
    """One page, with its style, its script and its data inside."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, undefined=jinja2.StrictUndefined
    )
    texts = {name: Markup((TEMPLATES / f"page.{name}").read_text(encoding="utf-8")) for name in ("css", "js")}
    return environment.get_template(template).render(**shown, **texts)


def html(findings: Judged) -> str:
    """report.html; one with pictures has the plotting library inside."""
    if isinstance(findings, Validation):
        return page("suites.html.j2", **_validation_report.context(findings))
    shown = _html.context(findings, _results.distributions(findings.run))
    return page("page.html.j2", **shown, library=_html.packed(get_plotlyjs()))


def sentence(findings: Judged) -> str:
    """What came of a run, in one sentence."""
    return _validation.sentence(findings) if isinstance(findings, Validation) else _verdicts.sentence(findings)


def unmeasured_of(findings: Judged) -> tuple[int, int]:
    """How many planned cells were measured and have no value, and how many have no record."""
    if isinstance(findings, Validation):
        cells = findings.run.cells
        return sum(not _validation.is_measured(cell) for cell in cells), len(findings.run.plan["cells"]) - len(cells)
    series = findings.series.values()
    return sum(one.failed for one in series), sum(one.missing for one in series)


def failure_of(findings: Judged) -> str:
    """Why a run is no success, with what to do; empty when it is one."""
    if isinstance(findings, Validation):
        return _validation.failure_of(findings)
    failed, missing = unmeasured_of(findings)
    if not failed + missing:
        return ""
    return (
        f"{failed} cells failed and {missing} were not measured. The report names each reason. To measure only these "
        f"again: -e run={findings.run.plan['run']}"
    )


def brief(head: list[str], rows: list[list[str]], where: str) -> tuple[list[list[str]], list[str]]:
    """The rows that are shown, and what to say of the others: a long table shows those with a remark only."""
    if len(rows) <= LONG_TABLE:
        return rows, []
    shown = [row for row in rows if row[-1]][:LONG_TABLE]
    return shown, [f"{len(rows) - len(shown)} of {len(rows)} rows are not shown here ({head[0]} first): see {where}."]


def tables(findings: Judged) -> tuple[list[str], str]:
    """What is printed on a terminal, line by line, and the same as Markdown for a pull request."""
    if isinstance(findings, Validation):
        return _validation_report.tables(findings, tabulate)
    plan = findings.run.plan
    series = sorted(findings.series.values(), key=lambda one: one.name)
    sentences = _tables.summary(plan, series) + _tables.instance_lines(findings.run.record.nodes)
    sentences += replication_line(plan["topology"]) if "topology" in plan else []
    sentences += [_tables.lag_line(lag) for lag in findings.lags]
    sentences += [f"The base: {_tables.lag_line(lag)}" for lag in findings.base_lags]
    cells, more_series = brief(_tables.HEADERS, _tables.table(series) + _tables.not_served(plan), "report.csv")
    compared = _tables.pair_table(findings.pairs or findings.protocols)
    pairs, more_pairs = brief(_tables.PAIR_HEADERS, compared, "verdicts.csv")
    lead = [_verdicts.sentence(findings), *_verdicts.warnings(findings)]
    lead += [_tables.PROTOCOLS] if findings.protocols else []
    exit_line = f"Exit code {findings.code}: {findings.exit_meaning}."
    # a remark can be long: on a terminal it follows the table, in Markdown its beginning is a column
    short = tabulate([row[:-1] for row in cells], _tables.HEADERS[:-1], disable_numparse=True)
    remarks = _tables.said_once((" ".join(row[:4]), row[-1]) for row in cells)
    more_remarks = ["", "Remarks:", *(f"  {line}" for line in remarks)] if remarks else []
    lines = [*sentences, "", *short.splitlines(), *more_series, *more_remarks, ""]
    cells, pairs = ([[*row[:-1], _tables.shortened(row[-1])] for row in rows] for rows in (cells, pairs))
    markdown = [f"# {plan['run']}", "", f"**{lead[0]}**", "", *(f"* {line}" for line in [*lead[1:], exit_line])]
    if pairs:
        head = _tables.PAIR_HEADERS
        lines += [*tabulate(pairs, head, disable_numparse=True).splitlines(), *more_pairs, ""]
        markdown += ["", tabulate(pairs, head, tablefmt="github", disable_numparse=True), *more_pairs]
    all_series = tabulate(cells, _tables.HEADERS, tablefmt="github", disable_numparse=True)
    markdown += ["", "<details><summary>All series</summary>", "", *(f"* {line}" for line in sentences), "", all_series]
    markdown += [*more_series, *([""] if remarks else []), *("* " + line.replace("\n", "\n  ") for line in remarks)]
    return [*lines, *lead, exit_line], "\n".join([*markdown, "", "</details>"]) + "\n"


def files_of(findings: Judged) -> dict[str, t.Callable[[], str]]:
    """What makes the text of each file beside those of :func:`tables`."""
    page_file: dict[str, t.Callable[[], str]] = {"report.html": lambda: html(findings)}
    if isinstance(findings, Validation):
        return {
            "report.json": lambda: _validation_report.to_json(findings),
            "report.junit.xml": lambda: _validation_report.to_junit(findings),
            **page_file,
        }
    return {
        "report.csv": lambda: _export.to_csv(findings),
        "verdicts.csv": lambda: _export.verdicts_csv(findings),
        "report.json": lambda: _export.to_json(findings),
        "report.junit.xml": lambda: _export.to_junit(findings),
        "report.prom": lambda: _export.to_prometheus(findings),
        **page_file,
        "verdict.json": lambda: _verdicts.to_json(findings),
        **({"replication-lag.csv": lambda: _lags.to_csv(findings.lags)} if findings.lags else {}),
    }


def write(directory: Path, findings: Judged, *, dry_run: bool = False) -> tuple[list[str], dict[str, bool]]:
    """Write the reports that differ from what lies in a directory.

    One after another, so that only one of them is in memory. Returns the lines for a terminal, and of every report by
    the name of its file whether it differed.
    """
    refuse_missing(MISSING)
    lines, markdown = tables(findings)
    makers: dict[str, t.Callable[[], str]] = {
        "report.txt": lambda: "\n".join(lines) + "\n",
        "report.md": lambda: markdown,
        **files_of(findings),
    }
    changed = {}
    for name, make in makers.items():
        path, text = directory / name, make()
        changed[name] = not path.exists() or path.read_text(encoding="utf-8") != text
        if changed[name] and not dry_run:
            write_text(path, text)
    return lines, changed


def judge(
    directory: Path, base: Path | None = None, *, force: bool = False, strict: bool = False
) -> tuple[Judged, Path]:
    """Judge a run by itself or against another; what was found, and the directory in which its reports belong."""
    run = _results.read_run(directory)
    if base is None:
        if has_suites(run.plan):
            return _validation.judge_suites(run), directory
        return _verdicts.judge_run(run, force=force, strict=strict), directory
    other = _results.read_run(base)
    for one in (run, other):
        refuse_suites(one, "compared with another run: a suite has its references in its own run")
    findings = _verdicts.judge_run(run, other, force=force, strict=strict)
    return findings, directory / f"against-{base.name}"


def refuse_suites(run: _results.Run, why: str) -> None:
    """Raise a RunError for a run of suites, which cannot be what a run of workloads can."""
    if has_suites(run.plan):
        raise RunError(f"{run.plan['run']} is a run of suites and cannot be {why}.")


def export(findings: Judged, kind: str) -> str:
    """A run for another program; a RunError for a kind that there is none of."""
    if isinstance(findings, Findings):
        return _export.EXPORTS[kind](findings)
    kinds = {"json": _validation_report.to_json, "junit": _validation_report.to_junit}
    if kind not in kinds:
        raise RunError(f"{findings.run.plan['run']} is a run of suites, exported as {' or '.join(kinds)} only.")
    return kinds[kind](findings)

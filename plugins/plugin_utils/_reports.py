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
from ansible_collections.netfs.bench.plugins.plugin_utils import _export, _html, _lags, _results, _tables, _verdicts
from ansible_collections.netfs.bench.plugins.plugin_utils._plan import replication_line
from ansible_collections.netfs.bench.plugins.plugin_utils._run import refuse_missing
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


def html(findings: Findings) -> str:
    """report.html: one page, with its style, its script, its data and the plotting library inside."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, undefined=jinja2.StrictUndefined
    )
    texts = {name: Markup((TEMPLATES / f"page.{name}").read_text(encoding="utf-8")) for name in ("css", "js")}
    return environment.get_template("page.html.j2").render(
        **_html.context(findings, _results.distributions(findings.run)), **texts, library=_html.packed(get_plotlyjs())
    )


def brief(head: list[str], rows: list[list[str]], where: str) -> tuple[list[list[str]], list[str]]:
    """The rows that are shown, and what to say of the others: a long table shows those with a remark only."""
    if len(rows) <= LONG_TABLE:
        return rows, []
    shown = [row for row in rows if row[-1]][:LONG_TABLE]
    return shown, [f"{len(rows) - len(shown)} of {len(rows)} rows are not shown here ({head[0]} first): see {where}."]


def tables(findings: Findings) -> tuple[list[str], str]:
    """What is printed on a terminal, line by line, and the same as Markdown for a pull request."""
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


def write(directory: Path, findings: Findings, *, dry_run: bool = False) -> tuple[list[str], dict[str, bool]]:
    """Write the reports that differ from what lies in a directory.

    One after another, so that only one of them is in memory. Returns the lines for a terminal, and of every report by
    the name of its file whether it differed.
    """
    refuse_missing(MISSING)
    lines, markdown = tables(findings)
    makers: dict[str, t.Callable[[], str]] = {
        "report.txt": lambda: "\n".join(lines) + "\n",
        "report.md": lambda: markdown,
        "report.csv": lambda: _export.to_csv(findings),
        "verdicts.csv": lambda: _export.verdicts_csv(findings),
        "report.json": lambda: _export.to_json(findings),
        "report.junit.xml": lambda: _export.to_junit(findings),
        "report.prom": lambda: _export.to_prometheus(findings),
        "report.html": lambda: html(findings),
        "verdict.json": lambda: _verdicts.to_json(findings),
        **({"replication-lag.csv": lambda: _lags.to_csv(findings.lags)} if findings.lags else {}),
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
) -> tuple[Findings, Path]:
    """Judge a run by itself or against another; what was found, and the directory in which its reports belong."""
    run = _results.read_run(directory)
    if base is None:
        return _verdicts.judge_run(run, force=force, strict=strict), directory
    findings = _verdicts.judge_run(run, _results.read_run(base), force=force, strict=strict)
    return findings, directory / f"against-{base.name}"

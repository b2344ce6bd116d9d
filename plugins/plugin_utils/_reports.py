# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: its functions may change in any release.

"""From a run directory to its reports; the playbooks and the command-line tool share every step."""

from __future__ import annotations

import typing as t
from pathlib import Path

import jinja2
from markupsafe import Markup

from ansible_collections.netfs.bench.plugins.module_utils import _export, _html, _report, _results, _verdicts
from ansible_collections.netfs.bench.plugins.module_utils._run import RunError, write_text
from ansible_collections.netfs.bench.plugins.module_utils._verdicts import Findings

try:
    from plotly.offline import get_plotlyjs
    from tabulate import tabulate
except ImportError as error:
    MISSING = str(error)
else:
    MISSING = ""

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


def tables(findings: Findings) -> tuple[list[str], str]:
    """What is printed on a terminal, line by line, and the same as Markdown for a pull request."""
    plan = findings.run["plan"]
    rows = _report.series_of(plan, findings.run["cells"])
    cells = _report.table(rows)
    sentences = _report.summary(plan, rows)
    lead = [_verdicts.sentence(findings), *_verdicts.warnings(findings)]
    exit_line = f"Exit code {findings.code}: {_verdicts.EXIT_MEANINGS[findings.code]}."
    # a remark can be long: on a terminal it follows the table, in Markdown it is a column
    short = tabulate([row[:-1] for row in cells], _report.HEADERS[:-1], disable_numparse=True)
    remarks = [f"  {' '.join(row[:4])}: {row[-1]}" for row in cells if row[-1]]
    pairs = _report.pair_table(findings.pairs)
    lines = [*sentences, "", *short.splitlines(), *(["", "Remarks:", *remarks] if remarks else []), ""]
    markdown = [f"# {plan['run']}", "", f"**{lead[0]}**", "", *(f"* {line}" for line in [*lead[1:], exit_line])]
    if pairs:
        head = _report.PAIR_HEADERS
        lines += [*tabulate(pairs, head, disable_numparse=True).splitlines(), ""]
        markdown += ["", tabulate(pairs, head, tablefmt="github", disable_numparse=True)]
    series = tabulate(cells, _report.HEADERS, tablefmt="github", disable_numparse=True)
    markdown += ["", "<details><summary>All series</summary>", "", *(f"* {line}" for line in sentences), "", series, ""]
    return [*lines, *lead, exit_line], "\n".join([*markdown, "</details>"]) + "\n"


def reports(findings: Findings) -> tuple[list[str], dict[str, str]]:
    """The lines for a terminal, and the text of every report by the name of its file."""
    if MISSING:
        raise RunError(f"A package is missing that reports need: {MISSING}. Install what requirements.txt lists.")
    lines, markdown = tables(findings)
    document = _verdicts.verdict_document(findings)
    return lines, {
        "report.txt": "\n".join(lines) + "\n",
        "report.md": markdown,
        "report.csv": _export.to_csv(findings),
        "verdicts.csv": _export.verdicts_csv(findings),
        "report.json": _export.to_json(findings),
        "report.junit.xml": _export.to_junit(findings),
        "report.prom": _export.to_prometheus(findings),
        "report.html": html(findings),
        "verdict.json": _report.as_json(document),
    }


def stale(directory: Path, texts: dict[str, str]) -> dict[Path, str]:
    """The reports that differ from what lies in a directory."""
    return {
        path: text
        for name, text in texts.items()
        if not (path := directory / name).exists() or path.read_text(encoding="utf-8") != text
    }


def judge(
    directory: Path, base: Path | None = None, *, force: bool = False, strict: bool = False
) -> tuple[Findings, Path]:
    """Judge a run by itself or against another; what was found, and the directory in which its reports belong."""
    run = _results.read_run(directory)
    if base is None:
        return _verdicts.judge_run(run, force=force, strict=strict), directory
    findings = _verdicts.judge_run(run, _results.read_run(base), force=force, strict=strict)
    return findings, directory / f"against-{base.name}"


def write(texts: t.Mapping[Path, str]) -> None:
    """Write reports, each whole or not at all."""
    for path, text in texts.items():
        write_text(path, text)

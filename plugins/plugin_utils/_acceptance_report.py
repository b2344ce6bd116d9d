# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The checklist of a cluster for a terminal, as JSON, as Markdown, and as a page that opens offline."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

from ansible_collections.netfs.bench.plugins.module_utils._files import Json, write_text
from ansible_collections.netfs.bench.plugins.plugin_utils import _acceptance, _reports
from ansible_collections.netfs.bench.plugins.plugin_utils._acceptance import MEANINGS, SYMBOLS, Acceptance, Line
from ansible_collections.netfs.bench.plugins.plugin_utils._evidence import Cell, Table
from ansible_collections.netfs.bench.plugins.plugin_utils._run import UNKNOWN, RunError, read_json, refuse_missing
from ansible_collections.netfs.bench.plugins.plugin_utils._targets import PASS

SCHEMA = "netfs.bench/acceptance/1"
DIRECTORY = "acceptance"
"""The directory below the results in which the latest acceptance lies."""
LONG = 60


def document(acceptance: Acceptance) -> Json:
    """The checklist for other programs."""
    cluster = acceptance.cluster
    since = cluster.since
    return {
        "schema": SCHEMA,
        "system": cluster.plan["deployment"]["system"],
        "topology": cluster.plan["topology"],
        "node_kind": cluster.plan["node_kind"],
        "set_up": since.isoformat() if since else UNKNOWN,
        "at": cluster.at,
        "exit_code": acceptance.code,
        "exit_meaning": acceptance.exit_meaning,
        "sentence": _acceptance.sentence(acceptance),
        "lines": [
            {
                "name": one.name,
                "title": one.title,
                "state": one.state,
                "reason": one.reason,
                "remedy": one.remedy,
                "method": one.method,
                "at": cluster.at,
                "evidence": [evidence._asdict() for evidence in one.evidence],
            }
            for one in acceptance.lines
        ],
    }


def word(state: str) -> str:
    """A state with its sign."""
    return f"{SYMBOLS[state]} {state}"


def printed(found: Json) -> list[str]:
    """What is printed of a checklist as other programs read it: each line, and why it is no pass."""
    width = max(len(word(state)) for state in SYMBOLS)
    lines = []
    for one in found["lines"]:
        lines.append(f"{word(one['state']):{width}}  {one['title']}")
        lines += [f"{'':{width}}    {one[key]}" for key in ("reason", "remedy") if one[key]]
    return [*lines, "", found["sentence"], f"Exit code {found['exit_code']}: {found['exit_meaning']}."]


def in_table(text: str) -> str:
    """Text as a cell of a table of Markdown."""
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")


def markdown(acceptance: Acceptance) -> str:
    """The checklist for a pull request."""
    cluster = acceptance.cluster
    rows = [
        f"| {word(one.state)} | {' | '.join(map(in_table, (one.title, f'{one.reason} {one.remedy}'.strip())))} "
        f"| {'<br>'.join(in_table(f'{found.value} ({found.source}, {found.at})') for found in one.evidence)} |"
        for one in acceptance.lines
    ]
    return "\n".join(
        [
            f"# Acceptance of {cluster.plan['deployment']['system']} on {cluster.plan['topology']}",
            "",
            f"**{_acceptance.sentence(acceptance)}**",
            "",
            f"Asked at {cluster.at}. Exit code {acceptance.code}: {acceptance.exit_meaning}.",
            "",
            "| state | line | reason, and what to do | evidence |",
            "|---|---|---|---|",
            *rows,
            "",
        ]
    )


def overview(acceptance: Acceptance) -> Table:
    """A row for each line; its word leads to the evidence."""
    return Table(
        ["state", "line", "reason"],
        [
            [
                Cell(word(one.state), f"word {one.state}", href=f"#line-{one.name}"),
                Cell(one.title, "text"),
                Cell(one.reason, "text", small=one.remedy),
            ]
            for one in acceptance.lines
        ],
    )


def part_of(one: Line) -> Json:
    """What the page shows of a line."""
    return {
        "id": f"line-{one.name}",
        "title": one.title,
        "state": one.state,
        "opened": one.state != PASS,
        "lines": [
            text for text in (one.reason, one.remedy, *([f"Measured: {one.method}."] if one.method else [])) if text
        ],
        "evidence": Table(
            ["found", "by", "at"],
            [[Cell(found.value, "text"), Cell(found.source, "text"), Cell(found.at, "keep")] for found in one.evidence],
        ),
    }


def context(acceptance: Acceptance, version: str) -> Json:
    """Everything that the page shows, but for style sheet and script.

    :param version: that of the collection.
    """
    plan = acceptance.cluster.plan
    since = acceptance.cluster.since
    set_up = f"set up {since.isoformat() if since else 'at no known time'}"
    nodes = f"{len(plan['nodes'])} nodes at {' and '.join(plan['sites'])}, node_kind={plan['node_kind']}"
    return {
        "plan": {"collection_version": version},
        "title": f"Acceptance of {plan['deployment']['system']} on {plan['topology']}",
        "subtitle": f"asked at {acceptance.cluster.at}; {nodes}; {set_up}",
        "contents": [("verdict", "What came out"), ("evidence", "Evidence")],
        "sentence": _acceptance.sentence(acceptance),
        "code": acceptance.code,
        "code_meaning": acceptance.exit_meaning,
        "overview": overview(acceptance),
        "symbols": SYMBOLS,
        "meanings": MEANINGS,
        "long": LONG,
        "parts": [part_of(one) for one in acceptance.lines],
    }


def write(results: Path, acceptance: Acceptance, version: str, *, dry_run: bool = False) -> list[str]:
    """Write the reports; return their paths."""
    refuse_missing(_reports.MISSING)
    directory = results / DIRECTORY
    makers: dict[str, t.Callable[[], str]] = {
        "acceptance.json": lambda: json.dumps(document(acceptance), indent=1, ensure_ascii=False) + "\n",
        "acceptance.md": lambda: markdown(acceptance),
        "acceptance.html": lambda: _reports.page("acceptance.html.j2", **context(acceptance, version)),
    }
    for name, make in makers.items():
        text = make()
        if not dry_run:
            write_text(directory / name, text)
    return [str(directory / name) for name in makers]


def read(results: Path) -> Json:
    """The latest acceptance of a results directory; a RunError when there is none."""
    path = results / DIRECTORY / "acceptance.json"
    if not path.exists():
        raise RunError(f"{path} does not exist. Run acceptance.yml first, or name another directory with --results.")
    found = read_json(path)
    if found.get("schema") != SCHEMA:
        raise RunError(f"{path} is no acceptance. Run acceptance.yml once more.")
    return found

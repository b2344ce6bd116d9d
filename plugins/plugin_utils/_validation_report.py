# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run of suites adds up to: for a terminal, a pull request, other programs, and as a page."""

from __future__ import annotations

import json
import typing as t
from xml.etree import ElementTree

from ansible_collections.netfs.bench.plugins.module_utils._durable import HARMS
from ansible_collections.netfs.bench.plugins.module_utils._files import Json
from ansible_collections.netfs.bench.plugins.module_utils._history import KINDS
from ansible_collections.netfs.bench.plugins.plugin_utils import _consistency, _evidence, _fault_report, _validation
from ansible_collections.netfs.bench.plugins.plugin_utils._evidence import Cell, Table
from ansible_collections.netfs.bench.plugins.plugin_utils._fault_plan import fault_lines
from ansible_collections.netfs.bench.plugins.plugin_utils._records import CellRecord, KindResult
from ansible_collections.netfs.bench.plugins.plugin_utils._run import UNKNOWN
from ansible_collections.netfs.bench.plugins.plugin_utils._suite_output import FAILED, SKIPPED
from ansible_collections.netfs.bench.plugins.plugin_utils._tables import kernel_lines, said_once, system_lines
from ansible_collections.netfs.bench.plugins.plugin_utils._timeline import Timeline, timeline
from ansible_collections.netfs.bench.plugins.plugin_utils._validation import MEANINGS, SYMBOLS, Result, Validation

SCHEMA = "netfs.bench/validation/1"
NO_REFERENCE = "no reference was measured"
HEADERS = ["system", "protocol", "suite", "result", "trials", "of what the reference passes, or lost", "remark"]
NAMES = 5
"""As many cases are named in a row of a table."""


def label(result: Result) -> str:
    """System, protocol and suite."""
    return " ".join(result.name[:3])


def share_text(result: Result) -> str:
    """How much of what the first reference passes, never a bare number; or what power cuts did."""
    if result.figures:
        return result.figures.text
    return result.shares[0].text if result.shares else NO_REFERENCE if result.cases else ""


def listed(names: t.Sequence[str]) -> str:
    """Some names, and how many more there are."""
    more = f" and {len(names) - NAMES} more" if len(names) > NAMES else ""
    return ", ".join(names[:NAMES]) + more


def remark(validation: Validation, result: Result) -> str:
    """What a reader must know of a result beside its word."""
    parts = [
        f"{text} {listed(names)}"
        for text, names in (
            ("fails", result.failing),
            ("fails as the reference does:", result.shared),
            ("fails as expected:", list(result.expected)),
            ("passes unexpectedly:", result.unexpected),
            ("flaky:", result.flaky),
        )
        if names
    ]
    faults = _fault_report.remarks_of(result.trials)
    reference = ["a reference"] if validation.is_reference(result) else []
    return "; ".join([*reference, *([result.why.partition("\n")[0]] if result.why else []), *parts, *faults])


def summary(validation: Validation) -> list[str]:
    """The sentences above the table."""
    plan = validation.run.plan
    return [
        f"Run {plan['run']}, effort {plan['effort']}, seed {plan['seed']}.",
        *system_lines(dict(sorted(plan["systems"].items()))),
        *kernel_lines(plan),
        *(line.strip() for line in fault_lines(plan)),
    ]


def table(validation: Validation) -> list[list[str]]:
    """Cells of the table, one list per result, in the order of HEADERS."""
    return [
        [
            *one.name[:3],
            f"{SYMBOLS[one.word]} {one.word}",
            f"{len(one.measured)} of {one.planned}",
            share_text(one),
            remark(validation, one),
        ]
        for one in ordered(validation)
    ]


def ordered(validation: Validation) -> list[Result]:
    """The results of the systems that were asked for first, each by its name."""
    return sorted(validation.results, key=lambda one: (validation.is_reference(one), one.name))


def tables(validation: Validation, tabulate: t.Callable[..., str]) -> tuple[list[str], str]:
    """What is printed on a terminal, line by line, and the same as Markdown.

    :param tabulate: what lays a table out.
    """
    rows = table(validation)
    lead = [_validation.sentence(validation), *_validation.warnings(validation)]
    exit_line = f"Exit code {validation.code}: {validation.exit_meaning}."
    short = tabulate([row[:-1] for row in rows], HEADERS[:-1], disable_numparse=True).splitlines()
    remarks = said_once((" ".join(row[:3]), row[-1]) for row in rows)
    said = ["", "Remarks:", *(f"  {line}" for line in remarks)] if remarks else []
    lines = [*summary(validation), "", *short, *said, "", *lead, exit_line]
    full = tabulate(rows, HEADERS, tablefmt="github", disable_numparse=True)
    markdown = [f"# {validation.run.plan['run']}: what it gets right", "", f"**{lead[0]}**", ""]
    markdown += [*(f"* {line}" for line in [*lead[1:], exit_line]), "", full, ""]
    return lines, "\n".join([*markdown, *(f"* {line}" for line in summary(validation))]) + "\n"


def result_document(result: Result) -> Json:
    """A result for other programs."""
    return {
        "system": result.name.system,
        "protocol": result.name.protocol,
        "suite": result.name.workload,
        "result": result.word,
        "why": result.why,
        "trials": {"planned": result.planned, "measured": len(result.measured)},
        "counts": result.counts,
        "references": [share._asdict() for share in result.shares],
        **power_cuts_document(result),
        **consistency_document(result),
        **({"faults": documents} if (documents := _fault_report.documents_of(result.trials)) else {}),
        "failing": result.failing,
        "failing_as_reference": result.shared,
        "expected": result.expected,
        "unexpected_passes": result.unexpected,
        "flaky": result.flaky,
        "records": [{"cell": f"cells/{cell.id}.json", "raw": cell.raw} for cell in result.trials],
    }


def power_cuts_document(result: Result) -> Json:
    """What power cuts did, for other programs."""
    figures = result.figures
    if figures is None:
        return {}
    return {"power_cuts": {**figures._asdict(), "loss_probability_upper_bound": round(figures.bound, 6)}}


def histories_of(result: Result) -> list[tuple[CellRecord, KindResult]]:
    """What came of each kind in each trial of a suite in which clients share files."""
    return [(cell, one) for cell in result.trials for one in (cell.suite.consistency if cell.suite else None) or []]


def consistency_document(result: Result) -> Json:
    """What models the histories are, for other programs."""
    found = [
        {
            "trial": cell.trial,
            **{name: getattr(one, name) for name in ("kind", "claim", "result", "stronger", "stronger_result")},
            "operations": one.operations,
            "unknown": one.unknown,
        }
        for cell, one in histories_of(result)
    ]
    return {"consistency": found} if found else {}


def consistency_lines(result: Result) -> list[str]:
    """What a system claims, and whether more than that was seen, in sentences."""
    found = [one for _cell, one in histories_of(result)]
    if not found:
        return []
    claim, stronger = found[0].claim, found[0].stronger
    lines = [f"It claims to be {claim}: {_consistency.MEANINGS[claim]}."]
    if stronger:
        kinds = list(dict.fromkeys(one.kind for one in found if one.stronger_result == _consistency.INVALID))
        said = f"all but {', '.join(kinds)} were" if kinds else "every history was, or was not found out not to be,"
        lines.append(f"Of the next stronger model, {stronger} ({_consistency.MEANINGS[stronger]}), {said} valid.")
    return lines


def kind_table(result: Result) -> Table | None:
    """A row for each kind of each trial."""
    rows = [
        [
            Cell(str(cell.trial), "number"),
            Cell(one.kind, "keep"),
            Cell(str(one.operations), "number"),
            Cell(str(one.unknown), "number"),
            Cell(f"{one.claim}: {one.result}", "keep"),
            Cell(f"{one.stronger}: {one.stronger_result}" if one.stronger else "there is none", "keep"),
            Cell(KINDS[one.kind], "text"),
        ]
        for cell, one in histories_of(result)
    ]
    head = ["trial", "kind", "operations", "of unknown effect", "claimed", "next stronger", "what it is"]
    return Table(head, rows) if rows else None


def timelines(result: Result) -> list[Timeline]:
    """The counter-examples, those against what is claimed first."""
    found = sorted((one for _cell, one in histories_of(result)), key=lambda one: one.against != one.claim)
    return [picture for picture in map(timeline, found) if picture]


def to_json(validation: Validation) -> str:
    """The text of ``report.json``."""
    document = {
        "schema": SCHEMA,
        "run": validation.run.plan["run"],
        "exit_code": validation.code,
        "exit_meaning": validation.exit_meaning,
        "sentence": _validation.sentence(validation),
        "warnings": _validation.warnings(validation),
        "results": [result_document(one) for one in ordered(validation)],
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def printable(text: str) -> str:
    """Text without what XML cannot hold: a program may print anything."""
    return "".join(character if character in "\t\n" or character >= " " else "�" for character in text)


def lines_of(result: Result, case: str) -> str:
    """What the first trial that says anything of a case has of it."""
    return next(
        ("\n".join(cell.suite.lines[case]) for cell in result.measured if cell.suite and case in cell.suite.lines), ""
    )


def to_junit(validation: Validation) -> str:
    """A test for each case of each result; of what was not measured, one that is an error."""
    root = ElementTree.Element("testsuites", name=validation.run.plan["run"])
    for one in ordered(validation):
        suite = ElementTree.SubElement(root, "testsuite", name=label(one))
        for case, outcome in one.cases.items():
            test = ElementTree.SubElement(suite, "testcase", classname=".".join(one.name[:3]), name=printable(case))
            text = printable(lines_of(one, case))
            if case in one.failing:
                ElementTree.SubElement(test, "failure", message=text.partition("\n")[0]).text = text
            elif outcome == FAILED:
                why = one.expected.get(case, "the reference fails it, too")
                ElementTree.SubElement(test, "skipped", message=printable(why))
            elif outcome == SKIPPED:
                ElementTree.SubElement(test, "skipped", message=text.partition("\n")[0])
        if one.recovery:
            test = ElementTree.SubElement(suite, "testcase", classname=".".join(one.name[:3]), name="recovered")
            ElementTree.SubElement(test, "failure", message=printable(one.recovery))
        if one.why:
            test = ElementTree.SubElement(suite, "testcase", classname=".".join(one.name[:3]), name="measured")
            ElementTree.SubElement(test, "error", message=printable(one.why))
        for kind, found in (("tests", ""), ("failures", "/failure"), ("errors", "/error"), ("skipped", "/skipped")):
            suite.set(kind, str(len(suite.findall(f"testcase{found}"))))
    ElementTree.indent(root, " ")
    return ElementTree.tostring(root, "unicode", xml_declaration=True) + "\n"


def identifier(result: Result) -> str:
    """What a link to a result names."""
    return "result-" + "-".join(result.name[:3]).replace("#", "-")


def matrix(validation: Validation) -> Table:
    """A row for each system and protocol, a column for each suite; each word leads to its evidence."""
    suites = list(validation.run.plan["workloads"])
    rows: dict[tuple[str, str], dict[str, Result]] = {}
    for one in ordered(validation):
        rows.setdefault(one.name[:2], {})[one.name.workload] = one
    return Table(
        ["system", *suites],
        [
            [
                Cell(system, "keep", small=protocol if system != protocol else "the client's own disk"),
                *(
                    word_cell(line[suite], validation.is_reference(line[suite]))
                    if suite in line
                    else Cell("not planned", "soft")
                    for suite in suites
                ),
            ]
            for (system, protocol), line in rows.items()
        ],
    )


def word_cell(result: Result, reference: bool) -> Cell:
    """The word of a result, and its share; a reference that is compared with no other has a word alone."""
    word = f"{SYMBOLS[result.word]} {result.word}"
    if result.shares:
        share = result.shares[0]
        small, title = f"{share.passed / share.of:.1%} of {share.reference}", share.text
    else:
        small, title = ("a reference" if reference else NO_REFERENCE) if result.cases else "", result.why
    return Cell(word, f"word {result.word}", title, small, f"#{identifier(result)}")


def case_parts(result: Result) -> list[tuple[str, list[Json]]]:
    """The cases that are not plain passes, under a title each."""

    def entries(names: t.Iterable[str], texts: t.Mapping[str, str] | None = None) -> list[Json]:
        return [{"name": name, "text": (texts or {}).get(name, ""), "lines": lines_of(result, name)} for name in names]

    return [
        ("Fails", entries(result.failing)),
        ("Fails, as the reference does", entries(result.shared)),
        ("Fails as expected", entries(result.expected, result.expected)),
        ("Passes, and was expected to fail", entries(result.unexpected)),
        ("Flaky: two records disagree", entries(result.flaky)),
    ]


def skipped(result: Result) -> Table:
    """The cases that were skipped, and why."""
    cases = [case for case, outcome in result.cases.items() if outcome == SKIPPED]
    return Table(["case", "why"], [[Cell(case), Cell(lines_of(result, case), "text")] for case in cases])


def trial_row(cell: CellRecord) -> list[Cell]:
    """What one trial was, with its raw output one click away."""
    suite = cell.suite
    return [
        Cell(str(cell.trial), "number"),
        Cell(cell.status, "keep"),
        Cell(str(suite.seed) if suite else UNKNOWN, "number"),
        Cell(suite.program if suite else UNKNOWN),
        Cell(suite.filesystem if suite else UNKNOWN),
        Cell(str(suite.exit_code) if suite else UNKNOWN, "number"),
        Cell(f"{cell.seconds.total:.0f} s", "number"),
        Cell("what it printed", href=cell.raw) if cell.raw != UNKNOWN else Cell("nothing"),
        Cell(suite.command if suite else UNKNOWN, "text"),
    ]


def power_cut_lines(result: Result) -> list[str]:
    """What power cuts come to, in sentences."""
    figures = result.figures
    if figures is None:
        return []
    meanings = "; ".join(f"{harm}: {meaning}" for harm, meaning in HARMS.items())
    confidence = f"(with 95 % confidence; {figures.losing} of {figures.cuts} cuts did)"
    return [
        f"{figures.text} {confidence}. {figures.at_risk} were acknowledged before the cuts. {meanings}.",
        f"{figures.pause_text[0].upper()}{figures.pause_text[1:]}.",
    ]


def cut_rows(result: Result) -> list[list[Cell]]:
    """A row for each power cut: when it was, and what it did."""
    rows = []
    for cell in result.trials:
        for cut in (cell.suite.power_cuts if cell.suite else None) or []:
            counts = {what: sum(one[what] for one in cut.counts.values()) for what in ("acknowledged", *HARMS)}
            errors = f"{len(cut.errors)}, the first: {cut.errors[0]}" if cut.errors else "none"
            rows.append(
                [
                    Cell(f"{cell.trial}.{cut.number}", "number"),
                    Cell(str(cut.seed), "number"),
                    Cell(f"{cut.delay_ms / 1000:.3f} s", "number"),
                    Cell(cut.cut_at[:19].replace("T", " "), "keep"),
                    Cell(str(cut.acknowledged), "number"),
                    *(Cell(str(count), "number") for count in counts.values()),
                    Cell(str(cut.begun), "number"),
                    Cell(f"{cut.longest_pause_s:.1f} s" if cut.resumed else "did not go on", "number"),
                    Cell(errors, "text"),
                ]
            )
    return rows


def cut_table(result: Result) -> Table | None:
    """The power cuts of a result."""
    rows = cut_rows(result)
    head = ["cut", "seed", "after", "at (UTC)", "acknowledged before", "in all", *HARMS]
    return Table([*head, "begun only", "pause", "errors"], rows) if rows else None


def part_of(result: Result) -> Json:
    """What the page shows of a result."""
    counts = ", ".join(f"{count} {what}" for what, count in result.counts.items())
    shares = [f"Passes {share.text}." for share in result.shares]
    return {
        "id": identifier(result),
        "name": label(result),
        "word": result.word,
        "opened": result.word not in ("pass", "as-reference"),
        "lines": [
            *([f"Not measured: {result.why}"] if result.why else []),
            *(shares or ([f"{NO_REFERENCE.capitalize()}."] if result.cases and not result.figures else [])),
            *([f"Its {len(result.cases)} cases: {counts}."] if result.cases else []),
            *power_cut_lines(result),
            *consistency_lines(result),
            *_fault_report.lines_of(result.trials),
        ],
        "cuts": cut_table(result),
        "kinds": kind_table(result),
        "timelines": timelines(result),
        "faults": _fault_report.table_of(result.trials),
        "trials": Table(
            ["trial", "status", "seed", "program", "on", "exit code", "took", "raw", "command"],
            [trial_row(cell) for cell in result.trials],
        ),
        "cases": case_parts(result),
        "skipped": skipped(result),
    }


def context(validation: Validation) -> Json:
    """Everything that the page shows, but for style sheet and script."""
    plan = validation.run.plan
    words = {one.word for one in validation.results}
    trials = f"{plan['trials']} trial{'s' * (plan['trials'] > 1)}"
    references = ", ".join(plan.get("references", [])) or "none"
    return {
        "plan": plan,
        "title": f"{plan['run']}: what it gets right",
        "subtitle": f"{plan.get('created', UNKNOWN)}, effort {plan['effort']}, {trials}, seed {plan['seed']}",
        "contents": [
            ("verdict", "What came out"),
            ("asked", "What was asked"),
            ("evidence", "Evidence"),
            ("provenance", "Provenance"),
        ],
        "sentence": _validation.sentence(validation),
        "warnings": _validation.warnings(validation),
        "matrix": matrix(validation),
        "symbols": SYMBOLS,
        "long": _evidence.RUN_LIMIT,
        "meanings": {word: meaning for word, meaning in MEANINGS.items() if word in words},
        "code": validation.code,
        "code_meaning": validation.exit_meaning,
        "questions": [(name, work["question"]) for name, work in sorted(plan["workloads"].items())],
        "asked": [
            f"References: {references}.",
            *system_lines(plan["systems"]),
            *kernel_lines(plan),
            *fault_lines(plan),
        ],
        "parts": [part_of(one) for one in ordered(validation)],
        "unknown_text": _evidence.unknown_text(validation.run),
        "provenance": _evidence.provenance(validation.run),
    }

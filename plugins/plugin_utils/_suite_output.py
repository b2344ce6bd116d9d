# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the programs of suites print, read by one pure function for each.

A function gets the output and the exit code of a program that ended by itself. It returns what became of every case, or
raises an OutputError: output that is not understood is never a pass.
"""

from __future__ import annotations

import re
import typing as t
from collections import Counter

PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"
LINES_MAX = 60
"""As many lines are kept of a failing case; the raw output has them all."""
NAMES = 3
"""As many failing cases are named in a reason."""
SEQUENCE = "every operation"
"""The only case of a program that stops at its first failure."""


class OutputError(Exception):
    """Why the output of a program says nothing of the file system."""


class Case(t.NamedTuple):
    """What became of one case."""

    name: str
    outcome: str
    """``passed``, ``failed`` or ``skipped``."""
    lines: list[str]
    """What the program said of it."""


class Outcome(t.NamedTuple):
    """What a program found."""

    cases: list[Case]
    remarks: list[str]
    """What else a reader must know, such as an exit code that says something else."""


def shortened(lines: list[str]) -> list[str]:
    """The first and the last of many lines, and how many are between them."""
    if len(lines) <= LINES_MAX:
        return lines
    half = LINES_MAX // 2
    return [*lines[:half], f"... {len(lines) - 2 * half} lines more, see the raw output ...", *lines[-half:]]


def last_words(output: str) -> str:
    """The end of an output, for a sentence."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return f"its last line is '{lines[-1][:200]}'" if lines else "it printed nothing"


def checked(cases: list[Case], exit_code: int, *, fails_with: int) -> Outcome:
    """The outcome, when the exit code says the same; a pass that the exit code denies is none.

    :param fails_with: the exit code of the program when a case has failed.
    """
    failed = [case for case in cases if case.outcome == FAILED]
    if not failed and exit_code:
        raise OutputError("No case failed, and yet the program ended with an error")
    if failed and exit_code != fails_with:
        return Outcome(cases, [f"{len(failed)} cases failed, and the exit code is {exit_code}"])
    return Outcome(cases, [])


def failure_of(cases: list[Case]) -> str:
    """Which cases failed, in a sentence; empty when none did."""
    names = [case.name for case in cases if case.outcome == FAILED]
    if not names:
        return ""
    more = f" and {len(names) - NAMES} more" if len(names) > NAMES else ""
    return f"{len(names)} of {len(cases)} cases failed: {', '.join(names[:NAMES])}{more}"


def metrics_of(cases: list[Case]) -> dict[str, float]:
    """How many cases came out as what; nothing where none was told."""
    counted = Counter(case.outcome for case in cases)
    return {f"{outcome}_cases": counted[outcome] for outcome in (PASSED, FAILED, SKIPPED)} if cases else {}


def fsx(output: str, exit_code: int) -> Outcome:
    """One case: fsx ends with the first byte that is wrong, or with the first call that fails."""
    lines = output.splitlines()
    if lines and lines[-1] == "All operations completed A-OK!":
        return checked([Case(SEQUENCE, PASSED, [])], exit_code, fails_with=1)
    found = next(
        (number for number, line in enumerate(lines) if line.endswith("LOG DUMP") or " panicked at " in line), None
    )
    if found is None:
        raise OutputError(f"fsx said neither that all is well nor what is wrong: {last_words(output)}")
    told = [line for line in lines[:found] if line.strip()]
    if " panicked at " in lines[found]:
        return checked([Case(SEQUENCE, FAILED, shortened([*told, *lines[found:]]))], exit_code, fails_with=101)
    return checked([Case(SEQUENCE, FAILED, shortened([*told, *lines[found:]]))], exit_code, fails_with=1)


PJDFSTEST_CASE = re.compile(r"(\S+)\s+(ok|skipped|FAILED|failed as expected|PASSED UNEXPECTEDLY)")
PJDFSTEST_SUMMARY = re.compile(
    r"Summary: (\d+) failed, (\d+) skipped, (\d+) passed, (\d+) expected failures, (\d+) total"
)
PJDFSTEST_OUTCOMES = {"ok": PASSED, "skipped": SKIPPED, "FAILED": FAILED}


def pjdfstest(output: str, exit_code: int) -> Outcome:
    """A case a line, with what was wrong indented below it, and a summary at the end that must say the same."""
    cases: list[Case] = []
    counted: list[int] | None = None
    for line in output.splitlines():
        found, summary = PJDFSTEST_CASE.fullmatch(line.rstrip()), PJDFSTEST_SUMMARY.fullmatch(line.strip())
        if summary:
            counted = [int(number) for number in summary.groups()]
        elif found:
            if found[2] not in PJDFSTEST_OUTCOMES:
                raise OutputError(f"pjdfstest was told of expected failures, which is not its business: {line.strip()}")
            cases.append(Case(found[1], PJDFSTEST_OUTCOMES[found[2]], []))
        elif cases and counted is None and line.strip():
            cases[-1].lines.append(line.strip())
    if counted is None:
        raise OutputError(f"pjdfstest printed no summary: {last_words(output)}")
    outcomes = [case.outcome for case in cases]
    seen = [*(outcomes.count(outcome) for outcome in (FAILED, SKIPPED, PASSED)), 0, len(cases)]
    if seen != counted:
        raise OutputError(f"The summary of pjdfstest counts {counted}, and its lines {seen}")
    if not cases:
        raise OutputError("pjdfstest ran no case")
    return checked([case._replace(lines=shortened(case.lines)) for case in cases], exit_code, fails_with=1)


SMBTORTURE_CASE = re.compile(r"(success|failure|error|skip|xfail|uxsuccess): (.+?)(?: \[)?")
SMBTORTURE_OUTCOMES = {"success": PASSED, "failure": FAILED, "error": FAILED, "skip": SKIPPED}


def smbtorture(output: str, exit_code: int) -> Outcome:
    """Begin and end of each case, and what was wrong in brackets after its end. Groups may have cases of one name."""
    cases: list[Case] = []
    counts: dict[str, int] = {}
    begun, inside = "", False
    for line in output.splitlines():
        found = None if inside else SMBTORTURE_CASE.fullmatch(line)
        if inside:
            inside = line != "]"
            if inside and line.strip():
                cases[-1].lines.append(line.strip())
        elif line.startswith("test: "):
            begun = line.removeprefix("test: ")
        elif found:
            if found[1] not in SMBTORTURE_OUTCOMES:
                raise OutputError(f"smbtorture was told of expected failures, which is not its business: {line}")
            counts[found[2]] = counts.get(found[2], 0) + 1
            name = found[2] if counts[found[2]] == 1 else f"{found[2]} ({counts[found[2]]})"
            cases.append(Case(name, SMBTORTURE_OUTCOMES[found[1]], []))
            begun, inside = "", line.endswith(" [")
    if begun or inside:
        raise OutputError(f"smbtorture ended within {begun or cases[-1].name}: {last_words(output)}")
    if not cases:
        raise OutputError(f"smbtorture told of no case: {last_words(output)}")
    return checked([case._replace(lines=shortened(case.lines)) for case in cases], exit_code, fails_with=1)


Parser = t.Callable[[str, int], Outcome]
PARSERS: dict[str, Parser] = {"fsx": fsx, "pjdfstest": pjdfstest, "smbtorture": smbtorture}
"""The functions by the name that a suite gives as its parser."""


def outcome_of(parser: str, output: str, exit_code: int) -> Outcome:
    """What a program found; an OutputError when that cannot be known."""
    outcome = PARSERS[parser](output, exit_code)
    names = [case.name for case in outcome.cases]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise OutputError(f"Cases were told twice: {', '.join(twice[:5])}")
    if all(case.outcome == SKIPPED for case in outcome.cases):
        raise OutputError("Every case was skipped")
    return outcome

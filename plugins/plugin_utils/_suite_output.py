# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the programs of suites print, read by one pure function for each.

A function gets the output and the exit code of a program that ended by itself. It returns what became of every case, or
raises an OutputError: output that is not understood is never a pass.
"""

from __future__ import annotations

import json
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


STRESS_NG = re.compile(r"stress-ng: (\w+): +\[\d+\] (.*)")
STRESS_NG_COUNT = re.compile(r"(passed|failed|skipped): (\d+)(?:: (.*))?")
STRESS_NG_METRIC = re.compile(r"(\S+) +(\d+) +(\d+\.\d+) +\d+\.\d+ +\d+\.\d+ +\d+\.\d+ +\d+\.\d+ .*")
STRESS_NG_LACKS = (3, 4)
"""Its exit codes for stressors that could not run here."""


def stress_ng(output: str, exit_code: int) -> Outcome:
    """A case a stressor, as the lists at the end have them; and how many operations each has made of its own."""
    said = [found.groups() for found in map(STRESS_NG.fullmatch, output.splitlines()) if found]
    counts = [found.groups() for kind, text in said if kind == "info" and (found := STRESS_NG_COUNT.fullmatch(text))]
    if {outcome for outcome, _count, _names in counts} != {PASSED, FAILED, SKIPPED}:
        raise OutputError(f"stress-ng printed no summary: {last_words(output)}")
    lines: dict[str, list[str]] = {}
    for kind, text in said:
        name, colon, told = text.partition(": ")
        if colon and kind != "metrc":
            lines.setdefault(name, []).append(f"{kind}: {told}")
    cases = []
    for outcome, count, names in counts:
        listed = re.findall(r"(\S+) \(\d+\)", names or "")
        if len(listed) != int(count):
            raise OutputError(f"stress-ng counts {count} stressors as {outcome}, and names {len(listed)}")
        cases += [Case(name, outcome, [] if outcome == PASSED else shortened(lines.get(name, []))) for name in listed]
    if not cases:
        raise OutputError("stress-ng ran no stressor")
    lacks = exit_code in STRESS_NG_LACKS and any(case.outcome == SKIPPED for case in cases)
    told = checked(cases, 0 if lacks else exit_code, fails_with=2)
    rows = [STRESS_NG_METRIC.fullmatch(text) for kind, text in said if kind == "metrc"]
    remarks = [f"{row[1]}: {row[2]} operations in {row[3]} s" for row in rows if row]
    return told._replace(remarks=[*told.remarks, *remarks])


FIO_WRONG = re.compile(r"\S+: (?:verify failed|bad .*?) at file (\S+) offset (\d+), length (\d+).*")


def fio_verify(output: str, exit_code: int) -> Outcome:
    """A case a job that verifies, and which bytes of its file were others. fio itself ends with 0 when it was told to
    go on after wrong ones."""
    begin, end = re.search(r"^\{$", output, re.MULTILINE), output.rfind("\n}")
    try:
        document = json.loads(output[begin.start() : end + 2] if begin else "")
        jobs = [(job["jobname"], job) for job in document["jobs"]]
    except (ValueError, KeyError, TypeError) as error:
        raise OutputError(f"fio printed no result: {last_words(output)}") from error
    wrong: dict[str, list[str]] = {}
    for line in output[: begin.start() if begin else 0].splitlines() + output[end + 2 :].splitlines():
        found = FIO_WRONG.fullmatch(line.strip())
        if found:
            wrong.setdefault(found[1].rpartition("/")[2], []).append(
                f"offset {found[2]}, {found[3]} bytes: {line.strip()}"
            )
    cases = []
    for name, job in jobs:
        options = job["job options"]
        file = options.get("filename", f"{name}.0.0")
        if options.get("verify") == "0":
            if job["error"]:
                cases.append(Case(name, FAILED, [f"fio ended the job with error {job['error']}"]))
            continue
        ended = [f"fio ended the job with error {job['error']}"] if job["error"] else []
        if not ended and not job["read"]["total_ios"]:
            raise OutputError(f"fio read nothing back in job {name}")
        cases.append(
            Case(name, FAILED if ended else PASSED, shortened([*wrong.get(file, []), *ended]) if ended else [])
        )
    told = {line for case in cases for line in case.lines}
    if any(line not in told for lines in wrong.values() for line in lines[: LINES_MAX // 2]):
        raise OutputError("fio told of wrong bytes, and of no job that had an error")
    if not cases:
        raise OutputError("fio ran no job that verifies")
    failed = any(case.outcome == FAILED for case in cases)
    return checked(cases, exit_code, fails_with=exit_code if failed else 1)


NFSTEST_TEST = re.compile(r"    TEST: Running test '(\w+)'")
NFSTEST_CASE = re.compile(r"    (PASS|FAIL|BUG): (.*?)(?: \(\d+ passed, \d+ failed\))?")
NFSTEST_SUMMARY = re.compile(r"(\d+) tests \((\d+) passed, (\d+) failed\)")


def nfstest(output: str, exit_code: int) -> Outcome:
    """A case a line, below the test that it is of; and a summary at the end that must say the same."""
    cases: list[Case] = []
    seen: Counter[str] = Counter()
    counted: list[int] | None = None
    test = ""
    for line in output.splitlines():
        begun, found, summary = (rule.fullmatch(line) for rule in (NFSTEST_TEST, NFSTEST_CASE, NFSTEST_SUMMARY))
        if begun:
            test = begun[1]
        elif summary:
            counted = [int(number) for number in summary.groups()]
        elif found and not test:
            raise OutputError(f"NFStest failed before its first test: {last_words(output)}")
        elif found:
            name = f"{test}: {found[2]}"
            seen[name] += 1
            name = name if seen[name] == 1 else f"{name} ({seen[name]})"
            cases.append(Case(name, PASSED if found[1] == "PASS" else FAILED, [line.strip()]))
        elif cases and cases[-1].outcome == FAILED and line.startswith(" " * 9) and line.strip():
            cases[-1].lines.append(line.strip())
    if counted is None:
        raise OutputError(f"NFStest printed no summary: {last_words(output)}")
    outcomes = [case.outcome for case in cases]
    said = [len(cases), outcomes.count(PASSED), outcomes.count(FAILED)]
    if said != counted:
        raise OutputError(f"The summary of NFStest counts {counted}, and its lines {said}")
    if not cases:
        raise OutputError("NFStest ran no test")
    kept = [case._replace(lines=shortened(case.lines) if case.outcome == FAILED else []) for case in cases]
    return checked(kept, exit_code, fails_with=1)


CONNECTATHON_BEGIN = re.compile(r"(?:Starting (BASIC|LOCKING)|(GENERAL|SPECIAL)) (?:tests|TESTS): .*")
CONNECTATHON_BASIC = re.compile(r"\./test\w+: (.+)")
CONNECTATHON_LOCK = re.compile(r"Test #(\d+ - .+)")
CONNECTATHON_SECTION = re.compile(r"Testing (.+ locking)")
CONNECTATHON_LOST = re.compile(r"Command exited with non-zero status \d+|.*FAILED!")


def connectathon(output: str, exit_code: int) -> Outcome:
    """One set of its tests: each has a title, and a set ends with the first one that fails."""
    lines = output.splitlines()
    kind = next((found[1] or found[2] for found in map(CONNECTATHON_BEGIN.fullmatch, lines) if found), "")
    ended = [line for line in lines if line.strip()][-1:]
    broken = [f"{name} tests failed" for name in ("basic", "general", "special", "lock")]
    if not kind or ended not in (["All tests completed"], *([line] for line in broken)):
        raise OutputError(f"Connectathon came to no end: {last_words(output)}")
    cases: list[Case] = []
    section, blank = "", False
    for line in lines:
        title = connectathon_title(kind, line, blank)
        part = CONNECTATHON_SECTION.fullmatch(line)
        blank = not line.strip()
        section = f"{part[1]}: " if part else section
        if title:
            cases.append(Case(f"{section}{title}", PASSED, []))
        elif cases and line.strip():
            cases[-1].lines.append(line.strip())
    if not cases:
        raise OutputError(f"Connectathon ran no test: {last_words(output)}")
    failed = {
        number
        for number, case in enumerate(cases)
        if any(CONNECTATHON_LOST.fullmatch(line) for line in case.lines)
        or (number == len(cases) - 1 and ended != ["All tests completed"])
    }
    judged = [
        Case(case.name, FAILED, shortened(case.lines)) if number in failed else case._replace(lines=[])
        for number, case in enumerate(cases)
    ]
    outcome = checked(judged, exit_code, fails_with=1)
    missed = ["The set ended with the case that failed; what comes after it did not run"] if exit_code else []
    return outcome._replace(remarks=[*outcome.remarks, *missed])


def connectathon_title(kind: str, line: str, after_blank: bool) -> str:
    """The title of a test that begins with a line; nothing for any other line."""
    if kind == "BASIC":
        found = CONNECTATHON_BASIC.fullmatch(line)
    elif kind == "LOCKING":
        found = CONNECTATHON_LOCK.fullmatch(line)
    else:
        ends = line.endswith("ests complete") or line in ("All tests completed", "GENERAL tests failed")
        return line if after_blank and line[:1].isalpha() and not ends and "TESTS:" not in line else ""
    return found[1] if found else ""


XFSTESTS_CASE = re.compile(r"([a-z0-9]+/\d+)\s*(.*)")
XFSTESTS_LISTS = {"Ran": "", "Not run": SKIPPED, "Failures": FAILED}
XFSTESTS_END = re.compile(r"Passed all (\d+) tests|Failed (\d+) of (\d+) tests")


def xfstests(output: str, exit_code: int) -> Outcome:
    """What its ``check`` prints: a line a test, with what was wrong indented below it, and lists at the end that say
    which ran, which did not, and which failed."""
    lines: dict[str, list[str]] = {}
    lists: dict[str, list[str]] = {}
    end = None
    test = ""
    for line in output.splitlines():
        head, colon, names = line.partition(": ")
        found = XFSTESTS_CASE.fullmatch(line)
        if head in XFSTESTS_LISTS and colon:
            lists[head] = names.split()
        elif XFSTESTS_END.fullmatch(line):
            end = XFSTESTS_END.fullmatch(line)
        elif found:
            test = found[1]
            lines.setdefault(test, []).append(found[2].strip())
        elif test and line.strip() and not lists:
            lines[test].append(line.strip())
    if end is None or "Interrupted!" in output.splitlines():
        raise OutputError(f"xfstests came to no end: {last_words(output)}")
    ran, skipped, failed = (lists.get(name, []) for name in XFSTESTS_LISTS)
    counted = [int(end[1] or end[3]), int(end[2] or 0)]
    if counted != [len(ran), len(failed)]:
        listed = [len(ran), len(failed)]
        raise OutputError(f"xfstests counts {counted} tests that ran and that failed, and lists {listed}")
    cases = [
        Case(name, FAILED, shortened(lines.get(name, [])))
        if name in failed
        else Case(name, SKIPPED, [line.removeprefix("[not run] ") for line in lines.get(name, [])[:1]])
        if name in skipped
        else Case(name, PASSED, [])
        for name in ran
    ]
    lost = [name for name in [*skipped, *failed] if name not in ran]
    if lost or not cases:
        raise OutputError(f"xfstests lists {', '.join(lost[:5]) or 'no test'} as run")
    expunged = sorted(name for name, told in lines.items() if told[:1] == ["[expunged]"])
    cases += [Case(name, SKIPPED, ["excluded"]) for name in expunged]
    return checked(cases, exit_code, fails_with=1)


def of_ours(output: str, exit_code: int) -> Outcome:
    """What programs of ``suites/programs`` print: a line of JSON a case, and one at the end with their number."""
    cases: list[Case] = []
    number = None
    try:
        for line in filter(str.strip, output.splitlines()):
            said = json.loads(line)
            if "cases" in said:
                number = said["cases"]
            else:
                cases.append(Case(said["case"], said["outcome"], shortened(said["lines"])))
    except (ValueError, KeyError, TypeError) as error:
        raise OutputError(f"The program printed what is no case: {last_words(output)}") from error
    if number != len(cases) or not cases:
        raise OutputError(f"The program tells of {len(cases)} cases, and of {number} at its end")
    if any(case.outcome not in (PASSED, FAILED, SKIPPED) for case in cases):
        raise OutputError("The program tells of a case that is neither passed nor failed nor skipped")
    return checked(cases, exit_code, fails_with=1)


Parser = t.Callable[[str, int], Outcome]
PARSERS: dict[str, Parser] = {
    "fsx": fsx,
    "pjdfstest": pjdfstest,
    "smbtorture": smbtorture,
    "stress-ng": stress_ng,
    "fio-verify": fio_verify,
    "nfstest": nfstest,
    "connectathon": connectathon,
    "xfstests": xfstests,
    "json": of_ours,
}
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

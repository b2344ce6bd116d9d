# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run of suites says: for each system, protocol and suite one word, beside what a reference passes."""

from __future__ import annotations

import collections
import typing as t

from ansible_collections.netfs.bench.plugins.plugin_utils import _power_cuts, _suites
from ansible_collections.netfs.bench.plugins.plugin_utils._records import FAILING, CellRecord, SeriesName
from ansible_collections.netfs.bench.plugins.plugin_utils._results import Run, planned_series
from ansible_collections.netfs.bench.plugins.plugin_utils._series import original
from ansible_collections.netfs.bench.plugins.plugin_utils._suite_output import FAILED, PASSED, SKIPPED

SYMBOLS = {
    "pass": "✔",
    "as-reference": "=",
    "volatile": "~",
    "fail": "✖",
    "not-recovered": "✖",
    "hung": "✖",
    "not-measured": "?",
}
MEANINGS = {
    "pass": "Every case that ran passed, but for those that are expected to fail and listed with their reason.",
    "volatile": "Acknowledged writes were lost in a power cut, and the system promises nothing else.",
    "as-reference": "What failed, the reference fails as well: it says nothing of the system alone.",
    "fail": "At least one case failed that the reference passes, or that no reference was asked.",
    "not-recovered": "The service did not answer again in its time after the last fault was undone.",
    "hung": "The program did nothing for too long, or came to no end, and was killed: nothing is known.",
    "not-measured": "It did not run, or printed what is not understood: nothing is known, and that is no pass.",
}
NO_PROMISE = "Its durability is volatile: an acknowledged write may be lost in a power cut."
EXIT_OK, EXIT_FAIL, EXIT_NOT_MEASURED = 0, 20, 21
EXIT_MEANINGS = {
    EXIT_OK: "every suite passed, or failed only what the reference fails too or nobody promises",
    EXIT_FAIL: "at least one system fails what its reference passes, loses what it promised, or did not come back",
    EXIT_NOT_MEASURED: "no system is known to fail, but something was not measured",
}


FAILED_WORDS = ("fail", "not-recovered")
"""The words that say something against a system."""


class Share(t.NamedTuple):
    """How much of what a reference passes a system passes, too."""

    reference: str
    passed: int
    of: int

    @property
    def text(self) -> str:
        """As people read it."""
        return f"{self.passed} of the {self.of} that {self.reference} passes ({self.passed / self.of:.1%})"


class Result(t.NamedTuple):
    """What came of a suite on a system over a protocol, over all trials."""

    name: SeriesName
    word: str
    trials: list[CellRecord]
    """Those that have a record, in the order of the plan."""
    planned: int
    cases: dict[str, str]
    """What became of each case: failed where it failed once."""
    failing: list[str]
    """The cases that failed and are not expected to, which the reference passes or nobody asked it."""
    shared: list[str]
    """The cases that failed and are not expected to, and that the reference fails, too."""
    expected: dict[str, str]
    """Why the cases that failed as expected do so."""
    unexpected: list[str]
    """The cases that were expected to fail and passed."""
    flaky: list[str]
    """The cases of which two records disagree."""
    shares: list[Share]
    """The first is that of the reference that the word is by."""
    why: str
    """Why something of it was not measured."""
    figures: _power_cuts.Figures | None
    """What the power cuts of all trials come to; None for a suite that makes none."""

    @property
    def recovery(self) -> str:
        """Why the service counts as one that did not come back, or nothing."""
        cells = [cell for cell in self.trials if cell.faults and cell.faults.recovered is False]
        return next((cell.reason for cell in cells), "")

    @property
    def measured(self) -> list[CellRecord]:
        """The trials that say something."""
        return [cell for cell in self.trials if is_measured(cell)]

    @property
    def counts(self) -> dict[str, int]:
        """How many cases came out as what."""
        found = collections.Counter(self.cases.values())
        return {
            "passed": found[PASSED] - len(self.unexpected),
            "failed": len(self.failing) + len(self.shared),
            "skipped": found[SKIPPED],
            "expected failures": len(self.expected),
            "unexpected passes": len(self.unexpected),
        }


class Validation(t.NamedTuple):
    """A run of suites, judged."""

    run: Run
    results: list[Result]
    code: int

    @property
    def exit_meaning(self) -> str:
        """What the exit code says of this run."""
        return EXIT_MEANINGS[self.code]

    @property
    def asked(self) -> list[Result]:
        """The results of the systems that were asked for."""
        return [one for one in self.results if not self.is_reference(one)]

    def is_reference(self, result: Result) -> bool:
        """Whether a result stands beside the systems that were asked for."""
        return result.name.system in self.run.plan.get("beside", [])


def is_measured(cell: CellRecord) -> bool:
    """Whether a cell says what became of its cases."""
    return cell.status in ("ok", FAILING) and cell.suite is not None


def merged(outcomes: t.Iterable[dict[str, str]]) -> dict[str, str]:
    """What became of every case over several runs of a suite: one that failed once has failed."""
    rank = {SKIPPED: 0, PASSED: 1, FAILED: 2}
    found: dict[str, str] = {}
    for cases in outcomes:
        for case, outcome in cases.items():
            found[case] = max(outcome, found.get(case, SKIPPED), key=lambda word: rank[word])
    return found


def flaky_of(cells: t.Iterable[CellRecord]) -> list[str]:
    """The cases that passed in one record and failed in another, also in one that was replaced since."""
    seen: dict[str, set[str]] = {}
    for cell in cells:
        if cell.suite:
            for cases in (*cell.suite.earlier, cell.suite.cases):
                for case, outcome in cases.items():
                    seen.setdefault(case, set()).add(outcome)
    return sorted(case for case, outcomes in seen.items() if {PASSED, FAILED} <= outcomes)


def references_of(plan: dict[str, t.Any], name: SeriesName) -> list[tuple[str, SeriesName]]:
    """What a series is compared with: the references over the same protocol, then the client's own disk."""
    names = [reference for reference in plan.get("references", []) if reference != original(name.system)]
    return [
        (one, name._replace(system=one, protocol=_suites.LOCAL if one == _suites.LOCAL else name.protocol))
        for one in names
    ]


def judge_suites(run: Run) -> Validation:
    """Judge a run of suites."""
    records = {cell.id: cell for cell in run.cells}
    cells = {name: [records.get(one) for one in ids] for name, ids in planned_series(run.plan).items()}
    cases = {
        name: merged(cell.suite.cases for cell in found if cell and cell.suite and is_measured(cell))
        for name, found in cells.items()
    }
    results = [result_of(run, name, found, cases) for name, found in cells.items()]
    validation = Validation(run, results, EXIT_OK)
    if any(one.word in FAILED_WORDS for one in validation.asked):
        return validation._replace(code=EXIT_FAIL)
    if any(one.why for one in results):
        return validation._replace(code=EXIT_NOT_MEASURED)
    return validation


def result_of(
    run: Run, name: SeriesName, cells: list[CellRecord | None], cases: dict[SeriesName, dict[str, str]]
) -> Result:
    """The result of one series.

    :param cells: its planned cells, None standing for a record that is missing.
    :param cases: what became of the cases of every series.
    """
    found = [cell for cell in cells if cell is not None]
    own = cases[name]
    work = run.plan["workloads"][name.workload]
    expected = _suites.expected_of(work["suite"], original(name.system), name.protocol)
    promised = run.plan["systems"][name.system]["durability"] != _power_cuts.NO_PROMISE
    excuse = "" if promised or _suites.POWER_CUT not in work else NO_PROMISE
    reasons = {case: _suites.reason_of(case, expected) for case in own}
    failed = [case for case, outcome in own.items() if outcome == FAILED]
    # what a system promises of a power cut is kept or not, whatever others do
    others = [] if _suites.POWER_CUT in work else references_of(run.plan, name)
    references = [(label, cases[one]) for label, one in others if cases.get(one)]
    against = references[0][1] if references else {}
    told = {case: reasons[case] or excuse for case in failed}
    unexplained = [case for case in failed if not told[case]]
    failing = [case for case in unexplained if against.get(case) != FAILED]
    flaky = flaky_of(found)
    why = why_of(found, len(cells))
    passes = {label: [case for case, outcome in theirs.items() if outcome == PASSED] for label, theirs in references}
    return Result(
        name=name,
        word=word_of(failing, unexplained, found, why, volatile=any(told[case] == NO_PROMISE for case in failed)),
        trials=found,
        planned=len(cells),
        cases=own,
        failing=failing,
        shared=[case for case in unexplained if case not in failing],
        expected={case: told[case] for case in failed if told[case]},
        unexpected=[case for case, reason in reasons.items() if reason and own[case] == PASSED],
        flaky=flaky,
        shares=[
            Share(label, sum(own.get(case) == PASSED for case in theirs), len(theirs))
            for label, theirs in passes.items()
            if own and theirs
        ],
        why=why,
        figures=_power_cuts.figures_of([cut for cell in found if cell.suite for cut in cell.suite.power_cuts or []]),
    )


def why_of(found: list[CellRecord], planned: int) -> str:
    """Why trials were not measured, each reason once; empty when all were."""
    reasons = [cell.reason or "it has no cases" for cell in found if not is_measured(cell)]
    missing = ["not run yet"] if len(found) < planned else []
    return "; ".join(dict.fromkeys([*reasons, *missing]))


def word_of(failing: list[str], unexplained: list[str], found: list[CellRecord], why: str, *, volatile: bool) -> str:
    """The word for a result. What is known to fail fails, whatever else was not measured."""
    if failing:
        return "fail"
    if any(cell.faults and cell.faults.recovered is False for cell in found):
        return "not-recovered"
    if any(cell.suite and cell.suite.hung for cell in found):
        return "hung"
    if why:
        return "not-measured"
    if unexplained:
        return "as-reference"
    return "volatile" if volatile else "pass"


def sentence(validation: Validation) -> str:
    """What came of it, in one sentence."""
    words = collections.Counter(one.word for one in validation.asked)
    said = [f"{word} in {words[word]}" for word in SYMBOLS if words[word]]
    systems = list(dict.fromkeys(one.name.system for one in validation.asked))
    subject = ", ".join(systems) or "only references"
    total = len(validation.asked)
    return f"{subject}, {total} result{'s' * (total != 1)}: {', '.join(said) or 'none'}."


def warnings(validation: Validation) -> list[str]:
    """What a reader must not miss, each in one sentence."""
    found = []
    for one in validation.results:
        label = " ".join(one.name[:3])
        if one.why:
            found.append(f"{SYMBOLS['not-measured']} {label} was not measured: {first_line(one.why)}")
        if one.word == "not-recovered":
            found.append(f"{SYMBOLS[one.word]} {label}: {first_line(one.recovery)}")
        if one.unexpected:
            listed = ", ".join(one.unexpected[:3])
            found.append(
                f"{label} passed {len(one.unexpected)} that it is expected to fail ({listed}): update the suite."
            )
        if one.flaky:
            found.append(f"≈ {label}: two records disagree about {', '.join(one.flaky[:3])}.")
        found += [f"{label}: {remark}." for cell in one.trials if cell.suite for remark in cell.suite.remarks]
    if not any(one.shares or one.figures for one in validation.asked):
        found.append("No reference was measured: what fails everywhere cannot be told from what one system fails.")
    return list(dict.fromkeys(found))


def first_line(text: str) -> str:
    """The first line of a reason, as a sentence."""
    return text.strip().partition("\n")[0].rstrip(".") + "."


def failure_of(validation: Validation) -> str:
    """Why the run is no success; empty when it is one."""
    if validation.code == EXIT_OK:
        return ""
    unmeasured = sum(bool(one.why) for one in validation.results)
    failed = sum(one.word in FAILED_WORDS for one in validation.asked)
    return (
        f"{failed} of {len(validation.asked)} results fail, and {unmeasured} of all were not measured. The report has "
        f"each case and each reason. To run what was not measured: -e run={validation.run.plan['run']}; with "
        "-e rerun=failed besides, what failed as well"
    )

# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run says, in words: the meaning of every verdict, one sentence for all of them, and the exit code."""

from __future__ import annotations

import collections
import json
import typing as t
from pathlib import Path

from ansible_collections.netfs.bench.plugins.module_utils._files import Json, write_json
from ansible_collections.netfs.bench.plugins.plugin_utils import _compare, _results, _statistics
from ansible_collections.netfs.bench.plugins.plugin_utils._compare import Pair
from ansible_collections.netfs.bench.plugins.plugin_utils._lags import Lag, lags_of
from ansible_collections.netfs.bench.plugins.plugin_utils._records import SeriesName
from ansible_collections.netfs.bench.plugins.plugin_utils._results import Run
from ansible_collections.netfs.bench.plugins.plugin_utils._run import RunError, read_json
from ansible_collections.netfs.bench.plugins.plugin_utils._series import AA_MARK, Series, read_series
from ansible_collections.netfs.bench.plugins.plugin_utils._suites import has_suites

SCHEMA = "netfs.bench/verdict/1"
BASELINE_SCHEMA = "netfs.bench/baseline/1"
BASELINE = "baseline.json"

SYMBOLS = {
    "faster": "▲",
    "slower": "▼",
    "equivalent": "=",
    "inconclusive": "?",
    "noisy": "≈",
    "too-few": "…",
    "corrupt": "✖",
    "failed": "✖",
    "not-cold": "✖",
    "rejected": "✖",
    "not-comparable": "≠",
    "at-ceiling": "↥",
}
MEANINGS = {
    "faster": "Better by 5 % or more in the best estimate, and chance is ruled out.",
    "slower": "Worse by 5 % or more in the best estimate, and chance is ruled out.",
    "equivalent": "Whatever difference there is, it is smaller than 5 %: the same for all practical purposes.",
    "inconclusive": "The trials agree well, but the interval still allows more than one answer; more trials may help.",
    "noisy": "The trials of one side vary so much that a difference of this size may be noise.",
    "too-few": "Too few trials or node sets, or too many comparisons for so few trials: nothing can be said.",
}
STATE_MEANINGS = {
    "corrupt": "The system returned wrong bytes. How fast it did so does not matter.",
    "failed": "At least one planned trial has no value; leaving it out would favour a system that fails when slow.",
    "not-cold": "The pass was to be cold, and the counters do not prove that the data came from the disk.",
    "rejected": "Faster than the hardware allows: a cache answered, not what was to be measured.",
    "not-comparable": "The two were not measured under the same conditions; the fields that differ are listed.",
    "at-ceiling": "Both reach what disk, network or client can do: the hardware was measured, not the systems.",
}
EXIT_MEANINGS = {
    _compare.EXIT_OK: "nothing is slower, noisy, too few or unfit",
    _compare.EXIT_SLOWER: "at least one is slower",
    _compare.EXIT_NOISY: "at least one comparison is noisy",
    _compare.EXIT_TOO_FEW: "too few trials for a verdict, or nothing to compare",
    _compare.EXIT_INVALID: "at least one series is not fit for a verdict",
}


class Findings(t.NamedTuple):
    """A run, or a run against another, judged."""

    run: Run
    base: Run | None
    """The run that it is compared with; None when its own systems are compared."""
    series: dict[SeriesName, Series]
    pairs: list[Pair]
    forced: bool
    strict: bool
    code: int
    protocols: list[Pair]
    """The protocols of the only system against each other; see :func:`_compare.between_protocols`."""
    only_base: list[SeriesName]
    only_candidate: list[SeriesName]
    lags: list[Lag]
    """How far another site was behind in the run."""
    base_lags: list[Lag]

    @property
    def counts(self) -> dict[str, int]:
        """How many comparisons came out as each word, without those of a system with itself."""
        found = collections.Counter(pair.word for pair in self.pairs if not pair.aa)
        return {word: found[word] for word in SYMBOLS if found[word]}

    @property
    def exit_meaning(self) -> str:
        """What the exit code says of this run."""
        if self.code == _compare.EXIT_OK and not self.pairs:
            return "all that was planned is measured; there was nothing to compare"
        if self.code == _compare.EXIT_INVALID and not self.unfit:
            return "at least one comparison is not fit for a verdict, though every series of this run is"
        return EXIT_MEANINGS[self.code]

    @property
    def unfit(self) -> list[Series]:
        """The planned series that are not fit for a verdict."""
        return [series for series in self.series.values() if series.state != "ok"]


def judge_run(run: Run, base: Run | None = None, *, force: bool = False, strict: bool = False) -> Findings:
    """Judge a run: its systems against each other, or all of it against another run."""
    series = read_series(run)
    if base is None:
        pairs = _compare.within(run, force, series)
        first = next(iter(run.plan["systems"]))
        # a run fails on what is slower than the system named first, not on every order among the others
        judged = [pair for pair in pairs if pair.base.name.system == first or pair.aa or pair.word != "slower"]
        code = _compare.exit_code(judged, strict, series.values())
        if not pairs and len(run.plan["systems"]) == 1 and code == _compare.EXIT_TOO_FEW:
            code = _compare.EXIT_OK
        protocols = _compare.between_protocols(run, force, series)
        return Findings(run, None, series, pairs, force, strict, code, protocols, [], [], lags_of(run), [])
    pairs = _compare.between(base, run, force, series)
    code = _compare.exit_code(pairs, strict, series.values())
    unmatched = _compare.unmatched(base, run)
    return Findings(run, base, series, pairs, force, strict, code, [], *unmatched, lags_of(run), lags_of(base))


def list_of(parts: list[str]) -> str:
    """``a, b and c``."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def sentence(findings: Findings) -> str:
    """What came of it, in one sentence."""
    plan = findings.run.plan
    systems = [name for name in plan["systems"] if AA_MARK not in name]
    counts = findings.counts
    total = sum(counts.values())
    if findings.base is not None:
        subject = f"{plan['run']} against {findings.base.plan['run']}"
    elif len(systems) == 2:
        subject = f"{systems[1]} against {systems[0]}"
    else:
        subject = f"{len(systems)} systems against each other"
    if not total:
        if findings.base is not None:
            return f"{subject}: nothing to compare, the runs have no series in common."
        measured = {one.name.system for one in findings.series.values() if one.values}
        named = [name for name in systems if name in measured]
        if not named:
            return f"Nothing of {list_of(systems)} was measured, so there is nothing to compare."
        if len(named) > 1:
            return f"{list_of(named)} were measured, but have no series in common to compare."
        return f"Only {named[0]} was measured, so there is nothing to compare."
    if set(counts) == {"too-few"}:
        n = min(min(len(pair.base.values), len(pair.candidate.values)) for pair in findings.pairs)
        why = f"{n} of at least {_statistics.N_MIN} trials" if n < _statistics.N_MIN else "too many comparisons at once"
        if n >= _statistics.N_MIN and any(pair.comparison and pair.comparison.apart for pair in findings.pairs):
            why = f"each was measured on node sets of its own, which takes {_statistics.MACHINES_MIN} for each"
        return f"{subject}: too few to decide which is faster ({why})."
    words = [f"{word} in {count}" for word, count in counts.items()]
    return f"{subject}, {total} comparison{'s' * (total > 1)}: {list_of(words)}."


def warnings(findings: Findings) -> list[str]:
    """What a reader must not miss, each in one sentence."""
    found = []
    states = collections.Counter(series.state for series in findings.unfit)
    if states:
        listed = list_of([f"{count} {state}" for state, count in sorted(states.items())])
        found.append(f"✖ {sum(states.values())} of {len(findings.series)} series are not fit for a verdict: {listed}.")
    if findings.forced:
        unlike = sum(bool(pair.why) and pair.comparison is not None for pair in findings.pairs)
        found.append(f"≠ FORCED: {unlike} pairs were compared although they were measured under different conditions.")
    alarms, tested = _compare.false_alarms(findings.pairs)
    if tested:
        text = f"A/A: a system against itself raised {alarms} false alarms in {tested} comparisons"
        noisy = alarms > _compare.AA_MAX * tested
        found.append(f"≈ {text}: over 5 %, so the whole run is noisy." if noisy else f"{text}.")
    trials = findings.run.plan["trials"]
    if trials < _statistics.N_MIN:
        found.append(
            f"… Too few: {trials} trial{'s' * (trials > 1)} per series cannot show which of two is faster; "
            f"{_statistics.N_MIN} are the least. The numbers show that everything works, and roughly how much."
        )
    machines = max((len(set(one.machines)) for one in findings.series.values()), default=0)
    if 1 < machines < _statistics.MACHINES_MIN:
        found.append(
            f"… The figures rest on {machines} node sets and hold for these; {_statistics.MACHINES_MIN} or more say "
            "something of others like them."
        )
    for names, whose in ((findings.only_base, "the base"), (findings.only_candidate, "this run")):
        if names:
            found.append(f"{len(names)} series exist only in {whose} and are compared with nothing.")
    return found


def machines_text(comparison: _statistics.Comparison) -> str:
    """On how many machines the two sides of a comparison were measured."""
    counts = comparison.machines_base, comparison.machines_candidate
    return f"{counts[0]} node sets" if counts[0] == counts[1] > 1 else f"{counts[0]} and {counts[1]} node sets"


def remark(pair: Pair) -> str:
    """What a reader must know of a verdict beside its numbers."""
    parts = []
    comparison = pair.comparison
    if comparison is not None:
        if pair.word == "inconclusive" and pair.p_holm <= _statistics.ALPHA:
            parts.append("direction shown, size not")
        if pair.word in ("faster", "slower") and comparison.cv > _statistics.CV_MAX:
            parts.append(f"noisy (CV {comparison.cv:.1%}), yet clear")
        if comparison.machines >= _statistics.MACHINES_MIN:
            parts.append(f"interval over {machines_text(comparison)}")
        elif comparison.apart:
            parts.append(
                f"{machines_text(comparison)}, none in common: the difference may be that of the nodes; "
                f"{_statistics.MACHINES_MIN} are needed for each side"
            )
        unsteady = max(pair.base.unsteady, pair.candidate.unsteady)
        if unsteady:
            parts.append(f"{unsteady:.0%} of trials unsteady")
        if pair.bound:
            parts.append("one side is at the ceiling: the ratio is a bound")
    if pair.why:
        parts.append(f"FORCED although {pair.why}" if comparison is not None else pair.why)
    return "; ".join(parts)


def verdict_document(findings: Findings) -> Json:
    """``verdict.json``: the exit code, what it means, and how many comparisons came out as what."""
    alarms, tested = _compare.false_alarms(findings.pairs)
    return {
        "schema": SCHEMA,
        "run": findings.run.plan["run"],
        "base": findings.base.plan["run"] if findings.base else "none: the systems of the run are compared",
        "exit_code": findings.code,
        "exit_meaning": findings.exit_meaning,
        "sentence": sentence(findings),
        "warnings": warnings(findings),
        "forced": findings.forced,
        "strict": findings.strict,
        "counts": findings.counts,
        "aa": {"false_alarms": alarms, "comparisons": tested},
        "unfit": [{"series": "~".join(one.name), "state": one.state, "why": one.why} for one in findings.unfit],
        "only_in_base": ["~".join(name) for name in findings.only_base],
        "only_in_run": ["~".join(name) for name in findings.only_candidate],
    }


def to_json(findings: Findings) -> str:
    """The text of ``verdict.json``."""
    return json.dumps(verdict_document(findings), indent=1, ensure_ascii=False) + "\n"


def declare_baseline(directory: Path, *, dry_run: bool = False) -> Json:
    """Make a run the baseline of its results directory, or raise a RunError: a run with a hole never becomes one."""
    run = _results.read_run(directory)
    if has_suites(run.plan):
        raise RunError(f"{run.plan['run']} is a run of suites and cannot be the baseline of later ones.")
    unfit = [series for series in read_series(run).values() if series.state != "ok"]
    if unfit:
        named = "; ".join(f"{' '.join(one.name)}: {one.state}, {one.why}" for one in unfit[:5])
        more = f"; and {len(unfit) - 5} more" if len(unfit) > 5 else ""
        raise RunError(
            f"{run.plan['run']} is partial and cannot be the baseline: {len(unfit)} of its series are not fit for a "
            f"verdict ({named}{more}). Measure these again with -e run={run.plan['run']}."
        )
    document = {"schema": BASELINE_SCHEMA, "run": directory.name}
    if not dry_run:
        write_json(directory.parent / BASELINE, document)
    return document


def baseline_of(results: Path) -> Path | None:
    """The directory of the baseline of a results directory, None when none was declared."""
    if not (results / BASELINE).exists():
        return None
    return results / str(read_json(results / BASELINE)["run"])

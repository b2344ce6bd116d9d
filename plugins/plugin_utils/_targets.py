# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Figures that were promised, and whether what was measured keeps them: pass, fail, or not measured with the reason."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.netfs.bench.plugins.module_utils._files import Json
from ansible_collections.netfs.bench.plugins.plugin_utils._profiles import faults_of_keys, unknown
from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import refuse
from ansible_collections.netfs.bench.plugins.plugin_utils._run import UNKNOWN

PASS, FAIL, NOT_MEASURED = "pass", "fail", "not-measured"

TIMES = {"us": 1e3, "ms": 1e6, "s": 1e9}
FIGURES: dict[str, dict[str, float]] = {
    "latency": TIMES,
    "replication-lag": TIMES,
    "throughput": {"MB/s": 1e6, "GB/s": 1e9},
    "violations": {"violations": 1},
    "suites-time": {"min": 60, "h": 3600},
    "cost-per-day": {"USD": 1},
}
"""What can be promised, and its units: how much one is in ns, bytes/s, a number, seconds, dollars."""
METHODS = {
    "latency": "that quantile of each trial's merged histogram; interval of its median over the trials",
    "replication-lag": "that quantile over the files of all trials, and its interval less the time between two looks",
    "throughput": "median over the trials, and its interval; never on containers, between which there is no network",
    "violations": "the kinds of shared things of which a checker found the history impossible",
    "suites-time": "the time that the suites took in the longest trial",
    "cost-per-day": "estimate: what running instances cost an hour so far, times the hours",
}
COMPARISONS = ("below", "above", "at_most")
KEYS: dict[str, type] = {
    "promise": str,
    "figure": str,
    "of": list,
    "quantile": float,
    "effort": str,
    "hours": float,
    "unit": str,
    **dict.fromkeys(COMPARISONS, float),
}
NEEDED = {
    "latency": ("of", "quantile"),
    "replication-lag": ("of", "quantile"),
    "throughput": ("of",),
    "violations": ("of",),
    "suites-time": ("of", "effort"),
    "cost-per-day": ("hours",),
}
"""The keys of a target beside those that each one has, by its figure."""
QUANTILES = {0.5: "p50", 0.95: "p95", 0.99: "p99", 0.999: "p99_9"}
"""Those that cells are recorded with, as the names of their metrics have them."""


class Target(t.NamedTuple):
    """A figure that was promised."""

    name: str
    promise: str
    figure: str
    of: list[str]
    """Workloads, or suites; empty where nothing is run for it."""
    comparison: str
    limit: float
    """In ``unit``."""
    unit: str
    quantile: float
    effort: str
    hours: float

    def shown(self, value: float | None) -> str:
        """A value, which is in ns, bytes/s, seconds, dollars or a number, in the unit of the target."""
        return UNKNOWN if value is None else f"{value / FIGURES[self.figure][self.unit]:.4g} {self.unit}"

    @property
    def limit_text(self) -> str:
        """The limit as people read it."""
        return f"{self.comparison.replace('_', ' ')} {self.limit:g} {self.unit}"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was measured of a target on one thing, and how far that can be believed."""

    subject: str
    """What it was measured on."""
    value: float | None = None
    low: float | None = None
    """The lower end of the interval; None where nothing is known of it."""
    high: float | None = None
    why: str = ""
    """Why it was not measured, or why no more of it is known."""
    beside: tuple[str, ...] = ()
    """What a reader must see beside the value."""
    source: str = ""
    """Where it stands."""
    at: str = UNKNOWN
    """When it was measured (ISO 8601, UTC)."""


class Judgement(t.NamedTuple):
    """What a finding says of its target."""

    finding: Finding
    state: str
    reason: str
    """Why it is no pass; empty for one."""


def targets_of(given: t.Any) -> list[Target]:
    """The targets of a document; refused with everything that is wrong with it."""
    if not isinstance(given, dict) or not given:
        refuse(given, "a file of targets is a dictionary of them, by their names", "targets")
    faults = [fault for name, one in given.items() for fault in faults_of(str(name), one)]
    if faults:
        refuse(", ".join(map(str, given)), "; ".join(faults), "targets")
    return [target_of(str(name), one) for name, one in given.items()]


def faults_of(name: str, given: t.Any) -> list[str]:
    """What is wrong with a target, a clause each."""
    where = f"target '{name}'"
    faults = faults_of_keys(given, KEYS, ("promise", "figure", "unit"), where)
    if faults:
        return faults
    if given["figure"] not in FIGURES:
        return [unknown(f"figure of {where}", given["figure"], FIGURES)]
    faults = [f"{where} has no key '{key}'" for key in NEEDED[given["figure"]] if key not in given]
    units = FIGURES[given["figure"]]
    if given["unit"] not in units:
        faults.append(unknown(f"unit of {where}", given["unit"], units))
    if sum(word in given for word in COMPARISONS) != 1:
        faults.append(f"{where} needs one of {', '.join(COMPARISONS)}")
    if "of" in given and not (given["of"] and all(isinstance(one, str) for one in given["of"])):
        faults.append(f"'of' of {where} is no list of names")
    if given.get("quantile", 0.5) not in QUANTILES:
        faults.append(f"'quantile' of {where} is none of {', '.join(map(str, QUANTILES))}")
    if not 0 < given.get("hours", 1) <= 24:
        faults.append(f"'hours' of {where} is not more than 0 and at most 24")
    return faults


def target_of(name: str, given: Json) -> Target:
    """A target from a description without faults."""
    comparison = next(word for word in COMPARISONS if word in given)
    return Target(
        name=name,
        promise=given["promise"],
        figure=given["figure"],
        of=given.get("of", []),
        comparison=comparison,
        limit=given[comparison],
        unit=given["unit"],
        quantile=given.get("quantile", 0.5),
        effort=given.get("effort", ""),
        hours=given.get("hours", 24),
    )


def state_of(target: Target, low: float | None, high: float | None) -> str:
    """Whether all of an interval keeps a promise, or none of it; an end that is None may be anywhere."""
    limit = target.limit * FIGURES[target.figure][target.unit]
    if target.comparison == "above":
        kept, broken = low is not None and low > limit, high is not None and high <= limit
    elif target.comparison == "below":
        kept, broken = high is not None and high < limit, low is not None and low >= limit
    else:
        kept, broken = high is not None and high <= limit, low is not None and low > limit
    return PASS if kept else FAIL if broken else NOT_MEASURED


def interval_text(target: Target, finding: Finding) -> str:
    """The interval of a finding as people read it."""
    if finding.low is None and finding.high is None:
        return ""
    if finding.low == finding.high:
        return target.shown(finding.low)
    if finding.low is None:
        return f"at most {target.shown(finding.high)}"
    if finding.high is None:
        return f"at least {target.shown(finding.low)}"
    return f"{target.shown(finding.low)} to {target.shown(finding.high)}"


def judge(target: Target, finding: Finding) -> Judgement:
    """Whether a finding keeps the promise."""
    state = state_of(target, finding.low, finding.high)
    if state == PASS:
        return Judgement(finding, PASS, "")
    told = interval_text(target, finding)
    if state == FAIL:
        return Judgement(finding, FAIL, f"{told}, and promised was {target.limit_text}")
    undecided = f"undecided: {told} may or may not be {target.limit_text}" if told else ""
    reason = "; ".join(part for part in (finding.why, undecided) if part) or "nothing is known of it"
    return Judgement(finding, NOT_MEASURED, reason)


def overall(states: t.Collection[str]) -> str:
    """The state of what several parts make up: it fails where one does, and passes where all do."""
    if FAIL in states:
        return FAIL
    return PASS if states and set(states) == {PASS} else NOT_MEASURED

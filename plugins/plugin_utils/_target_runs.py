# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the runs of a results directory say of the cluster that stands now: figures of targets, results of suites.

A run counts only when it was measured on the nodes that stand now, and after they were set up.
"""

from __future__ import annotations

import statistics
import typing as t
from datetime import datetime
from pathlib import Path

from ansible_collections.netfs.bench.plugins.module_utils._files import Json
from ansible_collections.netfs.bench.plugins.plugin_utils import _lags, _series, _statistics, _validation
from ansible_collections.netfs.bench.plugins.plugin_utils._records import CellRecord
from ansible_collections.netfs.bench.plugins.plugin_utils._results import Run, operations_of, read_run
from ansible_collections.netfs.bench.plugins.plugin_utils._run import UNKNOWN, RunError, read_json
from ansible_collections.netfs.bench.plugins.plugin_utils._runs import all_runs
from ansible_collections.netfs.bench.plugins.plugin_utils._suite_output import FAILED
from ansible_collections.netfs.bench.plugins.plugin_utils._suites import has_suites
from ansible_collections.netfs.bench.plugins.plugin_utils._tables import human, instance_lines
from ansible_collections.netfs.bench.plugins.plugin_utils._targets import QUANTILES, Finding, Target

CONTAINERS = "docker"


class Subject(t.NamedTuple):
    """The cluster of which something is to be known."""

    system: str
    topology: str
    node_kind: str
    hosts: frozenset[str]
    since: datetime | None
    """When the last of its nodes was set up; None when that is not known."""


class Found(t.NamedTuple):
    """A run that counts, or why there is none."""

    run: Run | None
    cells: list[CellRecord]
    """Its records of the system."""
    why: str = ""

    @property
    def source(self) -> str:
        """The directory of the run."""
        return str(self.run.directory) if self.run else ""

    @property
    def at(self) -> str:
        """When the last of its cells ended."""
        return max((cell.ended for cell in self.cells if cell.ended != UNKNOWN), default=UNKNOWN)


def moment(text: str) -> datetime | None:
    """A point in time from a record; None where it is not known."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None


def plans_work(plan: Json, subject: Subject, work: str) -> bool:
    """Whether a run was to do a workload or a suite on a system of a topology."""
    return plan.get("topology", {}).get("topology") == subject.topology and any(
        cell["system"] == subject.system and cell["workload"] == work for cell in plan["cells"]
    )


def latest(results: Path, subject: Subject, work: str) -> Found:
    """The latest run that did a workload or a suite on a cluster; one that is damaged, or older than it, does not
    count, and neither does any before it."""
    for directory in reversed(all_runs(results)):
        try:
            plan = read_json(directory / "plan.json")
            if "cells" not in plan or not plans_work(plan, subject, work):
                continue
            run = read_run(directory)
        except RunError as error:
            return Found(None, [], str(error))
        cells = [cell for cell in run.cells if (cell.name.system, cell.name.workload) == (subject.system, work)]
        why = stale(run, cells, subject)
        return Found(None, [], f"run {plan['run']}: {why}") if why else Found(run, cells)
    return Found(None, [], f"no run of {work} with system={subject.system} topology={subject.topology} in {results}")


def stale(run: Run, cells: list[CellRecord], subject: Subject) -> str:
    """Why a run says nothing of a cluster, a clause; empty when it does."""
    if not cells:
        return "nothing of it was measured yet"
    if not run.record.nodes:
        return "what it ran on is not known"
    others = sorted(run.record.nodes.keys() - subject.hosts)
    if others:
        return f"it ran on other nodes: {', '.join(others)}"
    return too_old([moment(cell.started) for cell in cells], subject.since)


def too_old(begun: t.Sequence[datetime | None], since: datetime | None) -> str:
    """Why what began then says nothing of a cluster that was set up at some time, a clause; empty when it does."""
    known = [one for one in begun if one is not None]
    if since is None or len(known) < len(begun):
        return f"when {'the cluster was set up' if since is None else 'it was measured'} is not known"
    if min(known) >= since:
        return ""
    return (
        f"it was measured at {min(known):%Y-%m-%d %H:%M}, before the cluster was set up as it is now "
        f"({since:%Y-%m-%d %H:%M})"
    )


def findings_of(target: Target, results: Path, subject: Subject, cost: Json | None) -> list[Finding]:
    """What was measured of a target.

    :param cost: what ``cloud_accrual_info`` returned, or ``why`` it could not be asked; None where nothing was.
    """
    if target.figure == "cost-per-day":
        return [cost_of(target, subject, cost)]
    if target.figure == "suites-time":
        return [suites_time(target, {suite: latest(results, subject, suite) for suite in target.of}, subject)]
    found = [(work, latest(results, subject, work)) for work in target.of]
    return [
        finding
        for work, one in found
        for finding in (OF_RUN[target.figure](target, one, work, subject) if one.run else [Finding(work, why=one.why)])
    ]


def series_of(found: Found, work: str, subject: Subject) -> list[_series.Series]:
    """The series of a workload on a system."""
    return [
        one
        for name, one in _series.read_series(t.cast(Run, found.run)).items()
        if (name.system, name.workload) == (subject.system, work)
    ]


def over_trials(values: list[float], share: float = 0.5) -> tuple[float | None, float | None, str]:
    """The interval of the median over trials, and why there is none."""
    low, high = _statistics.quantile_interval(values, share)
    why = f"{len(values)} trial{'s' * (len(values) != 1)}, and an interval needs {_statistics.N_MIN}"
    return low, high, "" if low is not None and high is not None else why


def latencies(target: Target, found: Found, work: str, subject: Subject) -> list[Finding]:
    """The quantile of a latency of each series of a workload, operation by operation."""
    run = t.cast(Run, found.run)
    findings = []
    for one in series_of(found, work, subject):
        cells = [cell for cell in found.cells if cell.name == one.name and cell.status == "ok"]
        for operation in operations_of(run.plan["workloads"][work]):
            metric = f"{operation}_latency_{QUANTILES[target.quantile]}_ns"
            values = [cell.metrics[metric] for cell in cells if metric in cell.metrics]
            low, high, why = over_trials(values)
            if len(values) < one.planned:
                few = f"{len(values)} of {one.planned} trials have a {QUANTILES[target.quantile]}"
                low, high, why = None, None, "; ".join([few, *([one.why] if one.why else [])])
            findings.append(
                Finding(
                    f"{' '.join(one.name)}, {operation}",
                    statistics.median(values) if values else None,
                    low,
                    high,
                    why,
                    (f"{len(values)} trials",),
                    found.source,
                    found.at,
                )
            )
    return findings


def throughputs(_target: Target, found: Found, work: str, subject: Subject) -> list[Finding]:
    """The throughput of each series of a workload, with what bounds it beside it."""
    run = t.cast(Run, found.run)
    findings = []
    for one in series_of(found, work, subject):
        low, high, why = over_trials(one.values)
        unfit = one.why or unfit_for_throughput(run)
        if unfit:
            low, high, why = None, None, unfit
        findings.append(
            Finding(" ".join(one.name), one.median, low, high, why, bounds(run, one), found.source, found.at)
        )
    return findings


def unfit_for_throughput(run: Run) -> str:
    """Why the nodes of a run say nothing of how fast a network file system is."""
    containers = sorted(host for host, node in run.record.nodes.items() if node.kind == CONTAINERS)
    return (
        f"{', '.join(containers)} are containers of one machine, without a network between them" if containers else ""
    )


def bounds(run: Run, one: _series.Series) -> tuple[str, ...]:
    """What stands beside a throughput: the measured ceiling, and what the networks of instances carry."""
    if one.ceiling is None:
        ceiling = ["no ceiling was measured"]
    else:
        ceiling = [f"ceiling {human(one.metric, one.ceiling)} ({one.ceiling_what})"]
        ceiling += ["network-bound"] if one.at_ceiling else []
    return (f"{len(one.values)} trials", *ceiling, *instance_lines(run.record.nodes))


def replication_lags(target: Target, found: Found, work: str, _subject: Subject) -> list[Finding]:
    """The quantile of the lag of each series; the lower end allows for the time between two looks."""
    findings = []
    for lag in _lags.lags_of(t.cast(Run, found.run)):
        if lag.name not in {cell.name for cell in found.cells}:
            continue
        low, high = _statistics.quantile_interval(lag.lags, target.quantile)
        named = QUANTILES[target.quantile]
        few = (
            "" if high is not None else f"{len(lag.lags)} files are too few for an upper end of the interval of {named}"
        )
        # a file that did not arrive may have been any time late
        high = None if lag.reasons else high
        findings.append(
            Finding(
                " ".join(lag.name),
                lag.figures.get(named),
                None if low is None else max(0.0, low - (lag.poll_max or 0.0)),
                high,
                "; ".join([*lag.reasons, *([few] if few else [])]),
                (
                    f"{len(lag.lags)} files in {lag.trials} trial{'s' * (lag.trials != 1)}",
                    *([] if lag.poll is None else [f"looked for every {human('ns', lag.poll)}"]),
                    *([] if lag.poll_max is None else [f"at most {human('ns', lag.poll_max)} apart"]),
                ),
                found.source,
                found.at,
            )
        )
    return findings or [Finding(work, why="the run has no replication lag of it", source=found.source)]


def suite_results(found: Found, suite: str, subject: Subject) -> list[_validation.Result]:
    """The results of a suite on a system, one for each protocol."""
    if found.run is None or not has_suites(found.run.plan):
        return []
    judged = _validation.judge_suites(found.run)
    return [one for one in judged.results if (one.name.system, one.name.workload) == (subject.system, suite)]


def violations(_target: Target, found: Found, work: str, subject: Subject) -> list[Finding]:
    """How many cases of a suite failed, whoever else fails them: each is a promise that was broken."""
    findings = []
    for one in suite_results(found, work, subject):
        failed = sorted(case for case, outcome in one.cases.items() if outcome == FAILED)
        known = bool(one.cases) and not one.why
        count = float(len(failed))
        findings.append(
            Finding(
                " ".join(one.name[:3]),
                count if known or failed else None,
                count if failed or known else None,
                count if known else None,
                one.why,
                (f"{len(one.measured)} of {one.planned} trials", *failed),
                found.source,
                found.at,
            )
        )
    return findings or [Finding(work, why="it was no run of suites", source=found.source)]


def suites_time(target: Target, found: t.Mapping[str, Found], subject: Subject) -> Finding:
    """What suites take together, each in the longest trial; at another effort, or with one that is missing, it is known
    only what they take at least."""
    seconds, whys, sources = 0.0, [], []
    for suite, one in found.items():
        if one.run is None:
            whys.append(f"{suite}: {one.why}")
            continue
        sources.append(one.source)
        spent: dict[int, float] = {}
        for cell in one.cells:
            spent[cell.trial] = spent.get(cell.trial, 0.0) + cell.seconds.total
        seconds += max(spent.values())
        whys += [f"{suite}: {result.why}" for result in suite_results(one, suite, subject) if result.why]
        if one.run.plan["effort"] != target.effort:
            whys.append(f"{suite}: it ran with effort={one.run.plan['effort']}, and counts with {target.effort}")
    at = max((one.at for one in found.values() if one.run), default=UNKNOWN)
    value = seconds if sources else None
    return Finding(
        ", ".join(found),
        value,
        value,
        None if whys else value,
        "; ".join(whys),
        (),
        ", ".join(dict.fromkeys(sources)),
        at,
    )


def cost_of(target: Target, subject: Subject, cost: Json | None) -> Finding:
    """What the running instances of a cluster cost a day, by what they cost an hour so far."""
    if subject.node_kind == "existing":
        return Finding("hosts of your own", why="what they cost is not known here")
    if not cost:
        return Finding("instances", why="what they cost was not asked")
    if "instances" not in cost:
        return Finding("instances", why=str(cost.get("why") or "what they cost is not known"))
    running = [one for one in cost["instances"] if one["running"]]
    if not running:
        return Finding("instances", why="no instance is running")
    young = [one["name"] for one in running if not one["hours"]]
    if young:
        return Finding("instances", why=f"{', '.join(young)} run for no time yet")
    dollars = target.hours * sum(float(one["dollars"]) / one["hours"] for one in running)
    return Finding(
        f"{len(running)} instances",
        dollars,
        dollars,
        dollars,
        beside=(f"estimate for {target.hours:g} hours of a day", f"{cost['spent']} dollars spent so far"),
        source="the ledger of the cost guard",
    )


OF_RUN: dict[str, t.Callable[[Target, Found, str, Subject], list[Finding]]] = {
    "latency": latencies,
    "throughput": throughputs,
    "replication-lag": replication_lags,
    "violations": violations,
}

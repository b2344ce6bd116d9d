# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From what was asked for to an ordered list of cells, or one sentence that says why not.

Everything here is pure: profiles, workloads and what the host can do come in as data.
"""

from __future__ import annotations

import dataclasses
import hashlib
import math
import re
import types
import typing as t

from ansible_collections.netfs.bench.plugins.module_utils import _fio
from ansible_collections.netfs.bench.plugins.module_utils._files import Json
from ansible_collections.netfs.bench.plugins.plugin_utils import (
    _ceilings,
    _compare,
    _deployment,
    _profiles,
    _records,
    _results,
    _series,
    _statistics,
    _suites,
)
from ansible_collections.netfs.bench.plugins.plugin_utils._fault_plan import (
    fault_lines,
    faults_of_run,
    faults_seconds,
    needs_of_nodes,
    refuse_faults_of_workloads,
)
from ansible_collections.netfs.bench.plugins.plugin_utils._faults import OWN_KERNEL
from ansible_collections.netfs.bench.plugins.plugin_utils._plan_request import (
    CLIENT_FILESYSTEM,
    TURN_OVERHEAD_S,
    Catalog,
    Placement,
    PlanError,
    Request,
    Systems,
    choose,
    served_of,
    split,
)
from ansible_collections.netfs.bench.plugins.plugin_utils._suite_plan import (
    consistency_line,
    cut_nodes,
    effort_of_suites,
    mounted,
    power_cut_line,
    refuse_options_of_workloads,
    suite_seconds,
    suites_apart,
    suites_of,
    with_mounts,
    with_references,
)

SCHEMA = "netfs.bench/plan/1"
PASSES = ("warm", "cold")
SUFFIXES = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}


# seconds that a cell and a layout cost beside fio's own run time; measured, only used for the estimate
CELL_OVERHEAD_S = 2
# a cluster has to agree that it is whole, when a turn begins and after each cold barrier
CLUSTER_OVERHEAD_S = 60

HALF_WIDTH_MAX = math.log(1.05)
"""Half width of an interval, in logarithms, at which more trials are not worth their time."""
TRIALS_MAX = 12
"""Ceiling of growth by whole trials."""


@dataclasses.dataclass(frozen=True)
class Plan:
    """What a run measures, as it is kept in ``plan.json``; ``schemas/plan.schema.json`` describes each field."""

    run: str
    created: str
    collection_version: str
    effort: str
    seed: str
    trials: int
    variables: dict[str, str]
    systems: dict[str, Json]
    workloads: dict[str, Json]
    layouts: dict[str, Json]
    checks: dict[str, str]
    ceilings: dict[str, Json]
    extend: bool
    grow: bool
    deployment: Json
    nodes: Json
    cells: list[Json]
    turns: list[Json]
    dataset_bytes: int
    estimate_seconds: int
    families: list[Json]
    trimmed: str
    budget: str
    not_served: list[Json]
    topology: Json = dataclasses.field(default_factory=dict)
    """Empty where the nodes are those of the systems."""
    references: list[str] = dataclasses.field(default_factory=list)
    """What results of suites are compared with; one of them can have been asked for itself."""
    beside: list[str] = dataclasses.field(default_factory=list)
    """Those of the references that were not asked for themselves."""
    faults: Json = dataclasses.field(default_factory=dict)
    """What is done to servers while suites run, see :mod:`_fault_plan`; empty for nothing."""

    def record(self) -> Json:
        """The plan as it is kept."""
        kept = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        for name in ("topology", "references", "beside", "faults"):
            if not kept[name]:
                del kept[name]
        return {"schema": SCHEMA, **kept}


def size_bytes(text: str) -> int:
    """Bytes of a size as fio writes it (``64m``, ``1g``, ``4096``), in powers of two."""
    match = re.fullmatch(r"(\d+)\s*([kmgt]?)(?:i?b)?", text.strip().lower())
    if not match:
        raise PlanError(f"'{text}' is not a size. Write a number of bytes, or one with k, m, g or t, such as 64m.")
    return int(match[1]) * SUFFIXES[match[2]]


def order_key(*parts: object) -> str:
    """What a random order sorts by: needs no generator state, so that a resumed run finds the same order."""
    return hashlib.sha256(":".join(map(str, parts)).encode()).hexdigest()


def head_of_job(name: str, text: str) -> Json:
    """The ``; key: value`` lines at the head of a fio job file.

    Returns ``question``, ``metric``, ``latency`` (the operations whose latency answers the question; without such a
    line those that the metric counts) and ``layout`` (the name of a layout job, or ``none``).
    """
    head: Json = dict(re.findall(r"^; (question|metric|latency|layout): (.+?)\s*$", text, re.MULTILINE))
    for key in ("question", "metric"):
        if key not in head:
            raise PlanError(f"Workload '{name}' has no line '; {key}: ...' at its head. Add one.")
    if "latency" in head:
        head["latency"] = split(head["latency"]) if head["latency"] != "none" else []
    head["latency"] = _results.operations_of(head)
    for operation in head["latency"]:
        if operation not in _results.OPERATIONS:
            raise PlanError(
                f"Workload '{name}' has the latency '{operation}', which fio does not measure. Write '; latency:' "
                f"with some of {', '.join(_results.OPERATIONS)}, or with none."
            )
    return {"layout": "none", **head, "job": text, "sha256": hashlib.sha256(text.encode()).hexdigest()}


def not_served(profiles: dict[str, Json], wanted: list[str]) -> list[Json]:
    """The pairs of a system and a wanted protocol that are not measured because the system does not serve it."""
    return [
        {"system": system, "protocol": protocol}
        for system, profile in profiles.items()
        for protocol in wanted
        if protocol not in profile["protocols"]
    ]


def refuse_idle_systems(profiles: dict[str, Json], protocols: dict[str, list[str]], wanted: list[str]) -> None:
    """Raise a PlanError for systems that would have nothing to do, with what they serve."""
    idle = [f"'{name}' (supports {', '.join(profiles[name]['protocols'])})" for name in profiles if not protocols[name]]
    if idle:
        raise PlanError(
            f"None of the requested protocols ({', '.join(wanted)}) is supported by {', '.join(idle)}. Leave out the "
            f"system, or add a protocol that it supports."
        )


def refuse_faulty_profiles(
    chosen: dict[str, Json], profiles: dict[str, Json], roles: t.Mapping[str, _deployment.Role]
) -> None:
    """Raise a PlanError for the first of the chosen profiles that says what no profile can."""
    for name, profile in chosen.items():
        others = (other for key, other in profiles.items() if key != name and isinstance(other, dict))
        used = {"client", *(service["node"] for other in others for service in other.get("services", []))}
        faults = _profiles.faults_of(profile, CLIENT_FILESYSTEM, used)
        if faults:
            raise PlanError(f"playbooks/systems/{name}.yml: {'; '.join(faults)}.")
        refuse_secrets(f"systems/{name}.yml", profile, roles)


def refuse_secrets(file: str, profile: Json, roles: t.Mapping[str, _deployment.Role]) -> None:
    """Raise a PlanError for the first variable of a profile that holds a secret."""
    seconds = profile.get("suites", {}).get("second", {}).values()
    for service in [*profile["services"], *(one["service"] for one in seconds if "service" in one)]:
        role = roles.get(service["role"], _deployment.Role({}, {}))
        secrets = _deployment.secrets_of(service.get("variables", {}), role.options)
        if secrets:
            raise PlanError(
                f"playbooks/{file}: {', '.join(secrets)} holds a secret, and a plan is kept with the results of its "
                "run. Leave it to the role, or write a lookup that finds it."
            )


def deployment_of(chosen: dict[str, Json], roles: t.Mapping[str, _deployment.Role]) -> Json:
    """What is deployed for systems; a PlanError when they cannot be deployed together."""
    try:
        return _deployment.deployment_of(chosen, roles)
    except _deployment.ConflictError as error:
        raise PlanError(f"{error}.") from error


def variables_of(request: Request, effort: Json) -> dict[str, str]:
    """The values of fio's variables: as was asked for, else as the effort says."""
    unknown = sorted(set(request.variables) - set(effort["variables"]))
    if unknown:
        raise PlanError(f"Unknown workload variable '{unknown[0]}'. Known: {', '.join(effort['variables'])}.")
    return {name: str(value) for name, value in {**effort["variables"], **request.variables}.items()}


def refuse_systems_without_a_pass(offered: dict[str, list[str]], passes: dict[str, list[str]]) -> None:
    """Raise a PlanError for systems whose profile has none of the passes that are measured."""
    wanted = {name for names in passes.values() for name in names}
    idle = [name for name, names in offered.items() if not wanted & set(names)]
    if idle:
        raise PlanError(
            f"By their profiles, {', '.join(idle)} can have no {' or '.join(sorted(wanted))} pass. Add passes=warm, "
            "or leave out the system."
        )


def choose_kernel(
    wanted: str,
    needs: t.Iterable[str],
    filesystems: t.Container[str],
    *,
    cut: bool = False,
    faults: t.Collection[str] = (),
) -> Json:
    """Whose kernel a node runs on, and why.

    :param wanted: ``auto``, ``host`` or ``own``.
    :param needs: the file systems that the node's kernel must know, such as ``nfs`` or ``nfsd``.
    :param filesystems: those that the host's kernel knows.
    :param cut: whether the node will lose its power: what is in the host's page cache would survive that.
    :param faults: those that would reach other nodes and the host through a common kernel.
    :returns: ``{"kernel": "host" | "own", "why": sentence}``
    """
    missing = sorted(name for name in set(needs) if name not in filesystems)
    lacks = f"the kernel of this host lacks {', '.join(missing)}"
    if wanted == "own":
        return {"kernel": "own", "why": "asked for"}
    if cut and wanted == "host":
        raise PlanError(
            "A server on the host's kernel was asked for, and what it keeps in the host's page cache would survive a "
            "power cut. Use server_kernel=auto or own, or leave out the suites that cut its power."
        )
    if cut:
        return {"kernel": "own", "why": "it will lose its power, and the host's page cache would survive that"}
    if faults and wanted == "host":
        raise PlanError(
            f"A server on the host's kernel was asked for, and fault {', '.join(faults)} needs a node with a kernel of "
            "its own. Use server_kernel=auto or own, or leave out the fault."
        )
    if faults:
        return {"kernel": "own", "why": f"fault {', '.join(faults)} would reach the host through a common one"}
    if wanted == "host" and missing:
        raise PlanError(f"A node on the host's kernel was asked for, but {lacks}. Use auto or own instead of host.")
    if missing:
        return {"kernel": "own", "why": lacks}
    return {"kernel": "host", "why": "asked for" if wanted == "host" else "the kernel of this host has what it needs"}


def nodes_of(
    profiles: dict[str, Json],
    protocols: t.Iterable[str],
    request: Request,
    filesystems: t.Container[str],
    *,
    cut: t.Collection[str] = (),
    faults: t.Mapping[str, t.Mapping[str, t.Collection[str]]] = types.MappingProxyType({}),
) -> Json:
    """Every node that the systems and the client need: ``{name: {"kernel", "why"}}``.

    :param cut: those that will lose their power.
    :param faults: what faults need of the kernels of nodes, and which do.
    """
    protocols = set(protocols)
    needs: dict[str, set[str]] = {"client": {CLIENT_FILESYSTEM[name] for name in protocols if name != _suites.LOCAL}}
    for profile in profiles.values():
        for service in profile["services"]:
            needs.setdefault(service["node"], set())
        for node, features in (profile.get("requires") or {}).items():
            needs.setdefault(node, set()).update(features)
    for node, kernel in faults.items():
        needs[node].update(name for name in kernel if name != OWN_KERNEL)
    if request.node_kind != "docker":
        return {name: {"kernel": "its own", "why": f"nodes of kind {request.node_kind}"} for name in sorted(needs)}
    nodes = {
        name: choose_kernel(
            request.node_kernel if name == "client" else request.server_kernel,
            needs[name],
            filesystems,
            cut=name in cut,
            faults=faults.get(name, {}).get(OWN_KERNEL, ()),
        )
        for name in sorted(needs)
    }
    if _suites.LOCAL in protocols:
        # a client that only mounts has no file system of its own that could be a reference
        nodes["client"]["data"] = True
    return nodes


def passes_of(work: Json, wanted: t.Iterable[str]) -> list[str]:
    """The passes of a workload. Cold is for those that only read what was laid out: writes have no cold."""
    reads = work["layout"] != "none" and not _fio.writes(work["job"])
    return [name for name in wanted if name == "warm" or reads]


def passes_of_all(works: dict[str, Json], wanted: list[str], workloads: dict[str, str]) -> dict[str, list[str]]:
    """The passes of every workload of a run; a PlanError when none has one. A lag is measured on a warm system."""
    names = choose("pass", wanted, PASSES)
    passes = {name: passes_of(work, names) for name, work in works.items()}
    if not any(passes.values()):
        raise PlanError(
            "A cold pass needs a workload that reads existing files, and no such workload was named. "
            f"Add passes=warm, or take one of: {', '.join(readers(workloads))}."
        )
    return passes


def with_cold_job(work: Json) -> Json:
    """The workload with the text of the job of its cold pass, if it has one."""
    return {**work, "cold_job": once_through(work["job"])} if passes_of(work, ["cold"]) else work


def runs_fio(work: Json) -> bool:
    """Whether a workload is a job of fio: no lag, and no suite."""
    return "lag" not in work and "suite" not in work


def readers(workloads: dict[str, str]) -> list[str]:
    """The names of the workloads that have a cold pass."""
    return [name for name, job in workloads.items() if passes_of(head_of_job(name, job), ["cold"])]


def once_through(job: str) -> str:
    """The job of a cold pass: every block once, because the second time it would be warm."""
    job = re.sub(r"^(time_based|norandommap)=1$", r"\1=0", job, flags=re.MULTILINE)
    return re.sub(r"^ramp_time=.*$", "ramp_time=0", job, flags=re.MULTILINE)


def dataset_bytes(workloads: dict[str, Json], variables: dict[str, str]) -> int:
    """Bytes that one turn may leave on a system: one set of files per layout and per workload that writes its own."""
    files = {work["layout"] if work["layout"] != "none" else name for name, work in workloads.items() if runs_fio(work)}
    return size_bytes(variables["SIZE"]) * int(variables["JOBS"]) * len(files) if files else 0


def twin_of(system: str) -> str:
    """The label under which a system is measured a second time, to count the false alarms of a run."""
    return f"{system}{_series.AA_MARK}2"


def families_of(cells: t.Iterable[Json], systems: list[str], workloads: dict[str, Json]) -> list[Json]:
    """The comparisons that are adjusted together, declared before the run.

    A family is all series of one metric that a pair of systems has in common: ``metric``, ``base``, ``candidate``,
    ``members``.
    """
    series = {_records.SeriesName.of(cell) for cell in cells}
    members: dict[tuple[str, str, str], int] = {}
    for base, candidate in _compare.paired(systems):
        for name in series:
            if name.system == base and name._replace(system=candidate) in series:
                family = (workloads[name.workload]["metric"], base, candidate)
                members[family] = members.get(family, 0) + 1
    return [
        {"metric": metric, "base": base, "candidate": candidate, "members": count}
        for (metric, base, candidate), count in sorted(members.items())
    ]


def refuse_large_families(families: list[Json], trials: int) -> None:
    """Raise a PlanError for a family in which so many trials could never tell anything, naming how many could.

    Runs of fewer than six trials decide nothing in any case, and say so in their report: they are not refused.
    """
    if not families or trials < _statistics.N_MIN:
        return
    largest = max(families, key=lambda family: family["members"])
    limit = _statistics.family_limit(trials)
    if largest["members"] > limit:
        enough = next((n for n in range(trials, 21) if _statistics.family_limit(n) >= largest["members"]), None)
        more = f"Take trials={enough}, or fewer" if enough and enough <= TRIALS_MAX else "Take fewer"
        raise PlanError(
            f"{trials} trials allow at most {limit} comparisons of one metric, and {largest['candidate']} against "
            f"{largest['base']} has {largest['members']} of {largest['metric']}. {more} workloads, protocols or passes."
        )


def minutes_of(budget: str) -> float | None:
    """Minutes of ``90m``, ``1.5h`` or ``90`` (minutes); None for no budget."""
    if not budget.strip():
        return None
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(m|min|h)?", budget.strip().lower())
    if not match or not float(match[1]):
        raise PlanError(f"'{budget}' is not a budget. Write minutes or hours, such as 90m or 1.5h.")
    return float(match[1]) * (60 if match[2] == "h" else 1)


def fit_budget(trials: int, trial_seconds: float, budget: str) -> tuple[int, str]:
    """As many of the trials as fit into a budget, and a sentence when that is fewer; a PlanError when none do.

    A run that was to give verdicts is not trimmed below the six trials that a verdict needs.
    """
    minutes = minutes_of(budget)
    if minutes is None or trials * trial_seconds <= minutes * 60:
        return trials, ""
    fitting = int(minutes * 60 // trial_seconds)
    least = _statistics.N_MIN if trials >= _statistics.N_MIN else 1
    if fitting < least:
        needed = math.ceil(least * trial_seconds / 60)
        why = f"a verdict needs {least} trials" if least > 1 else "that is one trial"
        raise PlanError(
            f"A budget of {minutes:g} minutes is too small: {why}, which take about {needed} minutes. Raise it to "
            f"budget={needed}m, or measure fewer systems, protocols or workloads, or with a smaller effort."
        )
    return fitting, f"{trials} trials were trimmed to {fitting} to keep the budget of {minutes:g} minutes"


def needs_more_trials(run: _results.Run) -> list[str]:
    """Why another whole trial is worth its time, a line per comparison that is still too wide; empty to stop.

    Looks at widths only, never at p: stopping when a difference shows would find differences that are not there. Pairs
    that no trial can mend (failed, not comparable) do not ask for one.

    :param run: with all trials so far.
    """
    trials = max((cell["trial"] for cell in run.plan["cells"]), default=0)
    if trials >= TRIALS_MAX:
        return []
    wide = []
    for pair in _compare.within(run):
        if pair.comparison is None:
            continue
        interval = pair.comparison.interval
        half = math.inf if interval is None else (math.log(interval[1]) - math.log(interval[0])) / 2
        if half > HALF_WIDTH_MAX:
            name = f"{pair.candidate.name.system} against {pair.base.name.system}, {' '.join(pair.base.name[1:])}"
            wide.append(f"{name}: {'no interval yet' if interval is None else f'± {math.expm1(half):.1%}'}")
    return wide


class Axes(t.NamedTuple):
    """What the trials of a plan are made of."""

    seed: str
    protocols: dict[str, list[str]]
    """The protocols over which every system is measured."""
    passes: dict[str, list[str]]
    """The passes of every workload."""
    offered: dict[str, list[str]]
    """The passes that every system can have: one that keeps all in memory has no cold one."""
    apart: t.Collection[tuple[str, str, str]] = frozenset()
    """System, protocol and workload of what is not measured."""
    lags: t.Collection[str] = ()
    """Workloads that come first in a turn, before others have written what would have to be replicated before."""


def trial_of(axes: Axes, trial: int) -> tuple[list[Json], list[Json]]:
    """The turns and the cells of one trial, in the order that its number and the seed give.

    Inside a turn the cold passes come last: each has a barrier of its own, after which the system starts anew.
    """
    turns: list[Json] = []
    cells: list[Json] = []
    for system in sorted(axes.protocols, key=lambda name: order_key(axes.seed, trial, name)):
        works = sorted(axes.passes, key=lambda name: (name not in axes.lags, order_key(axes.seed, trial, system, name)))
        for protocol in sorted(axes.protocols[system], key=lambda name: order_key(axes.seed, trial, system, name)):
            turn = [
                {
                    "id": f"{system}~{protocol}~{workload}~{step}~{trial}",
                    "system": system,
                    "protocol": protocol,
                    "workload": workload,
                    "pass": step,
                    "trial": trial,
                }
                for step in PASSES
                for workload in works
                if step in axes.passes[workload]
                and step in axes.offered[system]
                and (system, protocol, workload) not in axes.apart
            ]
            if turn:
                turns.append(
                    {"system": system, "protocol": protocol, "trial": trial, "cells": [cell["id"] for cell in turn]}
                )
            cells += turn
    return turns, cells


def may_grow(plan: Json) -> bool:
    """Whether the plan wants more trials where they are worth it, and its budget has room for one."""
    if not plan.get("grow") or plan["trials"] >= TRIALS_MAX:
        return False
    minutes = minutes_of(plan.get("budget", ""))
    trials = plan["trials"]
    return minutes is None or plan["estimate_seconds"] / trials * (trials + 1) <= minutes * 60


def grown(plan: Json, why: list[str]) -> Json:
    """The plan with one more trial of everything, and the reasons kept under ``growth``."""
    protocols: dict[str, list[str]] = {}
    passes: dict[str, list[str]] = {}
    offered: dict[str, list[str]] = {}
    for cell in plan["cells"]:
        for names, key, value in (
            (protocols, cell["system"], cell["protocol"]),
            (passes, cell["workload"], cell["pass"]),
            (offered, cell["system"], cell["pass"]),
        ):
            if value not in names.setdefault(key, []):
                names[key].append(value)
    planned = {(cell["system"], cell["protocol"], cell["workload"]) for cell in plan["cells"]}
    every = {
        (system, protocol, workload) for system, names in protocols.items() for protocol in names for workload in passes
    }
    trial = plan["trials"] + 1
    lags = lags_among(plan["workloads"])
    turns, cells = trial_of(Axes(plan["seed"], protocols, passes, offered, every - planned, lags), trial)
    seconds = plan["estimate_seconds"] / plan["trials"]
    return {
        **plan,
        "trials": trial,
        "turns": [*plan["turns"], *turns],
        "cells": [*plan["cells"], *cells],
        "estimate_seconds": round(plan["estimate_seconds"] + seconds),
        "growth": [*plan.get("growth", []), {"trial": trial, "why": why}],
    }


def turn_seconds(variables: dict[str, str], passes: dict[str, list[str]]) -> int:
    """What one turn takes, roughly."""
    cell = int(variables["RUNTIME"]) + int(variables["RAMP"]) + CELL_OVERHEAD_S
    barriers = sum("cold" in names for names in passes.values()) * TURN_OVERHEAD_S
    return sum(map(len, passes.values())) * cell + barriers + TURN_OVERHEAD_S


def lag_seconds(systems: Systems, works: dict[str, Json], apart: t.Collection[tuple[str, str, str]]) -> int:
    """What the lags of one trial take, roughly: the files one after the other, and the way of the last one."""
    return sum(
        TURN_OVERHEAD_S + work["lag"]["samples"] * work["lag"]["interval_ms"] // 1000
        for name, work in works.items()
        if "lag" in work
        for system, protocols in systems.protocols.items()
        for protocol in protocols
        if (system, protocol, name) not in apart
    )


def cluster_seconds(systems: Systems, passes: dict[str, list[str]]) -> int:
    """What the clusters of one trial take longer than other systems, roughly."""
    starts = 1 + sum("cold" in names for names in passes.values())
    turns = sum(len(systems.protocols[name]) for name, profile in systems.profiles.items() if "together" in profile)
    return turns * starts * CLUSTER_OVERHEAD_S


def systems_of(names: list[str], wanted: list[str], request: Request, catalog: Catalog) -> Systems:
    """The profiles of the systems over the wanted protocols; a PlanError for one that has nothing to do.

    Where all systems were asked for, those that serve none of the protocols are left out: nobody named them.
    """
    profiles = {name: _deployment.named(catalog.profiles[name]) for name in names}
    protocols = {name: served_of(profile, wanted) for name, profile in profiles.items()}
    unserved = not_served(profiles, wanted)
    if request.systems == ["all"] and any(protocols.values()):
        profiles = {name: profile for name, profile in profiles.items() if protocols[name]}
    refuse_idle_systems(profiles, protocols, wanted)
    labels = list(profiles)
    if request.aa:
        labels.insert(1, twin_of(labels[0]))
    return Systems(
        {label: profiles[_series.original(label)] for label in labels},
        {label: protocols[_series.original(label)] for label in labels},
        unserved,
    )


def works_of(request: Request, catalog: Catalog, placement: Placement | None) -> dict[str, Json]:
    """The wanted workloads with their jobs; a PlanError for one that is unknown or needs a layout that is."""
    lags = catalog.lags if placement and placement.replicated else {}
    lacking = [name for name in request.workloads if name in catalog.lags and name not in lags]
    if lacking:
        refuse_lags(lacking, placement.copied if placement else {})
    names = choose("workload", request.workloads, [*catalog.workloads, *lags])
    works = {
        name: lag_of(lags[name]) if name in lags else with_cold_job(head_of_job(name, catalog.workloads[name]))
        for name in names
    }
    choose("layout", layouts_of(works), catalog.layouts)
    return works


def lag_of(given: Json) -> Json:
    """A workload that measures how far another site is behind; its job says the same as fio's would for the others."""
    lag = {key: value for key, value in given.items() if key not in ("question", "metric")}
    job = "".join(f"{key}={value}\n" for key, value in sorted(lag.items()))
    return {
        "question": given["question"],
        "metric": given["metric"],
        "latency": [],
        "layout": "none",
        "job": job,
        "sha256": hashlib.sha256(job.encode()).hexdigest(),
        "lag": lag,
    }


def refuse_lags(names: list[str], copied: dict[str, str]) -> t.NoReturn:
    """Raise a PlanError for workloads that compare two sites, where the run has no two that can be compared."""
    over = ", ".join(f"{system} over {protocol}" for system, protocol in copied.items())
    remedy = (
        f"It can be measured of {over}: add that protocol"
        if over
        else "Add a system that is replicated and a topology with its sites, such as system=cephfs topology=mini"
    )
    raise PlanError(f"Workload {', '.join(names)} compares two sites. {remedy}, or name other workloads.")


def refuse_clusters_of_nodes(systems: list[str], catalog: Catalog) -> None:
    """Raise a PlanError for systems that need a topology, where none was named."""
    names = [name for name in systems if name in catalog.clusters and name not in catalog.profiles]
    if names:
        raise PlanError(
            f"{', '.join(names)} stands on the nodes of a topology, and none was named. Add topology=NAME; known: "
            f"{', '.join(catalog.topologies)}."
        )


def layouts_of(works: dict[str, Json]) -> list[str]:
    """The layouts that workloads read."""
    return sorted({work["layout"] for work in works.values()} - {"none"})


def axes_of(
    request: Request,
    systems: Systems,
    works: dict[str, Json],
    passes: dict[str, list[str]],
    placement: Placement | None,
    *,
    beside: t.Collection[str],
) -> Axes:
    """What trials are made of; a PlanError when a system can have none of the passes.

    :param beside: the systems that nobody asked for, and that suites run on for comparison.
    """
    offered = {name: list(profile.get("passes", PASSES)) for name, profile in systems.profiles.items()}
    refuse_systems_without_a_pass(offered, passes)
    apart = lags_apart(systems, works, placement) | suites_apart(systems, works, beside)
    return Axes(request.seed, systems.protocols, passes, offered, apart, lags_among(works))


def lags_among(works: dict[str, Json]) -> list[str]:
    """Those of the workloads that measure how far another site is behind."""
    return [name for name, work in works.items() if "lag" in work]


def lags_apart(systems: Systems, works: dict[str, Json], placement: Placement | None) -> set[tuple[str, str, str]]:
    """System, protocol and workload of every lag that is not one of that system, or is measured over another
    protocol."""
    replicated = placement.replicated if placement else {}
    return {
        (system, protocol, workload)
        for workload, work in works.items()
        if "lag" in work
        for system, protocols in systems.protocols.items()
        for protocol in protocols
        if replicated.get(_series.original(system)) != protocol
    }


def ceilings_of(
    systems: Systems, works: dict[str, Json], variables: dict[str, str], axes: Axes, catalog: Catalog
) -> dict[str, Json]:
    """What could not be faster, by name, each measured in every trial."""
    return _ceilings.ceilings_of(
        {
            "systems": systems.profiles,
            "workloads": works,
            "variables": variables,
            "cells": trial_of(axes, 1)[1],
        },
        {name: head_of_job(name, text) for name, text in catalog.ceilings.items()},
        catalog.layouts,
        size_bytes(variables["SIZE"]),
    )


def trials_of(request: Request, effort: Json) -> int:
    """How many trials were asked for, or the effort has."""
    trials = int(request.trials or effort["trials"])
    if trials < 1:
        raise PlanError(f"trials={trials}: at least one trial is needed.")
    return trials


def make_plan(
    request: Request, catalog: Catalog, filesystems: t.Container[str], placement: Placement | None = None
) -> Plan:
    """The plan of a run, or a PlanError.

    :param filesystems: the file systems that the host's kernel can mount or serve.
    :param placement: where the systems stand; without it, on nodes of their own. The profiles of the catalog are then
        those that were placed.
    """
    refuse_faults_of_workloads(request)
    if placement is None:
        refuse_clusters_of_nodes(request.systems, catalog)
    names = choose("system", request.systems, catalog.profiles)
    if not names:
        raise PlanError(f"No system was named. Add -e system=NAME; known: {', '.join(catalog.profiles)}, all.")
    effort = catalog.efforts[choose("effort", [request.effort], catalog.efforts)[0]]
    if request.suites:
        refuse_options_of_workloads(request, placement)
        effort = effort_of_suites(request.effort, effort)
    wanted = choose("protocol", request.protocols, CLIENT_FILESYSTEM)
    trials = trials_of(request, effort)
    variables = variables_of(request, effort)
    works = suites_of(request, catalog, variables) if request.suites else works_of(request, catalog, placement)
    passes = passes_of_all(works, request.passes or effort["passes"], catalog.workloads)
    if placement is None:
        checked = {name: catalog.profiles[name] for name in [*names, *request.references] if name in catalog.profiles}
        refuse_faulty_profiles(checked, catalog.profiles, catalog.roles)
    systems = systems_of(names, wanted, request, catalog)
    references: list[str] = []
    if request.suites:
        systems, references = with_references(systems, works, request, catalog)
    beside = [name for name in references if name not in names]
    axes = axes_of(request, systems, works, passes, placement, beside=beside)
    faults = faults_of_run(request, catalog, systems, works, variables, beside=beside)
    measure_ceilings = effort.get("ceilings", False) if request.ceilings is None else request.ceilings
    # what one disk or one network does bounds no system on several hosts
    measure_ceilings = measure_ceilings and placement is None
    ceilings = ceilings_of(systems, works, variables, axes, catalog) if measure_ceilings else {}
    turns_per_trial = sum(map(len, systems.protocols.values()))
    loads = {name: steps for name, steps in passes.items() if runs_fio(works[name])}
    trial_seconds = (
        suite_seconds(systems, works, variables, axes.apart) + faults_seconds(faults, systems, works)
        if request.suites
        else turns_per_trial * turn_seconds(variables, loads)
        + _ceilings.seconds_of(ceilings)
        + lag_seconds(systems, works, axes.apart)
        + cluster_seconds(systems, loads)
    )
    trials, trimmed = fit_budget(trials, trial_seconds, request.budget)
    orders = [trial_of(axes, trial) for trial in range(1, trials + 1)]
    cells = [cell for _turns, cells in orders for cell in cells]
    families = [] if request.suites else families_of(cells, list(systems.profiles), works)
    refuse_large_families(families, trials)
    layouts = layouts_of(works)
    return Plan(
        run=request.run,
        created=request.created,
        collection_version=request.collection_version,
        effort=request.effort,
        seed=request.seed,
        trials=trials,
        variables=variables,
        systems=systems.profiles,
        workloads=works,
        layouts={
            name: {"job": catalog.layouts[name], "sha256": hashlib.sha256(catalog.layouts[name].encode()).hexdigest()}
            for name in layouts
        },
        checks={name: catalog.checks[name] for name in layouts if name in catalog.checks},
        ceilings=ceilings,
        extend=bool(effort.get("extend", False)),
        grow=bool(effort.get("grow", False)) and not request.trials,
        deployment=placement.deployment if placement else deployment_of(systems.profiles, catalog.roles),
        nodes=(
            placement.nodes
            if placement
            else nodes_of(
                systems.profiles,
                mounted(systems, works, axes.apart),
                request,
                filesystems,
                cut=cut_nodes(systems, works, axes.apart),
                faults=needs_of_nodes(faults, systems.profiles),
            )
        ),
        cells=cells,
        turns=with_mounts([turn for turns, _cells in orders for turn in turns], works),
        dataset_bytes=dataset_bytes(works, variables),
        estimate_seconds=trials * trial_seconds,
        families=families,
        trimmed=trimmed,
        budget=request.budget,
        not_served=systems.not_served,
        topology=placement.topology if placement else {},
        references=references,
        beside=beside,
        faults=faults,
    )


def replication_line(topology: Json) -> list[str]:
    """What a reader must know of systems that are replicated."""
    names = ", ".join(topology["replicas"])
    if not names:
        return []
    return [f"Replication of {names} stood still while workloads ran; it ran alone while its lag was measured."]


def topology_lines(topology: Json) -> list[str]:
    """The topology of a plan as a person reads it, and who loads what on it."""
    if not topology:
        return []
    sites = ", ".join(topology["sites"])
    lines = [f"  topology {topology['topology']}: {len(topology['nodes'])} nodes at {sites}; {topology['network']}"]
    return lines + [
        f"  {system} over {protocol}: {place['client']} loads {place['service']} on {place['node']}"
        for system, places in topology["places"].items()
        for protocol, place in places.items()
    ]


def describe(plan: Json) -> list[str]:
    """The plan as a person reads it before anything is made."""
    nodes = [f"  node {name}: kernel {node['kernel']} ({node['why']})" for name, node in plan["nodes"].items()]
    turns = [
        f"  trial {turn['trial']}: {turn['system']} over {turn['protocol']}, {len(turn['cells'])} cells"
        for turn in plan["turns"]
    ]
    minutes = max(1, round(plan["estimate_seconds"] / 60))
    values = " ".join(f"{name}={value}" for name, value in plan["variables"].items())
    cold = any(cell["pass"] == "cold" for cell in plan["cells"])
    what, about = ("suites", "at most") if _suites.has_suites(plan) else ("workloads", "about")
    return [
        f"run {plan['run']}: {len(plan['cells'])} cells, {about} {minutes} min of measuring, seed {plan['seed']}",
        f"  effort {plan['effort']}: {plan['trials']} trial(s), {values}",
        f"  {what}: {', '.join(plan['workloads'])}",
        *([f"  reference: {', '.join(plan['references'])}"] if plan.get("references") else []),
        *power_cut_line(plan),
        *consistency_line(plan),
        *fault_lines(plan),
        *topology_lines(plan.get("topology", {})),
        *([f"  ceilings: {len(plan['ceilings'])} in every trial"] if plan.get("ceilings") else []),
        *([f"  TRIMMED: {plan['trimmed']}"] if plan.get("trimmed") else []),
        *nodes,
        *turns,
        *(f"  not-served: {pair['system']} over {pair['protocol']}" for pair in plan.get("not_served", [])),
        *(
            f"  no cold pass by its profile: {name}"
            for name, profile in plan["systems"].items()
            if cold and "cold" not in profile.get("passes", PASSES)
        ),
    ]

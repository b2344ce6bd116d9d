# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What faults ask of a plan: beside which suites and on which systems they are begun, and what cannot be.

Everything here is pure. Nothing is left out silently: what works on some systems only is said of the others, and what
works on none is refused.
"""

from __future__ import annotations

import typing as t

from ansible_collections.netfs.bench.plugins.module_utils._files import Json
from ansible_collections.netfs.bench.plugins.plugin_utils import _faults, _suites
from ansible_collections.netfs.bench.plugins.plugin_utils._plan_request import (
    Catalog,
    PlanError,
    Request,
    Systems,
    choose,
)

KERNEL_SERVERS = ("nfsd",)
"""What a profile requires of the kernel of a node whose server is a part of it."""


def faults_of_run(
    request: Request,
    catalog: Catalog,
    systems: Systems,
    works: dict[str, Json],
    variables: t.Mapping[str, str],
    *,
    beside: t.Collection[str],
) -> Json:
    """The faults of a run as its plan has them, empty for none; a PlanError for what cannot be.

    :param beside: the systems that nobody asked for, and that suites run on for comparison.
    """
    if not request.faults:
        return {}
    duration = duration_of(variables)
    refuse_unable(works)
    files = faults_wanted(request.faults, catalog)
    of: dict[str, list[str]] = {}
    apart: list[Json] = []
    for system, profile in systems.profiles.items():
        why = {name: why_not(file, profile, request) for name, file in files.items()}
        of[system] = [name for name in files if not why[name]]
        apart += [{"system": system, "fault": name, "why": text} for name, text in why.items() if text]
    refuse_idle(request, files, of, apart, beside)
    refuse_short(duration, files, of)
    return {
        "duration_s": duration,
        "recover_s": _faults.RECOVER_SECONDS,
        "files": files,
        "of": of,
        "apart": apart,
    }


def refuse_faults_of_workloads(request: Request) -> None:
    """Raise a PlanError for faults where no suite was asked for."""
    if request.faults and not request.suites:
        raise PlanError("Faults are begun beside suites: use validate.yml, or leave out faults.")


def duration_of(variables: t.Mapping[str, str]) -> int:
    """For how many seconds of a cell faults are begun; a PlanError for what is no number."""
    text = variables.get("DURATION", "")
    if not text.isdecimal():
        raise PlanError(f"duration={text}: write a whole number of seconds.")
    return int(text)


def refuse_unable(works: dict[str, Json]) -> None:
    """Raise a PlanError for suites that cannot run under faults."""
    able = [name for name, work in works.items() if under_faults(work)]
    unable = [name for name in works if name not in able]
    if unable:
        rest = f": suite={','.join(able)}" if able else "; fsx can"
        raise PlanError(f"Suite {', '.join(unable)} cannot run under faults. Leave it out{rest}.")


def under_faults(work: Json) -> bool:
    """Whether a suite can run while faults are begun."""
    return bool(work.get("suite", {}).get("under_faults"))


def faults_wanted(wanted: list[str], catalog: Catalog) -> dict[str, Json]:
    """The files of the wanted faults; a PlanError for one that is unknown or says what no fault can."""
    files = {}
    for name in choose("fault", wanted, catalog.faults):
        errors = _faults.errors_of(name, catalog.faults[name])
        if errors:
            raise PlanError(f"playbooks/faults/{name}.yml: {'; '.join(errors)}.")
        files[name] = catalog.faults[name]
    return files


def why_not(file: Json, profile: Json, request: Request) -> str:
    """Why a fault cannot be begun on the server of a system; empty when it can."""
    if not profile["services"]:
        return "there is no server"
    if request.node_kind not in file["kinds"]:
        return f"nodes of kind {request.node_kind} are spared, it works on {', '.join(file['kinds'])}"
    required = (profile.get("requires") or {}).get(target_of(profile), [])
    if _faults.PROCESS in file["needs"] and any(name in KERNEL_SERVERS for name in required):
        return f"it needs {_faults.NEEDS[_faults.PROCESS]}"
    return ""


def target_of(profile: Json) -> str:
    """The node on which faults are begun: the one that clients mount."""
    return t.cast(str, profile["services"][-1]["node"])


def refuse_idle(
    request: Request, files: dict[str, Json], of: dict[str, list[str]], apart: list[Json], beside: t.Collection[str]
) -> None:
    """Raise a PlanError for a fault that works on no system that was asked for, and for a system without a fault."""
    asked = {system: names for system, names in of.items() if system not in beside}
    named = [] if request.faults == ["all"] else list(files)
    for name in named:
        if not any(name in names for names in asked.values()):
            why = "; ".join(f"{one['system']}: {one['why']}" for one in apart if one["fault"] == name)
            raise PlanError(f"Fault '{name}' works on none of the systems ({why}). Leave it out.")
    idle = [system for system, names in asked.items() if not names]
    if idle:
        raise PlanError(f"None of the faults ({', '.join(files)}) works on {', '.join(idle)}. Leave out the system.")


def refuse_short(duration: int, files: dict[str, Json], of: dict[str, list[str]]) -> None:
    """Raise a PlanError for a duration in which not every fault has its time."""
    needed = max(_faults.least_seconds(lasts_of(files, names)) for names in of.values())
    if duration < needed:
        raise PlanError(
            f"duration={duration}: with quiet between them these faults take at least {needed} seconds. Raise it to "
            f"duration={needed}, or name fewer faults."
        )


def lasts_of(files: dict[str, Json], names: t.Iterable[str]) -> dict[str, list[int]]:
    """How many seconds each fault lasts, at least and at most."""
    return {name: files[name]["lasts_seconds"] for name in names}


def needs_of_nodes(faults: Json, profiles: dict[str, Json]) -> dict[str, dict[str, list[str]]]:
    """For each node on which faults are begun, what they need of its kernel, and the faults that need it."""
    needs: dict[str, dict[str, list[str]]] = {}
    for system, names in faults.get("of", {}).items():
        for name in names:
            for need in faults["files"][name]["needs"]:
                if need != _faults.PROCESS:
                    found = needs.setdefault(target_of(profiles[system]), {}).setdefault(need, [])
                    if name not in found:
                        found.append(name)
    return needs


def faults_seconds(faults: Json, systems: Systems, works: dict[str, Json]) -> int:
    """What faults add to the suites of one trial, at most."""
    cells = sum(len(systems.protocols[system]) for system, names in faults.get("of", {}).items() if names)
    return cells * len(works) * (faults["duration_s"] + faults["recover_s"]) if cells else 0


def cell_faults(plan: Json, cell: Json) -> Json:
    """The faults of a cell: ``seed`` and ``entries``, which is empty for none.

    They are the same for every system on which the same faults work.
    """
    faults = plan.get("faults", {})
    names = faults["of"][cell["system"]] if faults and under_faults(plan["workloads"][cell["workload"]]) else []
    if not names:
        return {"seed": 0, "entries": []}
    seed = _suites.seed_of(plan["seed"], cell["workload"], cell["trial"])
    target = target_of(plan["systems"][cell["system"]])
    drawn = _faults.timeline(lasts_of(faults["files"], names), [target], seed, faults["duration_s"])
    does = {name: {key: faults["files"][name][key] for key in _faults.DOES} for name in names}
    return {"seed": seed, "entries": [{**entry._asdict(), "does": does[entry.fault]} for entry in drawn]}


def fault_lines(plan: Json) -> list[str]:
    """The faults of a plan as a person reads them."""
    faults = plan.get("faults")
    if not faults:
        return []
    head = f"  faults for {faults['duration_s']} s of each cell: {', '.join(faults['files'])}"
    apart: dict[tuple[str, str], list[str]] = {}
    for one in faults["apart"]:
        apart.setdefault((one["system"], one["why"]), []).append(one["fault"])
    return [head, *(f"  no {', '.join(names)} on {system}: {why}" for (system, why), names in apart.items())]

# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What suites ask of a plan: what they run on and beside, what that takes, and what cannot be.

Everything here is pure.
"""

from __future__ import annotations

import typing as t

from ansible_collections.netfs.bench.plugins.module_utils._files import Json
from ansible_collections.netfs.bench.plugins.plugin_utils import _consistency, _deployment, _power_cuts, _suites
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
)

# until a node that lost its power serves again, and what was acknowledged is read
CUT_OVERHEAD_S = 120

LOCAL_PROFILE: Json = {
    "description": "A directory on the client's own disk, without any server.",
    "services": [],
    "protocols": [_suites.LOCAL],
    "durability": "local-durable",
    "consistency": _consistency.LINEARIZABLE,
}


def refuse_options_of_workloads(request: Request, placement: Placement | None) -> None:
    """Raise a PlanError for what was asked for and means nothing to suites."""
    asked = {
        "workload": request.workloads != ["all"],
        "passes": bool(request.passes),
        "aa": request.aa,
        "budget": bool(request.budget.strip()),
        "ceilings": bool(request.ceilings),
        "topology": placement is not None,
    }
    names = [name for name, given in asked.items() if given]
    if names:
        raise PlanError(f"Suites have no {', '.join(names)}: leave that out, or measure workloads with bench.yml.")


def effort_of_suites(name: str, effort: Json) -> Json:
    """What an effort means for suites."""
    if "suites" not in effort:
        raise PlanError(f"Effort '{name}' says nothing of suites. Add 'suites' to it in efforts.yml.")
    return {**effort["suites"], "passes": ["warm"]}


def suites_of(request: Request, catalog: Catalog, variables: dict[str, str]) -> dict[str, Json]:
    """The wanted suites in the form of workloads; a PlanError for one that is unknown or says what no suite can."""
    works = {}
    known = _suites.Known(variables, catalog.profiles, CLIENT_FILESYSTEM)
    for name in choose("suite", request.suites, catalog.suites):
        faults = _suites.faults_of(name, catalog.suites[name], known)
        if faults:
            raise PlanError(f"playbooks/suites/{name}.yml: {'; '.join(faults)}.")
        works[name] = _suites.work_of(catalog.suites[name])
    refuse_cuts_of_other_nodes(works, request.node_kind)
    return works


def refuse_cuts_of_other_nodes(works: dict[str, Json], node_kind: str) -> None:
    """Raise a PlanError for power cuts of nodes that cannot be cut."""
    names = [name for name, work in works.items() if _suites.POWER_CUT in work]
    if names and node_kind != "docker":
        rest = ",".join(name for name in works if name not in names)
        raise PlanError(
            f"Suite {', '.join(names)} cuts the power of a server, and nodes of kind {node_kind} cannot be cut: "
            f"only those of kind docker can. Leave it out{f': suite={rest}' if rest else ''}."
        )


def with_references(
    systems: Systems, works: dict[str, Json], request: Request, catalog: Catalog
) -> tuple[Systems, list[str]]:
    """The systems and what suites run on besides, over the same protocols; and the labels of all references.

    A reference over whose protocols nothing is run is left out: it could be compared with nothing. The power of none is
    cut: what a system promises of that is kept or not, whatever others do.
    """
    asked = [] if request.references == ["none"] else request.references
    names = choose("reference", asked, [*catalog.profiles, _suites.LOCAL])
    wanted = list(dict.fromkeys(name for names in systems.protocols.values() for name in names))
    programs = [work for work in works.values() if _suites.POWER_CUT not in work]
    profiles, protocols, used = dict(systems.profiles), dict(systems.protocols), []
    for name in names:
        profile = LOCAL_PROFILE if name == _suites.LOCAL else _deployment.named(catalog.profiles[name])
        served = [_suites.LOCAL] if name == _suites.LOCAL else served_of(profile, wanted)
        served = [one for one in served if any(_suites.runs_over(work, one, profile) for work in programs)]
        if served:
            used.append(name)
            profiles.setdefault(name, profile)
            protocols.setdefault(name, served)
    seconds = {work["suite"][_suites.SECOND] for work in programs if _suites.SECOND in work["suite"]}
    prepared = {name: prepared_for_suites(profile, seconds) for name, profile in profiles.items()}
    return Systems(prepared, protocols, systems.not_served), used


def prepared_for_suites(profile: Json, seconds: t.Collection[str] = ()) -> Json:
    """A profile with what it has for suites besides: variables of the service that clients mount, lists joined, and
    what serves the same files over one of the protocols ``seconds``."""
    suites = profile.get("suites", {})
    second: Json = next((one for name, one in suites.get(_suites.SECOND, {}).items() if name in seconds), {})
    more = {**suites.get("variables", {}), **second.get("variables", {})}
    if not profile["services"] or not (more or second):
        return profile
    *others, last = profile["services"]
    given = last.get("variables", {})
    joined = {
        name: [*given[name], *value] if isinstance(value, list) and name in given else value
        for name, value in more.items()
    }
    served = [_deployment.named({"services": [second["service"]]})["services"][0]] if "service" in second else []
    return {**profile, "services": [*others, *served, {**last, "variables": {**given, **joined}}]}


def mounted(systems: Systems, works: dict[str, Json], apart: t.Collection[tuple[str, str, str]]) -> set[str]:
    """The protocols that the kernel of a client has to know; what connects by itself needs none."""
    cells = [
        (protocol, work)
        for system, protocols in systems.protocols.items()
        for protocol in protocols
        for name, work in works.items()
        if (system, protocol, name) not in apart and _suites.mounts(work)
    ]
    seconds = {work["suite"][_suites.SECOND] for _protocol, work in cells if _suites.SECOND in work.get("suite", {})}
    return {protocol for protocol, _work in cells} | seconds


def with_mounts(turns: list[Json], works: dict[str, Json]) -> list[Json]:
    """The turns, those marked in which nothing is mounted."""
    return [
        turn if any(_suites.mounts(works[cell.split("~")[2]]) for cell in turn["cells"]) else {**turn, "mounted": False}
        for turn in turns
    ]


def suite_seconds(
    systems: Systems, works: dict[str, Json], variables: dict[str, str], apart: t.Collection[tuple[str, str, str]]
) -> int:
    """What the suites of one trial take at most, and power cuts roughly."""
    places = [(label, protocol) for label, protocols in systems.protocols.items() for protocol in protocols]
    return sum(TURN_OVERHEAD_S for _place in places) + sum(
        seconds_of_suite(work, variables)
        for place in places
        for name, work in works.items()
        if (*place, name) not in apart
    )


def seconds_of_suite(work: Json, variables: dict[str, str]) -> int:
    """What a suite takes at most; a PlanError for a number of power cuts, or of seconds, that is none."""
    if _suites.CONSISTENCY in work:
        try:
            return _consistency.OVERHEAD_S + _consistency.seconds_of(work[_suites.CONSISTENCY], variables)
        except _consistency.ConsistencyError as error:
            raise PlanError(f"{error}.") from error
    if _suites.POWER_CUT not in work:
        return 60 * int(work["suite"]["minutes"]) * len(_suites.parts_of(work["suite"]))
    power_cut = work[_suites.POWER_CUT]
    try:
        cuts = _power_cuts.number_of(power_cut, variables)
    except _power_cuts.CutsError as error:
        raise PlanError(f"{error}.") from error
    return cuts * (CUT_OVERHEAD_S + int(power_cut["latest_ms"]) // 1000)


def suites_apart(systems: Systems, works: dict[str, Json], beside: t.Collection[str]) -> set[tuple[str, str, str]]:
    """System, protocol and suite of every suite that says nothing of that protocol, or is none for a reference; a
    PlanError for a system that no suite would run on."""
    offered = {
        (system, protocol, name): _suites.runs_over(work, protocol, systems.profiles[system])
        and not (system in beside and _suites.POWER_CUT in work)
        for name, work in works.items()
        if "suite" in work
        for system, protocols in systems.protocols.items()
        for protocol in protocols
    }
    used = {system for (system, _protocol, _suite), runs in offered.items() if runs}
    idle = [name for name in systems.profiles if offered and name not in used]
    if idle:
        raise PlanError(
            f"None of the suites ({', '.join(works)}) runs over a protocol of {', '.join(idle)}. Leave out the system, "
            "or add a suite: those without 'protocols' in their file run over all."
        )
    return {key for key, runs in offered.items() if not runs}


def cut_nodes(systems: Systems, works: dict[str, Json], apart: t.Collection[tuple[str, str, str]]) -> set[str]:
    """The nodes that will lose their power: those that clients mount while a suite cuts it."""
    return {
        profile["services"][-1]["node"]
        for label, profile in systems.profiles.items()
        for name, work in works.items()
        if _suites.POWER_CUT in work
        and any((label, protocol, name) not in apart for protocol in systems.protocols[label])
    }


def power_cut_line(plan: Json) -> list[str]:
    """How often the power of a server is cut."""
    cells = [cell["workload"] for cell in plan["cells"]]
    return [
        f"  {name}: the power of the server is cut {_power_cuts.number_of(work[_suites.POWER_CUT], plan['variables'])} "
        f"times in each of {cells.count(name)} cells"
        for name, work in plan["workloads"].items()
        if _suites.POWER_CUT in work
    ]


def consistency_line(plan: Json) -> list[str]:
    """How long clients work, and what the systems claim that they see."""
    lines = []
    for name, work in plan["workloads"].items():
        if _suites.CONSISTENCY in work:
            seconds = _consistency.seconds_of(work[_suites.CONSISTENCY], plan["variables"])
            claims = {label: _consistency.claim_of(profile) for label, profile in plan["systems"].items()}
            told = ", ".join(f"{label} claims {claim}" for label, claim in claims.items())
            clients = work[_suites.CONSISTENCY]["clients"]
            lines.append(f"  {name}: {clients} clients work {seconds} s in each of its cells; {told}")
    return lines

# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which series may be compared, and what comes of it: from runs as they lie on disk to verdicts and an exit code.

A run is ``{"plan": plan.json, "nodes": run.json, "cells": [cell records]}``; see :mod:`_results`.
"""

from __future__ import annotations

import functools
import hashlib
import json
import math
import statistics
import typing as t

from ansible_collections.netfs.bench.plugins.module_utils._files import Json
from ansible_collections.netfs.bench.plugins.plugin_utils import _statistics
from ansible_collections.netfs.bench.plugins.plugin_utils._results import SeriesName, planned_series
from ansible_collections.netfs.bench.plugins.plugin_utils._run import UNKNOWN

# mount options that name the server or the connection, not how the client behaves
OWN_OPTIONS = {"addr", "mountaddr", "clientaddr", "port", "mountport", "srcaddr", "username", "user", "unc", "sec_uid"}

# of fio: what decides whether a server can compress or merge what it is given
ENTROPY_OPTIONS = {
    "buffer_compress_percentage",
    "buffer_compress_chunk",
    "buffer_pattern",
    "dedupe_percentage",
    "refill_buffers",
    "scramble_buffers",
    "zero_buffers",
}

VERDICTS = ("faster", "slower", "equivalent", "inconclusive", "noisy", "too-few")
STATES = ("corrupt", "failed", "not-cold", "rejected", "not-comparable", "at-ceiling")
"""Why there is no verdict. All but ``at-ceiling`` make a run unfit for one."""

AA_MARK = "#"
"""What stands between a system and the number of its twin: ``ganesha#2`` is ganesha again, to count false alarms."""
AA_MAX = 0.05
"""Share of false alarms above which a whole run is noisy."""
AT_CEILING = 0.95
ABOVE_CEILING = 1.05

EXIT_OK = 0
EXIT_SLOWER = 10
EXIT_NOISY = 11
EXIT_TOO_FEW = 12
EXIT_INVALID = 13


class Series(t.NamedTuple):
    """The cells that differ only in the trial."""

    name: SeriesName
    metric: str
    values: list[float]
    state: str
    """``ok``, or why there is no verdict: one of STATES but ``at-ceiling``."""
    why: str
    key: Json
    """What must be equal for a comparison to be fair; see :func:`key_fields`."""
    unsteady: float = 0.0
    """Share of trials that were not steady; 0 when that was not measured."""
    ceiling: float | None = None
    """Median of the lowest ceiling that its bytes must cross, in units of the metric; None when not measured."""
    ceiling_what: str = ""
    machines: tuple[str, ...] = ()
    """The machines of every value; empty where any of them is unknown."""

    @property
    def better(self) -> _statistics.Better:
        """Whether more of the metric is better, or less."""
        return "lower" if self.metric.endswith("_ns") else "higher"

    @property
    def at_ceiling(self) -> bool:
        """Whether the median reaches the ceiling, so that it says nothing about the system."""
        return bool(self.ceiling and self.values and statistics.median(self.values) >= AT_CEILING * self.ceiling)


class Pair(t.NamedTuple):
    """A base and a candidate that differ in their system or in their run."""

    base: Series
    candidate: Series
    comparison: _statistics.Comparison | None
    word: str
    """A verdict, or the state that forbids one."""
    p_holm: float
    family: int
    why: str
    bound: str = ""
    """``≥`` or ``≤`` when one side is at the ceiling: the true ratio is beyond the one shown."""

    @property
    def aa(self) -> bool:
        """Whether both sides are the same system, so that faster and slower are false alarms."""
        names = self.base.name[0], self.candidate.name[0]
        return names[0] != names[1] and original(names[0]) == original(names[1])


@functools.cache
def original(system: str) -> str:
    """The system that a label of the plan stands for: ``ganesha`` of ``ganesha#2``."""
    return system.split(AA_MARK, maxsplit=1)[0]


def key_fields(run: Json, cell: Json) -> Json:
    """What must be equal for two cells to be compared: all that is no property of the system itself."""
    plan, nodes, provenance = run["plan"], run["nodes"]["nodes"], cell["provenance"]
    mount = provenance["mount"]
    options = (
        UNKNOWN
        if mount == UNKNOWN
        else sorted(option for option in mount["options_effective"] if option.split("=")[0] not in OWN_OPTIONS)
    )
    recorded = provenance.get("service", UNKNOWN)
    service = recorded if isinstance(recorded, dict) else {}
    proof = ", proven" if original(cell["system"]) in run["nodes"].get("durability_proofs", {}) else ""
    # of several machines only those of its trial
    used = provenance.get("machines", nodes)
    nodes = {name: node for name, node in nodes.items() if name in used}
    classes = sorted(
        [node["node"], node["kind"], node["kernel_kind"], str(node["cpus"]), str(node["memory"])]
        for node in nodes.values()
    )
    return {
        "protocol": cell["protocol"],
        "workload": cell["workload"],
        "job": provenance["job_sha256"],
        "pass": cell["pass"],
        "variables": provenance["variables"],
        "mount options": options,
        "client and server nodes": classes,
        "client kernel": provenance["client_kernel"],
        "durability": plan["systems"][cell["system"]]["durability"] + proof,
        "fio": provenance["fio_version"],
        "data": data_of(plan, cell["workload"]),
        "clients": sum(node["node"] == "client" for node in nodes.values()) or UNKNOWN,
        "log level": service.get("log_level", UNKNOWN),
        "cache budget": service.get("cache_bytes", UNKNOWN),
    }


def machine_of(cell: Json) -> str:
    """The machines on which a cell was measured, as one name; empty when that is unknown."""
    machines = cell.get("provenance", {}).get("machines", UNKNOWN)
    return " ".join(sorted(set(machines.values()))) if isinstance(machines, dict) else ""


def data_of(plan: Json, workload: str) -> Json:
    """What the bytes are: the hash of the job that laid them out, and fio's options that say how random they are."""
    entry = plan["workloads"][workload]
    layout = plan.get("layouts", {}).get(entry.get("layout"), {})
    jobs = [part["job"] for part in (layout, entry) if "job" in part]
    lines = [line.strip() for job in jobs for line in job.splitlines()]
    options = sorted({line for line in lines if line.split("=")[0].strip() in ENTROPY_OPTIONS})
    return {
        "layout": layout.get("sha256", "none"),
        "entropy": (" ".join(options) or "fio's default") if jobs else UNKNOWN,
    }


def digest(fields: Json) -> str:
    """SHA-256 over the canonical JSON of a comparability key."""
    return hashlib.sha256(json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def shown(value: object) -> str:
    """A value of a key as people read it."""
    if isinstance(value, dict):
        return " ".join(f"{name}={part}" for name, part in sorted(value.items()))
    if isinstance(value, list):
        return ",".join("/".join(part) if isinstance(part, list) else str(part) for part in value)
    return str(value)


def differences(first: Json, second: Json) -> list[str]:
    """The fields in which two keys differ, with both values; of lists only the entries that differ."""
    found = []
    for name in first:
        one, other = first[name], second[name]
        if one == other:
            continue
        if isinstance(one, list) and isinstance(other, list):
            one, other = [part for part in one if part not in other], [part for part in other if part not in one]
        if isinstance(one, dict) and isinstance(other, dict):
            keys = [key for key in {**one, **other} if one.get(key) != other.get(key)]
            one, other = ({key: side[key] for key in keys if key in side} for side in (one, other))
        found.append(f"{name}: {shown(one) or 'none'} against {shown(other) or 'none'}")
    return found


def ceiling_of(run: Json, name: SeriesName, metric: str) -> tuple[float | None, float, str]:
    """The lowest ceiling of a series: its median, its highest value, and what it is; None, 0 and "" when none was
    measured.

    A ceiling that is disturbed comes out too low and never too high, so that only its highest value proves anything.
    """
    found = [
        (statistics.median(entry["values"]), max(entry["values"]), entry["what"])
        for entry in run["nodes"].get("ceilings", [])
        if entry["metric"] == metric
        and entry["values"]
        and name[0] in entry.get("systems", [name[0]])
        and name[2] in entry.get("workloads", [name[2]])
        and name[3] == entry.get("pass", name[3])
    ]
    return min(found, default=(None, 0.0, ""))


def read_series(run: Json) -> dict[SeriesName, Series]:
    """Every planned series of a run. One of which any planned cell is not ok has a state and no verdict."""
    records = {cell["id"]: cell for cell in run["cells"]}
    return {
        name: one_series(run, name, [records.get(cell_id) for cell_id in ids])
        for name, ids in planned_series(run["plan"]).items()
    }


def is_value(value: object) -> bool:
    """Whether this is what a verdict can rest on: a positive number, and a finite one."""
    return isinstance(value, (int, float)) and 0 < value < math.inf


def one_series(run: Json, name: SeriesName, cells: list[Json | None]) -> Series:
    """One series from the records of its planned cells, None standing for a record that is missing."""
    metric = run["plan"]["workloads"][name[2]]["metric"]
    found = [cell for cell in cells if cell is not None]
    good = [cell for cell in found if cell["status"] == "ok" and is_value(cell["metrics"].get(metric))]
    # cells share their provenance, so that few keys are computed
    alike = {id(cell["provenance"]): cell for cell in good}.values()
    keys: list[Json] = []
    for cell in alike:
        fields = key_fields(run, cell)
        if fields not in keys:
            keys.append(fields)
    values = [cell["metrics"][metric] for cell in good]
    machines = tuple(machine_of(cell) for cell in good)
    ceiling, highest, what = ceiling_of(run, name, metric)
    tested = [cell["steady"] for cell in good if isinstance(cell.get("steady"), dict)]
    state, why = "ok", ""
    bad = [cell for cell in found if cell not in good] if len(good) < len(found) else []
    if len(good) < len(cells):
        words = {cell["status"] for cell in bad} - {"ok"}
        state = next((word for word in STATES if word in words), "failed")
        reasons = sorted({cell["reason"] or f"no value of {metric}" for cell in bad})
        if len(found) < len(cells):
            reasons.append("not measured")
        why = f"{len(cells) - len(good)} of {len(cells)}: {'; '.join(reasons)}"
    elif len(keys) > 1:
        state = "not-comparable"
        why = "the trials were measured on unlike terms: " + "; ".join(differences(*keys[:2]))
    elif ceiling and statistics.median(values) > ABOVE_CEILING * highest:
        state = "rejected"
        why = f"the median is {statistics.median(values) / highest:.2f} times the ceiling, {what}: a cache answered"
    return Series(
        name,
        metric,
        values,
        state,
        why,
        next(iter(keys), {}),
        sum(not steady.get("steady", True) for steady in tested) / len(tested) if tested else 0.0,
        ceiling,
        what,
        machines if all(machines) else (),
    )


def judge(base: Series, candidate: Series, force: bool = False) -> Pair:
    """A pair with its comparison, before its family is known."""
    for side in (base, candidate):
        if side.state != "ok":
            return Pair(base, candidate, None, side.state, 1.0, 1, f"{' '.join(side.name)}: {side.why}")
    unlike = differences(base.key, candidate.key)
    if unlike and not force:
        return Pair(base, candidate, None, "not-comparable", 1.0, 1, "; ".join(unlike))
    if base.at_ceiling and candidate.at_ceiling:
        why = f"both reach the ceiling, {base.ceiling_what}: what is measured is not the servers"
        return Pair(base, candidate, None, "at-ceiling", 1.0, 1, why)
    comparison = _statistics.compare(base.values, candidate.values, base.better, (base.machines, candidate.machines))
    bound = "≥" if candidate.at_ceiling else "≤" if base.at_ceiling else ""
    return Pair(base, candidate, comparison, "", comparison.p, 1, "; ".join(unlike), bound)


def decide(pairs: list[Pair], declared: int = 0) -> list[Pair]:
    """Give the pairs of one family their adjusted p and their verdict; one without a comparison counts with p = 1.

    :param declared: how many members the plan declared; those that never came count with p = 1 as well.
    """
    family = max(len(pairs), declared)
    adjusted = _statistics.holm([pair.p_holm for pair in pairs] + [1.0] * (family - len(pairs)))
    return [
        pair._replace(
            family=family,
            p_holm=p,
            word=pair.word
            if pair.comparison is None
            else _statistics.verdict(pair.comparison, p, family, max(pair.base.unsteady, pair.candidate.unsteady)),
        )
        for pair, p in zip(pairs, adjusted, strict=False)
    ]


def families(pairs: list[Pair], declared: list[Json] | None = None) -> list[Pair]:
    """Decide all pairs, a family being those of one metric for one pair of systems.

    :param declared: ``metric``, ``base``, ``candidate`` and ``members`` of the families that the plan declares.
    """
    sizes = {(entry["metric"], entry["base"], entry["candidate"]): entry["members"] for entry in declared or []}
    groups: dict[tuple[str, str, str], list[Pair]] = {}
    for pair in pairs:
        groups.setdefault((pair.base.metric, pair.base.name[0], pair.candidate.name[0]), []).append(pair)
    return [decided for name, group in groups.items() for decided in decide(group, sizes.get(name, 0))]


def paired(systems: list[str]) -> list[tuple[str, str]]:
    """Which systems are compared, the earlier being the base; a twin only with the system that it is."""
    return [
        (first, second)
        for index, first in enumerate(systems)
        for second in systems[index + 1 :]
        if original(first) == original(second) or not (AA_MARK in first or AA_MARK in second)
    ]


def within(run: Json, force: bool = False, series: dict[SeriesName, Series] | None = None) -> list[Pair]:
    """Every system of a run against every other, the earlier in the plan being the base."""
    series = read_series(run) if series is None else series
    by_system: dict[str, list[SeriesName]] = {}
    for name in series:
        by_system.setdefault(name[0], []).append(name)
    pairs = [
        judge(series[name], series[(second, *name[1:])], force)
        for first, second in paired(list(run["plan"]["systems"]))
        for name in by_system.get(first, [])
        if (second, *name[1:]) in series
    ]
    return families(pairs, run["plan"].get("families"))


def counterparts(base: Json, candidate: Json) -> dict[str, str]:
    """Which system of the base each of the candidate is compared with: its namesake, or the only one of each."""
    old, new = list(base["plan"]["systems"]), list(candidate["plan"]["systems"])
    names = {system: system for system in new if system in old}
    return names or (dict(zip(new, old, strict=True)) if len(old) == len(new) == 1 else {})


def between(base: Json, candidate: Json, force: bool = False) -> list[Pair]:
    """A run against an earlier one: like series, or the one system of each when the two differ."""
    old, new = read_series(base), read_series(candidate)
    names = counterparts(base, candidate)
    return families(
        [
            judge(old[(names[name[0]], *name[1:])], series, force)
            for name, series in new.items()
            if name[0] in names and (names[name[0]], *name[1:]) in old
        ]
    )


def unmatched(base: Json, candidate: Json) -> tuple[list[SeriesName], list[SeriesName]]:
    """The series that only the base has, and those that only the candidate has."""
    names = counterparts(base, candidate)
    old, new = planned_series(base["plan"]), planned_series(candidate["plan"])
    matched = {name: (names.get(name[0], ""), *name[1:]) for name in new}
    seen = set(matched.values())
    return [name for name in old if name not in seen], [name for name, other in matched.items() if other not in old]


def false_alarms(pairs: t.Iterable[Pair]) -> tuple[int, int]:
    """Of the pairs of a system with itself: how many came out faster or slower, and how many there are."""
    words = [pair.word for pair in pairs if pair.aa]
    return sum(word in ("faster", "slower") for word in words), len(words)


def exit_code(pairs: list[Pair], strict: bool = False, series: t.Iterable[Series] = ()) -> int:
    """The first that applies: 13 a series is not fit for a verdict, 10 slower, 11 noisy, 12 too few, 0.

    A system against itself counts as noise when it raises too many false alarms, and never as slower.

    :param series: all planned series of the run that is judged, also those that no pair holds.
    """
    words = {pair.word for pair in pairs if not pair.aa}
    alarms, tested = false_alarms(pairs)
    if (words | {pair.word for pair in pairs if pair.aa}) & set(STATES[:-1]) or any(
        one.state != "ok" for one in series
    ):
        return EXIT_INVALID
    if "slower" in words:
        return EXIT_SLOWER
    if "noisy" in words or alarms > AA_MAX * tested or (strict and "inconclusive" in words):
        return EXIT_NOISY
    if "too-few" in words or not pairs:
        return EXIT_TOO_FEW
    return EXIT_OK

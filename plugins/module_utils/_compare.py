# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: its functions may change in any release.

"""Which series may be compared, and what comes of it: from runs as they lie on disk to verdicts and an exit code.

A run is ``{"plan": plan.json, "nodes": run.json, "cells": [cell records]}``.
"""

from __future__ import annotations

import hashlib
import json
import typing as t

from ansible_collections.netfs.bench.plugins.module_utils import _statistics
from ansible_collections.netfs.bench.plugins.module_utils._run import UNKNOWN

Json = dict[str, t.Any]
SeriesName = tuple[str, str, str, str]
"""System, protocol, workload and pass."""

AXES = ("system", "protocol", "workload", "pass")

# mount options that name the server or the connection, not how the client behaves
OWN_OPTIONS = {"addr", "mountaddr", "clientaddr", "port", "mountport", "srcaddr", "username", "user", "unc", "sec_uid"}

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
    """``ok``, or why there is no verdict: ``failed``, ``corrupt``, ``not-cold`` or ``not-comparable``."""
    why: str
    key: Json
    """What must be equal for a comparison to be fair; see :func:`key_fields`."""

    @property
    def better(self) -> _statistics.Better:
        """Whether more of the metric is better, or less."""
        return "lower" if self.metric.endswith("_ns") else "higher"


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


def key_fields(run: Json, cell: Json) -> Json:
    """What must be equal for two cells to be compared: all that is no property of the system itself."""
    plan, nodes, provenance = run["plan"], run["nodes"]["nodes"], cell["provenance"]
    mount = provenance["mount"]
    options = (
        UNKNOWN
        if mount == UNKNOWN
        else sorted(option for option in mount["options_effective"] if option.split("=")[0] not in OWN_OPTIONS)
    )
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
        "durability": plan["systems"][cell["system"]]["durability"],
        "fio": provenance["fio_version"],
    }


def digest(fields: Json) -> str:
    """SHA-256 over the canonical JSON of a comparability key."""
    return hashlib.sha256(json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def differences(first: Json, second: Json) -> list[str]:
    """The fields in which two keys differ, with both values."""
    return [f"{name}: {first[name]} against {second[name]}" for name in first if first[name] != second[name]]


def read_series(run: Json) -> dict[SeriesName, Series]:
    """Every planned series of a run. One of which any planned cell is not ok has a state and no verdict."""
    records = {cell["id"]: cell for cell in run["cells"]}
    planned: dict[SeriesName, list[str]] = {}
    for cell in run["plan"]["cells"]:
        name = t.cast(SeriesName, tuple(cell[axis] for axis in AXES))
        planned.setdefault(name, []).append(cell["id"])
    return {name: one_series(run, name, [records.get(cell_id) for cell_id in ids]) for name, ids in planned.items()}


def one_series(run: Json, name: SeriesName, cells: list[Json | None]) -> Series:
    """One series from the records of its planned cells, None standing for a record that is missing."""
    metric = run["plan"]["workloads"][name[2]]["metric"]
    found = [cell for cell in cells if cell is not None]
    good = [cell for cell in found if cell["status"] == "ok" and cell["metrics"].get(metric, 0) > 0]
    keys = {digest(fields): fields for fields in (key_fields(run, cell) for cell in good)}
    state, why = "ok", ""
    bad = [cell for cell in found if cell not in good]
    if len(good) < len(cells):
        words = {cell["status"] for cell in bad} - {"ok"}
        state = next((word for word in ("corrupt", "failed", "not-cold") if word in words), "failed")
        reasons = sorted({cell["reason"] or f"no value of {metric}" for cell in bad}) or ["not measured"]
        why = f"{len(cells) - len(good)} of {len(cells)}: {'; '.join(reasons)}"
    elif len(keys) > 1:
        state = "not-comparable"
        why = "the trials were measured on unlike terms: " + "; ".join(differences(*list(keys.values())[:2]))
    return Series(name, metric, [cell["metrics"][metric] for cell in good], state, why, next(iter(keys.values()), {}))


def judge(base: Series, candidate: Series, force: bool = False) -> Pair:
    """A pair with its comparison, before its family is known."""
    for side in (base, candidate):
        if side.state != "ok":
            return Pair(base, candidate, None, side.state, 1.0, 1, f"{' '.join(side.name)}: {side.why}")
    unlike = differences(base.key, candidate.key)
    if unlike and not force:
        return Pair(base, candidate, None, "not-comparable", 1.0, 1, "; ".join(unlike))
    comparison = _statistics.compare(base.values, candidate.values, base.better)
    return Pair(base, candidate, comparison, "", comparison.p, 1, "; ".join(unlike))


def decide(pairs: list[Pair]) -> list[Pair]:
    """Give the pairs of one family their adjusted p and their verdict; one without a comparison counts with p = 1."""
    adjusted = _statistics.holm([pair.p_holm for pair in pairs])
    return [
        pair._replace(
            family=len(pairs),
            p_holm=p,
            word=pair.word if pair.comparison is None else _statistics.verdict(pair.comparison, p, len(pairs)),
        )
        for pair, p in zip(pairs, adjusted, strict=True)
    ]


def families(pairs: list[Pair]) -> list[Pair]:
    """Decide all pairs, a family being those of one metric for one pair of systems."""
    groups: dict[tuple[str, str, str], list[Pair]] = {}
    for pair in pairs:
        groups.setdefault((pair.base.metric, pair.base.name[0], pair.candidate.name[0]), []).append(pair)
    return [decided for group in groups.values() for decided in decide(group)]


def within(run: Json, force: bool = False) -> list[Pair]:
    """Every system of a run against every other, the earlier in the plan being the base."""
    series = read_series(run)
    systems = list(run["plan"]["systems"])
    pairs = []
    for index, first in enumerate(systems):
        for second in systems[index + 1 :]:
            pairs += [
                judge(series[name], series[(second, *name[1:])], force)
                for name in series
                if name[0] == first and (second, *name[1:]) in series
            ]
    return families(pairs)


def between(base: Json, candidate: Json, force: bool = False) -> list[Pair]:
    """A run against an earlier one: like series, or the one system of each when the two differ."""
    old, new = read_series(base), read_series(candidate)
    names = {system: system for system in candidate["plan"]["systems"] if system in base["plan"]["systems"]}
    if not names and len(base["plan"]["systems"]) == len(candidate["plan"]["systems"]) == 1:
        names = dict(zip(candidate["plan"]["systems"], base["plan"]["systems"], strict=True))
    return families(
        [
            judge(old[(names[name[0]], *name[1:])], series, force)
            for name, series in new.items()
            if name[0] in names and (names[name[0]], *name[1:]) in old
        ]
    )


def exit_code(pairs: list[Pair], strict: bool = False) -> int:
    """The first that applies: 13 a series is not fit for a verdict, 10 slower, 11 noisy, 12 too few, 0."""
    words = {pair.word for pair in pairs}
    verdicts = {"faster", "slower", "equivalent", "inconclusive", "noisy", "too-few"}
    if words - verdicts:
        return EXIT_INVALID
    if "slower" in words:
        return EXIT_SLOWER
    if "noisy" in words or (strict and "inconclusive" in words):
        return EXIT_NOISY
    if "too-few" in words or not pairs:
        return EXIT_TOO_FEW
    return EXIT_OK

# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which series may be compared, and what comes of it: pairs with their verdicts, and an exit code."""

from __future__ import annotations

import typing as t

from ansible_collections.netfs.bench.plugins.module_utils._files import Json
from ansible_collections.netfs.bench.plugins.plugin_utils import _statistics
from ansible_collections.netfs.bench.plugins.plugin_utils._records import SeriesName
from ansible_collections.netfs.bench.plugins.plugin_utils._results import Run, planned_series
from ansible_collections.netfs.bench.plugins.plugin_utils._series import (
    AA_MARK,
    STATES,
    Series,
    differences,
    original,
    read_series,
)

AA_MAX = 0.05
"""Share of false alarms above which a whole run is noisy."""

EXIT_OK = 0
EXIT_SLOWER = 10
EXIT_NOISY = 11
EXIT_TOO_FEW = 12
EXIT_INVALID = 13


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
    def sides(self) -> str:
        """What is compared with what: systems, or protocols of one system."""
        new, old = self.candidate.name, self.base.name
        if new.protocol != old.protocol:
            return f"{new.protocol} against {old.protocol}"
        return f"{new.system} against {old.system}"

    @property
    def aa(self) -> bool:
        """Whether both sides are the same system, so that faster and slower are false alarms."""
        names = self.base.name.system, self.candidate.name.system
        return names[0] != names[1] and original(names[0]) == original(names[1])


def pair_of(base: Series, candidate: Series, force: bool = False, compared: t.Container[str] = ()) -> Pair:
    """A pair with its comparison, before its family is known.

    :param compared: the fields of the comparability key that are themselves what is compared.
    """
    for side in (base, candidate):
        if side.state != "ok":
            return Pair(base, candidate, None, side.state, 1.0, 1, f"{' '.join(side.name)}: {side.why}")
    keys = ({name: value for name, value in side.key.items() if name not in compared} for side in (base, candidate))
    unlike = differences(*keys)
    if unlike and not force:
        return Pair(base, candidate, None, "not-comparable", 1.0, 1, "; ".join(unlike))
    if base.at_ceiling and candidate.at_ceiling:
        why = f"both reach the ceiling, {base.ceiling_what}: the hardware was measured, not the servers"
        return Pair(base, candidate, None, "at-ceiling", 1.0, 1, why)
    comparison = _statistics.compare(base.values, candidate.values, base.better, (base.machines, candidate.machines))
    bound = "≥" if candidate.at_ceiling else "≤" if base.at_ceiling else ""
    return Pair(base, candidate, comparison, "", comparison.p, 1, "; ".join(unlike), bound)


def with_verdicts(pairs: list[Pair], declared: int = 0) -> list[Pair]:
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
        groups.setdefault((pair.base.metric, pair.base.name.system, pair.candidate.name.system), []).append(pair)
    return [decided for name, group in groups.items() for decided in with_verdicts(group, sizes.get(name, 0))]


def paired(systems: list[str]) -> list[tuple[str, str]]:
    """Which systems are compared, the earlier being the base; a twin only with the system that it is."""
    return [
        (first, second)
        for index, first in enumerate(systems)
        for second in systems[index + 1 :]
        if original(first) == original(second) or not (AA_MARK in first or AA_MARK in second)
    ]


def within(run: Run, force: bool = False, series: dict[SeriesName, Series] | None = None) -> list[Pair]:
    """Every system of a run against every other, the earlier in the plan being the base."""
    series = read_series(run) if series is None else series
    by_system: dict[str, list[SeriesName]] = {}
    for name in series:
        by_system.setdefault(name.system, []).append(name)
    pairs = [
        pair_of(series[name], series[name._replace(system=second)], force)
        for first, second in paired(list(run.plan["systems"]))
        for name in by_system.get(first, [])
        if name._replace(system=second) in series
    ]
    return families(pairs, run.plan.get("families"))


def between_protocols(run: Run, force: bool, series: dict[SeriesName, Series]) -> list[Pair]:
    """The protocols of a run with only one system against the one that was named first.

    They say which protocol to use, and not whether the system became slower: no exit code rests on them.
    """
    systems = {original(system) for system in run.plan["systems"]}
    if len(systems) > 1:
        return []
    (system,) = systems
    first = next(name.protocol for name in series)
    of_system = [one for name, one in series.items() if name.system == system and name.protocol != first]
    bases = {one.name: one.name._replace(protocol=first) for one in of_system}
    return families(
        [
            pair_of(series[base], series[name], force, ("protocol", "mount options"))
            for name, base in bases.items()
            if base in series
        ]
    )


def counterparts(base: Run, candidate: Run) -> dict[str, str]:
    """Which system of the base each of the candidate is compared with: its namesake, or the only one of each."""
    old, new = list(base.plan["systems"]), list(candidate.plan["systems"])
    names = {system: system for system in new if system in old}
    return names or (dict(zip(new, old, strict=True)) if len(old) == len(new) == 1 else {})


def between(
    base: Run, candidate: Run, force: bool = False, series: dict[SeriesName, Series] | None = None
) -> list[Pair]:
    """A run against an earlier one: like series, or the one system of each when the two differ."""
    old, new = read_series(base), read_series(candidate) if series is None else series
    names = counterparts(base, candidate)
    matched = {name: name._replace(system=names[name.system]) for name in new if name.system in names}
    return families([pair_of(old[other], new[name], force) for name, other in matched.items() if other in old])


def unmatched(base: Run, candidate: Run) -> tuple[list[SeriesName], list[SeriesName]]:
    """The series that only the base has, and those that only the candidate has."""
    names = counterparts(base, candidate)
    old, new = planned_series(base.plan), planned_series(candidate.plan)
    matched = {name: name._replace(system=names.get(name.system, "")) for name in new}
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

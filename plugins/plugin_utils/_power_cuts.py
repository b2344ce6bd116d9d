# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When the power of a server is cut, and what the operations that it had acknowledged came to."""

from __future__ import annotations

import hashlib
import string
import typing as t

from ansible_collections.netfs.bench.plugins.module_utils._durable import HARMS, KINDS
from ansible_collections.netfs.bench.plugins.module_utils._files import Json
from ansible_collections.netfs.bench.plugins.plugin_utils import _statistics
from ansible_collections.netfs.bench.plugins.plugin_utils._profiles import faults_of_keys
from ansible_collections.netfs.bench.plugins.plugin_utils._records import PowerCut
from ansible_collections.netfs.bench.plugins.plugin_utils._suite_output import FAILED, PASSED, SKIPPED, Case, shortened

KEYS: dict[str, type] = {"cuts": str, "earliest_ms": int, "latest_ms": int, "resume_seconds": int}
CUTS_MAX = 1000
NO_PROMISE = "volatile"
"""The durability of a system whose acknowledged writes may be lost."""


class CutsError(Exception):
    """Why the number of cuts is none."""


def faults_of(given: Json, variables: t.Collection[str]) -> list[str]:
    """Return what is wrong with the ``power_cut`` of a suite, a clause each."""
    faults = faults_of_keys(given, KEYS, KEYS, "'power_cut'")
    if faults:
        return faults
    names = string.Template(given["cuts"]).get_identifiers()
    if [name for name in names if name not in variables] or not (names or given["cuts"].isdecimal()):
        known = ", ".join(f"${name}" for name in variables)
        faults.append(f"'cuts' of 'power_cut' is '{given['cuts']}': write a number in quotes, or one of {known}")
    if not 0 <= given["earliest_ms"] <= given["latest_ms"]:
        faults.append("'earliest_ms' of 'power_cut' is below 0, or after 'latest_ms'")
    if given["resume_seconds"] < 1:
        faults.append("'resume_seconds' of 'power_cut' is not at least 1")
    return faults


def number_of(power_cut: Json, variables: t.Mapping[str, str]) -> int:
    """How often the power is cut in a cell; a CutsError when that is no number."""
    text = string.Template(power_cut["cuts"]).substitute(variables)
    if not text.isdecimal() or not 1 <= int(text) <= CUTS_MAX:
        raise CutsError(f"'{text}' cuts of the power: write a whole number from 1 to {CUTS_MAX}")
    return int(text)


def drawn(seed: str | int, what: str, number: int) -> int:
    """A random number that belongs to a cut, or to a cell: the same whenever it is drawn again."""
    return int(hashlib.sha256(f"{seed}:{what}:{number}".encode()).hexdigest()[:7], 16)


def cuts_of(power_cut: Json, seed: int, variables: t.Mapping[str, str]) -> list[Json]:
    """The cuts of a cell: ``number``, ``seed`` of the writer, and ``delay_ms`` after its first acknowledged operation.

    :param seed: that of the cell.
    """
    span = power_cut["latest_ms"] - power_cut["earliest_ms"] + 1
    return [
        {
            "number": number,
            "seed": drawn(seed, "writer", number),
            "delay_ms": power_cut["earliest_ms"] + drawn(seed, "moment", number) % span,
        }
        for number in range(1, number_of(power_cut, variables) + 1)
    ]


def cases_of(cuts: list[Json]) -> list[Case]:
    """A case for each kind of operation: it failed when one of them that was acknowledged was not kept."""
    cases = []
    for kind in KINDS:
        counts = [cut["counts"][kind] for cut in cuts]
        lines = [
            f"cut {cut['number']}, operation {fault['number']}, {fault['name']}: {fault['harm']}, {fault['text']}"
            for cut in cuts
            for fault in cut["faults"]
            if fault["kind"] == kind
        ]
        harmed = sum(one[harm] for one in counts for harm in HARMS)
        acknowledged = sum(one["acknowledged"] for one in counts)
        outcome = FAILED if harmed else PASSED if acknowledged else SKIPPED
        told = [f"{harmed} of {acknowledged} acknowledged were not kept"] if harmed else []
        cases.append(Case(kind, outcome, [*told, *shortened(lines)]))
    return cases


class Figures(t.NamedTuple):
    """What several cuts come to."""

    cuts: int
    losing: int
    """Cuts after which something acknowledged was not kept."""
    acknowledged: int
    at_risk: int
    """Those of them that were acknowledged before the cut."""
    harmed: dict[str, int]
    """How many were lost, torn and stale."""
    longest_pause_s: float
    paused: bool
    """Whether all writers went on after the cut, without which the pause has no end."""

    @property
    def bound(self) -> float:
        """What the probability that a cut harms something is below, with 95 % confidence."""
        return _statistics.upper_bound(self.losing, self.cuts)

    @property
    def text(self) -> str:
        """As people read it, on one line."""
        harmed = ", ".join(f"{count} {harm}" for harm, count in self.harmed.items())
        return (
            f"{harmed} of {self.acknowledged} acknowledged in {self.cuts} cut{'s' * (self.cuts != 1)}; a cut loses "
            f"something with a probability below {self.bound:.1%}"
        )

    @property
    def pause_text(self) -> str:
        """The longest pause of a writer."""
        if not self.paused:
            return "at least one writer did not go on after its cut"
        return f"the longest pause of a writer was {self.longest_pause_s:.1f} s"


def figures_of(cuts: t.Sequence[PowerCut]) -> Figures | None:
    """The figures of cuts; None for none."""
    if not cuts:
        return None
    return Figures(
        cuts=len(cuts),
        losing=sum(bool(cut.harmed) for cut in cuts),
        acknowledged=sum(counts["acknowledged"] for cut in cuts for counts in cut.counts.values()),
        at_risk=sum(cut.acknowledged for cut in cuts),
        harmed={harm: sum(counts[harm] for cut in cuts for counts in cut.counts.values()) for harm in HARMS},
        longest_pause_s=max(cut.longest_pause_s for cut in cuts),
        paused=all(cut.resumed for cut in cuts),
    )

# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How far the clocks of hosts differ, as the controller can tell: never more surely than a question takes."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping, Sequence
from itertools import combinations


class Sample(t.NamedTuple):
    """One question to a host for its time, in seconds since the epoch: by the controller before, the host, after."""

    asked: float
    said: float
    answered: float


def offset(samples: Sequence[Sample]) -> tuple[float, float]:
    """Return by how many seconds a host is ahead of the controller, and how much more or less it may be.

    A host that took its time between question and answer was ahead by something from ``said - answered`` to ``said -
    asked``. The quickest answer says most.
    """
    best = min(samples, key=lambda sample: sample.answered - sample.asked)
    earliest, latest = best.said - best.answered, best.said - best.asked
    return (earliest + latest) / 2, (latest - earliest) / 2


def clock_differences(clocks: Mapping[str, Mapping[str, float]], limit: float) -> list[str]:
    """Return which hosts surely differ by more than a limit in seconds, a clause for each pair.

    Each host's clock has `offset_seconds` and `uncertainty_seconds`, as module clock_info returns them.
    """
    found = []
    for (one, first), (other, second) in combinations(sorted(clocks.items()), 2):
        apart = abs(first["offset_seconds"] - second["offset_seconds"])
        surely = apart - first["uncertainty_seconds"] - second["uncertainty_seconds"]
        if surely > limit:
            found.append(f"{one} and {other} differ by about {apart:.3g} s, and by more than {surely:.3g} s")
    return found

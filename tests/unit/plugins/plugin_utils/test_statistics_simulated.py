# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the verdicts do on series whose truth is known: lognormal values, a fixed seed, 1500 comparisons per case."""

from __future__ import annotations

import math
import random
from collections import Counter

import pytest

from ansible_collections.netfs.bench.plugins.plugin_utils._statistics import Comparison, compare, verdict

COMPARISONS = 1500
SEED = 20261123


def simulate(cv: float, ratio: float, n: int) -> list[Comparison]:
    """Comparisons of two series of n trials with a true coefficient of variation and a true ratio."""
    source = random.Random(f"{SEED}:{cv}:{ratio}:{n}")
    sigma = math.sqrt(math.log(1 + cv * cv))

    def series(scale: float) -> list[float]:
        return [scale * source.lognormvariate(0, sigma) for trial in range(n)]

    return [compare(series(1), series(ratio), "higher") for number in range(COMPARISONS)]


def shares(comparisons: list[Comparison]) -> dict[str, float]:
    """How often each verdict was given, each comparison being a family of its own."""
    counts = Counter(verdict(found, found.p, 1) for found in comparisons)
    return {word: count / len(comparisons) for word, count in counts.items()}


@pytest.mark.parametrize("cv", [0.02, 0.05, 0.08])
@pytest.mark.parametrize("n", [6, 8])
def test_the_interval_covers_the_truth(cv, n):
    found = simulate(cv, 1.1, n)
    assert 0.94 <= sum(low <= 1.1 <= high for low, high in (one.interval for one in found)) / len(found) <= 0.97


@pytest.mark.parametrize(("cv", "at_most"), [(0.01, 0.01), (0.02, 0.01), (0.03, 0.05), (0.05, 0.05), (0.08, 0.05)])
def test_a_system_against_itself_is_rarely_faster_or_slower(cv, at_most):
    found = shares(simulate(cv, 1.0, 8))
    assert found.get("faster", 0) + found.get("slower", 0) <= at_most


@pytest.mark.parametrize(
    ("cv", "ratio", "n", "word", "at_least"),
    [
        (0.03, 1.10, 6, "faster", 0.93),
        (0.03, 1.10, 8, "faster", 0.96),
        (0.02, 1.00, 8, "equivalent", 0.95),
        (0.08, 1.00, 8, "noisy", 0.95),
        (0.08, 1.50, 8, "faster", 0.95),
        (0.03, 1 / 1.10, 8, "slower", 0.96),
    ],
)
def test_power(cv, ratio, n, word, at_least):
    assert shares(simulate(cv, ratio, n)).get(word, 0) >= at_least


def test_a_common_slowdown_inside_the_band_is_never_called_slower():
    assert shares(simulate(0.01, 1 / 1.02, 8)).get("slower", 0) <= 0.001

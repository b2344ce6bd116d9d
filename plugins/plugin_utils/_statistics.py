# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How two series of values are compared: an exact test, an interval for the ratio, and one of six verdicts.

A value is a positive number of one metric from one cell. Everything is exact for the few trials that a benchmark has,
so nothing here needs more than the standard library; docs/method.md says why each rule is what it is.
"""

from __future__ import annotations

import functools
import itertools
import math
import random
import statistics
import typing as t

ALPHA = 0.05
"""Share of false alarms that is accepted in a family of comparisons."""
BAND = 1.05
"""Ratios within 1/BAND and BAND are of no practical interest."""
CV_MAX = 0.05
"""Coefficient of variation above which a series is noisy."""
UNSTEADY_MAX = 0.25
"""Share of unsteady trials above which a series is noisy."""
N_MIN = 6
"""Fewest trials per side that allow a verdict."""
MACHINES_MIN = 3
"""Fewest machines per side from which an interval can say how machines differ."""
RESAMPLES = 1000

Better = t.Literal["higher", "lower"]
Verdict = t.Literal["faster", "slower", "equivalent", "inconclusive", "noisy", "too-few"]


class Comparison(t.NamedTuple):
    """What a candidate is against a base; a ratio above 1 always means that the candidate is better."""

    n_base: int
    n_candidate: int
    ratio: float
    """Hodges-Lehmann estimate of candidate/base (base/candidate when lower is better)."""
    interval: tuple[float, float] | None
    """Confidence interval of the ratio, both ends included; None when there are too few values for one."""
    p: float
    """Exact two-sided p of the Mann-Whitney test."""
    smallest_p: float
    """The smallest p that so many values can give."""
    cv_base: float
    cv_candidate: float
    machines_base: int = 1
    """On how many machines (groups of a server, a client and what else there is) the values of a side were measured."""
    machines_candidate: int = 1
    apart: bool = False
    """Whether the two sides have no machine in common, so that a difference may be that of the machines."""

    @property
    def machines(self) -> int:
        """The smaller number of machines of the two sides."""
        return min(self.machines_base, self.machines_candidate)

    @property
    def cv(self) -> float:
        """The larger coefficient of variation of the two sides."""
        return max(self.cv_base, self.cv_candidate)


@functools.lru_cache(maxsize=1024)
def subset_sums(weights: tuple[int, ...], size: int) -> dict[int, int]:
    """How many subsets of ``size`` weights have each sum.

    With the ranks as weights this is the null distribution of the rank sum, with or without ties (Mann & Whitney 1947).
    """
    by_size: list[dict[int, int]] = [{0: 1}] + [{} for taken in range(size)]
    for weight in weights:
        for taken in range(size, 0, -1):
            for total, count in by_size[taken - 1].items():
                by_size[taken][total + weight] = by_size[taken].get(total + weight, 0) + count
    return by_size[size]


def doubled_midranks(values: list[float]) -> list[int]:
    """Twice the rank of every value, ties sharing the mean of theirs; doubled to stay whole numbers."""
    ordered = sorted(values)
    first: dict[float, int] = {}
    last: dict[float, int] = {}
    for rank, value in enumerate(ordered, 1):
        first.setdefault(value, rank)
        last[value] = rank
    return [first[value] + last[value] for value in values]


def exact_p(base: list[float], candidate: list[float]) -> float:
    """Two-sided p of the Mann-Whitney test over all relabellings, exact also with ties."""
    ranks = doubled_midranks([*base, *candidate])
    counts = subset_sums(tuple(sorted(ranks)), len(base))
    # both sides times len(ranks) would be the same; twice the centre keeps everything whole
    twice_centre = len(base) * 2 * (len(ranks) + 1)
    seen = abs(2 * sum(ranks[: len(base)]) - twice_centre)
    extreme = sum(count for total, count in counts.items() if abs(2 * total - twice_centre) >= seen)
    return extreme / sum(counts.values())


def smallest_p(n_base: int, n_candidate: int) -> float:
    """The p of two sides that do not overlap at all."""
    return 2 / math.comb(n_base + n_candidate, n_candidate)


def family_limit(n: int, alpha: float = ALPHA) -> int:
    """How many comparisons of n against n values one family may hold so that Holm's adjustment can still reject one."""
    return math.floor(alpha / smallest_p(n, n))


def inversion_index(n_base: int, n_candidate: int, alpha: float = ALPHA) -> tuple[int, float] | None:
    """The largest c with P(U <= c) <= alpha/2, and the coverage of the interval that it gives; None when there is none.

    Inverting the test in this way gives the interval of the Hodges-Lehmann estimate (Hollander & Wolfe, section 4.3).
    """
    counts = subset_sums(tuple(range(1, n_base + n_candidate + 1)), n_base)
    lowest, total = n_base * (n_base + 1) // 2, sum(counts.values())
    best, cumulated = None, 0
    for c in range(n_base * n_candidate + 1):
        cumulated += counts[lowest + c]
        if cumulated / total > alpha / 2:
            break
        best = (c, 1 - 2 * cumulated / total)
    return best


def upper_bound(events: int, trials: int, alpha: float = ALPHA) -> float:
    """The one-sided upper bound of Clopper and Pearson for a probability, after so many events in so many trials.

    The largest probability with which so few events, or fewer, still happen with probability ``alpha``. Without an
    event that is ``1 - alpha ** (1 / trials)``, about 3 / trials: the rule of three.
    """
    if events >= trials:
        return 1.0
    low, high = events / trials, 1.0
    while high - low > 1e-9:
        middle = (low + high) / 2
        at_most = sum(math.comb(trials, k) * middle**k * (1 - middle) ** (trials - k) for k in range(events + 1))
        low, high = (middle, high) if at_most > alpha else (low, middle)
    return high


def quantile_interval(
    values: t.Sequence[float], share: float, alpha: float = ALPHA
) -> tuple[float | None, float | None]:
    """The interval for a quantile that takes nothing for granted of how values are spread: two of them, by their rank.

    Each end is None where there are too few values for one: of the median six are needed for both, of p95 72 for the
    upper one and 2 for the lower one. (Hollander & Wolfe, section 3.6: the number of values below a quantile has a
    binomial distribution.)

    :param share: 0.5 for the median, 0.95 for p95.
    """
    ordered, count = sorted(values), len(values)
    # probability that exactly k values lie below the quantile, in logarithms: of many values it is far below any float
    chances = [
        math.exp(
            math.lgamma(count + 1)
            - math.lgamma(k + 1)
            - math.lgamma(count - k + 1)
            + k * math.log(share)
            + (count - k) * math.log(1 - share)
        )
        for k in range(count + 1)
    ]
    below = list(itertools.accumulate(chances))
    above = list(itertools.accumulate(reversed(chances)))
    # the value of rank r, counted from 1, is above the quantile when fewer than r are below it
    lows = [rank for rank in range(1, count + 1) if below[rank - 1] <= alpha / 2]
    highs = [rank for rank in range(1, count + 1) if above[count - rank] <= alpha / 2]
    return (ordered[lows[-1] - 1] if lows else None, ordered[highs[0] - 1] if highs else None)


def coefficient_of_variation(values: list[float]) -> float:
    """Sample standard deviation over mean; 0 for a single value, which has none."""
    if len(values) < 2:
        return 0.0
    # exact sums; the module statistics computes with fractions, which a large run with its many pairs would notice
    mean = math.fsum(values) / len(values)
    return math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1)) / mean


def by_machine(values: list[float], machines: t.Sequence[str]) -> dict[str, list[float]]:
    """The values of every machine; of one that nobody named when there are no names."""
    found: dict[str, list[float]] = {}
    for value, machine in zip(values, machines or [""] * len(values), strict=True):
        found.setdefault(machine, []).append(value)
    return found


def ratio_of(base: list[float], candidate: list[float]) -> float:
    """Hodges-Lehmann estimate, in logarithms, of logarithms."""
    return statistics.median(new - old for old in base for new in candidate)


def machines_interval(base: dict[str, list[float]], candidate: dict[str, list[float]]) -> tuple[float, float]:
    """Bootstrap interval, in logarithms, of the candidate's difference from the base over machines like these.

    Machines are drawn first, then trials of each, both with replacement. Where both sides were measured on the same
    machines, the same ones are drawn for both, so that what a machine does to both alike cancels out. The draws are the
    same for the same values: a report can be made again.
    """
    draw = random.Random(0)

    def again(values: dict[str, list[float]], names: list[str]) -> list[float]:
        return [value for name in names for value in draw.choices(values[name], k=len(values[name]))]

    paired = set(base) == set(candidate)
    found = []
    for _number in range(RESAMPLES):
        olds = draw.choices(sorted(base), k=len(base))
        news = olds if paired else draw.choices(sorted(candidate), k=len(candidate))
        found.append(ratio_of(again(base, olds), again(candidate, news)))
    found.sort()
    outside = math.floor(RESAMPLES * ALPHA / 2)
    return found[outside], found[-1 - outside]


def compare(
    base: list[float],
    candidate: list[float],
    better: Better,
    machines: tuple[t.Sequence[str], t.Sequence[str]] = ((), ()),
) -> Comparison:
    """Compare two series of positive values of one metric.

    :param machines: of the base and of the candidate, the machine of every value; empty where that is unknown.
    """
    sign = 1 if better == "higher" else -1
    olds, news = ([sign * math.log(value) for value in values] for values in (base, candidate))
    differences = sorted(new - old for old in olds for new in news)
    index = inversion_index(len(base), len(candidate))
    interval = None if index is None else (differences[index[0]], differences[-1 - index[0]])
    sides = by_machine(olds, machines[0]), by_machine(news, machines[1])
    if interval is not None and min(map(len, sides)) >= MACHINES_MIN:
        interval = machines_interval(*sides)
    return Comparison(
        n_base=len(base),
        n_candidate=len(candidate),
        ratio=math.exp(statistics.median(differences)),
        interval=None if interval is None else (math.exp(interval[0]), math.exp(interval[1])),
        p=exact_p(base, candidate),
        smallest_p=smallest_p(len(base), len(candidate)),
        cv_base=coefficient_of_variation(base),
        cv_candidate=coefficient_of_variation(candidate),
        machines_base=len(sides[0]),
        machines_candidate=len(sides[1]),
        apart=bool(machines[0] and machines[1]) and not set(sides[0]) & set(sides[1]),
    )


def holm(values: list[float]) -> list[float]:
    """Adjusted p values of one family (Holm 1979), in the order given."""
    adjusted = [0.0] * len(values)
    highest = 0.0
    for rank, index in enumerate(sorted(range(len(values)), key=values.__getitem__)):
        highest = max(highest, min(1.0, (len(values) - rank) * values[index]))
        adjusted[index] = highest
    return adjusted


def verdict(comparison: Comparison, p_holm: float, family: int, unsteady: float = 0.0) -> Verdict:
    """One of the six words.

    :param p_holm: the comparison's p, adjusted within its family.
    :param family: how many comparisons the family was declared with.
    :param unsteady: share of unsteady trials of the side that has more of them.
    """
    few = min(comparison.n_base, comparison.n_candidate) < N_MIN or family * comparison.smallest_p > ALPHA
    alone = comparison.apart and comparison.machines < MACHINES_MIN
    if few or alone or comparison.interval is None:
        return "too-few"
    low, high = comparison.interval
    clear = BAND * (1 + comparison.cv)
    if (comparison.cv > CV_MAX or unsteady > UNSTEADY_MAX) and 1 / clear <= high and low <= clear:
        return "noisy"
    if low >= 1 / BAND and high <= BAND:
        return "equivalent"
    if p_holm <= ALPHA and low > 1 and comparison.ratio >= BAND:
        return "faster"
    if p_holm <= ALPHA and high < 1 and comparison.ratio <= 1 / BAND:
        return "slower"
    return "inconclusive"


def steadiness(windows: list[float]) -> tuple[float, float, bool]:
    """Range and drift of equal windows of a measurement, both relative to their mean, and whether that is steady.

    The rule is that of SNIA's Solid State Storage Performance Test Specification: range at most 20 %, drift at most
    10 %.
    """
    mean = statistics.fmean(windows)
    slope = statistics.linear_regression(range(len(windows)), windows).slope
    spread, drift = (max(windows) - min(windows)) / mean, abs(slope) * (len(windows) - 1) / mean
    return spread, drift, spread <= 0.20 and drift <= 0.10

# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every published vector is reproduced; scipy is asked wherever it has an answer."""

from __future__ import annotations

import json
import math
import statistics
from pathlib import Path

import pytest
from scipy.stats import binomtest, mannwhitneyu, quantile_test

from ansible_collections.netfs.bench.plugins.plugin_utils._plan import (
    order_key,
)
from ansible_collections.netfs.bench.plugins.plugin_utils._statistics import (
    ALPHA,
    BAND,
    CV_MAX,
    MACHINES_MIN,
    N_MIN,
    compare,
    doubled_midranks,
    exact_p,
    family_limit,
    holm,
    inversion_index,
    quantile_interval,
    smallest_p,
    steadiness,
    upper_bound,
    verdict,
)

VECTORS = json.loads(
    (Path(__file__).parents[2] / "fixtures" / "statistics" / "vectors.json").read_text(encoding="utf-8")
)


def test_parameters():
    assert VECTORS["parameters"] == {"alpha": ALPHA, "band": BAND, "cv_max": CV_MAX, "n_min": N_MIN}


@pytest.mark.parametrize("name", VECTORS["pairs"])
def test_pair(name):
    vector = VECTORS["pairs"][name]
    found = compare(vector["base"], vector["candidate"], vector["better"])
    assert statistics.median(vector["base"]) == vector["median_base"]
    assert statistics.median(vector["candidate"]) == vector["median_candidate"]
    ranks = doubled_midranks([*vector["base"], *vector["candidate"]])
    assert (len(set(ranks)) < len(ranks)) == vector["ties"]
    n = len(vector["candidate"])
    assert sum(ranks[len(vector["base"]) :]) / 2 - n * (n + 1) / 2 == vector["u_candidate"]
    assert found.ratio == pytest.approx(vector["ratio"])
    assert found.p == pytest.approx(vector["p"])
    assert found.smallest_p == pytest.approx(vector["min_p"])
    assert found.cv_base == pytest.approx(vector["cv_base"])
    assert found.cv_candidate == pytest.approx(vector["cv_candidate"])
    if "ci" in vector:
        assert found.interval == pytest.approx(tuple(vector["ci"]))
        c, coverage = inversion_index(found.n_base, found.n_candidate)
        assert c == vector["c"]
        assert coverage == pytest.approx(vector["coverage"])
    else:
        assert found.interval is None
    assert verdict(found, found.p, 1) == vector["verdict_alone"]
    for family in (23, 24):
        if f"verdict_in_family_of_{family}" in vector:
            assert verdict(found, found.p * family, family) == vector[f"verdict_in_family_of_{family}"]


def test_a_noisy_pair_needs_not_be_variable_when_it_was_unsteady():
    vector = VECTORS["pairs"]["equivalent"]
    found = compare(vector["base"], vector["candidate"], vector["better"])
    assert verdict(found, found.p, 1, unsteady=0.25) == "equivalent"
    assert verdict(found, found.p, 1, unsteady=0.26) == "noisy"


def test_scipy_agrees_without_ties():
    base, candidate = [1.0, 4.0, 2.5, 8.0, 16.0, 3.0], [5.0, 6.0, 2.0, 9.0, 10.0, 7.0, 20.0]
    expected = mannwhitneyu(base, candidate, alternative="two-sided", method="exact").pvalue
    assert exact_p(base, candidate) == pytest.approx(expected)


def test_holm():
    assert holm(VECTORS["holm"]["p"]) == pytest.approx(VECTORS["holm"]["adjusted"])
    assert holm([]) == []
    assert holm([0.2, 0.0002]) == pytest.approx([0.2, 0.0004])


@pytest.mark.parametrize("n", VECTORS["limits"])
def test_limits(n):
    vector = VECTORS["limits"][n]
    assert smallest_p(int(n), int(n)) == pytest.approx(vector["min_p"])
    assert family_limit(int(n)) == vector["family_max"]
    assert (inversion_index(int(n), int(n)) or (None, None)) == pytest.approx((vector["c"], vector["coverage"]))


@pytest.mark.parametrize("trial", VECTORS["order"]["trials"])
def test_order(trial):
    vector = VECTORS["order"]
    order = sorted(vector["systems"], key=lambda name: order_key(vector["seed"], trial, name))
    assert order == vector["trials"][trial]


@pytest.mark.parametrize("vector", VECTORS["steady"], ids=lambda vector: str(vector["windows"]))
def test_steadiness(vector):
    spread, drift, steady = steadiness(vector["windows"])
    assert (spread, drift) == pytest.approx((vector["range"], vector["drift"]))
    assert steady == vector["steady"]


BASE = [100.0, 101.0, 99.0, 100.5, 99.5, 100.2, 100.8, 99.8, 100.1]
THREE = ("m1", "m2", "m3") * 3
OTHERS = ("m4", "m5", "m6") * 3
MACHINE = {"m1": 0.9, "m2": 1.0, "m3": 1.1, "m4": 0.9, "m5": 1.0, "m6": 1.1, "": 1.0, "m": 1.0, "n": 1.0}


@pytest.mark.parametrize(
    "machines, counts, apart, word",
    [
        (((), ()), (1, 1), False, "faster"),
        ((("m",) * 9, ()), (1, 1), False, "faster"),
        ((("m",) * 9, ("m",) * 9), (1, 1), False, "faster"),
        # a difference of the machines cannot be told from one of the systems
        ((("m",) * 9, ("n",) * 9), (1, 1), True, "too-few"),
        ((THREE, ("m",) * 9), (3, 1), True, "too-few"),
        ((("m1", "m2") * 4 + ("m1",), ("m4", "m5") * 4 + ("m4",)), (2, 2), True, "too-few"),
        # what a machine does to both cancels out, so that only the noise of 10 % between machines is in the way
        ((THREE, THREE), (3, 3), False, "noisy"),
        ((THREE, OTHERS), (3, 3), True, "noisy"),
    ],
)
def test_machines(machines, counts, apart, word):
    sides = [
        [factor * value * MACHINE[name] for value, name in zip(BASE, names or ("",) * 9, strict=True)]
        for factor, names in zip((1.0, 1.1), machines, strict=True)
    ]
    found = compare(*sides, "higher", machines)
    assert (found.machines_base, found.machines_candidate, found.apart) == (*counts, apart)
    assert verdict(found, found.p, 1) == word
    assert MACHINES_MIN == 3


def test_an_interval_over_machines_knows_what_trials_on_one_cannot():
    """Three machines that differ by 10 %, and two systems that do not differ, each on machines of its own."""
    values = [value * MACHINE[name] for value, name in zip(BASE, THREE, strict=True)]
    apart = compare(values, values, "higher", (THREE, OTHERS))
    assert apart.interval is not None
    assert apart.interval[0] < 0.9
    assert apart.interval[1] > 1.1
    assert apart == compare(values, values, "higher", (THREE, OTHERS)), "the same values give the same interval"
    # on the same machines the interval is as narrow as the trials inside a machine are alike
    same = compare(values, [1.1 * value for value in values], "higher", (THREE, THREE))
    assert same.interval == pytest.approx((1.1, 1.1), rel=0.03)
    lower = compare(values, [1.1 * value for value in values], "lower", (THREE, THREE))
    assert lower.interval == pytest.approx(tuple(1 / end for end in reversed(same.interval)), rel=0.02)


def test_an_interval_over_machines_that_are_all_alike_is_that_of_the_trials():
    names = ("m1", "m2", "m3") * 3
    found = compare(BASE, [1.2 * value for value in BASE], "higher", (names, names))
    assert found.interval == pytest.approx((1.2, 1.2), rel=0.02)
    assert verdict(found, found.p, 1) == "faster"


@pytest.mark.parametrize(
    ("events", "trials", "bound"),
    [
        (0, 1, 0.95),
        (0, 2, 0.7764),
        (0, 5, 0.4507),
        (0, 20, 0.1391),
        (0, 100, 0.0295),
        (1, 20, 0.2161),
        (2, 20, 0.2826),
        (19, 20, 0.9974),
        (20, 20, 1.0),
    ],
)
def test_the_upper_bound_of_a_probability(events, trials, bound):
    found = upper_bound(events, trials)
    assert found == pytest.approx(bound, abs=0.00005)
    ends = binomtest(events, trials, alternative="less").proportion_ci(1 - ALPHA, method="exact")
    assert found == pytest.approx(ends.high, abs=1e-6)


@pytest.mark.parametrize(
    ("count", "share", "low", "high"),
    [
        (0, 0.5, None, None),
        (5, 0.5, None, None),
        (6, 0.5, 0, 5),
        (8, 0.5, 0, 7),
        (1, 0.95, None, None),
        (2, 0.95, 0, None),
        (71, 0.95, 62, None),
        (72, 0.95, 63, 71),
        (1000, 0.99, 982, 996),
    ],
)
def test_the_interval_of_a_quantile(count, share, low, high):
    values = [float(number) for number in range(count)]
    assert quantile_interval(values[::-1], share) == (low, high)
    if count:
        ends = quantile_test(values, p=share).confidence_interval(1 - ALPHA)
        assert (low, high) == tuple(None if math.isnan(end) else end for end in ends)


@pytest.mark.parametrize("trials", [20, 100, 1000])
def test_the_rule_of_three_is_close_where_it_is_said_to_be(trials):
    assert upper_bound(0, trials) == pytest.approx(3 / trials, rel=0.08)
    assert upper_bound(0, trials) < 3 / trials

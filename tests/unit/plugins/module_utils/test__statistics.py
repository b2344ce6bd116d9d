# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every published vector is reproduced; scipy is asked wherever it has an answer."""

from __future__ import annotations

import json
import statistics
from pathlib import Path

import pytest
from scipy.stats import mannwhitneyu

from ansible_collections.netfs.bench.plugins.module_utils._plan import order_key
from ansible_collections.netfs.bench.plugins.module_utils._statistics import (
    ALPHA,
    BAND,
    CV_MAX,
    N_MIN,
    compare,
    doubled_midranks,
    exact_p,
    family_limit,
    holm,
    inversion_index,
    smallest_p,
    steadiness,
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

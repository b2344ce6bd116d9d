# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Targets by table: what is refused, and when an interval keeps a promise, breaks it, or says neither."""

from __future__ import annotations

import pytest
from ansible.module_utils.common.yaml import yaml_load
from collection import ROOT

from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import RefusedValueError
from ansible_collections.netfs.bench.plugins.plugin_utils._targets import (
    FAIL,
    NOT_MEASURED,
    PASS,
    Finding,
    judge,
    overall,
    targets_of,
)

BELOW = {"promise": "Quick.", "figure": "latency", "of": ["metadata"], "quantile": 0.99, "below": 50, "unit": "ms"}
ABOVE = {"promise": "Fast.", "figure": "throughput", "of": ["read"], "above": 1, "unit": "GB/s"}
AT_MOST = {"promise": "Right.", "figure": "violations", "of": ["consistency"], "at_most": 0, "unit": "violations"}


def target(given):
    return targets_of({"one": given})[0]


def test_the_shipped_targets_are_those_of_the_guide():
    shipped = yaml_load((ROOT / "playbooks/targets.yml").read_text(encoding="utf-8"))
    assert {one.name: one.limit_text for one in targets_of(shipped)} == {
        "metadata-latency": "below 50 ms",
        "client-throughput": "above 1 GB/s",
        "replication-lag": "below 100 ms",
        "consistency": "at most 0 violations",
        "suites-time": "below 4 h",
        "cost": "below 26 USD",
        "cost-baseline": "below 20 USD",
    }


@pytest.mark.parametrize(
    ("given", "low", "high", "state", "reason"),
    [
        (BELOW, 10e6, 49.9e6, PASS, ""),
        (BELOW, 10e6, 50e6, NOT_MEASURED, "undecided: 10 ms to 50 ms may or may not be below 50 ms"),
        (BELOW, 49e6, 51e6, NOT_MEASURED, "undecided: 49 ms to 51 ms may or may not be below 50 ms"),
        (BELOW, 50e6, 51e6, FAIL, "50 ms to 51 ms, and promised was below 50 ms"),
        (BELOW, 60e6, None, FAIL, "at least 60 ms, and promised was below 50 ms"),
        (BELOW, 10e6, None, NOT_MEASURED, "too few; undecided: at least 10 ms may or may not be below 50 ms"),
        (BELOW, None, 10e6, PASS, ""),
        (BELOW, None, None, NOT_MEASURED, "too few"),
        (ABOVE, 1.01e9, 2e9, PASS, ""),
        (ABOVE, 1e9, 2e9, NOT_MEASURED, "undecided: 1 GB/s to 2 GB/s may or may not be above 1 GB/s"),
        (ABOVE, 0.5e9, 1e9, FAIL, "0.5 GB/s to 1 GB/s, and promised was above 1 GB/s"),
        (ABOVE, None, None, NOT_MEASURED, "too few"),
        (AT_MOST, 0, 0, PASS, ""),
        (AT_MOST, 1, 1, FAIL, "1 violations, and promised was at most 0 violations"),
        (AT_MOST, 2, None, FAIL, "at least 2 violations, and promised was at most 0 violations"),
        (AT_MOST, None, None, NOT_MEASURED, "too few"),
    ],
)
def test_only_a_whole_interval_keeps_or_breaks_a_promise(given, low, high, state, reason):
    why = "too few" if low is None or high is None else ""
    judged = judge(target(given), Finding("it", low, low, high, why))
    assert (judged.state, judged.reason) == (state, reason)


def test_a_value_alone_is_no_pass_and_has_a_reason():
    assert judge(target(BELOW), Finding("it", 1.0))[1:] == (NOT_MEASURED, "nothing is known of it")


@pytest.mark.parametrize(
    ("states", "state"),
    [
        ([], NOT_MEASURED),
        ([PASS, PASS], PASS),
        ([PASS, NOT_MEASURED], NOT_MEASURED),
        ([PASS, NOT_MEASURED, FAIL], FAIL),
    ],
)
def test_a_whole_passes_only_where_all_of_it_does(states, state):
    assert overall(states) == state


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (None, "a file of targets is a dictionary of them"),
        ({}, "a file of targets is a dictionary of them"),
        ({"one": []}, "target 'one' is not a dictionary"),
        ({"one": {**BELOW, "under": 1}}, "unknown key of target 'one' 'under'"),
        ({"one": {**BELOW, "below": "50"}}, "'below' of target 'one' is not a number"),
        ({"one": {**BELOW, "figure": "latencies"}}, "Did you mean 'latency'?"),
        ({"one": {**BELOW, "unit": "GB/s"}}, "unknown unit of target 'one' 'GB/s'"),
        ({"one": {**BELOW, "above": 1}}, "target 'one' needs one of below, above, at_most"),
        ({"one": {key: value for key, value in BELOW.items() if key != "below"}}, "needs one of below, above, at_most"),
        ({"one": {key: value for key, value in BELOW.items() if key != "quantile"}}, "has no key 'quantile'"),
        ({"one": {**BELOW, "quantile": 0.9}}, "'quantile' of target 'one' is none of 0.5, 0.95, 0.99, 0.999"),
        ({"one": {**BELOW, "of": []}}, "'of' of target 'one' is no list of names"),
        ({"one": {**BELOW, "hours": 25}}, "'hours' of target 'one' is not more than 0 and at most 24"),
    ],
)
def test_targets_that_cannot_be_judged_are_refused(given, said):
    with pytest.raises(RefusedValueError) as error:
        targets_of(given)
    assert said in str(error.value)

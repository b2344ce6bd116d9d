# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What power cuts did comes to a case for each kind of operation, and to figures."""

from __future__ import annotations

import pytest
import suites

from ansible_collections.netfs.bench.plugins.plugin_utils import _power_cuts
from ansible_collections.netfs.bench.plugins.plugin_utils._records import PowerCut
from ansible_collections.netfs.bench.plugins.plugin_utils._suite_output import Case

FAULT = {"number": 7, "kind": "create", "name": "created-7", "harm": "lost", "text": "it is not there"}
BOUNDS = {"cuts": "$CUTS", "earliest_ms": 500, "latest_ms": 8000, "resume_seconds": 60}


def made(number=1, faults=(), **harms):
    return {**suites.power_cut(number, **harms), "faults": list(faults)}


def test_a_case_for_each_kind_of_operation():
    assert _power_cuts.cases_of([made(), made(2)]) == [
        Case(kind, "passed", []) for kind in ("create", "append", "rename", "mkdir")
    ]


def test_a_kind_fails_when_one_operation_was_not_kept():
    cases = _power_cuts.cases_of([made(), made(2, [FAULT], lost=1)])
    assert [case.outcome for case in cases] == ["failed", "passed", "passed", "passed"]
    assert cases[0].lines == [
        "1 of 20 acknowledged were not kept",
        "cut 2, operation 7, created-7: lost, it is not there",
    ]


def test_faults_that_are_no_longer_listed_still_count():
    assert _power_cuts.cases_of([made(1, [], lost=1)])[0].outcome == "failed"


def test_a_kind_of_which_nothing_was_acknowledged_says_nothing():
    one = made()
    one["counts"]["mkdir"]["acknowledged"] = 0
    assert [case.outcome for case in _power_cuts.cases_of([one])][-1] == "skipped"


def test_without_a_cut_there_are_no_figures_and_nothing_passed():
    assert _power_cuts.figures_of([]) is None
    assert {case.outcome for case in _power_cuts.cases_of([])} == {"skipped"}


@pytest.mark.parametrize(("text", "number"), [("2", 2), ("1000", 1000)])
def test_the_number_of_cuts(text, number):
    assert _power_cuts.number_of(BOUNDS, {"CUTS": text}) == number
    assert len(_power_cuts.cuts_of(BOUNDS, 1, {"CUTS": text})) == number


@pytest.mark.parametrize("text", ["", "0", "-1", "1.5", "many", "1001"])
def test_what_is_no_number_of_cuts(text):
    with pytest.raises(_power_cuts.CutsError, match="write a whole number from 1 to 1000"):
        _power_cuts.number_of(BOUNDS, {"CUTS": text})


def test_figures_are_told_in_one_sentence():
    figures = _power_cuts.figures_of([PowerCut.of(suites.power_cut(number)) for number in range(1, 21)])
    assert figures.text == (
        "0 lost, 0 torn, 0 stale of 800 acknowledged in 20 cuts; a cut loses something with a probability below 13.9%"
    )
    assert figures.pause_text == "the longest pause of a writer was 40.0 s"

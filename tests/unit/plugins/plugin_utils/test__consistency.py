# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a system claims, what a suite may ask, and what came of each kind, in words and as a picture."""

from __future__ import annotations

import pytest
import suites

from ansible_collections.netfs.bench.plugins.module_utils._history import KINDS
from ansible_collections.netfs.bench.plugins.plugin_utils import _consistency, _timeline
from ansible_collections.netfs.bench.plugins.plugin_utils._profiles import CONSISTENCY

GIVEN = {"mounts": 2, "clients": 4, "seconds": "$DURATION", "without": {"nfs3": ["flock"]}}
PROTOCOLS = ("nfs3", "nfs4.2")


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({}, None),
        ({"seconds": "30"}, None),
        ({"seconds": "$SECONDS"}, "'seconds' of 'consistency' is '$SECONDS': write a number in quotes, or one of"),
        ({"seconds": "soon"}, "'seconds' of 'consistency' is 'soon'"),
        ({"seconds": 30}, "'seconds' of 'consistency' is not a string"),
        ({"mounts": 0}, "'mounts' of 'consistency' is not 1 to 8"),
        ({"mounts": 5}, "'clients' of 'consistency' is not 2 to 16, or less than 'mounts'"),
        ({"clients": 1, "mounts": 1}, "'clients' of 'consistency' is not 2 to 16"),
        ({"clients": 17}, "'clients' of 'consistency' is not 2 to 16"),
        ({"without": {"nfs5": []}}, "unknown protocol in 'without' 'nfs5'"),
        ({"without": {"nfs3": ["flok"]}}, "unknown kind in 'without' 'flok'. Did you mean 'flock'?"),
        ({"client": 1}, "unknown key of 'consistency' 'client'. Did you mean 'clients'?"),
    ],
)
def test_what_a_suite_may_ask(changes, fault):
    found = _consistency.faults_of({**GIVEN, **changes}, ["DURATION"], PROTOCOLS)
    assert (fault in "; ".join(found)) if fault else (found == [])


@pytest.mark.parametrize("seconds", ["5", "3600"])
def test_how_long_clients_work(seconds):
    assert _consistency.seconds_of(GIVEN, {"DURATION": seconds}) == int(seconds)


@pytest.mark.parametrize("seconds", ["4", "3601", "", "-7", "1.5"])
def test_a_duration_that_is_none_is_refused(seconds):
    with pytest.raises(_consistency.ConsistencyError, match="write a whole number of seconds from 5 to 3600"):
        _consistency.seconds_of(GIVEN, {"DURATION": seconds})


def test_a_protocol_without_locks_has_none():
    assert set(KINDS) - set(_consistency.kinds_of(GIVEN, "nfs3")) == {"flock"}
    assert _consistency.kinds_of(GIVEN, "nfs4.2") == list(KINDS)


def test_what_nobody_claims_is_close_to_open():
    assert _consistency.claim_of({}) == "close-to-open"
    assert _consistency.claim_of({"consistency": "linearizable"}) == "linearizable"


def test_the_claim_is_checked_and_the_next_stronger():
    assert {claim: _consistency.models_of(claim) for claim in CONSISTENCY} == {
        "linearizable": ["linearizable"],
        "sequential": ["sequential", "linearizable"],
        "close-to-open": ["close-to-open", "linearizable"],
    }


def results(*verdicts, claim="close-to-open"):
    return _consistency.results_of([dict(one) for one in verdicts], claim)


def test_an_example_is_one_against_the_claim_if_that_is_not_kept():
    example = [suites.history_operation(1)]
    weak, strong = (suites.verdict(model=model, result="invalid") for model in ("close-to-open", "linearizable"))
    kept = suites.verdict(model="close-to-open", result="valid", counter_example=[])
    assert results(weak, strong)[0].against == "close-to-open"
    assert results(kept, strong)[0].against == "linearizable"
    assert results(kept, strong)[0].counter_example == example
    assert results(kept, suites.verdict(result="valid", counter_example=[]))[0].against == ""


@pytest.mark.parametrize(
    ("result", "operations", "unknown", "outcome", "why"),
    [
        ("valid", 100, 3, "passed", None),
        ("invalid", 100, 3, "failed", None),
        # what is wrong is wrong, however little there was
        ("invalid", 4, 3, "failed", None),
        ("unknown", 100, 3, None, "flock: the checker came to no end in time"),
        ("valid", 30, 11, None, "flock: only 19 answers"),
    ],
)
def test_a_case_is_decided_or_it_is_none(result, operations, unknown, outcome, why):
    found = results(
        suites.verdict("flock", "linearizable", result, operations=operations, unknown=unknown), claim="linearizable"
    )
    cases = {case.name: case.outcome for case in _consistency.cases_of(found, ["flock"])}
    assert cases.pop("flock", None) == outcome
    assert set(cases.values()) == {"skipped"}
    assert _consistency.undecided_of(found, ["flock"]) == ([why] if why else [])


def test_a_kind_without_any_operation_is_not_measured():
    assert _consistency.undecided_of([], ["flock"]) == ["flock: no operation was recorded"]
    assert "flock" not in {case.name for case in _consistency.cases_of([], ["flock"])}


@pytest.mark.parametrize(
    ("operation", "words"),
    [
        ({"op": "write", "value": 7}, "write 7"),
        ({"op": "read", "result": 7}, "read: 7"),
        ({"op": "read", "result": -1}, "read: bytes that nobody wrote"),
        ({"op": "read", "result": [3, 1]}, "read: 3 1"),
        ({"op": "list", "result": []}, "list: nothing"),
        ({"op": "increment", "result": 4}, "increment from 4"),
        ({"op": "acquire", "result": 1}, "acquire: done"),
        ({"op": "acquire", "result": 0}, "acquire: somebody has it"),
        ({"op": "create", "value": 2, "result": 0}, "create 2: it exists"),
        ({"op": "remove", "value": 2, "result": 0}, "remove 2: it is not there"),
        ({"op": "release", "result": 1}, "release"),
        ({"op": "write", "value": 7, "outcome": "unknown", "error": "EIO"}, "write 7: EIO, may have taken effect"),
    ],
)
def test_an_operation_in_words(operation, words):
    assert _consistency.words_of(suites.history_operation(1, **operation)) == words


def kind_result(*operations):
    verdict = suites.verdict(result="invalid", counter_example=list(operations))
    return results({**verdict, "model": "close-to-open"}, verdict)[0]


STALE = (
    suites.history_operation(3, op="read", result=0, call=3_000_000, end=4_000_000, client=1),
    suites.history_operation(1, op="write", value=1, call=1_000_000, end=2_000_000),
    suites.history_operation(2, op="write", value=2, call=1_500_000, end=0, outcome="unknown", error="EIO"),
)


def test_an_example_in_lines():
    assert _consistency.lines_of(kind_result(*STALE)) == [
        "register-write.0.1 is not close-to-open: no order of these operations is allowed",
        "client 0, 0.0 to 1.0 ms: write 1",
        "client 0, from 0.5 ms: write 2: EIO, may have taken effect",
        "client 1, 2.0 to 3.0 ms: read: 0",
    ]


def test_an_example_as_a_picture():
    picture = _timeline.timeline(kind_result(*STALE))
    assert picture.title == "register-write: not close-to-open, which it claims"
    assert [drawn.text for drawn in picture.bars] == _consistency.lines_of(kind_result(*STALE))[1:]
    # moments at one distance: 1.0, 1.5, 2.0, 3.0 and 4.0 ms; what has no end reaches to the end
    assert [(drawn.x, drawn.width) for drawn in picture.bars] == [(0, 50), (25, 75), (75, 25)]
    assert [drawn.css for drawn in picture.bars] == ["changes", "open", "looks"]
    assert all(drawn.text_y < drawn.y for drawn in picture.bars)
    assert picture.height > picture.bars[-1].y + picture.bar_height


def test_a_large_example_is_drawn_in_part_and_says_so():
    many = [suites.history_operation(number, call=number * 10, end=number * 10 + 5) for number in range(1, 51)]
    picture = _timeline.timeline(kind_result(*many))
    assert len(picture.bars) == _timeline.ROWS_MAX
    assert "10 operations more are in the record." in picture.caption
    assert all(drawn.x + drawn.width <= 100.01 for drawn in picture.bars)


def test_without_an_example_there_is_no_picture():
    assert _timeline.timeline(kind_result()) is None
    assert _consistency.lines_of(kind_result()) == []

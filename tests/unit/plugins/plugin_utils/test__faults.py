# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the file of a fault may say, when which fault is begun, and what that makes of a cell."""

from __future__ import annotations

import copy
from itertools import pairwise

import pytest
import yaml
from collection import ROOT

from ansible_collections.netfs.bench.plugins.module_utils import _fault_player
from ansible_collections.netfs.bench.plugins.plugin_utils import _faults
from ansible_collections.netfs.bench.plugins.plugin_utils._records import FaultEvent, FaultsRecord

FILES = {
    path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in (ROOT / "playbooks/faults").glob("*.yml")
}
GOOD = {
    "what": "It stands.",
    "kinds": ["docker"],
    "needs": ["process"],
    "lasts_seconds": [2, 9],
    "begin": [["systemctl", "kill", "--signal=STOP", "$unit"]],
    "undo": [["systemctl", "kill", "--signal=CONT", "$unit"]],
    "seen": {"by": "round_trip", "at_least_ms": 90},
}


@pytest.mark.parametrize("name", FILES)
def test_every_fault_of_the_catalog_is_one(name):
    assert _faults.errors_of(name, FILES[name]) == []


def test_the_faults_that_are_asked_for_are_there():
    assert set(FILES) == {
        "clock-jump",
        "disk-full",
        "kill",
        "latency",
        "loss",
        "partition",
        "partition-one-way",
        "pause",
        "power-cut",
        "restart",
        "slow-disk",
    }


def test_every_way_to_see_a_fault_is_one_of_the_player():
    assert [name for name in _faults.LOOKS if not callable(getattr(_fault_player.Look, name, None))] == []
    assert set(_fault_player.LASTING) < set(_faults.LOOKS)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"what": None}, "'what' of the fault is not a string"),
        ({"kind": []}, "unknown key of the fault 'kind'. Did you mean 'kinds'?"),
        ({"kinds": []}, "'kinds' of the fault is empty"),
        ({"kinds": ["dokcer"]}, "unknown name in 'kinds' 'dokcer'. Did you mean 'docker'?"),
        ({"needs": ["sch_netm"]}, "unknown name in 'needs' 'sch_netm'. Did you mean 'sch_netem'?"),
        ({"lasts_seconds": [5]}, "'lasts_seconds' of the fault is not two whole numbers"),
        ({"lasts_seconds": [5, 4]}, "'lasts_seconds' of the fault is not two whole numbers"),
        ({"lasts_seconds": [0, 4]}, "'lasts_seconds' of the fault is not two whole numbers"),
        ({"lasts_seconds": [True, 4]}, "'lasts_seconds' of the fault is not two whole numbers"),
        ({"begin": []}, "'begin' of the fault is empty"),
        ({"begin": ["systemctl stop"]}, "command 1 of 'begin' is not a list of strings"),
        ({"undo": [["sleep", 1]]}, "command 1 of 'undo' is not a list of strings"),
        ({"undo": [["kill", "$units"]]}, "unknown placeholder of 'undo' '$units'. Did you mean '$unit'?"),
        ({"begin": [["echo", "$"]]}, "a '$' in '$' names no placeholder"),
        ({"seen": {"by": "silense"}}, "unknown 'by' of 'seen' 'silense'. Did you mean 'silence'?"),
        ({"seen": {"by": "silence", "of": 3}}, "'seen' by silence takes nothing else"),
        ({"seen": {"by": "loss"}}, "'seen' by loss takes of"),
        ({"seen": {"by": "loss", "of": "all"}}, "'of' of 'seen' is not a whole number"),
    ],
)
def test_what_no_fault_can_say_is_told(change, said):
    assert any(error.startswith(said) for error in _faults.errors_of("stand", {**copy.deepcopy(GOOD), **change}))


def test_a_fault_that_is_right_has_no_errors():
    assert _faults.errors_of("stand", GOOD) == []
    assert _faults.errors_of("Stand!", GOOD) == [
        "'Stand!' cannot be the name of a fault: lower-case letters, digits and - only"
    ]


LASTS = {"kill": (2, 10), "pause": (2, 20), "partition": (2, 20), "latency": (2, 20), "loss": (2, 20)}


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize(
    ("lasts", "duration"),
    [(LASTS, 60), (LASTS, 35), (LASTS, 300), ({"power-cut": (30, 40)}, 60), ({"kill": (2, 10)}, 7)],
)
def test_a_timeline_has_every_fault_one_at_a_time_with_quiet_between(lasts, duration, seed):
    entries = _faults.timeline(lasts, ["one"], seed, duration)
    assert entries == _faults.timeline(dict(reversed(lasts.items())), ["one"], seed, duration)
    assert {entry.fault for entry in entries} == set(lasts)
    assert [entry.number for entry in entries] == list(range(1, len(entries) + 1))
    assert entries[-1].begin_s + entries[-1].lasts_s <= duration
    assert entries[0].begin_s >= _faults.QUIET_SECONDS[0]
    for before, after in pairwise(entries):
        quiet = after.begin_s - before.begin_s - before.lasts_s
        assert _faults.QUIET_SECONDS[0] <= quiet <= _faults.QUIET_SECONDS[1]
    for entry in entries:
        least, most = lasts[entry.fault]
        assert least <= entry.lasts_s <= most
    # each comes once before one comes again
    first = [entry.fault for entry in entries[: len(lasts)]]
    assert sorted(first) == sorted(lasts)


def test_another_seed_is_another_timeline_on_other_targets():
    drawn = [tuple(_faults.timeline(LASTS, ["one", "two"], seed, 300)) for seed in range(10)]
    assert len(set(drawn)) == 10
    assert {entry.target for entries in drawn for entry in entries} == {"one", "two"}


@pytest.mark.parametrize(("lasts", "targets"), [({}, ["one"]), (LASTS, [])])
def test_without_faults_or_targets_there_is_no_timeline(lasts, targets):
    assert _faults.timeline(lasts, targets, 1, 60) == []


def test_a_duration_in_which_not_all_have_their_time_is_known():
    assert _faults.least_seconds(LASTS) == 5 * (2 + 5)
    assert {entry.fault for entry in _faults.timeline(LASTS, ["one"], 1, 20)} < set(LASTS)


HELD = FaultEvent(1, "kill", "server", 3, 4, "12:00", "12:04", True, "gone", True, "all units run")
NEVER = FaultEvent(2, "pause", "server", 13, 4)


def faults(*timeline, recovered=True, **more):
    return FaultsRecord(7, 60, list(timeline), 120, recovered, 0.1, **more)


@pytest.mark.parametrize(
    ("before", "record", "status", "reason"),
    [
        (("ok", ""), faults(HELD), "ok", ""),
        (("failing", "1 case failed"), faults(HELD), "failing", "1 case failed"),
        (("failed", "Hung"), faults(NEVER), "failed", "Hung"),
        (
            ("ok", ""),
            faults(HELD, recovered=False, answer="refused"),
            "failing",
            "The service did not come back within 120 s after the last fault: refused",
        ),
        (
            ("failed", "Hung"),
            faults(HELD, recovered=False),
            "failing",
            "Hung; The service did not come back within 120 s after the last fault: it gave no answer",
        ),
        (("ok", ""), faults(HELD, NEVER), "failed", "The work of the cell was over before fault pause was begun"),
        (
            ("ok", ""),
            faults(FaultEvent(1, "loss", "server", 3, 4, "12:00", "12:04", False, "3 of 3", True, "", "tc: no")),
            "failed",
            "Fault 1, loss, did not take hold: 3 of 3; tc: no",
        ),
        (
            ("ok", ""),
            faults(FaultEvent(1, "loss", "server", 3, 4, "12:00", "12:04", True, "1 of 3", False, "2 of 3")),
            "failed",
            "Fault 1, loss, was not undone: 2 of 3",
        ),
        (
            ("ok", ""),
            faults(NEVER, recovered=None, failure="no answer"),
            "failed",
            "What became of the faults is not known: no answer",
        ),
        # the same fault may come twice: it was begun once
        (("ok", ""), faults(HELD, FaultEvent(2, "kill", "server", 13, 4)), "ok", ""),
    ],
)
def test_what_faults_make_of_a_cell(before, record, status, reason):
    assert _faults.judged(*before, record) == (status, reason)
    assert FaultsRecord.of(record.document()) == record

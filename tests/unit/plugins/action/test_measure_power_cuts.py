# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Power cuts leave a record whatever becomes of them: fewer than planned are no pass, and what was lost stays lost."""

from __future__ import annotations

import json

import pytest
import suites
from actions import made, recorded

from ansible_collections.netfs.bench.plugins.action.measure_power_cuts import ActionModule
from ansible_collections.netfs.bench.plugins.plugin_utils._records import CellRecord

CELL = {
    "id": "ganesha~nfs3~power-cut~warm~1",
    "system": "ganesha",
    "protocol": "nfs3",
    "workload": "power-cut",
    "pass": "warm",
    "trial": 1,
}
FAULT = {"number": 7, "kind": "create", "name": "created-7", "harm": "lost", "text": "it is not there"}


def came_of(number, *faults, **harms):
    return {**suites.power_cut(number, **harms), "faults": list(faults), "filesystem": "nfs4", "changed": False}


def measure(tmp_path, cuts, planned=2, failure_reason=""):
    action = made(
        ActionModule,
        run_directory=str(tmp_path),
        cell=CELL,
        job="{}\n",
        seed="abc",
        planned=planned,
        cuts=cuts,
        began=1796000000.25,
        ended=1796000120.5,
        variables={"CUTS": planned},
        failure_reason=failure_reason,
        provenance={"mount": "unknown", "client_kernel": "6.12", "server_kernel": "6.12", "service": "unknown"},
    )
    record = recorded(action)
    assert CellRecord.of(record).document() == record
    return record


def test_nothing_lost_is_ok(tmp_path):
    record = measure(tmp_path, [came_of(1), came_of(2)])
    assert (record["status"], record["reason"]) == ("ok", "")
    assert record["metrics"] == {
        "passed_cases": 4,
        "failed_cases": 0,
        "skipped_cases": 0,
        "acknowledged_ios": 80,
        "longest_pause_ms": 22000.0,
    }
    assert record["seconds"]["total"] == 120.25
    assert [cut["seed"] for cut in record["suite"]["power_cuts"]] == [101, 102]
    assert record["suite"]["filesystem"] == "nfs4"


def test_what_was_lost_is_told_with_its_evidence(tmp_path):
    record = measure(tmp_path, [came_of(1), came_of(2, FAULT, lost=1)])
    assert (record["status"], record["reason"]) == ("failing", "1 of 4 cases failed: create")
    assert record["suite"]["lines"]["create"][1] == "cut 2, operation 7, created-7: lost, it is not there"
    assert "faults" not in record["suite"]["power_cuts"][1]
    assert json.loads((tmp_path / record["raw"]).read_text(encoding="utf-8"))["cuts"][1]["faults"] == [FAULT]


@pytest.mark.parametrize(
    ("cuts", "why", "reason"),
    [
        ([], "The turn could not begin", "Only 0 of 2 power cuts were measured. The turn could not begin"),
        ([came_of(1)], "No answer", "Only 1 of 2 power cuts were measured. No answer"),
        ([came_of(1)], "", "Only 1 of 2 power cuts were measured."),
    ],
)
def test_fewer_cuts_than_planned_are_no_pass(tmp_path, cuts, why, reason):
    record = measure(tmp_path, cuts, failure_reason=why)
    assert (record["status"], record["reason"]) == ("failed", reason)
    assert ("suite" in record) == bool(cuts)


def test_what_was_lost_is_known_however_many_cuts_are_missing(tmp_path):
    record = measure(tmp_path, [came_of(1, FAULT, lost=1)], failure_reason="The node did not come back.")
    assert record["status"] == "failing"
    assert record["suite"]["remarks"] == ["Only 1 of 2 power cuts were measured. The node did not come back"]


def test_a_writer_that_did_not_go_on_has_no_pause(tmp_path):
    record = measure(tmp_path, [{**came_of(1), "resumed": False}], planned=1)
    assert "longest_pause_ms" not in record["metrics"]


def test_a_record_that_is_replaced_is_remembered(tmp_path):
    measure(tmp_path, [came_of(1, FAULT, lost=1)], planned=1)
    record = measure(tmp_path, [came_of(1)], planned=1)
    assert [cases["create"] for cases in record["suite"]["earlier"]] == ["failed"]

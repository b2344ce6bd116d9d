# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The record of a cell under faults has the timeline as it was drawn and as it happened."""

from __future__ import annotations

import json

import jsonschema
import pytest
import suites
from actions import CELL_SCHEMA, made

from ansible_collections.netfs.bench.plugins.action.measure_faults import ActionModule

ENTRIES = [
    {"number": 1, "fault": "kill", "target": "server", "begin_s": 3, "lasts_s": 4, "does": {}},
    {"number": 2, "fault": "kill", "target": "server", "begin_s": 11, "lasts_s": 4, "does": {}},
]
KILLED = {
    "number": 1,
    "begun_at": "2026-12-01T04:26:42+00:00",
    "undone_at": "2026-12-01T04:26:46+00:00",
    "held": True,
    "evidence": "1 of 1 units lost what ran",
    "undone": True,
    "after": "all units run",
    "error": "",
}
ENDED = {"changed": True, "happened": [KILLED], "recovered": True, "recover_seconds": 0.4, "answer": ""}


def recorded(tmp_path, outcomes="p", **args):
    given = {
        "run_directory": str(tmp_path),
        "measured": suites.record("ganesha", "nfs3", outcomes),
        "seed": 7,
        "entries": ENTRIES,
        "duration": 60,
        "recover_limit": 120,
        "ended": ENDED,
        **args,
    }
    result = made(ActionModule, **given).run(task_vars={})
    (path,) = (tmp_path / "cells").iterdir()
    record = json.loads(path.read_text(encoding="utf-8"))
    jsonschema.validate(record, CELL_SCHEMA)
    assert result == {"changed": True, "cell": record}
    return record


def test_what_was_measured_stays_and_what_happened_is_added(tmp_path):
    measured = suites.record("ganesha", "nfs3", "p")
    record = recorded(tmp_path)
    faults = record.pop("faults")
    assert record == measured
    assert (faults["seed"], faults["duration_s"], faults["recovered"]) == (7, 60, True)
    first, second = faults["timeline"]
    assert first == {**{name: ENTRIES[0][name] for name in ("fault", "target", "begin_s", "lasts_s")}, **KILLED}
    assert (second["number"], second["begun_at"], second["held"]) == (2, "", False)


@pytest.mark.parametrize(
    ("outcomes", "args", "status", "reason"),
    [
        ("p", {}, "ok", ""),
        ("f", {}, "failing", "1 failed"),
        (
            "p",
            {"ended": {**ENDED, "recovered": False, "answer": "refused"}},
            "failing",
            "did not come back within 120 s",
        ),
        (
            "p",
            {"ended": {"failed": True, "msg": "no node"}},
            "failed",
            "What became of the faults is not known: no node",
        ),
        ("p", {"ended": {"unreachable": True}}, "failed", "is not known: the node gave no answer"),
        ("p", {"failure_reason": "no start"}, "failed", "is not known: no start"),
        # a service that never began has not failed to come back
        ("p", {"ended": {**ENDED, "recovered": False}, "failure_reason": "no start"}, "failed", "not known: no start"),
        ("p", {"ended": {**ENDED, "happened": []}}, "failed", "over before fault kill was begun"),
        ("p", {"ended": {**ENDED, "happened": [{**KILLED, "held": False}]}}, "failed", "did not take hold"),
    ],
)
def test_what_faults_make_of_the_cell(tmp_path, outcomes, args, status, reason):
    record = recorded(tmp_path, outcomes, **args)
    assert record["status"] == status
    assert reason in record["reason"]

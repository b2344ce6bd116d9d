# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A history leaves a record whatever becomes of it: what is invalid fails, and what was not decided is no pass."""

from __future__ import annotations

import gzip

import pytest
import suites
from actions import made, recorded

from ansible_collections.netfs.bench.plugins.action.measure_consistency import ActionModule
from ansible_collections.netfs.bench.plugins.plugin_utils._records import CellRecord

CELL = {
    "id": "ganesha~nfs3~consistency~warm~1",
    "system": "ganesha",
    "protocol": "nfs3",
    "workload": "consistency",
    "pass": "warm",
    "trial": 1,
}
HISTORY = {"filesystem": "nfs", "operations": 100, "unknown": 0, "errors": [], "killed": 0, "left": ""}


def both(claimed, stronger, kind="register-write"):
    return [suites.verdict(kind, "close-to-open", claimed), suites.verdict(kind, "linearizable", stronger)]


def measure(tmp_path, verdicts, *, kinds=("register-write",), history=None, failure_reason=""):
    raw = tmp_path / "raw" / f"{CELL['id']}.jsonl.gz"
    raw.parent.mkdir()
    raw.write_bytes(gzip.compress(b"{}\n"))
    action = made(
        ActionModule,
        run_directory=str(tmp_path),
        cell=CELL,
        job="{}\n",
        seed=77,
        kinds=list(kinds),
        claim="close-to-open",
        history=HISTORY if history is None else history,
        verdicts=verdicts,
        checker="checker 1",
        began=1796000000.25,
        ended=1796000120.5,
        variables={"DURATION": 20},
        failure_reason=failure_reason,
        provenance={"mount": "unknown", "client_kernel": "6.12", "server_kernel": "6.12", "service": "unknown"},
    )
    record = recorded(action)
    assert CellRecord.of(record).document() == record
    return record


def test_what_is_claimed_and_kept_is_ok_whatever_the_stronger_model_says(tmp_path):
    record = measure(tmp_path, both("valid", "invalid"))
    assert (record["status"], record["reason"]) == ("ok", "")
    assert record["suite"]["cases"]["register-write"] == "passed"
    assert record["suite"]["seed"] == 77
    assert record["raw"] == f"raw/{CELL['id']}.jsonl.gz"
    (kind,) = record["suite"]["consistency"]
    assert (kind["result"], kind["stronger_result"], kind["against"]) == ("valid", "invalid", "linearizable")
    # what the protocol has not is no pass
    assert record["suite"]["cases"]["flock"] == "skipped"
    assert record["metrics"] == {"passed_cases": 1, "failed_cases": 0, "skipped_cases": 6}


def test_what_is_claimed_and_not_kept_fails_with_its_example(tmp_path):
    record = measure(tmp_path, both("invalid", "invalid"))
    assert (record["status"], record["reason"]) == ("failing", "1 of 7 cases failed: register-write")
    assert record["suite"]["lines"]["register-write"][1] == "client 0, 0.0 to 0.0 ms: write 1"
    assert record["suite"]["consistency"][0]["counter_example"] == [suites.history_operation(1)]


def test_what_was_not_decided_is_not_measured_unless_something_is_wrong(tmp_path):
    record = measure(tmp_path, both("unknown", "unknown"))
    assert record["status"] == "failed"
    assert record["reason"] == "register-write: the checker came to no end in time"


def test_what_is_wrong_is_wrong_whatever_was_not_decided(tmp_path):
    verdicts = [*both("invalid", "invalid"), *both("unknown", "unknown", "counter")]
    record = measure(tmp_path, verdicts, kinds=("register-write", "counter"))
    assert record["status"] == "failing"
    assert record["suite"]["remarks"] == ["counter: the checker came to no end in time"]


@pytest.mark.parametrize("history", [{}, HISTORY])
def test_what_did_not_run_or_was_not_checked_says_why(tmp_path, history):
    record = measure(tmp_path, [], history=history, failure_reason="The history was not recorded")
    assert (record["status"], record["reason"]) == ("failed", "The history was not recorded")
    assert "suite" not in record
    assert (record["raw"] == "unknown") is not history


def test_a_kind_that_nobody_did_anything_with_is_no_pass(tmp_path):
    record = measure(tmp_path, both("valid", "valid"), kinds=("register-write", "flock"))
    assert (record["status"], record["reason"]) == ("failed", "flock: no operation was recorded")


def test_errors_and_killed_clients_are_told(tmp_path):
    history = {**HISTORY, "killed": 2, "errors": ["flock acquire: EIO"], "left": "directory is busy"}
    assert measure(tmp_path, both("valid", "valid"), history=history)["suite"]["remarks"] == [
        "2 clients were killed because their last operation did not end",
        "Clients were told of errors: flock acquire: EIO",
        "directory is busy",
    ]

# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A suite leaves a record whatever becomes of it, and never one of a pass that was none."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest
from actions import answering, made, recorded
from ansible.errors import AnsibleConnectionFailure

from ansible_collections.netfs.bench.plugins.action import measure_suite
from ansible_collections.netfs.bench.plugins.action.measure_suite import ActionModule
from ansible_collections.netfs.bench.plugins.plugin_utils._suites import seed_of

CELL = {
    "id": "ganesha~nfs3~fsx~warm~1",
    "system": "ganesha",
    "protocol": "nfs3",
    "workload": "fsx",
    "pass": "warm",
    "trial": 1,
}
SUITE = {
    "needs": ["mount"],
    "program": {"crate": "fsx", "version": "0.3.2"},
    "command": ["$program", "-S", "$seed", "$directory/file"],
    "parser": "fsx",
    "minutes": 2,
    "quiet_seconds": 30,
}
GOOD = {
    "output": "All operations completed A-OK!\n",
    "exit_code": 0,
    "hung": "",
    "filesystem": "nfs",
    "left": "",
    "seconds": 1.5,
}
BAD = {**GOOD, "output": "[ERROR fsx] miscompare: offset= 0x2a\n[ERROR fsx] LOG DUMP\n", "exit_code": 1}


def action_of(tmp_path, answer, **args):
    """The action with its module replaced by an answer or an exception, and what that is called with."""
    given = {
        "run_directory": str(tmp_path),
        "cell": CELL,
        "suite": SUITE,
        "job": "{}\n",
        "directory": "/mnt/netfs-bench",
        "program": {"path": "/usr/bin/fsx", "version": "fsx 0.3.2"},
        "seed": "abc",
        "variables": {"OPERATIONS": 10},
        "provenance": {"mount": "unknown", "client_kernel": "6.12", "server_kernel": "6.18", "service": "unknown"},
        **args,
    }
    action = made(ActionModule, **given)
    return action, answering(action, answer)


def measure(tmp_path, answer, **args):
    """Run the action; return what its module was called with, and the record."""
    action, calls = action_of(tmp_path, answer, **args)
    return calls, recorded(action, inventory_hostname="client-1")


def test_a_pass_is_kept_with_what_was_run(tmp_path):
    calls, record = measure(tmp_path, GOOD)
    directory, seed = "/mnt/netfs-bench/netfs-bench-suite", seed_of("abc", "fsx", 1)
    assert calls == [
        (
            "netfs.bench.suite",
            {
                "command": ["/usr/bin/fsx", "-S", str(seed), f"{directory}/file"],
                "config": "",
                "directory": directory,
                "mount_point": "/mnt/netfs-bench",
                "work": "/run/netfs-bench-suite",
                "needs": ["mount"],
                "time_limit": 120,
                "quiet_limit": 30,
            },
        )
    ]
    assert (record["status"], record["reason"]) == ("ok", "")
    assert record["metrics"] == {"passed_cases": 1, "failed_cases": 0, "skipped_cases": 0}
    assert record["suite"]["cases"] == {"every operation": "passed"}
    assert (record["suite"]["seed"], record["suite"]["filesystem"]) == (seed, "nfs")
    assert (tmp_path / record["raw"]).read_text(encoding="utf-8") == GOOD["output"]


def test_the_client_s_own_disk_is_no_mount(tmp_path):
    calls, _record = measure(tmp_path, GOOD, cell={**CELL, "system": "local", "protocol": "local"})
    assert "mount_point" not in calls[0][1]


def test_failing_cases_are_a_measurement(tmp_path):
    _calls, record = measure(tmp_path, BAD)
    assert record["status"] == "failing"
    assert record["reason"] == "1 of 1 cases failed: every operation"
    assert record["suite"]["lines"]["every operation"][0] == "[ERROR fsx] miscompare: offset= 0x2a"


@pytest.mark.parametrize(
    ("answer", "args", "reason", "hung"),
    [
        ({"failed": True, "msg": "The suite could not run: no"}, {}, "The suite could not run: no", None),
        (AnsibleConnectionFailure("gone"), {}, "The client, node client-1, did not answer: gone", None),
        (GOOD, {"failure_reason": "The turn could not begin"}, "The turn could not begin", None),
        (
            {**GOOD, "output": "step 1\nstep 2\n", "exit_code": None, "hung": "it came to no end within 120 s"},
            {},
            "Hung: it came to no end within 120 s; its last line is 'step 2'",
            True,
        ),
        ({**GOOD, "output": "rubbish"}, {}, "its last line is 'rubbish'. The exit code is 0", False),
        (
            {**GOOD, "exit_code": 1},
            {},
            "No case failed, and yet the program ended with an error. The exit code is 1",
            False,
        ),
    ],
)
def test_what_is_not_known_is_no_pass(tmp_path, answer, args, reason, hung):
    _calls, record = measure(tmp_path, answer, **args)
    assert record["status"] == "failed"
    assert record["reason"].endswith(reason)
    assert record["metrics"] == {}
    assert record.get("suite", {}).get("hung") == hung


@pytest.mark.parametrize(
    ("answer", "args", "shaken"),
    [
        ({"failed": True, "msg": "Nothing is mounted"}, {}, True),
        (AnsibleConnectionFailure("gone"), {}, True),
        ({**GOOD, "hung": "it came to no end within 120 s"}, {}, True),
        ({"failed": True}, {"failure_reason": "Its program could not be had"}, False),
        ({**GOOD, "output": "rubbish"}, {}, False),
        (BAD, {}, False),
    ],
)
def test_the_system_is_brought_back_only_after_what_may_have_taken_it_along(tmp_path, answer, args, shaken):
    action, _calls = action_of(tmp_path, answer, **args)
    assert action.run(task_vars={"inventory_hostname": "client-1"})["shaken"] is shaken


def test_what_is_left_behind_is_told(tmp_path):
    _calls, record = measure(tmp_path, {**GOOD, "left": "/mnt/x could not be removed within 120 s"})
    assert record["suite"]["remarks"] == ["/mnt/x could not be removed within 120 s"]


def test_a_record_that_is_replaced_is_remembered(tmp_path):
    measure(tmp_path, BAD)
    measure(tmp_path, {**GOOD, "output": "rubbish"})
    _calls, record = measure(tmp_path, GOOD)
    assert record["suite"]["earlier"] == [{"every operation": "failed"}]


def test_under_faults_the_program_runs_again_and_again_until_they_are_over(tmp_path, monkeypatch):
    moments = iter([0, 10, 20, 30])
    clock = SimpleNamespace(monotonic=lambda: next(moments), time=time.time)
    monkeypatch.setattr(measure_suite, "time", clock)
    calls, record = measure(tmp_path, GOOD, duration=25, longest_fault=20)
    first = seed_of("abc", "fsx", 1)
    assert [call["command"][2] for _name, call in calls] == [str(first), str(first + 1), str(first + 2)]
    assert {call["quiet_limit"] for _name, call in calls} == {50}
    assert record["suite"]["seed"] == first
    assert record["suite"]["remarks"] == [
        f"It ran 3 times, with seeds from {first} to {first + 2}; what is told is of the last"
    ]
    assert (tmp_path / record["raw"]).read_text(encoding="utf-8") == 3 * GOOD["output"]


def test_under_faults_the_first_run_that_fails_is_the_last(tmp_path):
    calls, record = measure(tmp_path, BAD, duration=600)
    assert len(calls) == 1
    assert record["status"] == "failing"


def test_a_record_that_faults_are_added_to_is_written_with_them(tmp_path):
    action, _calls = action_of(tmp_path, GOOD, faults_follow=True)
    result = action.run(task_vars={})
    assert result["measured"]["status"] == "ok"
    # what follows says that a cell was measured
    assert "cell" not in result
    assert not (tmp_path / "cells").exists()


def test_a_suite_of_several_calls_is_one_cell(tmp_path):
    suite = {**SUITE, "parts": ["-b", "-l"], "command": ["$program", "$part"], "left_out": {"dlm": "It needs two."}}
    calls, record = measure(tmp_path, GOOD, suite=suite)
    assert [arguments["command"] for _name, arguments in calls] == [["/usr/bin/fsx", "-b"], ["/usr/bin/fsx", "-l"]]
    assert record["status"] == "ok"
    assert record["suite"]["cases"] == {
        "-b: every operation": "passed",
        "-l: every operation": "passed",
        "dlm": "skipped",
    }
    assert record["suite"]["lines"] == {"dlm": ["It needs two."]}
    assert record["suite"]["command"] == "/usr/bin/fsx -b ; /usr/bin/fsx -l"
    assert (tmp_path / record["raw"]).read_text(encoding="utf-8") == f"== -b\n{GOOD['output']}== -l\n{GOOD['output']}"


def test_a_call_that_was_not_measured_leaves_the_whole_unmeasured(tmp_path):
    answers = [BAD, {**GOOD, "output": "rubbish\n"}]
    suite = {**SUITE, "parts": ["-b", "-l"], "command": ["$program", "$part"]}
    _calls, record = measure(tmp_path, answers, suite=suite)
    assert (record["status"], record["metrics"]) == ("failed", {})
    assert record["reason"].startswith("-l: fsx said neither")


def test_a_suite_that_connects_works_where_nothing_is_mounted(tmp_path):
    service = {"host": "10.0.0.1", "port": 2049, "mount_port": 20048, "export": "/e", "version": "3"}
    suite = {**SUITE, "needs": ["nfs"], "command": ["$program", "$host", "$export", "$version"]}
    calls, record = measure(tmp_path, GOOD, suite=suite, service=service, directory="/nonexistent")
    arguments = calls[0][1]
    assert arguments["command"] == ["/usr/bin/fsx", "10.0.0.1", "/e", "3"]
    assert arguments["directory"].startswith("/run/")
    assert "mount_point" not in arguments
    assert record["suite"]["filesystem"] == "unknown"


def test_a_suite_of_two_protocols_gets_the_same_directory_over_both(tmp_path):
    suite = {**SUITE, "second": "smb3", "command": ["$program", "$directory", "$second"]}
    calls, _record = measure(tmp_path, GOOD, suite=suite, second="/mnt/second")
    assert calls[0][1]["command"][1:] == ["/mnt/netfs-bench/netfs-bench-suite", "/mnt/second/netfs-bench-suite"]

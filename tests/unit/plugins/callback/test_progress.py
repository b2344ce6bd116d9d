# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from types import SimpleNamespace

import pytest

from ansible_collections.netfs.bench.plugins.callback.progress import CallbackModule, duration

PLAN = {"workloads": {"seq-read": {"metric": "read_bandwidth_bytes_per_s"}}}


def cell(status="ok", reason=""):
    return {
        "system": "ganesha",
        "protocol": "nfs3",
        "workload": "seq-read",
        "pass": "warm",
        "trial": 1,
        "status": status,
        "reason": reason,
        "metrics": {"read_bandwidth_bytes_per_s": 851_443_712} if status == "ok" else {},
    }


def result(name, **answer):
    task = SimpleNamespace(get_name=lambda: name, loop=None)
    return SimpleNamespace(result=answer, task=task, host=SimpleNamespace(get_name=lambda: "server"))


@pytest.fixture
def callback(monkeypatch):
    """The callback in a log, with what it prints in `lines`."""
    made = CallbackModule()
    made.live = False
    made.lines = []
    monkeypatch.setattr(
        made, "_display", SimpleNamespace(verbosity=0, display=lambda text, **_: made.lines.append(text))
    )
    monkeypatch.setattr(made, "_handle_warnings_and_exception", lambda _: None)
    return made


@pytest.mark.parametrize(("seconds", "text"), [(0, "0 s"), (59.6, "1 min 00 s"), (12.2, "12 s"), (185, "3 min 05 s")])
def test_duration(seconds, text):
    assert duration(seconds) == text


def test_every_cell_is_a_line_with_its_place_result_and_the_time_left(callback):
    callback.v2_runner_on_ok(result("Plan", plan=PLAN, lines=["run r: 2 cells"]))
    callback.v2_runner_on_ok(result("Find cells", ansible_facts={"bench_cells": [1, 2]}))
    callback.v2_runner_on_ok(result("Measure", changed=True, cell=cell()))
    callback.v2_runner_on_ok(result("Measure", changed=True, cell=cell("failed", "fio was killed after 60 s")))
    first, second, third = callback.lines
    assert first == "run r: 2 cells"
    assert "[1/2] ganesha nfs3 seq-read warm 1" in second
    assert "812.0 MiB/s" in second
    assert "left 0 s" in second
    assert "[2/2]" in third
    assert "FAILED: fio was killed after 60 s" in third


def test_what_changed_is_said_and_what_did_not_is_not(callback):
    callback.v2_runner_on_ok(result("Write the configuration", changed=True))
    callback.v2_runner_on_ok(result("Look at it", changed=False))
    assert callback.lines == ["  changed server: Write the configuration"]


def test_a_failure_shows_task_message_and_output(callback):
    callback.v2_runner_on_failed(result("Start it", failed=True, msg="no such unit", stderr="a\nb"))
    assert callback.lines == ["  FAILED server: Start it", "    no such unit", "    a", "    b"]

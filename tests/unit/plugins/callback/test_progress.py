# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import threading
import time
from types import SimpleNamespace

import pytest

from ansible_collections.netfs.bench.plugins.callback import progress
from ansible_collections.netfs.bench.plugins.callback.progress import (
    CallbackModule,
    duration,
    seconds_left,
    spent,
)

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


def test_the_lines_of_a_plan_are_shown_with_its_warnings(callback, monkeypatch):
    warned = []
    monkeypatch.setattr(callback, "_handle_warnings_and_exception", warned.append)
    planned = result("Plan the cluster", plan={"nodes": {}}, lines=["topology mini: 4 nodes"], warnings=["2 voters"])
    callback.v2_runner_on_ok(planned)
    assert callback.lines == ["topology mini: 4 nodes"]
    assert warned == [planned]


def test_what_changed_is_said_and_what_did_not_is_not(callback):
    callback.v2_runner_on_ok(result("Write the configuration", changed=True))
    callback.v2_runner_on_ok(result("Look at it", changed=False))
    assert callback.lines == ["  changed server: Write the configuration"]


def test_a_failure_shows_task_message_and_output(callback):
    callback.v2_runner_on_failed(result("Start it", failed=True, msg="no such unit", stderr="a\nb"))
    assert callback.lines == ["  FAILED server: Start it", "    no such unit", "    a", "    b"]


def test_the_reason_of_a_failed_cell_is_one_short_line(callback):
    callback.v2_runner_on_ok(result("Plan", plan=PLAN))
    callback.v2_runner_on_ok(result("Find cells", ansible_facts={"bench_cells": [1, 2]}))
    reason = "ganesha does not work:\n" + 30 * "why "
    callback.v2_runner_on_ok(result("Measure", changed=True, cell=cell("failed", reason)))
    (line,) = callback.lines
    assert "FAILED: ganesha does not work: why why" in line
    assert "…" in line
    assert len(line) < 160


@pytest.mark.parametrize(
    ("took", "cells", "left"),
    [([10.0], 3, 30.0), ([10.0, 12.0, 8.0], 2, 20.0), ([10.0, 10.0, 780.0, 10.0], 10, 175.0)],
)
def test_the_time_left_is_not_thrown_off_by_one_stop(took, cells, left):
    assert seconds_left(took, cells) == pytest.approx(left)


@pytest.mark.parametrize(
    ("plays", "text"),
    [
        ([], ""),
        ([("Plan", 10.0), ("Deploy", 12.0)], ""),
        ([("Plan", 0.0), ("Check", 3.0), ("Deploy", 3.9)], "Took 35 s: Plan 3 s, Deploy 31 s"),
        (
            [("Plan", -90.0), ("Report", -80.0), ("Plan", 5.0)],
            "Took 2 min 05 s: Plan 40 s, Report 1 min 25 s",
        ),
    ],
)
def test_a_long_run_says_where_the_time_went(plays, text):
    assert spent(plays, 35.0) == text


def test_where_the_time_went_is_the_last_line(callback, monkeypatch):
    clock = iter([100.0, 110.0, 150.0])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(clock))
    for name in ("Plan", "Deploy"):
        callback.v2_playbook_on_play_start(SimpleNamespace(get_name=lambda name=name: name))
    monkeypatch.setattr(callback, "begin", lambda _task: None)
    callback.v2_playbook_on_stats(None)
    assert callback.lines == ["\nTook 50 s: Plan 10 s, Deploy 40 s"]


def test_a_log_says_now_and_then_that_a_long_task_is_running_and_where(callback):
    callback._play = SimpleNamespace(strategy="linear")
    monkey = {"display_skipped_hosts": False, "display_ok_hosts": False, "show_per_host_start": False}
    callback.get_option = monkey.get
    task = SimpleNamespace(_uuid="1", get_name=lambda: "Build the image")
    callback.v2_playbook_on_task_start(task, False)
    for host in ("client", "server"):
        callback.v2_runner_on_start(SimpleNamespace(get_name=lambda host=host: host), task)
    callback.v2_runner_on_ok(SimpleNamespace(result={}, task=task, host=SimpleNamespace(get_name=lambda: "client")))
    for seconds in range(1, 241):
        callback.tick(float(seconds))
    assert callback.lines == [
        f"  {said} so far: Build the image (server)" for said in ("30 s", "1 min 00 s", "2 min 00 s", "4 min 00 s")
    ]


def test_a_terminal_shows_what_is_running_and_a_log_never_has_its_control_characters(callback, capsys):
    callback.begin("Build the image")
    callback.tick(5.0)
    assert capsys.readouterr().out == ""
    callback.live = True
    callback.tick(5.0)
    callback.waiting = ["server"]
    callback.tick(65.0)
    first, second = capsys.readouterr().out.split("\r\033[K")[1:]
    assert first.split() == ["5", "s", "Build", "the", "image"]
    assert second.split() == ["1", "min", "05", "s", "Build", "the", "image", "(server)"]
    callback.show("done")
    assert capsys.readouterr().out == "\r\033[K"


def test_the_heartbeat_ends_with_the_run(callback, monkeypatch):
    monkeypatch.setattr(progress, "BEAT_SECONDS", 0.01)
    ticks = []
    monkeypatch.setattr(callback, "tick", ticks.append)
    heart = threading.Thread(target=callback.beat)
    heart.start()
    while not ticks:
        time.sleep(0.01)
    callback.v2_playbook_on_stats(None)
    heart.join(10)
    assert not heart.is_alive()

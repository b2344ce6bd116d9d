# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A timeline gets onto a node as a unit of systemd, and nothing of it is left; what is not undone stays noted."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.netfs.bench.plugins.module_utils import _fault_player, _fault_unit
from ansible_collections.netfs.bench.plugins.module_utils._fault_unit import UnitError, await_service, start, stop

TIMELINE = {"entries": [], "target": {"units": [], "peers": [], "directory": "/"}, "began": 1.0}


@pytest.fixture
def place(tmp_path):
    return tmp_path / "work", tmp_path / "system/bench-faults.service"


class Commands:
    """What is run; systemd is not there, and all else is."""

    def __init__(self, **answers):
        self.run = []
        self.answers = answers

    def __call__(self, command):
        self.run.append(command)
        if command[0] in self.answers:
            return self.answers[command[0]]
        if command[0] == "systemctl":
            return 0, "", ""
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout, done.stderr


def test_what_is_started_goes_on_after_the_node_was_started_anew_and_is_undone_however_it_ends(place):
    work, unit_file = place
    commands = Commands()
    start(commands, TIMELINE, work, unit_file)
    assert (work / "_fault_player.py").read_bytes() == Path(_fault_player.__file__).read_bytes()
    assert json.loads((work / "timeline.json").read_text(encoding="utf-8")) == TIMELINE
    assert commands.run[-2:] == [
        ["systemctl", "enable", "--quiet", "bench-faults.service"],
        ["systemctl", "start", "bench-faults.service"],
    ]
    lines = unit_file.read_text(encoding="utf-8").splitlines()
    assert f"ExecStart={sys.executable} {work}/_fault_player.py play {work}" in lines
    assert f"ExecStopPost={sys.executable} {work}/_fault_player.py undo {work}" in lines
    assert "WantedBy=multi-user.target" in lines


def test_it_is_not_among_the_services_that_a_run_stops():
    assert not _fault_unit.UNIT.startswith("netfs-")


def test_a_timeline_that_does_not_start_says_why(place):
    with pytest.raises(UnitError, match="systemctl daemon-reload: no bus"):
        start(Commands(systemctl=(1, "", "no bus")), TIMELINE, *place)


def test_what_is_stopped_leaves_nothing_and_says_what_happened(place):
    work, unit_file = place
    commands = Commands()
    start(commands, TIMELINE, work, unit_file)
    _fault_player.save(work / "happened.json", [{"number": 1}])
    assert stop(commands, work, unit_file) == [{"number": 1}]
    assert ["systemctl", "disable", "--now", "--quiet", "bench-faults.service"] in commands.run
    assert not work.exists()
    assert not unit_file.exists()


def test_where_there_is_no_timeline_nothing_is_done(place):
    commands = Commands()
    assert stop(commands, *place) == []
    assert commands.run == []


@pytest.fixture
def left(place, tmp_path):
    """A fault that is still to be undone, though its unit is gone."""
    work, unit_file = place
    held = tmp_path / "held"
    held.touch()
    fault = {"begin": [["true"]], "undo": [["rm", str(held)]], "seen": {"by": "silence"}}
    entries = [{"number": 1, "begin_s": 0, "lasts_s": 1, "does": fault}]
    start(Commands(), {**TIMELINE, "entries": entries}, work, unit_file)
    _fault_player.save(work / "happened.json", [{"number": 1, "begun_at": "12:00", "error": ""}])
    undo = {"commands": [["rm", str(held)]], "before": {"answering": []}}
    _fault_player.save(work / "undo.json", undo)
    return work, unit_file, held


def test_what_is_left_to_be_undone_is_undone(left):
    work, unit_file, held = left
    (one,) = stop(Commands(), work, unit_file)
    assert not held.exists()
    assert one["undone"] is True
    assert not work.exists()


def test_what_cannot_be_undone_stays_for_the_next_time(left):
    work, unit_file, _held = left
    with pytest.raises(UnitError, match="Not undone"):
        stop(Commands(**{sys.executable: (1, "", "Not undone: 1 of 1 processes stand")}), work, unit_file)
    assert (work / "undo.json").exists()
    assert stop(Commands(), work, unit_file)[0]["undone"] is True


@pytest.mark.parametrize(
    ("answers", "seconds", "recovered", "answer"),
    [
        ([(0, "", "")], 60, True, ""),
        ([(1, "", "refused"), (0, "", "")], 60, True, "refused"),
        ([(1, "", ""), (1, "out", "")], -1, False, "exit code 1"),
        ([(1, "", "refused")] * 3, -1, False, "refused"),
    ],
)
def test_a_service_is_waited_for(answers, seconds, recovered, answer, monkeypatch):
    monkeypatch.setattr(_fault_unit.time, "sleep", lambda _seconds: None)
    said = iter(answers)
    found = await_service(lambda _command: next(said), ["probe"], seconds)
    assert (found.recovered, found.answer) == (recovered, answer)


def test_without_a_probe_nothing_is_waited_for():
    assert await_service(Commands(), [], 60).recovered

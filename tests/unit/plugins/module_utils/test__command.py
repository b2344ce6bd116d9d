# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Programs that hang, talk without end, leave children behind; and a module that is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ansible_collections.netfs.bench.plugins.module_utils import _command

ROOT = Path(__file__).parents[4]


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def gone(pid: int, seconds: float = 5) -> bool:
    until = time.monotonic() + seconds
    while alive(pid) and time.monotonic() < until:
        time.sleep(0.05)
    return not alive(pid)


def test_a_program_that_ends(tmp_path):
    outcome = _command.run(
        ["sh", "-c", 'echo "$X $LC_ALL $PWD"; echo err >&2; exit 3'], seconds=10, env={"X": "y"}, cwd=str(tmp_path)
    )
    assert outcome[:3] == (3, f"y C {tmp_path}\n", "err\n")
    assert outcome.stopped == ""
    assert outcome.survivors == []
    assert outcome.seconds < 5


def test_a_program_that_is_not_there():
    with pytest.raises(_command.FailureError, match="does not start: No such file"):
        _command.run(["/nonexistent/program"], seconds=1)


@pytest.mark.parametrize(
    "script, rc",
    [
        ("sleep 60", -signal.SIGTERM),
        ("trap '' TERM; sleep 60 & wait; sleep 60", -signal.SIGKILL),
        ("trap 'exit 128' TERM; sleep 60 & wait", 128),
    ],
)
def test_a_program_that_runs_too_long(script, rc):
    outcome = _command.run(["sh", "-c", script], seconds=0.5, grace=0.5)
    assert outcome.rc == rc
    assert outcome.stopped == "it ran longer than 0.5 seconds"
    assert outcome.survivors == []
    assert outcome.seconds < 5


def test_children_in_a_session_of_their_own_are_found_even_as_orphans():
    outcome = _command.run(["sh", "-c", "setsid sh -c 'sleep 61; true' & echo $!; kill -9 $$"], seconds=30, grace=0.5)
    assert outcome.rc == -signal.SIGKILL
    assert outcome.seconds < 10
    assert gone(int(outcome.stdout))


def test_children_that_are_meant_to_stay():
    outcome = _command.run(["sh", "-c", "setsid sleep 62 & echo $!"], seconds=30, leave=True)
    pid = int(outcome.stdout)
    assert alive(pid)
    os.kill(pid, signal.SIGKILL)


def test_a_program_that_talks_without_end():
    outcome = _command.run(["sh", "-c", "echo first; yes >&2"], seconds=0.5, grace=0.5)
    assert outcome.stdout == "first\n"
    assert len(outcome.stderr) < _command.KEEP_BYTES + 100
    assert "bytes left out" in outcome.stderr


def test_a_reason_to_stop():
    outcome = _command.run(["sleep", "60"], seconds=30, watch=lambda: "it wrote too much")
    assert outcome.stopped == "it wrote too much"
    assert outcome.seconds < 6


def test_what_cannot_be_killed_is_reported(monkeypatch):
    monkeypatch.setattr(_command, "send", lambda _pids, _number: None)
    monkeypatch.setattr(_command, "KILL_SECONDS", 0.2)
    outcome = _command.run(["sleep", "3"], seconds=0.2, grace=0.2)
    assert outcome.rc is None
    assert len(outcome.survivors) == 1
    os.kill(outcome.survivors[0], signal.SIGKILL)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_program_does_not_outlive_the_module(tmp_path, number):
    pids = tmp_path / "pids"
    script = f"setsid sleep 63 & echo $$ $! >{pids}; trap '' TERM; sleep 64 & wait; sleep 65"
    code = (
        "from ansible_collections.netfs.bench.plugins.module_utils._command import run\n"
        f"run(['sh', '-c', {script!r}], seconds=60, grace=0.5)\n"
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT / ".venv" / "collections")}
    module = subprocess.Popen([sys.executable, "-c", code], env=env, start_new_session=True, stdout=subprocess.PIPE)
    until = time.monotonic() + 20
    while not (pids.exists() and pids.read_text(encoding="utf-8").strip()) and time.monotonic() < until:
        time.sleep(0.05)
    os.killpg(module.pid, number)
    assert module.communicate(timeout=10)[0] == b""  # nobody holds the module's output open
    assert all(gone(int(pid)) for pid in pids.read_text(encoding="utf-8").split())


def test_a_question_with_an_answer():
    assert _command.ask(lambda: {"a": [1, None]}, 5) == {"a": [1, None]}


def test_a_question_that_fails():
    with pytest.raises(FileNotFoundError):
        _command.ask(lambda: os.statvfs("/nonexistent").f_bavail, 5)
    with pytest.raises(OSError, match="Input/output error"):  # died without a word
        _command.ask(lambda: os._exit(1), 5)


def test_a_question_without_an_answer():
    started = time.monotonic()
    with pytest.raises(TimeoutError, match="no answer within"):
        _command.ask(lambda: time.sleep(60), 0.3)
    assert time.monotonic() - started < 3


@pytest.mark.parametrize("size", [0, 10, 64, 1000])
def test_the_two_ends_of_a_stream(size):
    kept = _command.Kept(64)
    data = bytes(65 + number % 26 for number in range(size))
    for start in range(0, size, 7):
        kept.add(data[start : start + 7])
    text = kept.text()
    if size <= 64:
        assert text == data.decode()
    else:
        assert text.startswith(data[:32].decode())
        assert text.endswith(data[-32:].decode())
        assert "[... 936 bytes left out ...]" in text

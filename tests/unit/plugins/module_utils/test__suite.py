# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Programs that end, fail, hang, print without end or leave others behind, each a small real one."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ansible_collections.netfs.bench.plugins.module_utils import _suite
from ansible_collections.netfs.bench.plugins.module_utils._command import FailureError

LIMITS = _suite.Limits(seconds=60, quiet=60)
WRITES = (
    "import os,time\nf=os.open('x', os.O_CREAT|os.O_WRONLY)\nfor _ in range(40):\n os.write(f, b'.'); time.sleep(.1)"
)


def ran(tmp_path, code, limits=LIMITS):
    """Run a Python program; how it ended and what it printed."""
    ended = _suite.run([sys.executable, "-c", code], tmp_path, limits)
    return ended, ended.output


@pytest.mark.parametrize(
    ("code", "exit_code", "output"),
    [
        ("print('fine')", 0, "fine\n"),
        ("import sys; print('out'); sys.stdout.flush(); print('err', file=sys.stderr); sys.exit(3)", 3, "out\nerr\n"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", -11, ""),
        ("import os; print(os.getcwd() == os.path.realpath('.'), os.environ['NO_COLOR'])", 0, "True 1\n"),
        ("import sys; print(repr(sys.stdin.read()))", 0, "''\n"),
    ],
)
def test_a_program_that_ends(tmp_path, code, exit_code, output):
    ended, said = ran(tmp_path, code)
    assert (ended.exit_code, ended.hung, said) == (exit_code, "", output)


@pytest.mark.parametrize(
    ("code", "limits", "why"),
    [
        ("import time; time.sleep(600)", {"quiet": 0.5}, "it neither printed nor read nor wrote for 0.5 s"),
        ("while True: pass", {"quiet": 0.5}, "it neither printed nor read nor wrote for 0.5 s"),
        ("while True: print('y')", {"seconds": 0.5, "output": 1 << 40}, "it came to no end within 0.5 s"),
        ("while True: print('y' * 9999)", {"output": 1 << 20}, "it printed more than 1 MiB"),
    ],
)
def test_a_program_that_hangs_is_killed(tmp_path, code, limits, why):
    ended, _said = ran(tmp_path, code, LIMITS._replace(**limits))
    assert (ended.exit_code, ended.hung) == (None, why)


def test_a_program_that_writes_and_prints_nothing_does_not_hang(tmp_path):
    # four seconds of work, of which no second is quiet
    ended, said = ran(tmp_path, WRITES, LIMITS._replace(quiet=1.5))
    assert (ended.exit_code, said) == (0, "")


def test_what_a_program_started_ends_with_it(tmp_path):
    code = "import subprocess, time; print(subprocess.Popen(['sleep', '600']).pid, flush=True); time.sleep(600)"
    _ended, said = ran(tmp_path, code, LIMITS._replace(quiet=2))
    state = Path(f"/proc/{int(said)}/stat")
    assert not state.exists() or state.read_text().split()[2] == "Z"


def test_what_an_interrupted_run_left_is_killed(tmp_path):
    lock, told = tmp_path / "lock", tmp_path / "told"
    code = (
        "import os, sys, time\nfrom pathlib import Path\n"
        f"sys.path[:0] = {sys.path!r}\n"
        "from ansible_collections.netfs.bench.plugins.module_utils import _suite\n"
        f"with _suite.alone(Path({str(lock)!r})) as note:\n"
        f" begun = lambda pid: (note.write(os.getpid(), pid), Path({str(told)!r}).write_text(str(pid)))\n"
        " _suite.run(['sleep', '600'], Path('/'), _suite.Limits(600, 600), begun)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code]) as before:
        while not told.exists() or not told.read_text():
            assert before.poll() is None
            time.sleep(0.05)
        with _suite.alone(lock):
            assert before.wait() == -9
            assert _suite.born(int(told.read_text())) == "" or "Z" in Path(f"/proc/{told.read_text()}/stat").read_text()


def test_a_process_with_a_number_that_another_had_is_left_alone(tmp_path):
    lock = tmp_path / "lock"
    with subprocess.Popen(["sleep", "600"], start_new_session=True) as innocent:
        for text in (f'{{"{innocent.pid}": "1"}}', "rubbish", "[]"):
            lock.write_text(text)
            with _suite.alone(lock):
                assert innocent.poll() is None
        innocent.kill()


def test_a_program_that_is_not_there(tmp_path):
    with pytest.raises(FailureError, match="nowhere"):
        _suite.run(["/nowhere"], tmp_path, LIMITS)


def test_a_directory_is_made_used_made_again_and_removed(tmp_path):
    place = tmp_path / "one"
    for _again in range(2):
        _suite.make(place)
        assert [path.name for path in place.iterdir()] == [_suite.MARK]
        assert place.stat().st_mode & 0o777 == 0o755
        (place / "left").mkdir()
        (place / "left/behind").touch()
    assert _suite.remove(place) == ""
    assert not place.exists()


def test_a_directory_of_somebody_else_is_refused(tmp_path):
    (tmp_path / "data").touch()
    with pytest.raises(_suite.SuiteError, match="was not made by a suite"):
        _suite.make(tmp_path)
    assert (tmp_path / "data").exists()


def test_a_directory_that_accounts_cannot_reach_is_refused(tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(_suite.SuiteError, match=f"{closed}.* is closed to others"):
        _suite.refuse_closed_parents(closed / "suite")
    _suite.refuse_closed_parents(Path("/usr/share/suite"))


def test_a_mount_that_is_gone_is_refused(tmp_path):
    _suite.refuse_unmounted("/proc")
    with pytest.raises(_suite.SuiteError, match=f"Nothing is mounted at {tmp_path}"):
        _suite.refuse_unmounted(str(tmp_path))


def test_what_cannot_be_removed_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(_suite, "REMOVE_SECONDS", 0.2)
    slow = tmp_path / "rm"
    slow.write_text("#!/bin/sh\nsleep 60\n")
    slow.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert "could not be removed within 0.2 s" in _suite.remove(tmp_path / "one")


def test_the_work_directory_is_made_anew(tmp_path):
    work = tmp_path / "work"
    for text in ("a = 1\n", "b = 2\n"):
        _suite.make_work(work, text)
        (work / "artifacts/one").touch()
        assert (work / "config").read_text() == text
    _suite.make_work(work, "")
    assert list((work / "artifacts").iterdir()) == []

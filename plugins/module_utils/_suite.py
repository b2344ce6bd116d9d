# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a program that exercises a file system, and end it when it hangs."""

from __future__ import annotations

import contextlib
import fcntl
import json
import math
import os
import re
import shutil
import signal
import time
import typing as t
from pathlib import Path

from ansible_collections.netfs.bench.plugins.module_utils._command import Program
from ansible_collections.netfs.bench.plugins.module_utils._command import run as run_bounded
from ansible_collections.netfs.bench.plugins.module_utils._mounts import mount_points

MARK = ".netfs-bench-suite"
"""The file that says that a directory was made here, and may be removed."""
KILL_SECONDS = 15
"""How long a process that was killed may take to end: one that waits for a server ends when its call does."""
GRACE_SECONDS = 12.0
"""How long a program that is ended has until it is killed."""
REMOVE_SECONDS = 120
OUTPUT_MAX = 16 << 20
"""Bytes that a program may print; one that prints more prints nothing that could be understood."""


class SuiteError(Exception):
    """Why a program cannot be run here."""


class Limits(t.NamedTuple):
    """When a program is ended."""

    seconds: float
    quiet: float
    """Seconds in which it neither prints nor reads nor writes."""
    output: int = OUTPUT_MAX


class Ended(t.NamedTuple):
    """How a program ended."""

    exit_code: int | None
    """None when it was killed."""
    hung: str
    """Why it was killed; empty when it ended by itself."""
    seconds: float
    output: str
    """What it printed, errors where they came."""


def born(pid: int) -> str:
    """When a process began, which tells it from a later one with its number; empty when there is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""


class Note:
    """Which processes work on a client, for whoever comes after them. A controller that is killed ends none of them."""

    def __init__(self, file: t.TextIO) -> None:
        self.file = file

    def write(self, *pids: int) -> None:
        """Replace what stands in it: processes, each of which leads a group of its own but the first."""
        self.file.seek(0)
        self.file.truncate()
        json.dump({str(pid): born(pid) for pid in pids}, self.file)
        self.file.flush()

    def end(self) -> None:
        """Kill the processes that stand in it, if they are still the same."""
        self.file.seek(0)
        try:
            known = {int(pid): began for pid, began in json.load(self.file).items()}
        except (ValueError, AttributeError):
            return
        for pid, began in known.items():
            if began and born(pid) == began:
                with contextlib.suppress(ProcessLookupError):
                    leads = os.getpgid(pid) == pid
                    (os.killpg if leads else os.kill)(pid, signal.SIGKILL)


@contextlib.contextmanager
def alone(path: Path) -> t.Iterator[Note]:
    """Be the only one that runs a suite on a client: what an interrupted run left is killed first."""
    with path.open("a+", encoding="utf-8") as file:
        note = Note(file)
        note.end()
        deadline = time.monotonic() + KILL_SECONDS
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if time.monotonic() > deadline:
                    raise SuiteError("A suite of another run is at work here, and does not end") from error
                time.sleep(0.1)
        note.write(os.getpid())
        yield note


def calls_of(pid: int) -> int:
    """How many calls a process has made that read or write. The kernel counts them, so that no file has to be asked."""
    try:
        text = Path(f"/proc/{pid}/io").read_text(encoding="ascii")
    except OSError:
        return 0
    return sum(int(count) for count in re.findall(r"^sysc[rw]: (\d+)$", text, flags=re.MULTILINE))


def reason_to_end(limits: Limits, seconds: float, quiet: float, printed: int) -> str:
    """Why a program is to be ended; empty as long as it may go on."""
    if printed > limits.output:
        return f"it printed more than {limits.output >> 20} MiB"
    if seconds > limits.seconds:
        return f"it came to no end within {limits.seconds:g} s"
    if quiet > limits.quiet:
        return f"it neither printed nor read nor wrote for {limits.quiet:g} s"
    return ""


def run(
    command: list[str], directory: Path, limits: Limits, begun: t.Callable[[int], None] = lambda _pid: None
) -> Ended:
    """Run a program in a directory until it ends or has to be ended; a FailureError when it does not start.

    :param begun: what is told the process.
    """
    program = Program(command, GRACE_SECONDS, keep=limits.output)
    seen, last = (0, 0), program.started
    try:
        pid = program.start({"NO_COLOR": "1", "RUST_BACKTRACE": "0", "HOME": "/root"}, str(directory), merged=True)
        begun(pid)

        def reason() -> str:
            nonlocal seen, last
            now, state = time.monotonic(), (program.said, calls_of(pid))
            if state != seen:
                seen, last = state, now
            return reason_to_end(limits, now - program.started, now - last, program.said)

        outcome = program.finish(program.wait(math.inf, reason), leave=False)
    finally:
        program.close()
    left = f", and did not end when it was killed (process {pid})" if pid in outcome.survivors else ""
    code = None if outcome.stopped else outcome.rc
    return Ended(code, outcome.stopped + left, round(outcome.seconds, 3), outcome.stdout)


def refuse_closed_parents(directory: Path) -> None:
    """Raise a SuiteError when ordinary accounts cannot reach a directory."""
    closed = [str(parent) for parent in directory.parents if parent.stat().st_mode & 0o005 != 0o005]
    if closed:
        raise SuiteError(
            f"Ordinary accounts do not reach {directory}: {', '.join(closed)} is closed to others. Give it mode 0755."
        )


def refuse_unmounted(path: str) -> None:
    """Raise a SuiteError when nothing is mounted where a file system should be: the disk below it is another one."""
    if path not in mount_points():
        raise SuiteError(f"Nothing is mounted at {path}.")


def remove(directory: Path) -> str:
    """Remove a directory that was made here; why it could not be removed, or nothing.

    By a program of its own, because a file system that hangs would keep this one for ever.
    """
    argv = ["rm", "--recursive", "--force", "--one-file-system", "--", str(directory)]
    outcome = run_bounded(argv, seconds=REMOVE_SECONDS)
    if outcome.stopped:
        return f"{directory} could not be removed within {REMOVE_SECONDS} s"
    return "" if outcome.rc == 0 else outcome.stderr.strip()[-500:]


def make(directory: Path) -> None:
    """Make a directory with a mark in it; what an interrupted run left of it goes first."""
    if directory.exists():
        if not (directory / MARK).exists() and any(directory.iterdir()):
            raise SuiteError(f"{directory} exists, and was not made by a suite. Move it away.")
        left = remove(directory)
        if left:
            raise SuiteError(f"What an earlier suite left cannot be removed: {left}")
    directory.mkdir(mode=0o755)
    directory.chmod(0o755)
    (directory / MARK).touch()


def make_work(work: Path, config: str) -> None:
    """Make the directory for what a program needs besides."""
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(mode=0o755)
    (work / "artifacts").mkdir()
    (work / "config").write_text(config, encoding="utf-8")

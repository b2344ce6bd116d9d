# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write to a file system, flush, and note on another one what was acknowledged; and look at what is there later."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
import signal
import stat
import time
import typing as t
from pathlib import Path

from ansible_collections.netfs.bench.plugins.module_utils._command import send
from ansible_collections.netfs.bench.plugins.module_utils._durable import (
    APPEND,
    CREATE,
    MKDIR,
    NEW,
    RENAME,
    Found,
    Log,
    LogError,
    Operation,
    acknowledged_line,
    begin_line,
    content,
    error_line,
    operation,
    read_log,
    try_line,
)
from ansible_collections.netfs.bench.plugins.module_utils._files import sync_directory, write_json
from ansible_collections.netfs.bench.plugins.module_utils._mounts import users_of

LOG, STOP, CUT, KILLED, FAILURE = FILES = ("log", "stop", "cut", "killed", "failure")
"""What is in the work directory of a writer: its log, the file whose presence ends it, and what was noted of it: the
power cut, that it had to be killed, and why it did not begin."""
ERRORS = 20
"""As many errors are told."""
ERROR_SECONDS = 0.5
"""How long the writer waits after a call that failed."""
POLL = 0.2
KILL_SECONDS = 15
"""How long a writer that was killed may take to end: one that waits for a server ends when its call does."""
FLAGS = {CREATE: os.O_CREAT | os.O_EXCL, APPEND: os.O_CREAT | os.O_APPEND, RENAME: os.O_CREAT | os.O_TRUNC}


class WriterError(Exception):
    """Why there is no writer, or none that could be ended."""


def write_all(descriptor: int, data: bytes) -> None:
    """Write all bytes and flush them."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
    os.fsync(descriptor)


def perform(directory: Path, seed: int, one: Operation) -> None:
    """Do an operation and flush it; an OSError says that it was not acknowledged."""
    path = directory / one.name
    if one.kind == MKDIR:
        path.mkdir()
    else:
        target = path.with_name(one.name + NEW) if one.kind == RENAME else path
        descriptor = os.open(target, os.O_WRONLY | FLAGS[one.kind], 0o644)
        try:
            write_all(descriptor, content(seed, one))
        finally:
            os.close(descriptor)
        if one.kind == RENAME:
            target.rename(path)
    sync_directory(directory)


def make_work(work: Path) -> None:
    """Make the directory of the log anew; a WriterError when a writer is still at work there."""
    if is_running(work):
        raise WriterError(f"A writer is at work already, and notes in {work}. Stop it first.")
    if work.exists() and any(path.name not in FILES for path in work.iterdir()):
        raise WriterError(f"{work} has files that no writer made. Move them away.")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True, mode=0o755)


def write_until_told(directory: Path, work: Path, seed: int, seconds: float) -> None:
    """Do one operation after the other until the file ``stop`` is there, or so many seconds have passed.

    Each acknowledgement is flushed to the log before the next operation begins. The log is locked as long as this runs.
    """
    begun: dict[str, int] = {}
    until = time.monotonic() + seconds
    number = 0
    with (work / LOG).open("a", encoding="ascii") as log:
        fcntl.flock(log, fcntl.LOCK_EX)

        def note(line: str) -> None:
            log.write(line)
            log.flush()

        note(begin_line(seed))
        os.fsync(log.fileno())
        sync_directory(work)
        while time.monotonic() < until and not (work / STOP).exists():
            number += 1
            one = operation(seed, number, begun)
            note(try_line(one))
            try:
                perform(directory, seed, one)
            except OSError as error:
                note(error_line(one, f"{errno.errorcode.get(error.errno or 0, 'error')}: {error.strerror}"))
                if one.kind == APPEND:
                    begun[one.name.rpartition("-")[0]] = number
                time.sleep(ERROR_SECONDS)
            else:
                note(acknowledged_line(one, time.monotonic()))
                os.fsync(log.fileno())


def lock_of(path: Path) -> bool:
    """Whether somebody holds the lock of a file."""
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def is_running(work: Path) -> bool:
    """Whether a writer is at work."""
    try:
        return lock_of(work / LOG)
    except FileNotFoundError:
        return False


def wait_for(happened: t.Callable[[], bool], seconds: float) -> bool:
    """Wait until something is so; whether it was in time."""
    until = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > until:
            return False
        time.sleep(POLL)
    return True


def stop(work: Path, seconds: float) -> bool:
    """End the writer; whether it had to be killed, because it did not come to the end of an operation."""
    if not is_running(work):
        return False
    (work / STOP).touch()
    if wait_for(lambda: not is_running(work), seconds):
        return False
    send(list(users_of(str((work / LOG).resolve()))), signal.SIGKILL)
    if not wait_for(lambda: not is_running(work), KILL_SECONDS):
        raise WriterError(f"The writer did not end within {KILL_SECONDS} s when it was killed")
    (work / KILLED).touch()
    return True


def log_of(work: Path) -> Log:
    """What the writer has noted so far."""
    try:
        return read_log((work / LOG).read_text(encoding="ascii", errors="replace"))
    except FileNotFoundError as error:
        raise LogError(f"There is no log in {work}") from error


def acknowledged_of(work: Path) -> int:
    """How many operations were acknowledged so far; 0 when nothing is noted yet."""
    try:
        return len(log_of(work).acknowledged)
    except LogError:
        return 0


class Cut(t.NamedTuple):
    """What was noted of a power cut."""

    moment: str
    acknowledged: int
    """How many operations had been acknowledged when the server was gone."""


def note_cut(work: Path, moment: str) -> Cut:
    """Note that the server has just lost its power, at a moment that the caller names."""
    cut = Cut(moment, len(log_of(work).acknowledged))
    write_json(work / CUT, cut._asdict())
    return cut


def cut_of(work: Path) -> Cut:
    """The power cut that was noted, or a LogError."""
    try:
        return Cut(**json.loads((work / CUT).read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise LogError(f"No power cut was noted in {work}") from error


def acknowledged_since(work: Path) -> int:
    """How many operations were acknowledged since the power cut, or in all when none was noted."""
    before = cut_of(work).acknowledged if (work / CUT).exists() else 0
    return acknowledged_of(work) - before


def troubles_of(work: Path) -> list[str]:
    """Why the writer did not begin, or what it was told by calls that failed, the last ones."""
    if (work / FAILURE).exists():
        return [(work / FAILURE).read_text(encoding="utf-8")]
    try:
        return log_of(work).errors[-ERRORS:]
    except LogError as error:
        return [str(error)]


def look_in(directory: Path) -> t.Callable[[str], Found]:
    """What tells what stands under a name in a directory."""

    def look(name: str) -> Found:
        path = directory / name
        try:
            mode = path.lstat().st_mode
            if stat.S_ISDIR(mode):
                return Found("directory")
            return Found("file", path.read_bytes()) if stat.S_ISREG(mode) else Found("neither file nor directory")
        except FileNotFoundError:
            return Found("nothing")
        except OSError as error:
            return Found(f"{errno.errorcode.get(error.errno or 0, 'error')}: {error.strerror}")

    return look

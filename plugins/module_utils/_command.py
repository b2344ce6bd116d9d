# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run programs that may hang, and ask questions that may never be answered.

A program that works on a dead network file system can sleep where no signal reaches it, so nothing here waits without
a bound. A program also never outlives the module that started it: a watchdog process ends it when the module is killed.
"""

from __future__ import annotations

import errno
import json
import os
import select
import signal
import subprocess
import time
import typing as t
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

KEEP_BYTES = 64 * 1024
KILL_SECONDS = 3.0  # how long a killed process may take to go


class FailureError(Exception):
    """What goes wrong in a way that a person can act on: a message, and facts for fail_json."""

    def __init__(self, msg: str, **facts: t.Any) -> None:
        super().__init__(msg)
        self.msg = msg
        self.facts = facts


class Outcome(t.NamedTuple):
    """How a program ended."""

    rc: int | None  # exit status; negative: signal; None: it is still there although it was killed
    stdout: str  # at most KEEP_BYTES: the beginning and the end
    stderr: str
    seconds: float
    stopped: str  # why it was ended before its time ("" when it ended by itself)
    survivors: list[int]  # processes that did not die


class Kept:
    """The first and the last bytes of a stream, however long it is."""

    def __init__(self, limit: int = KEEP_BYTES) -> None:
        self.half = limit // 2
        self.head = b""
        self.tail = b""
        self.dropped = 0

    def add(self, data: bytes) -> None:
        """Take the next bytes of the stream."""
        room = self.half - len(self.head)
        self.head += data[:room]
        self.tail += data[room:]
        excess = len(self.tail) - self.half
        if excess > 0:
            self.dropped += excess
            self.tail = self.tail[excess:]

    @property
    def size(self) -> int:
        """How many bytes have come."""
        return len(self.head) + len(self.tail) + self.dropped

    def text(self) -> str:
        """What was kept, and how much was not."""
        gap = b"\n[... %d bytes left out ...]\n" % self.dropped if self.dropped else b""
        return (self.head + gap + self.tail).decode("utf-8", "replace")


def holders(pipes: set[str]) -> list[int]:
    """Processes whose standard output or standard error is one of the pipes: a program and all that it started.

    fio gives each of its jobs a session of its own, so neither a process group nor a session holds them together, and
    an orphan has lost its parent. The pipe stays. Reading the link never blocks, whatever the process waits for.
    """
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            for name in ("fd/1", "fd/2"):
                try:
                    held = str((process / name).readlink()) in pipes
                except OSError:
                    held = False
                if held:
                    found.append(int(process.name))
                    break
    return found


def send(pids: Sequence[int], number: int) -> None:
    """Signal processes; those that are gone do not matter."""
    for pid in pids:
        try:
            os.kill(pid, number)
        except OSError:
            continue


def end(find: Callable[[], list[int]], grace: float) -> list[int]:
    """Ask the processes that find() names to stop, then kill them; both waits are bounded. Returns who is left."""
    pids = find()
    send(pids, signal.SIGTERM)
    until = time.monotonic() + grace
    while pids and time.monotonic() < until:
        time.sleep(0.05)
        pids = find()
    until = time.monotonic() + KILL_SECONDS
    while pids and time.monotonic() < until:
        send(pids, signal.SIGKILL)
        time.sleep(0.05)
        pids = find()
    return pids


def _watch(life: int, pipes: set[str], grace: float) -> t.NoReturn:
    """The watchdog: sleeps until the module says that it is done or dies, and in the latter case ends the program."""
    try:
        os.setsid()  # whoever kills the module's process group or session does not reach the watchdog
        for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        keep = os.dup2(life, 3)
        null = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):  # whoever reads the module's output must not wait for the watchdog
            os.dup2(null, descriptor)
        for entry in list(Path("/proc/self/fd").iterdir()):
            descriptor = int(entry.name)
            if descriptor > keep:
                os.closerange(descriptor, descriptor + 1)  # unlike close, does not mind one that is closed already
        os.chdir("/")
        if not os.read(keep, 1):
            end(lambda: holders(pipes), grace)
    finally:
        os._exit(0)


class Program:
    """One run of a program: its pipes, its watchdog, its bounds."""

    def __init__(self, argv: Sequence[str], grace: float, keep: int = KEEP_BYTES) -> None:
        self.argv = list(argv)
        self.grace = grace
        out_read, self.out_write = os.pipe()
        err_read, self.err_write = os.pipe()
        self.kept = {out_read: Kept(keep), err_read: Kept(keep)}
        self.order = (out_read, err_read)
        self.open = set(self.order)
        self.pipes = {f"pipe:[{os.fstat(descriptor).st_ino}]" for descriptor in self.order}
        life_read, self.life_write = os.pipe()
        self.watchdog = os.fork()
        if self.watchdog == 0:
            os.close(self.life_write)
            _watch(life_read, self.pipes, grace)
        os.close(life_read)
        self.started = time.monotonic()
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, env: Mapping[str, str], cwd: str | None, *, merged: bool = False) -> int:
        """Start it, in a session of its own; returns its process id.

        :param merged: put what it says of errors between what it says otherwise, in the order in which it comes.
        """
        try:
            self.process = subprocess.Popen(
                self.argv,
                stdin=subprocess.DEVNULL,
                stdout=self.out_write,
                stderr=subprocess.STDOUT if merged else self.err_write,
                env={**os.environ, "LC_ALL": "C", **env},
                cwd=cwd,
                start_new_session=True,
            )
        except OSError as error:
            raise FailureError(f"{self.argv[0]} does not start: {error.strerror}.", cmd=self.argv) from error
        finally:
            os.close(self.out_write)
            os.close(self.err_write)
        return self.process.pid

    @property
    def said(self) -> int:
        """How many bytes it has said."""
        return sum(kept.size for kept in self.kept.values())

    def gone(self) -> bool:
        """Whether the program itself has ended (what it started may live on)."""
        return self.process is not None and self.process.poll() is not None

    def read(self, milliseconds: int) -> None:
        """Take what the program says, for at most so long."""
        if not self.open:
            time.sleep(0.02)
            return
        poller = select.poll()
        for descriptor in self.open:
            poller.register(descriptor, select.POLLIN)
        for descriptor, _event in poller.poll(milliseconds):
            data = os.read(descriptor, 65536)
            self.kept[descriptor].add(data)
            if not data:
                self.open.discard(descriptor)

    def wait(self, seconds: float, watch: Callable[[], str]) -> str:
        """Read until it has ended, or until it must be ended; returns why."""
        looked = self.started
        gone_since = 0.0
        while True:
            self.read(200)
            now = time.monotonic()
            if self.gone():
                gone_since = gone_since or now
                # A second for what it started to end too.
                if not self.open or now - gone_since > 1:
                    return ""
            if now - self.started > seconds:
                return f"it ran longer than {seconds:g} seconds"
            if now - looked > 1:
                looked = now
                reason = watch()
                if reason:
                    return reason

    def living(self) -> list[int]:
        """The processes of this run that are not dead."""
        self.gone()
        return holders(self.pipes)

    def finish(self, stopped: str, leave: bool) -> Outcome:
        """End what is left of it and say how it was."""
        survivors = []
        if stopped or (self.open and not leave):
            survivors = end(self.living, self.grace)
            self.gone()
            self.read(0)
        out, err = (self.kept[descriptor].text() for descriptor in self.order)
        rc = self.process.returncode if self.process else None
        return Outcome(rc, out, err, time.monotonic() - self.started, stopped, survivors)

    def close(self) -> None:
        """Dismiss the watchdog."""
        os.write(self.life_write, b".")
        os.close(self.life_write)
        for descriptor in self.order:
            os.close(descriptor)
        os.waitpid(self.watchdog, 0)


def run(
    argv: Sequence[str],
    *,
    seconds: float,
    env: Mapping[str, str] | None = None,
    cwd: str | None = None,
    grace: float = 5.0,
    watch: Callable[[], str] = str,
    leave: bool = False,
) -> Outcome:
    """Run a program for at most so many seconds (then: SIGTERM, grace, SIGKILL, three more seconds, and give up).

    watch is called about once a second and ends the program by returning a reason. leave: what the program started and
    what outlives it is meant to, such as the daemon behind a mount.
    """
    program = Program(argv, grace)
    try:
        program.start(env or {}, cwd)
        return program.finish(program.wait(seconds, watch), leave)
    finally:
        program.close()


def _answer(question: Callable[[], t.Any], write_end: int) -> t.NoReturn:
    """The process that asks and may hang."""
    try:
        null = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):  # whoever reads the module's output must not wait for this process
            os.dup2(null, descriptor)
        try:
            reply = {"answer": question()}
        except OSError as error:
            reply = {"errno": error.errno or errno.EIO}
        os.write(write_end, json.dumps(reply).encode())
    finally:
        os._exit(0)


def ask(question: Callable[[], t.Any], seconds: float) -> t.Any:
    """Call question() in a process of its own and return its answer, something short that JSON can carry.

    For questions to a file system that may be dead: stat, statvfs, access. An OSError of the question is raised here
    too; TimeoutError means that no answer came.
    """
    read_end, write_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(read_end)
        _answer(question, write_end)
    os.close(write_end)
    try:
        ready = select.select([read_end], [], [], seconds)[0]
        data = os.read(read_end, 65536) if ready else b""
    finally:
        os.close(read_end)
        send([pid], signal.SIGKILL)
        for _try in range(20):
            if os.waitpid(pid, os.WNOHANG)[0]:
                break
            time.sleep(0.01)
    if not ready:
        raise TimeoutError(errno.ETIMEDOUT, f"no answer within {seconds:g} seconds")
    reply = json.loads(data or b'{"errno": 5}')
    if "errno" in reply:
        raise OSError(reply["errno"], os.strerror(reply["errno"]))
    return reply["answer"]

# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ask several clients at once, and stamp when each operation was called and when it returned.

Each client is a process of its own. One other process, the coordinator, asks them all: it reads its monotonic clock
before it sends an operation to a client, and again when it has the answer, so all times are of one clock, wherever a
client is. An operation takes effect between the two, if it does: what a client needs to be told and to answer makes the
time longer, never shorter, so an order that the clock shows is one that there was.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
import typing as t
from dataclasses import dataclass, field
from multiprocessing import Pipe
from pathlib import Path

from ansible_collections.netfs.bench.plugins.module_utils._history import (
    DIRECTORY,
    DONE,
    FLOCK,
    KEY_OPERATIONS,
    KEY_UNKNOWN,
    LOCK_EXCL,
    LOOKS,
    NAMES,
    OPERATIONS,
    SLOTS,
    UNKNOWN,
    Asked,
    Calls,
    Client,
    Operation,
    Outcome,
    drawn,
    line_of,
)

THINK_SECONDS = 0.01
"""The longest time between two operations of a client."""
ERROR_SECONDS = 0.5
"""How long a client waits after a call that failed."""
VISIBLE_SECONDS = 60
LAST_LOOK_SECONDS = 60.0
"""How long everything is read in the end."""
LOCKS = (LOCK_EXCL, FLOCK)
KILL_SECONDS = 15
"""How long a client that was killed may take to end: one that waits for a server ends when its call does."""


class RunnerError(Exception):
    """Why clients cannot be asked."""


class Settings(t.NamedTuple):
    """What is asked for."""

    kinds: t.Sequence[str]
    seed: int
    seconds: float
    grace: float
    """How long a client may take to come to the end of its last operation: then it is killed."""


class Ended(t.NamedTuple):
    """What came of it."""

    operations: int
    unknown: int
    """Those of which it is not known whether they took effect."""
    errors: list[str]
    """What clients were told by calls that failed, each once."""
    killed: int
    """The clients whose last operation did not end."""


@dataclass
class Slot:
    """What clients share at the moment, of one kind."""

    generation: int = 0
    operations: int = KEY_OPERATIONS
    """Since it was made; at first as many as it takes for a client to make one."""
    unknown: int = 0
    ready: bool = False
    """Whether there is one."""
    preparing: bool = False
    """Whether a client is making the next one."""


@dataclass
class Board:
    """What all threads of the coordinator know."""

    history: t.TextIO
    guard: threading.Lock = field(default_factory=threading.Lock)
    slots: dict[tuple[str, int], Slot] = field(default_factory=dict)
    keys: list[tuple[str, str]] = field(default_factory=list)
    """All that was shared, by kind."""
    number: int = 0
    operations: int = 0
    unknown: int = 0
    errors: dict[str, None] = field(default_factory=dict)
    pending: dict[int, Operation] = field(default_factory=dict)
    """What each client was asked and has not answered."""

    def begin(self, client: int, asked: Asked) -> Asked:
        """Note that a client is asked; what it writes is the number of the operation, so no two write the same."""
        with self.guard:
            self.number += 1
            if asked.value < 0:
                asked = asked._replace(value=self.number)
            self.pending[client] = Operation(self.number, client, asked, time.monotonic_ns())
            return asked

    def end(self, client: int, outcome: Outcome) -> None:
        """Note what a client has answered."""
        now = time.monotonic_ns()
        with self.guard:
            one = self.pending.pop(client)
            asked = one.asked
            self.operations += 1
            if outcome.outcome == UNKNOWN:
                self.unknown += 1
                self.errors.setdefault(f"{asked.kind} {asked.op}: {outcome.error}")
                for (kind, slot), shared in self.slots.items():
                    shared.unknown += key_of(kind, slot, shared.generation) == asked.key
            self.history.write(line_of(one, outcome, now))


def key_of(kind: str, slot: int, generation: int) -> str:
    """The name of what is shared."""
    return f"{kind}.{slot}.{generation}"


class Asker:
    """Asks one client: draws its operations, and keeps what it holds."""

    def __init__(self, number: int, board: Board, settings: Settings, connection: t.Any) -> None:
        self.number = number
        self.board = board
        self.settings = settings
        self.connection = connection
        self.held: dict[str, str] = {}

    def ask(self, asked: Asked) -> Outcome:
        """Have an operation done, and record it."""
        self.connection.send(self.board.begin(self.number, asked))
        outcome: Outcome = self.connection.recv()
        self.board.end(self.number, outcome)
        return outcome

    def prepared(self, kind: str, slot: int) -> str:
        """The key of what is shared, a new one when the old one has had its time; empty while there is none.

        Nobody looks for the new one before it is there: what a client remembers not to have found would be old.
        """
        with self.board.guard:
            one = self.board.slots[kind, slot]
            one.operations += 1
            # the others stay with the old one while one makes the next
            if one.preparing or (one.operations <= KEY_OPERATIONS and one.unknown < KEY_UNKNOWN):
                return key_of(kind, slot, one.generation) if one.ready else ""
            one.preparing = True
            new = one.generation + 1
        key = key_of(kind, slot, new)
        self.connection.send(Asked(kind, key, "prepare", 0))
        outcome: Outcome = self.connection.recv()
        with self.board.guard:
            one.generation, one.ready, one.preparing = new, outcome.outcome == DONE, False
            one.operations, one.unknown = 0, 0
            if not one.ready:  # it may be there or not: the next one is tried
                one.operations = KEY_OPERATIONS
                self.board.errors.setdefault(f"{kind} prepare: {outcome.error}")
                return ""
            self.board.keys.append((kind, key))
            return key

    def step(self, number: int) -> Outcome | None:
        """Draw an operation and have it done; None when there is nothing to do it with."""
        lot = drawn(self.settings.seed, self.number, number)
        kind = self.settings.kinds[lot[0] % len(self.settings.kinds)]
        if kind in self.held:
            return self.release(kind)
        key = self.prepared(kind, lot[1] % SLOTS)
        if not key:
            return None
        if kind in LOCKS:
            return self.acquire(kind, key)
        op = OPERATIONS[kind][lot[2] % len(OPERATIONS[kind])]
        named = kind == DIRECTORY and op != "list"
        value = lot[3] % NAMES if named else -1 if op in ("write", "append") else 0
        return self.ask(Asked(kind, key, op, value))

    def acquire(self, kind: str, key: str) -> Outcome:
        """Try to get a lock."""
        outcome = self.ask(Asked(kind, key, "acquire", 0))
        if outcome.outcome == DONE and outcome.result:
            self.held[kind] = key
        return outcome

    def release(self, kind: str) -> Outcome:
        """Give a lock back. What comes of an error is not known; the client does without the lock from then on."""
        return self.ask(Asked(kind, self.held.pop(kind), "release", 0))

    def run(self, until: float, all_ended: threading.Barrier, looks: bool) -> None:
        """Ask until the time is over; then, when all clients have come to an end, read everything once.

        :param looks: whether this client is one of those that read everything.
        """
        try:
            number = 0
            while time.monotonic() < until:
                number += 1
                outcome = self.step(number)
                if outcome is None or outcome.outcome == UNKNOWN:
                    time.sleep(ERROR_SECONDS)
                else:
                    time.sleep(drawn(self.settings.seed, self.number, -number)[0] / 255 * THINK_SECONDS)
            for kind in list(self.held):
                self.release(kind)
            all_ended.wait(self.settings.grace)
            if looks:
                self.look_at_all()
        except (EOFError, OSError, threading.BrokenBarrierError):
            return  # the client was killed, or another one has not come to an end

    def look_at_all(self) -> None:
        """Read all that clients have changed."""
        until = time.monotonic() + LAST_LOOK_SECONDS
        for kind, key in self.board.keys:
            if kind in LOOKS and time.monotonic() < until:
                self.ask(Asked(kind, key, LOOKS[kind], 0))


def serve(connection: t.Any, calls: Calls, name: str) -> None:
    """Do what is asked, until nobody asks any more: the work of a client's process."""
    client = Client(calls, name)
    with contextlib.suppress(EOFError, OSError):
        while True:
            connection.send(client(connection.recv()))


def start(clients: t.Sequence[Calls]) -> list[tuple[int, t.Any]]:
    """Start a process for each client: its number, and the connection to it."""
    made: list[tuple[int, t.Any]] = []
    for number, calls in enumerate(clients):
        ours, theirs = Pipe()
        pid = os.fork()
        if pid == 0:
            try:
                for connection in (ours, *(other for _pid, other in made)):
                    connection.close()
                serve(theirs, calls, str(number))
            finally:
                os._exit(0)
        theirs.close()
        made.append((pid, ours))
    return made


def end(pids: t.Iterable[int]) -> None:
    """Kill the processes of clients. One that its call does not let go is left to the system."""
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
        until = time.monotonic() + KILL_SECONDS
        while os.waitpid(pid, os.WNOHANG) == (0, 0) and time.monotonic() < until:
            time.sleep(0.05)


def wait_until_visible(directory: Path) -> None:
    """Wait until a directory that another client made is there."""
    until = time.monotonic() + VISIBLE_SECONDS
    while not directory.is_dir():
        if time.monotonic() > until:
            raise RunnerError(f"{directory} was made by another client {VISIBLE_SECONDS} s ago, and is not there")
        time.sleep(0.1)


def run_clients(
    clients: t.Sequence[Calls],
    settings: Settings,
    history: t.TextIO,
    begun: t.Callable[[list[int]], None] = lambda _pids: None,
) -> Ended:
    """Ask all clients at once, and write what they are told.

    :param clients: the calls of each; two with one directory share a mount, and the first of them reads all in the end.
    :param begun: what is told their processes.
    """
    for calls in clients:
        wait_until_visible(calls.directory)
    board = Board(history)
    board.slots = {(kind, slot): Slot() for kind in settings.kinds for slot in range(SLOTS)}
    processes = start(clients)  # before there is any thread
    begun([pid for pid, _connection in processes])
    first = {calls.directory: number for number, calls in reversed(list(enumerate(clients)))}
    all_ended = threading.Barrier(len(clients))
    until = time.monotonic() + settings.seconds
    threads = []
    for number, (_pid, connection) in enumerate(processes):
        asker = Asker(number, board, settings, connection)
        looks = number in first.values()
        threads.append(threading.Thread(target=asker.run, args=(until, all_ended, looks), daemon=True))
        threads[-1].start()
    limit = until + 2 * settings.grace + LAST_LOOK_SECONDS
    for thread in threads:
        thread.join(max(0.0, limit - time.monotonic()))
    killed = sum(thread.is_alive() for thread in threads)
    end(pid for pid, _connection in processes)
    for thread in threads:
        thread.join(KILL_SECONDS)
    for number in list(board.pending):
        board.end(number, Outcome(UNKNOWN, error="it did not end"))
    history.flush()
    return Ended(board.operations, board.unknown, list(board.errors), killed)

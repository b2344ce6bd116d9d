# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What clients do to files that they share, drawn from a seed, and what they are told."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import time
import typing as t
import zlib
from pathlib import Path

REGISTER_WRITE, REGISTER_RENAME, LOCK_EXCL, FLOCK = "register-write", "register-rename", "lock-excl", "flock"
COUNTER, APPEND_SET, DIRECTORY = "counter", "append-set", "directory"
KINDS = {
    REGISTER_WRITE: "a value that is written in place and flushed, and read",
    REGISTER_RENAME: "a value that is written to a new file, flushed and renamed over the old one, and read",
    LOCK_EXCL: "a lock that is a file created with O_EXCL, and removed",
    FLOCK: "a lock of a file (flock)",
    COUNTER: "a number that is raised by one under a lock (O_EXCL)",
    APPEND_SET: "entries that are appended to a file and flushed, and read",
    DIRECTORY: "names that are created in a directory and removed, and listed",
}
"""What clients share, each kind with what is done to it."""
OPERATIONS: dict[str, tuple[str, ...]] = {
    REGISTER_WRITE: ("write", "read"),
    REGISTER_RENAME: ("write", "read"),
    LOCK_EXCL: ("acquire", "release"),
    FLOCK: ("acquire", "release"),
    COUNTER: ("increment",),
    APPEND_SET: ("append", "read"),
    DIRECTORY: ("create", "remove", "list"),
}
LOOKS = {
    REGISTER_WRITE: "read",
    REGISTER_RENAME: "read",
    COUNTER: "read",
    APPEND_SET: "read",
    DIRECTORY: "list",
}
"""What is read in the end of everything that clients have changed."""
SLOTS = 2
"""So many things of each kind are shared at a time."""
NAMES = 3
"""So many names come and go in a directory."""
KEY_OPERATIONS, KEY_UNKNOWN = 160, 8
"""After so many operations, or so many whose outcome is not known, clients go on with a new file: what a checker has to
search through stays small."""
RECORD = 16
"""Bytes of a value or an entry."""
TORN = -1
"""What is read where the bytes are no value that was written."""
COUNTER_SECONDS = 1.0
"""How long a client tries to get the lock of a counter."""

DONE, UNKNOWN, NOTHING = "done", "unknown", "nothing"
"""What became of an operation: it has an answer; it may have taken effect, may still, or never will; it certainly has
done nothing."""
Answer = t.Union[int, "list[int]", None]


class Outcome(t.NamedTuple):
    """What a client was told."""

    outcome: str
    result: Answer = None
    error: str = ""


class Asked(t.NamedTuple):
    """What a client is to do."""

    kind: str
    key: str
    op: str
    value: int


def drawn(seed: int, client: int, number: int) -> bytes:
    """Random bytes that belong to an operation."""
    return hashlib.sha256(f"{seed}:{client}:{number}".encode()).digest()


def record(value: int) -> bytes:
    """The bytes of a value, with their checksum: a mixture of two values is none."""
    text = b"%08d" % value
    return text + b"%08x" % zlib.crc32(text)


def value_of(data: bytes) -> int:
    """The value of bytes; TORN for bytes that are none."""
    text = data[:8]
    return int(text) if len(data) == RECORD and text.isdigit() and record(int(text)) == data else TORN


def values_of(data: bytes) -> list[int]:
    """The values of a file of many."""
    return [value_of(data[start : start + RECORD]) for start in range(0, len(data), RECORD)]


class Operation(t.NamedTuple):
    """Something that a client was asked."""

    number: int
    client: int
    asked: Asked
    call: int
    """When: nanoseconds of the one clock that all operations are stamped by."""


def line_of(one: Operation, outcome: Outcome, end: int) -> str:
    """An operation as a line of a history.

    :param end: when it returned, as when it was called.
    """
    entry = {
        "id": one.number,
        "client": one.client,
        **one.asked._asdict(),
        "result": 0 if outcome.result is None else outcome.result,
        "call": one.call,
        "return": end,
        "outcome": outcome.outcome,
        **({"error": outcome.error} if outcome.error else {}),
    }
    return json.dumps(entry, separators=(",", ":")) + "\n"


class Calls:
    """The calls that operations are made of, in one directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def write(self, name: str, data: bytes, flags: int) -> None:
        """Write bytes at the beginning, or at the end with O_APPEND, and flush them."""
        descriptor = os.open(self.directory / name, os.O_WRONLY | flags, 0o644)
        try:
            if os.write(descriptor, data) != len(data):
                raise OSError(errno.EIO, "Not all bytes were written")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def read(self, name: str) -> bytes:
        """All bytes of a file."""
        return (self.directory / name).read_bytes()

    def rename(self, old: str, new: str) -> None:
        """Rename a file over another one."""
        (self.directory / old).rename(self.directory / new)

    def create(self, name: str) -> None:
        """Create a file that is not there."""
        os.close(os.open(self.directory / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644))

    def remove(self, name: str) -> None:
        """Remove a file."""
        (self.directory / name).unlink()

    def make(self, name: str) -> None:
        """Make a directory."""
        (self.directory / name).mkdir()

    def names(self, name: str) -> t.Iterable[str]:
        """The names in a directory."""
        return [path.name for path in (self.directory / name).iterdir()]

    def lock(self, name: str) -> int:
        """Lock a file; what to unlock then. A BlockingIOError says that somebody has it."""
        descriptor = os.open(self.directory / name, os.O_RDWR)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            raise
        return descriptor

    def unlock(self, descriptor: int) -> None:
        """Unlock a file."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_UN)
        finally:
            os.close(descriptor)


class Client:
    """Does what it is asked, one operation after the other."""

    def __init__(self, calls: Calls, name: str) -> None:
        self.calls = calls
        self.name = name
        self.locks: dict[str, int] = {}

    def __call__(self, asked: Asked) -> Outcome:
        """Do an operation, and tell what became of it: an error says neither that it has taken effect, nor that it has
        not."""
        try:
            if asked.op == "prepare":
                self.prepare(asked)
                return Outcome(DONE)
            made: Outcome = getattr(self, asked.kind.replace("-", "_"))(asked)
        except OSError as error:
            return Outcome(UNKNOWN, error=f"{errno.errorcode.get(error.errno or 0, 'error')}: {error.strerror}")
        return made

    def prepare(self, asked: Asked) -> None:
        """Make what clients share next: a name that no client has looked for yet."""
        if asked.kind == DIRECTORY:
            self.calls.make(asked.key)
        elif asked.kind == LOCK_EXCL:
            pass  # it is free as long as it is not there
        elif asked.kind in (APPEND_SET, FLOCK):
            self.calls.write(asked.key, b"", os.O_CREAT | os.O_EXCL)
        else:
            self.calls.write(asked.key, record(0), os.O_CREAT | os.O_EXCL)

    def register_write(self, asked: Asked) -> Outcome:
        if asked.op == "read":
            return Outcome(DONE, value_of(self.calls.read(asked.key)))
        self.calls.write(asked.key, record(asked.value), 0)
        return Outcome(DONE)

    def register_rename(self, asked: Asked) -> Outcome:
        if asked.op == "read":
            return Outcome(DONE, value_of(self.calls.read(asked.key)))
        new = f"{asked.key}.{self.name}.new"
        self.calls.write(new, record(asked.value), os.O_CREAT | os.O_TRUNC)
        self.calls.rename(new, asked.key)
        return Outcome(DONE)

    def lock_excl(self, asked: Asked) -> Outcome:
        if asked.op == "release":
            self.calls.remove(asked.key)
            return Outcome(DONE, 1)
        return Outcome(DONE, int(self.created(asked.key)))

    def created(self, name: str) -> bool:
        """Create a file; whether it was not there."""
        try:
            self.calls.create(name)
        except FileExistsError:
            return False
        return True

    def flock(self, asked: Asked) -> Outcome:
        if asked.op == "release":
            self.calls.unlock(self.locks.pop(asked.key))
            return Outcome(DONE, 1)
        try:
            self.locks[asked.key] = self.calls.lock(asked.key)
        except (BlockingIOError, PermissionError):
            return Outcome(DONE, 0)
        return Outcome(DONE, 1)

    def counter(self, asked: Asked) -> Outcome:
        if asked.op == "read":
            return Outcome(DONE, value_of(self.calls.read(asked.key)))
        lock = f"{asked.key}.lock"
        until = time.monotonic() + COUNTER_SECONDS
        while not self.created(lock):
            if time.monotonic() > until:
                return Outcome(NOTHING, error="somebody else has the lock")
            time.sleep(0.005)
        found = value_of(self.calls.read(asked.key))
        if found != TORN:
            self.calls.write(asked.key, record(found + 1), 0)
        self.calls.remove(lock)
        return Outcome(DONE, found)

    def append_set(self, asked: Asked) -> Outcome:
        if asked.op == "read":
            return Outcome(DONE, values_of(self.calls.read(asked.key)))
        self.calls.write(asked.key, record(asked.value), os.O_APPEND)
        return Outcome(DONE)

    def directory(self, asked: Asked) -> Outcome:
        if asked.op == "list":
            return Outcome(DONE, sorted(int(name) for name in self.calls.names(asked.key) if name.isdigit()))
        name = f"{asked.key}/{asked.value}"
        if asked.op == "create":
            return Outcome(DONE, int(self.created(name)))
        with contextlib.suppress(FileNotFoundError):
            self.calls.remove(name)
            return Outcome(DONE, 1)
        return Outcome(DONE, 0)

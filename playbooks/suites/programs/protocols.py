# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check that what is done to files over one protocol is seen over another one.

    protocols.py DIRECTORY SECOND SEED

Both are the same directory, mounted over two protocols on one client. Prints a line of JSON for each case, and one with
their number at the end. Every case works in a directory of its own, which nobody has looked at before: what a client
may remember of names for a while is nothing that a server is asked for here.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import random
import sys
import time
import typing as t
import unicodedata
from collections.abc import Callable
from pathlib import Path

PATIENCE = 10.0
"""Seconds in which a change may become visible: a client keeps what it knows of a file for some."""

TICK = 0.05
"""Seconds between two changes, in cases that are not about changes within one tick of the server's clock."""
CHANGES = 30

NAMES: dict[str, bytes] = {
    "an umlaut, composed": unicodedata.normalize("NFC", "Größe-ä").encode(),
    "an umlaut, decomposed": unicodedata.normalize("NFD", "Größe-ä").encode(),
    "characters of four bytes": "file-\U0001f600".encode(),
    "other scripts": "файл-文件".encode(),
    "a space within": b"two words",
    "a space at the beginning": b" begin",
    "a space at the end": b"end ",
    "a dot at the beginning": b".hidden",
    "a dot at the end": b"end.",
    "two dots at the end": b"end..",
    "255 bytes": b"n" * 255,
    "255 bytes of two-byte characters": ("ü" * 127 + "n").encode(),
    "a newline": b"two\nlines",
    "a tab": b"a\tb",
    "a control character": b"a\x01b",
    "a colon": b"a:b",
    "a backslash": b"a\\b",
    "a question mark": b"a?b",
    "an asterisk": b"a*b",
    "a double quote": b'a"b',
    "angle brackets": b"a<b>c",
    "a bar": b"a|b",
    "a percent sign": b"a%20b",
    "a name of a device of Windows": b"CON",
    "a name as Windows shortens it": b"LONGFI~1.TXT",
    "bytes that are no UTF-8": b"latin-\xe4",
}


class Place(t.NamedTuple):
    """A directory over one protocol."""

    label: str
    path: str

    def of(self, *parts: bytes | str) -> bytes:
        """The path of something in it."""
        return b"/".join([os.fsencode(self.path), *(os.fsencode(part) for part in parts)])


def seen(check: Callable[[], None]) -> None:
    """Try a check until it holds, or patience is at its end."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            check()
            return
        except (AssertionError, OSError):
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


def same(found: t.Any, wanted: t.Any, what: str) -> None:
    """Fail unless two values are the same."""
    if found != wanted:
        raise AssertionError(f"{what}: {str(found)[:200]} instead of {str(wanted)[:200]}")


def put(path: bytes, content: bytes, flags: int = os.O_CREAT | os.O_TRUNC) -> None:
    """Write a file and flush it."""
    handle = os.open(path, os.O_WRONLY | flags, 0o666)
    try:
        while content:
            content = content[os.write(handle, content) :]
        os.fsync(handle)
    finally:
        os.close(handle)


def get(path: bytes) -> bytes:
    """The content of a file."""
    return Path(os.fsdecode(path)).read_bytes()


def size_of(path: bytes) -> int:
    """The size of a file for one who opens it: what a client remembers without that may be older."""
    handle = os.open(path, os.O_RDONLY)
    try:
        return os.fstat(handle).st_size
    finally:
        os.close(handle)


def same_content(path: bytes, wanted: bytes, what: str) -> None:
    """Fail unless a file has a content, with the first byte that is another one."""
    found = get(path)
    if found != wanted:
        pairs = enumerate(zip(found, wanted, strict=False))
        place = next((number for number, (one, other) in pairs if one != other), min(len(found), len(wanted)))
        raise AssertionError(f"{what}: {len(found)} bytes instead of {len(wanted)}, another one from offset {place} on")


class Checks:
    """The cases, each in one direction: what ``writer`` does, ``reader`` is to see."""

    def __init__(self, writer: Place, reader: Place, seed: int) -> None:
        self.writer, self.reader = writer, reader
        self.random = random.Random(seed)

    def made(self, name: str) -> None:
        """A new directory."""
        os.mkdir(self.writer.of(name))

    def content(self) -> None:
        """content is the same"""
        self.made("content")
        wanted = self.random.randbytes(1 << 20)
        put(self.writer.of("content", "file"), wanted)
        same_content(self.reader.of("content", "file"), wanted, "the content")

    def changed_content(self) -> None:
        """content that was read before is new after a change"""
        self.made("changed")
        content = bytearray(self.random.randbytes(100000))
        put(self.writer.of("changed", "file"), bytes(content))
        same_content(self.reader.of("changed", "file"), bytes(content), "the content before")
        content[5000:5100] = bytes(100)
        time.sleep(TICK)
        handle = os.open(self.writer.of("changed", "file"), os.O_WRONLY)
        os.pwrite(handle, bytes(100), 5000)
        os.fsync(handle)
        os.close(handle)
        seen(lambda: same_content(self.reader.of("changed", "file"), bytes(content), "the content afterwards"))

    def changed_at_once(self) -> None:
        """content is new after a change within milliseconds of the last read"""
        self.made("at-once")
        stale = 0
        for number in range(CHANGES):
            path, other = (place.of("at-once", str(number)) for place in (self.writer, self.reader))
            put(path, b"before")
            get(other)
            put(path, b"after ", 0)
            stale += get(other) != b"after "
        same(stale, 0, f"how many of {CHANGES} files had the content from before")

    def in_turns(self) -> None:
        """a file to which both append in turn has all of it"""
        self.made("turns")
        put(self.writer.of("turns", "file"), b"")
        wanted = b""
        for number in range(10):
            more = self.random.randbytes(1000)
            place = (self.writer, self.reader)[number % 2]
            path, size = place.of("turns", "file"), len(wanted)
            time.sleep(TICK)
            seen(lambda path=path, size=size: same(size_of(path), size, "the size before an append"))
            put(path, more, os.O_APPEND)
            wanted += more
        seen(lambda: same_content(self.reader.of("turns", "file"), wanted, "the content"))
        seen(lambda: same_content(self.writer.of("turns", "file"), wanted, "the content for the other one"))

    def size(self) -> None:
        """size after it was made longer and shorter"""
        self.made("size")
        put(self.writer.of("size", "file"), b"x" * 5000)
        for length in (9000, 123):
            os.truncate(self.writer.of("size", "file"), length)
            seen(lambda length=length: same(size_of(self.reader.of("size", "file")), length, "the size"))

    def sparse(self) -> None:
        """size and content of a file of 5 GiB with a hole"""
        self.made("sparse")
        path = self.writer.of("sparse", "file")
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        os.pwrite(handle, b"end", 5 << 30)
        os.fsync(handle)
        os.close(handle)
        same(size_of(self.reader.of("sparse", "file")), (5 << 30) + 3, "the size")
        other = os.open(self.reader.of("sparse", "file"), os.O_RDONLY)
        found = os.pread(other, 7, (5 << 30) - 4)
        os.close(other)
        same(found, bytes(4) + b"end", "the end")

    def rename(self) -> None:
        """a renamed file"""
        self.made("rename")
        put(self.writer.of("rename", "old"), b"content")
        os.rename(self.writer.of("rename", "old"), self.writer.of("rename", "new"))
        same(os.listdir(self.reader.of("rename")), [b"new"], "the names")
        same_content(self.reader.of("rename", "new"), b"content", "the content")

    def rename_over(self) -> None:
        """a file that was renamed over another one"""
        self.made("over")
        put(self.writer.of("over", "new"), b"replaced")
        put(self.writer.of("over", "old"), b"content")
        os.rename(self.writer.of("over", "old"), self.writer.of("over", "new"))
        same(os.listdir(self.reader.of("over")), [b"new"], "the names")
        same_content(self.reader.of("over", "new"), b"content", "the content")

    def rename_directory(self) -> None:
        """a renamed directory with what is in it"""
        self.made("directory")
        os.mkdir(self.writer.of("directory", "old"))
        put(self.writer.of("directory", "old", "file"), b"content")
        os.rename(self.writer.of("directory", "old"), self.writer.of("directory", "new"))
        same(os.listdir(self.reader.of("directory")), [b"new"], "the names")
        same_content(self.reader.of("directory", "new", "file"), b"content", "the content")

    def removed(self) -> None:
        """a file that was removed"""
        self.made("removed")
        put(self.writer.of("removed", "file"), b"content")
        os.unlink(self.writer.of("removed", "file"))
        same(os.listdir(self.reader.of("removed")), [], "the names")

    def exclusive(self) -> None:
        """a name that is there cannot be created with O_EXCL"""
        self.made("exclusive")
        put(self.writer.of("exclusive", "file"), b"content")
        try:
            os.close(os.open(self.reader.of("exclusive", "file"), os.O_WRONLY | os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return
        raise AssertionError("it was created a second time")

    def case_kept(self) -> None:
        """upper and lower case of a name are kept"""
        self.made("case-kept")
        put(self.writer.of("case-kept", "MixedCase"), b"")
        same(os.listdir(self.reader.of("case-kept")), [b"MixedCase"], "the names")

    def case_told_apart(self) -> None:
        """two names that differ in case are two files"""
        self.made("case")
        for name in ("Name", "name"):
            put(self.writer.of("case", name), name.encode())
        same(sorted(os.listdir(self.reader.of("case"))), [b"Name", b"name"], "the names")
        for name in ("Name", "name"):
            same_content(self.reader.of("case", name), name.encode(), f"the content of {name}")

    def many(self) -> None:
        """a directory of 500 names lists each once"""
        self.made("many")
        names = sorted(f"{number:03}-{'x' * self.random.randrange(80)}".encode() for number in range(500))
        for name in names:
            put(self.writer.of("many", name), b"")
        same(sorted(os.listdir(self.reader.of("many"))), names, "the names")

    def lock(self) -> None:
        """a lock keeps another one out, and lets it in when it is gone"""
        self.made("lock")
        put(self.writer.of("lock", "file"), b"content")
        one = os.open(self.writer.of("lock", "file"), os.O_RDWR)
        other = os.open(self.reader.of("lock", "file"), os.O_RDWR)
        try:
            fcntl.lockf(one, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self.refuse_lock(other)
            fcntl.lockf(one, fcntl.LOCK_UN)
            seen(lambda: fcntl.lockf(other, fcntl.LOCK_EX | fcntl.LOCK_NB))
        finally:
            os.close(other)
            os.close(one)

    @staticmethod
    def refuse_lock(handle: int) -> None:
        """Fail unless a lock is refused. It is asked for by a process of its own: a lock never keeps out its owner."""
        child = os.fork()
        if child == 0:
            try:
                fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                os._exit(0)
            except OSError as error:
                os._exit(1 if error.errno in (errno.EACCES, errno.EAGAIN) else 2)
        same(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 1, "what a second lock came to (0: got it, 1: no)")

    def name(self, number: int, name: bytes) -> None:
        """Whether a name is listed as it is, opened, and removed over the other protocol."""
        directory = f"name-{number}"
        self.made(directory)
        put(self.writer.of(directory, name), b"content")
        same(os.listdir(self.reader.of(directory)), [name], "the names")
        same_content(self.reader.of(directory, name), b"content", "the content")
        os.unlink(self.reader.of(directory, name))


CASES = (
    "content",
    "changed_content",
    "changed_at_once",
    "in_turns",
    "size",
    "sparse",
    "rename",
    "rename_over",
    "rename_directory",
    "removed",
    "exclusive",
    "case_kept",
    "case_told_apart",
    "many",
    "lock",
)


def outcome(check: Callable[[], None]) -> dict[str, t.Any]:
    """What became of a case."""
    try:
        check()
    except (AssertionError, OSError) as error:
        return {"outcome": "failed", "lines": [str(error)]}
    return {"outcome": "passed", "lines": []}


def cases_of(writer: Place, reader: Place, seed: int) -> list[tuple[str, Callable[[], None]]]:
    """Every case of one direction with its name."""
    checks = Checks(writer, reader, seed)
    way = f"{writer.label} to {reader.label}"
    plain = [(f"{way}: {getattr(checks, name).__doc__}", getattr(checks, name)) for name in CASES]
    names = [
        (f"{way}: name with {what}", lambda number=number, name=name: checks.name(number, name))
        for number, (what, name) in enumerate(NAMES.items())
    ]
    return plain + names


def main(directory: str, second: str, seed: str) -> int:
    failed = number = 0
    for writer, reader, label in (
        (("first", directory), ("second", second), "there"),
        (("second", second), ("first", directory), "back"),
    ):
        os.mkdir(f"{directory}/{label}")
        places = (Place(name, f"{path}/{label}") for name, path in (writer, reader))
        for name, check in cases_of(*places, int(seed)):
            found = outcome(check)
            failed += found["outcome"] == "failed"
            number += 1
            print(json.dumps({"case": name, **found}), flush=True)
    print(json.dumps({"cases": number}), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

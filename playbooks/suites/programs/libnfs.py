# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check an NFS export through libnfs, which needs neither a mount nor an NFS client in the kernel.

    libnfs.py HOST EXPORT PORT MOUNT_PORT VERSION SEED
    libnfs.py HOST EXPORT PORT MOUNT_PORT VERSION SEED JOB

Prints a line of JSON for each case, and one with their number at the end; with a job of fio, what fio prints. Works in
a directory of its own in the export, which it makes and removes.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import inspect
import itertools
import json
import os
import random
import subprocess
import sys
import typing as t
from collections.abc import Callable, Iterator
from urllib.parse import quote

LIBRARY = "libnfs.so.14"
DIRECTORY = "/netfs-bench-libnfs"
TIMEOUT_MS = 60000
FILES = 200
BLOCK, BLOCKS = 65536, 32


class CallError(Exception):
    """A call of libnfs that failed."""

    def __init__(self, what: str, code: int, said: str) -> None:
        super().__init__(f"{what}: {said or os.strerror(code)} ({errno.errorcode.get(code, code)})")
        self.code = code


class Stat(ctypes.Structure):
    """``struct nfs_stat_64``."""

    _fields_: t.ClassVar = [
        (f"nfs_{name}", ctypes.c_uint64)
        for name in (
            "dev",
            "ino",
            "mode",
            "nlink",
            "uid",
            "gid",
            "rdev",
            "size",
            "blksize",
            "blocks",
            "atime",
            "mtime",
            "ctime",
            "atime_nsec",
            "mtime_nsec",
            "ctime_nsec",
            "used",
        )
    ]


class Entry(ctypes.Structure):
    """The head of ``struct nfsdirent``."""


Entry._fields_ = [("next", ctypes.POINTER(Entry)), ("name", ctypes.c_char_p)]


class Export:
    """One connection to an export."""

    numbers: t.ClassVar = itertools.count(1)

    def __init__(self, library: ctypes.CDLL, url: str) -> None:
        self.library = library
        self.context = ctypes.c_void_p(library.nfs_init_context())
        parsed = ctypes.c_void_p(library.nfs_parse_url_dir(self.context, url.encode()))
        if not parsed:
            raise CallError(f"reading the address {url}", errno.EINVAL, self.said())
        library.nfs_set_timeout(self.context, TIMEOUT_MS)
        # over NFSv4, one client that comes again with another connection takes the state of the first one away
        number = next(self.numbers)
        library.nfs4_set_client_name(self.context, f"netfs-bench-{os.getpid()}-{number}".encode())
        library.nfs4_set_verifier(self.context, f"{os.getpid() % 10**6:06}{number:02}".encode())
        server, path = (ctypes.cast(parsed, ctypes.POINTER(ctypes.c_char_p))[number] for number in (0, 1))
        self.call("mount", ctypes.c_char_p(server), ctypes.c_char_p(path))

    def said(self) -> str:
        """What libnfs says of its last error."""
        return str((self.library.nfs_get_error(self.context) or b"").decode(errors="replace"))

    def call(self, name: str, *arguments: t.Any) -> int:
        """Call a function of libnfs that returns a negative error number when it fails."""
        result = int(getattr(self.library, f"nfs_{name}")(self.context, *arguments))
        if result < 0:
            raise CallError(name, -result, self.said())
        return result

    @contextlib.contextmanager
    def opened(self, path: str, flags: int) -> Iterator[ctypes.c_void_p]:
        """Open a file, and close it."""
        handle = ctypes.c_void_p()
        self.call("open", path.encode(), flags, ctypes.byref(handle))
        try:
            yield handle
        finally:
            self.call("close", handle)

    def write(self, handle: ctypes.c_void_p, offset: int, content: bytes) -> None:
        """Write all of it."""
        done = 0
        while done < len(content):
            rest = content[done:]
            done += self.call("pwrite", handle, ctypes.c_uint64(offset + done), ctypes.c_uint64(len(rest)), rest)

    def read(self, handle: ctypes.c_void_p, offset: int, count: int) -> bytes:
        """Read so much, or what there is. In pieces: over NFSv4 libnfs asks for all at once, however much that is."""
        content = b""
        while len(content) < count:
            piece = min(BLOCK, count - len(content))
            buffer = ctypes.create_string_buffer(piece)
            place, left = ctypes.c_uint64(offset + len(content)), ctypes.c_uint64(piece)
            got = self.call("pread", handle, place, left, buffer)
            if not got:
                break
            content += buffer.raw[:got]
        return content

    def put(self, path: str, content: bytes) -> None:
        """Create a file with a content, and flush it."""
        with self.opened(path, os.O_RDWR | os.O_CREAT) as handle:
            self.write(handle, 0, content)
            self.call("fsync", handle)

    def get(self, path: str) -> bytes:
        """The content of a file."""
        with self.opened(path, os.O_RDONLY) as handle:
            return self.read(handle, 0, self.stat(path).nfs_size)

    def stat(self, path: str) -> Stat:
        """What the server says of a file."""
        found = Stat()
        self.call("stat64", path.encode(), ctypes.byref(found))
        return found

    def names(self, path: str) -> list[str]:
        """The names in a directory, as often as they come."""
        directory = ctypes.c_void_p()
        self.call("opendir", path.encode(), ctypes.byref(directory))
        names = []
        try:
            while entry := self.library.nfs_readdir(self.context, directory):
                names.append(entry.contents.name.decode("utf-8", "surrogateescape"))
        finally:
            self.library.nfs_closedir(self.context, directory)
        return sorted(name for name in names if name not in (".", ".."))

    def exists(self, path: str) -> bool:
        """Whether there is something of that name."""
        try:
            self.stat(path)
        except CallError as error:
            if error.code == errno.ENOENT:
                return False
            raise
        return True

    def remove(self, path: str) -> None:
        """Remove a directory with all that is in it."""
        for name in self.names(path):
            try:
                self.call("unlink", f"{path}/{name}".encode())
            except CallError:
                self.remove(f"{path}/{name}")
        self.call("rmdir", path.encode())


def load() -> ctypes.CDLL:
    """The library, told what its functions return."""
    library = ctypes.CDLL(LIBRARY)
    for name in ("nfs_init_context", "nfs_parse_url_dir"):
        getattr(library, name).restype = ctypes.c_void_p
    library.nfs_get_error.restype = ctypes.c_char_p
    library.nfs_readdir.restype = ctypes.POINTER(Entry)
    return library


def same(found: t.Any, wanted: t.Any, what: str) -> None:
    """Fail unless two values are the same."""
    if found != wanted:
        raise AssertionError(f"{what}: {str(found)[:200]} instead of {str(wanted)[:200]}")


def first_difference(found: bytes, wanted: bytes) -> str:
    """Where a content is another one."""
    place = next((number for number, pair in enumerate(zip(found, wanted, strict=False)) if pair[0] != pair[1]), None)
    if place is None:
        return f"{len(found)} bytes instead of {len(wanted)}"
    return f"offset {place} is {found[place]:#04x} instead of {wanted[place]:#04x}"


def same_bytes(found: bytes, wanted: bytes, what: str) -> None:
    """Fail unless two contents are the same."""
    if found != wanted:
        raise AssertionError(f"{what}: {first_difference(found, wanted)}")


class Checks:
    """The cases, each a method; ``one`` and ``other`` are two connections."""

    def __init__(self, connect: Callable[[], Export], seed: int) -> None:
        self.one, self.other = connect(), connect()
        self.connect = connect
        self.random = random.Random(seed)

    def place(self, name: str) -> str:
        """A new directory."""
        path = f"{DIRECTORY}/{name}"
        self.one.call("mkdir", path.encode())
        return path

    def write_and_read(self) -> None:
        """Blocks that are written in random order are read by another connection"""
        path = f"{self.place('write')}/file"
        blocks = [self.random.randbytes(BLOCK) for _number in range(BLOCKS)]
        order = self.random.sample(range(BLOCKS), BLOCKS)
        with self.one.opened(path, os.O_RDWR | os.O_CREAT) as handle:
            for number in order:
                self.one.write(handle, number * BLOCK, blocks[number])
            self.one.call("fsync", handle)
            same_bytes(self.one.read(handle, 0, BLOCK * BLOCKS), b"".join(blocks), "through the same handle")
        same_bytes(self.other.get(path), b"".join(blocks), "through another connection")

    def overwrite(self) -> None:
        """What is written over is read, and what is beside it stays"""
        path = f"{self.place('overwrite')}/file"
        content = bytearray(self.random.randbytes(3 * BLOCK))
        self.one.put(path, bytes(content))
        for _number in range(50):
            begin, more = self.random.randrange(2 * BLOCK), self.random.randbytes(self.random.randrange(1, BLOCK))
            content[begin : begin + len(more)] = more
            with self.one.opened(path, os.O_RDWR) as handle:
                self.one.write(handle, begin, more)
        same_bytes(self.other.get(path), bytes(content), "after 50 writes")

    def open_keeps(self) -> None:
        """Opening an existing file with O_CREAT keeps its content"""
        path = f"{self.place('open')}/file"
        self.one.put(path, b"kept")
        with self.one.opened(path, os.O_RDWR | os.O_CREAT):
            pass
        same_bytes(self.other.get(path), b"kept", "after O_CREAT")

    def exclusive(self) -> None:
        """Of two that create one name with O_EXCL, one is told that it exists"""
        path = f"{self.place('exclusive')}/file"
        with self.one.opened(path, os.O_RDWR | os.O_CREAT | os.O_EXCL):
            pass
        try:
            with self.other.opened(path, os.O_RDWR | os.O_CREAT | os.O_EXCL):
                pass
        except CallError as error:
            same(error.code, errno.EEXIST, "the error")
            return
        raise AssertionError("the second one was not refused")

    def truncate(self) -> None:
        """A file that is cut and made longer again has zeros where it was cut"""
        path = f"{self.place('truncate')}/file"
        content = self.random.randbytes(10000)
        self.one.put(path, content)
        for length in (5000, 8000):
            self.one.call("truncate", path.encode(), ctypes.c_uint64(length))
            same(self.other.stat(path).nfs_size, length, "the size")
        same_bytes(self.other.get(path), content[:5000] + bytes(3000), "the content")

    def rename(self) -> None:
        """A renamed file has its new name only, and its content"""
        path = self.place("rename")
        self.one.put(f"{path}/old", b"content")
        self.one.call("rename", f"{path}/old".encode(), f"{path}/new".encode())
        same(self.other.names(path), ["new"], "the names")
        same_bytes(self.other.get(f"{path}/new"), b"content", "the content")

    def rename_over(self) -> None:
        """A file that is renamed over another one replaces it"""
        path = self.place("over")
        self.one.put(f"{path}/old", b"new content")
        self.one.put(f"{path}/new", b"replaced")
        self.one.call("rename", f"{path}/old".encode(), f"{path}/new".encode())
        same(self.other.names(path), ["new"], "the names")
        same_bytes(self.other.get(f"{path}/new"), b"new content", "the content")

    def rename_away(self) -> None:
        """A file can be renamed into another directory, and a directory with its content"""
        path = self.place("away")
        for name in ("a", "b"):
            self.one.call("mkdir", f"{path}/{name}".encode())
        self.one.put(f"{path}/a/file", b"content")
        self.one.call("rename", f"{path}/a/file".encode(), f"{path}/b/moved".encode())
        self.one.call("rename", f"{path}/b".encode(), f"{path}/c".encode())
        same(self.other.names(path), ["a", "c"], "the names")
        same(self.other.names(f"{path}/a"), [], "the names in the directory that it left")
        same_bytes(self.other.get(f"{path}/c/moved"), b"content", "the content")

    def readdir(self) -> None:
        """A directory lists every name once"""
        path = self.place("readdir")
        names = sorted(f"{number:04}-{'x' * self.random.randrange(100)}" for number in range(FILES))
        for name in names:
            self.one.put(f"{path}/{name}", b"")
        same(self.other.names(path), names, "the names")
        for name in names[::2]:
            self.one.call("unlink", f"{path}/{name}".encode())
        same(self.other.names(path), names[1::2], "the names after half of them were removed")

    def removed(self) -> None:
        """What was removed is gone for another connection"""
        path = self.place("removed")
        self.one.put(f"{path}/file", b"content")
        same(self.other.exists(f"{path}/file"), True, "whether it exists")
        self.one.call("unlink", f"{path}/file".encode())
        same(self.other.exists(f"{path}/file"), False, "whether it exists")
        self.one.call("rmdir", path.encode())
        same(self.other.exists(path), False, "whether its directory exists")

    def handle_of_renamed(self) -> None:
        """A handle stays that of its file when another connection renames the file"""
        path = self.place("handles")
        names = [f"{path}/{number}" for number in range(20)]
        for name in names:
            self.one.put(name, name.encode())
        with contextlib.ExitStack() as stack:
            handles = [stack.enter_context(self.one.opened(name, os.O_RDONLY)) for name in names]
            for name in names:
                self.other.call("rename", name.encode(), f"{name}-renamed".encode())
            for name, handle in zip(names, handles, strict=True):
                same_bytes(self.one.read(handle, 0, 100), name.encode(), f"the content of {name}")

    def handle_of_new_connection(self) -> None:
        """A third connection reads what two others have written to one file in turn"""
        path = f"{self.place('turns')}/file"
        self.one.put(path, b"")
        wanted = b""
        for number in range(20):
            export = (self.one, self.other)[number % 2]
            more = self.random.randbytes(777)
            with export.opened(path, os.O_RDWR) as handle:
                export.write(handle, len(wanted), more)
                export.call("fsync", handle)
            wanted += more
        same_bytes(self.connect().get(path), wanted, "the content")


CASES = [
    name for name, value in vars(Checks).items() if inspect.isfunction(value) and name not in ("__init__", "place")
]


def outcome(check: Callable[[], None]) -> dict[str, t.Any]:
    """What became of a case."""
    try:
        check()
    except (AssertionError, CallError) as error:
        return {"outcome": "failed", "lines": [str(error)]}
    return {"outcome": "passed", "lines": []}


def run_cases(connect: Callable[[], Export], seed: int) -> int:
    """Run and print all cases."""
    checks = Checks(connect, seed)
    failed = 0
    for name in CASES:
        check = getattr(checks, name)
        found = outcome(check)
        failed += found["outcome"] == "failed"
        print(json.dumps({"case": check.__doc__, **found}), flush=True)
    print(json.dumps({"cases": len(CASES)}), flush=True)
    return 1 if failed else 0


def main(arguments: list[str]) -> int:
    host, export, port, mount_port, version, seed, *jobs = arguments
    library = load()
    url = (
        f"nfs://{host}{quote(export)}?version={version[0]}&nfsport={port}&mountport={mount_port}&auto-traverse-mounts=0"
    )

    def connect() -> Export:
        return Export(library, url)

    first = connect()
    if first.exists(DIRECTORY):
        first.remove(DIRECTORY)
    first.call("mkdir", DIRECTORY.encode())
    try:
        if jobs:
            return subprocess.run(["/usr/bin/fio", "--output-format=json", *jobs], check=False).returncode
        return run_cases(connect, int(seed))
    finally:
        first.remove(DIRECTORY)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

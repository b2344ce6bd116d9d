# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a writer does to a file system and notes of it, and what of that a file system has kept.

Every operation follows from a seed and a number, and so do its bytes: nothing has to be kept to tell right from wrong.
An operation is acknowledged when the flush of what it wrote, and that of the directory, have returned.
"""

from __future__ import annotations

import hashlib
import json
import typing as t
import zlib
from itertools import pairwise

from ansible_collections.netfs.bench.plugins.module_utils._files import Json

CREATE, APPEND, RENAME, MKDIR = "create", "append", "rename", "mkdir"
KINDS = {
    CREATE: "a new file",
    APPEND: "bytes added to a file",
    RENAME: "a file renamed over another",
    MKDIR: "a new directory",
}
"""What an operation does, each with what it leaves."""
BURST = 8
"""So many operations of a kind follow each other. On most servers the flush of a file makes all durable that was done
before it, so what a server does not flush by itself, such as a new directory, is only at risk until then."""
SIZE_MIN, SIZE_MAX = 16, 32768
"""Bytes of an operation. So many random ones are never all zero, as what was never written is."""
NAMES = 4
"""How many files are appended to, and how many are replaced again and again."""
NEW = ".new"
"""The end of the name under which a file is written that is renamed then."""

LOST, TORN, STALE = "lost", "torn", "stale"
HARMS = {
    LOST: "nothing of it is there",
    TORN: "a part of it is there, or other bytes",
    STALE: "something older is there",
}
"""What can become of an acknowledged operation that was not kept."""


class LogError(Exception):
    """Why a log of operations says nothing."""


class Operation(t.NamedTuple):
    """Something done to a file system."""

    number: int
    kind: str
    name: str
    size: int
    """Of what is written; 0 for a directory."""


def drawn(seed: int, number: int) -> bytes:
    """Random bytes that belong to an operation."""
    return hashlib.sha256(f"{seed}:{number}".encode()).digest()


def operation(seed: int, number: int, begun: t.Mapping[str, int]) -> Operation:
    """The operation with a number.

    :param begun: by the name of a file that is appended to, the number from which on another one is in its place: what
        an append that failed has left at its end is not known.
    """
    lot = drawn(seed, number)
    # the number of a burst has a sign that no number of an operation has
    kind = tuple(KINDS)[drawn(seed, -(number // BURST) - 1)[0] % len(KINDS)]
    size = SIZE_MIN + int.from_bytes(lot[1:5], "big") % (SIZE_MAX - SIZE_MIN + 1)
    slot = lot[5] % NAMES
    if kind == MKDIR:
        return Operation(number, kind, f"directory-{number}", 0)
    if kind == CREATE:
        return Operation(number, kind, f"created-{number}", size)
    if kind == RENAME:
        return Operation(number, kind, f"renamed-{slot}", size)
    return Operation(number, kind, f"appended-{slot}-{begun.get(f'appended-{slot}', 0)}", size)


def content(seed: int, one: Operation) -> bytes:
    """The bytes that an operation writes."""
    return hashlib.shake_256(drawn(seed, one.number)).digest(one.size)


class Attempt(t.NamedTuple):
    """An operation that was begun, and what became of it."""

    one: Operation
    acknowledged: float | None = None
    """When, in seconds of the client's monotonic clock; None when it was not."""
    error: str = ""
    """What the writer was told instead."""


class Log(t.NamedTuple):
    """What a writer noted."""

    seed: int
    attempts: list[Attempt]
    """In the order in which they were begun."""

    @property
    def acknowledged(self) -> list[Attempt]:
        """The attempts that were acknowledged."""
        return [attempt for attempt in self.attempts if attempt.acknowledged is not None]

    @property
    def errors(self) -> list[str]:
        """What the writer was told by calls that failed."""
        return [f"{attempt.one.kind} {attempt.one.name}: {attempt.error}" for attempt in self.attempts if attempt.error]

    @property
    def longest_pause(self) -> float:
        """The longest time between two acknowledgements, in seconds."""
        moments = [attempt.acknowledged for attempt in self.attempts if attempt.acknowledged is not None]
        return max((after - before for before, after in pairwise(moments)), default=0.0)


def line_of(entry: Json) -> str:
    """An entry of a log as a line, with its checksum before it."""
    text = json.dumps(entry, separators=(",", ":"), sort_keys=True)
    return f"{zlib.crc32(text.encode()):08x} {text}\n"


def entry_of(line: str) -> Json | None:
    """The entry of a line; None for a line that is not whole."""
    checksum, _blank, text = line.partition(" ")
    if not text.endswith("\n") or checksum != f"{zlib.crc32(text[:-1].encode()):08x}":
        return None
    entry = json.loads(text)
    return entry if isinstance(entry, dict) else None


def begin_line(seed: int) -> str:
    """The first line of a log."""
    return line_of({"seed": seed})


def try_line(one: Operation) -> str:
    """The line before an operation."""
    return line_of({"try": one.number, "kind": one.kind, "name": one.name, "size": one.size})


def acknowledged_line(one: Operation, moment: float) -> str:
    """The line after an operation that was acknowledged."""
    return line_of({"acknowledged": one.number, "at": round(moment, 6)})


def error_line(one: Operation, error: str) -> str:
    """The line after an operation that failed."""
    return line_of({"failed": one.number, "error": error})


def read_log(text: str) -> Log:
    """What a log says; a last line that is not whole was cut off while it was written, and says nothing."""
    lines = text.splitlines(keepends=True)
    entries = [entry_of(line) for line in lines]
    if entries and entries[-1] is None:
        entries.pop()
    if not entries:
        raise LogError("The writer noted nothing")
    if None in entries:
        raise LogError(f"Line {entries.index(None) + 1} of {len(lines)} of the writer's log is damaged")
    attempts: dict[int, Attempt] = {}
    try:
        seed = t.cast(Json, entries[0])["seed"]
        for entry in t.cast("list[Json]", entries[1:]):
            if "try" in entry:
                one = Operation(entry["try"], entry["kind"], entry["name"], entry["size"])
                attempts[one.number] = Attempt(one)
            elif "acknowledged" in entry:
                number = entry["acknowledged"]
                attempts[number] = attempts[number]._replace(acknowledged=entry["at"])
            else:
                number = entry["failed"]
                attempts[number] = attempts[number]._replace(error=entry["error"])
    except KeyError as error:
        raise LogError(f"The writer's log names {error}, which it has not begun") from error
    return Log(seed, list(attempts.values()))


class Found(t.NamedTuple):
    """What stands under a name."""

    what: str
    """``file``, ``directory``, ``nothing``, or why it cannot be read."""
    content: bytes = b""


Look = t.Callable[[str], Found]
"""Tells what stands under a name."""


class Fault(t.NamedTuple):
    """An acknowledged operation that was not kept."""

    number: int
    kind: str
    name: str
    harm: str
    text: str
    """What is there instead."""


def difference(wanted: bytes, there: bytes) -> tuple[str, str]:
    """What became of bytes that were acknowledged, and in which way they differ; two empty strings when they do not."""
    if there == wanted:
        return "", ""
    if not there.strip(b"\0"):
        return LOST, f"{len(there)} of {len(wanted)} bytes, all of them zero" if there else "no byte of it"
    wrong = next((at for at, pair in enumerate(zip(wanted, there, strict=False)) if pair[0] != pair[1]), None)
    place = "" if wrong is None else f", the first wrong one at {wrong}"
    return TORN, f"{len(there)} of {len(wanted)} bytes{place}"


def faults_of(log: Log, look: Look) -> list[Fault]:
    """The acknowledged operations that are not there as they were acknowledged, in their order.

    What was begun and not acknowledged may be there, in part, or not at all.
    """
    names: dict[str, list[Attempt]] = {}
    for attempt in log.attempts:
        names.setdefault(attempt.one.name, []).append(attempt)
    faults = [
        fault
        for name, attempts in names.items()
        if any(attempt.acknowledged is not None for attempt in attempts)
        for fault in faults_of_name(log.seed, attempts, look(name))
    ]
    return sorted(faults)


def faults_of_name(seed: int, attempts: list[Attempt], found: Found) -> list[Fault]:
    """Those of one name, of which at least one attempt was acknowledged."""
    done = [attempt.one for attempt in attempts if attempt.acknowledged is not None]
    kind = done[0].kind
    wanted = "directory" if kind == MKDIR else "file"
    if found.what != wanted:
        missing = {"nothing": "it is not there"}.get(found.what, f"instead of a {wanted}: {found.what}")
        # of what was replaced again and again only the last one can be missed
        missed = done[-1:] if kind == RENAME else done
        return [Fault(one.number, kind, one.name, LOST, missing) for one in missed]
    if kind == MKDIR:
        return []
    if kind == RENAME:
        return faults_of_replaced(seed, attempts, found.content)
    faults, end = [], 0
    for one in done:
        start, end = end, end + one.size
        # what follows the last acknowledged byte was begun, and is nobody's promise
        harm, text = difference(content(seed, one), found.content[start:end])
        if harm:
            faults.append(Fault(one.number, kind, one.name, harm, text))
    return faults


def faults_of_replaced(seed: int, attempts: list[Attempt], there: bytes) -> list[Fault]:
    """Those of a file that was replaced again and again: the last acknowledged content, or what was begun after it."""
    last = max(at for at, attempt in enumerate(attempts) if attempt.acknowledged is not None)
    if any(there == content(seed, attempt.one) for attempt in attempts[last:]):
        return []
    one = attempts[last].one
    older = [attempt.one.number for attempt in attempts[:last] if there == content(seed, attempt.one)]
    if older:
        return [Fault(one.number, RENAME, one.name, STALE, f"what operation {older[-1]} wrote")]
    harm, text = difference(content(seed, one), there)
    return [Fault(one.number, RENAME, one.name, harm, text)]


def counts_of(log: Log, faults: t.Iterable[Fault]) -> dict[str, dict[str, int]]:
    """How many operations of each kind were acknowledged, and how many of them came to which harm."""
    counts = {kind: {"acknowledged": 0, **dict.fromkeys(HARMS, 0)} for kind in KINDS}
    for attempt in log.acknowledged:
        counts[attempt.one.kind]["acknowledged"] += 1
    for fault in faults:
        counts[fault.kind][fault.harm] += 1
    return counts

# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who works on a cluster: one process at a time, known by its number and start, so that a dead one holds nothing."""

from __future__ import annotations

import fcntl
import json
import os
import typing as t
from pathlib import Path

PROCESSES = Path("/proc")
COMMAND_CHARACTERS = 200


class Holder(t.NamedTuple):
    """A process that holds a lock."""

    pid: int
    started: str
    """Ticks of the kernel since its start: a later process of the same number has others."""
    boot: str
    command: str


def process(pid: int) -> Holder | None:
    """The process of a number; None when there is none, or when it only waits to be buried."""
    try:
        # the name of the program, which stands in brackets, may hold anything
        fields = (
            (PROCESSES / str(pid) / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        )
        words = (PROCESSES / str(pid) / "cmdline").read_bytes().decode("utf-8", "replace").split("\0")
        boot = (PROCESSES / "sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()
    except OSError:
        return None
    if fields[0] in "ZX":
        return None
    return Holder(pid, fields[19], boot, brief(words))


def brief(words: t.Sequence[str]) -> str:
    """A command as a person knows it: the interpreter left out, and no value of a variable, which may be a secret."""
    named = [
        word
        for number, word in enumerate(words)
        if word and not (number and words[number - 1] in ("-e", "--extra-vars"))
    ]
    start = 1 if len(named) > 1 and Path(named[0]).name.startswith("python") else 0
    shown = [word for word in named[start:] if word not in ("-e", "--extra-vars") and "=" not in word]
    return " ".join([Path(shown[0]).name, *shown[1:]] if shown else ["?"])[:COMMAND_CHARACTERS]


def is_same(one: Holder, other: Holder | None) -> bool:
    """Whether both are one process."""
    return other is not None and one[:3] == other[:3]


def read(text: str) -> Holder | None:
    """The holder that a file names; None when it names none."""
    try:
        return Holder(**json.loads(text))
    except (ValueError, TypeError):
        return None


def take(path: Path, mine: Holder) -> Holder | None:
    """Take a lock for a process, unless another one that lives holds it; return that one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        holder = read(file.read())
        if holder and not is_same(holder, mine) and is_same(holder, process(holder.pid)):
            return holder
        file.truncate(0)
        file.write(json.dumps(mine._asdict()) + "\n")
        file.flush()
        os.fsync(file.fileno())
    return None

# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Programs that are built once and kept: one build at a time, and what is kept is whole or not there."""

from __future__ import annotations

import fcntl
import json
import typing as t
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ansible_collections.netfs.bench.plugins.module_utils._files import Json, digest

NOTE = "build.json"


class BuildError(Exception):
    """A command that failed; the message has its last words."""

    def __init__(self, argv: list[str], code: int, said: str) -> None:
        super().__init__(f"{' '.join(argv)} exited with status {code}: {said.strip()[-2000:]}")
        self.code = code


def kept(program: Path) -> Json | None:
    """Return the note of an earlier build if its program is whole."""
    try:
        note = t.cast("Json", json.loads(program.with_name(NOTE).read_text(encoding="utf-8")))
        return note if digest(program) == note["sha256"] else None
    except (OSError, ValueError, KeyError):
        return None


@contextmanager
def locked(program: Path) -> Iterator[None]:
    """Let one build of a program run at a time: several hosts of a play ask for it at once."""
    folder = program.parent
    folder.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f".{folder.name}.lock").open("w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def keep(partial: Path, program: Path, note: Json) -> None:
    """Put a program that was built where it is looked for, with its note."""
    program.with_name(NOTE).write_text(json.dumps(note, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    partial.chmod(0o755)
    partial.replace(program)

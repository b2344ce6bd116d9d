# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The run directory: the only place where results are written, and the only one from which they are read."""

from __future__ import annotations

import hashlib
import json
import math
import typing as t
from pathlib import Path

from ansible_collections.netfs.bench.plugins.module_utils._files import Json, write_text

UNKNOWN = "unknown"


def is_value(value: object) -> bool:
    """Whether this is what a verdict can rest on: a positive number, and a finite one."""
    return isinstance(value, (int, float)) and 0 < value < math.inf


class RunError(Exception):
    """A run directory that is not one, or is damaged; the message names the file."""


def refuse_missing(missing: str) -> None:
    """Raise a RunError when a package that reports need could not be imported.

    :param missing: what Python said of it; empty when it could.
    """
    if missing:
        raise RunError(f"A package is missing that reports need: {missing}. Install what requirements.txt lists.")


def keep_raw(run: Path, name: str, output: str, suffix: str = ".json") -> tuple[str, str]:
    """Write a program's own output into the run directory; return where in it that is, and its SHA-256."""
    raw = f"raw/{name}{suffix}"
    write_text(run / raw, output)
    return raw, hashlib.sha256(output.encode()).hexdigest()


def read_json(path: Path) -> Json:
    """One JSON document of a run directory, or a RunError that names it."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise RunError(f"{path} does not exist. Is {path.parent} a run directory?") from error
    except ValueError as error:
        raise RunError(f"{path} is not JSON: {error}. Remove the file to have its cell measured again.") from error
    return t.cast(Json, document)

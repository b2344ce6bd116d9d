# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write files whole or not at all, so that a killed program leaves no half document; and what a file holds."""

from __future__ import annotations

import hashlib
import json
import os
import typing as t
from pathlib import Path

Json = dict[str, t.Any]
"""A JSON object, as the module ``json`` reads and writes it."""


def write_text(path: Path, text: str) -> None:
    """Replace the content of a file, making its directory where that is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.part")
    with partial.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def write_json(path: Path, document: Json) -> None:
    """Replace the content of a file by one JSON document."""
    write_text(path, json.dumps(document, indent=1, sort_keys=True) + "\n")


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    result = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            result.update(block)
    return result.hexdigest()


def sync_directory(path: Path) -> None:
    """Make what was created or renamed in a directory last."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

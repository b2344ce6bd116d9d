# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that clients write for each other: their content follows from their name, so that every reader knows it."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from pathlib import Path

from ansible_collections.netfs.bench.plugins.module_utils._command import ask
from ansible_collections.netfs.bench.plugins.module_utils._files import digest, sync_directory

PAUSE_SECONDS = 0.2


def content(name: str, stamp: str, size: int) -> bytes:
    """What stands in a file: bytes that no other name or stamp has, and that no file system can shorten."""
    return hashlib.shake_256(f"{stamp} {name}".encode()).digest(size)


def write(path: Path, data: bytes) -> None:
    """Write a file and its entry in the directory, and return when both are durable."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    sync_directory(path.parent)


def clause_of(error: OSError) -> str:
    """What a file system says of a question that it does not answer, as a clause."""
    return (error.strerror or str(error)).lower()


def reason(question: Callable[[], object], seconds: float) -> str:
    """Why a file system does not do something; empty when it does. A dead one may never answer."""
    try:
        ask(question, seconds)
    except OSError as error:
        return clause_of(error)
    return ""


def fault_of_mount(directory: str, seconds: float) -> str:
    """Whether a file system is mounted there: a directory that lost it takes files too."""
    try:
        return "" if ask(lambda: os.path.ismount(directory), seconds) else f"Nothing is mounted at {directory}."
    except OSError as error:
        return f"{directory} does not answer: {clause_of(error)}."


def fault_of_writing(path: Path, stamp: str, size: int, seconds: float) -> str:
    """Why a client cannot write its file; empty when it has."""
    data = content(path.name, stamp, size)
    said = reason(lambda: write(path, data), seconds)
    return f"{path} cannot be written: {said}." if said else ""


def fault_of_reading(path: Path, stamp: str, size: int, seconds: float, wait: float) -> str:
    """Why a client cannot read the file of another one; empty when it reads every byte of it.

    :param seconds: how long one look may take.
    :param wait: how long the file may take to show up with its bytes.
    """
    wanted = hashlib.sha256(content(path.name, stamp, size)).hexdigest()
    until = time.monotonic() + wait
    while True:
        try:
            if ask(lambda: digest(path), seconds) == wanted:
                return ""
            said = "it has other bytes than were written"
        except OSError as error:
            said = clause_of(error)
        if time.monotonic() > until:
            return f"{path} cannot be read: {said}."
        time.sleep(PAUSE_SECONDS)

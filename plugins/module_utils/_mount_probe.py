# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a directory shows a file system of its own that keeps what a client writes, with its owner and its mode."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from ansible_collections.netfs.bench.plugins.module_utils._client_files import clause_of, content, reason
from ansible_collections.netfs.bench.plugins.module_utils._command import FailureError, ask, run
from ansible_collections.netfs.bench.plugins.module_utils._files import Json, sync_directory
from ansible_collections.netfs.bench.plugins.module_utils._mounts import Mount

NAME = ".netfs-mount-probe-"
MODE = 0o640
BYTES = 64 << 10


def mount_at(directory: str, mounts: Iterable[Mount]) -> Mount | None:
    """What is mounted at a directory; of several, the one that is seen."""
    found = [mount for mount in mounts if mount.target == directory]
    return found[-1] if found else None


def types_of(directory: str, seconds: float) -> list[str]:
    """What statfs(2) says is the type of a directory and of the one above it, in hexadecimal; a FailureError when it
    does not answer."""
    words = ["stat", "--file-system", "--format=%t", "--", directory, str(Path(directory).parent)]
    ended = run(words, seconds=seconds)
    types = ended.stdout.split()
    if ended.rc != 0 or len(types) != 2:
        raise FailureError(
            f"{directory} does not say its type: {ended.stopped or ended.stderr.strip() or 'no answer'}."
        )
    return types


def keep(path: Path, data: bytes) -> Json:
    """Write a new file, make it durable, and return what is there then: its bytes as the server has them, not as this
    client remembers them."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "r+b") as file:
        os.fchmod(descriptor, MODE)
        file.write(data)
        file.flush()
        os.fsync(descriptor)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    sync_directory(path.parent)
    seen = path.stat()
    return {
        "same": path.read_bytes() == data,
        "uid": seen.st_uid,
        "gid": seen.st_gid,
        "mode": f"{seen.st_mode & 0o7777:04o}",
    }


def faults_of_file(path: Path, kept: Json, *, modes: bool) -> list[str]:
    """What is wrong with a file that was kept, a sentence each.

    :param modes: whether the file system keeps modes.
    """
    faults = []
    if not kept["same"]:
        faults.append(f"{path} has other bytes than were written.")
    if kept["uid"] != os.geteuid():
        faults.append(f"{path} belongs to user {kept['uid']}, and user {os.geteuid()} wrote it.")
    if modes and kept["mode"] != f"{MODE:04o}":
        faults.append(f"{path} has mode {kept['mode']}, and {MODE:04o} was set.")
    return faults


def probe(directory: str, mounts: Iterable[Mount], seconds: float, *, write: bool, modes: bool) -> Json:
    """What is at a directory, and as ``faults`` what should be otherwise."""
    mount = mount_at(directory, mounts)
    if mount is None:
        return {"faults": [f"Nothing is mounted at {directory}."]}
    found: Json = {"fstype": mount.fstype}
    try:
        found["statfs_type"], found["statfs_type_above"] = types_of(directory, seconds)
    except FailureError as error:
        return {**found, "faults": [error.msg]}
    if found["statfs_type"] == found["statfs_type_above"]:
        above = f"statfs tells the same type of {directory} and of the directory above it ({found['statfs_type']})."
        return {**found, "faults": [above]}
    if not write:
        return {**found, "faults": []}
    path = Path(directory) / f"{NAME}{secrets.token_hex(8)}"
    data = content(path.name, "", BYTES)
    try:
        kept = ask(lambda: keep(path, data), seconds)
    except OSError as error:
        reason(lambda: path.unlink(missing_ok=True), seconds)
        return {**found, "faults": [f"{path} cannot be written and read: {clause_of(error)}."]}
    faults = faults_of_file(path, kept, modes=modes)
    if said := reason(path.unlink, seconds):
        faults.append(f"{path} cannot be removed: {said}.")
    owner = {name: kept[name] for name in ("uid", "gid", "mode")}
    return {**found, **owner, "bytes": BYTES, "faults": faults}

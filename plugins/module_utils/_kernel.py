# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Settings of the running kernel, and limits of processes: read, set, and proven by a session."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterable, Mapping
from pathlib import Path

from ansible_collections.netfs.bench.plugins.module_utils._command import FailureError, ask
from ansible_collections.netfs.bench.plugins.module_utils._service_info import said
from ansible_collections.netfs.bench.plugins.module_utils._tuning import (
    Setting,
    limits_that_differ,
    normal,
    number_of,
    path_of,
)

RESOURCES = {
    "core": resource.RLIMIT_CORE,
    "memlock": resource.RLIMIT_MEMLOCK,
    "nofile": resource.RLIMIT_NOFILE,
    "nproc": resource.RLIMIT_NPROC,
    "stack": resource.RLIMIT_STACK,
}
SYS_RESOURCE = 24
"""The number of the capability to raise a limit."""


def is_ours() -> bool:
    """Return whether this host may change settings of its kernel at all; a container gets them read-only."""
    return not os.statvfs("/proc/sys").f_flag & os.ST_RDONLY


def read(key: str) -> Setting:
    """Return a setting as the kernel has it."""
    path = Path(path_of(key))
    try:
        return Setting(normal(path.read_text(encoding="utf-8")), os.access(path, os.W_OK))
    except OSError:
        return Setting(None, writable=False)


def write(values: Mapping[str, str]) -> None:
    """Write values to the kernel, and read each back. Raises FailureError for the first that it does not take."""
    for key, value in values.items():
        before = read(key).value
        try:
            Path(path_of(key)).write_text(f"{value}\n", encoding="utf-8")
        except OSError as error:
            raise FailureError(f"The kernel refuses {key}={value}: {error.strerror}. It is {before}.") from error
        now = read(key).value
        if now != value:
            raise FailureError(f"The kernel takes {key}={value} for {now}.")


def restore(keys: Iterable[str], found: Mapping[str, Setting]) -> None:
    """Give settings that changed the values that they had."""
    for key in keys:
        if read(key).value != found[key].value:
            Path(path_of(key)).write_text(f"{found[key].value}\n", encoding="utf-8")


def may_raise() -> bool:
    """Return whether a process of root may raise a limit on this host."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    (effective,) = [line.split()[1] for line in lines if line.startswith("CapEff:")]
    return bool(int(effective, 16) >> SYS_RESOURCE & 1)


def can_have(limits: Mapping[str, str]) -> dict[str, bool]:
    """Return for each limit whether a process can have it, as a child of this process finds out."""

    def take() -> dict[str, bool]:
        return {name: takes(name, limit) for name, limit in limits.items()}

    answer: dict[str, bool] = ask(take, 5)
    return answer


def takes(name: str, limit: str) -> bool:
    """Give this process a limit; return whether that is possible."""
    number = number_of(name, limit)
    try:
        resource.setrlimit(RESOURCES[name], (number, number))
    except (OSError, ValueError):
        return False
    return True


def prove(limits: Mapping[str, str]) -> None:
    """Open a session and compare its limits. Raises FailureError where they are others."""
    session = said(["su", "--shell=/bin/sh", "--command=cat /proc/self/limits", "nobody"], 30)
    if session.rc:
        raise FailureError(f"No session can be opened with these limits: {(session.stderr or session.stdout).strip()}")
    differing = limits_that_differ(limits, session.stdout)
    if differing:
        raise FailureError(f"A session has other limits: {'; '.join(differing)}. See what else sets them.")

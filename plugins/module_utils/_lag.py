# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How far a copy of a directory is behind: files are written where it is copied from, and looked for in the copy.

One process does both, so that one clock is enough. A lag begins when the bytes of a file are durable and before the
file has its name, so that no copy can begin earlier. It ends when a look has read the same bytes in the copy, so that
it is too long by at most the time between two looks, and never too short.
"""

from __future__ import annotations

import itertools
import math
import os
import shutil
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from ansible_collections.netfs.bench.plugins.module_utils._client_files import clause_of, content
from ansible_collections.netfs.bench.plugins.module_utils._files import sync_directory

FILE_BYTES = 4096
SLOWER_SAMPLES = 10
"""As many samples must lie above a percentile, as for every one of this collection."""
SHARES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
SETTLING = "settle"
"""The file that shows that nothing else is on its way; it is not measured."""


class LagError(Exception):
    """A lag that could not be measured; the message says why."""


@dataclass(frozen=True)
class Probe:
    """What is written, how often, and for how long it is waited for; times in seconds."""

    source: Path
    copy: Path
    stamp: str
    samples: int
    interval: float
    poll: float
    limit: float

    @property
    def folder(self) -> str:
        """The directory of the files, in source and in copy."""
        return f"netfs-lag-{self.stamp}"


@dataclass
class Seen:
    """What became of the files, by one clock."""

    begun: dict[str, int] = field(default_factory=dict)
    """When the bytes of each were durable (ns)."""
    arrived: dict[str, int] = field(default_factory=dict)
    """When a look read each of them in the copy (ns)."""
    looks: list[int] = field(default_factory=list)
    """When every look ended (ns)."""
    fault: str = ""
    """Why no more could be written or looked for."""

    def lags(self) -> list[int]:
        """How long each file took that arrived (ns)."""
        return [when - self.begun[name] for name, when in self.arrived.items() if name != SETTLING]


def percentile(lags: list[int], share: float) -> int | None:
    """The lag (ns) that a share of them does not exceed; None where too few samples lie above it."""
    if len(lags) * (1 - share) < SLOWER_SAMPLES - 1e-9:
        return None
    return sorted(lags)[math.ceil(len(lags) * share - 1e-9) - 1]


def summary(lags: list[int]) -> dict[str, int]:
    """``p50``, ``p95`` and ``p99``, those for which there are enough samples, and ``max``; nothing without a sample."""
    found = {name: percentile(lags, share) for name, share in SHARES.items()}
    known = {name: value for name, value in found.items() if value is not None}
    return {**known, "max": max(lags)} if lags else {}


def metrics_of(lags: list[int], looks: list[int]) -> dict[str, int]:
    """What was measured, flat, with units in the names.

    :param looks: when each look ended (ns).
    """
    gaps = sorted(after - before for before, after in itertools.pairwise(looks))
    periods = {"poll_period_ns": gaps[len(gaps) // 2], "poll_period_max_ns": gaps[-1]} if gaps else {}
    return {
        "replication_lag_files": len(lags),
        **{f"replication_lag_{name}_ns": value for name, value in summary(lags).items()},
        **periods,
    }


def write(directory: Path, name: str, stamp: str) -> int:
    """Write a file and return when its bytes were durable (ns); then it gets its name."""
    hidden = directory / f".{name}"
    descriptor = os.open(hidden, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content(name, stamp, FILE_BYTES))
        file.flush()
        os.fsync(file.fileno())
    begun = time.monotonic_ns()
    hidden.rename(directory / name)
    sync_directory(directory)
    return begun


def look(directory: Path, stamp: str, wanted: set[str]) -> list[str]:
    """Those of the wanted files that are there with all their bytes."""
    try:
        there = wanted & {path.name for path in directory.iterdir()}
    except FileNotFoundError:
        return []
    found = []
    for name in sorted(there):
        try:
            whole = (directory / name).read_bytes() == content(name, stamp, FILE_BYTES)
        except FileNotFoundError:  # a copy may put a file in place of one that it began with
            continue
        if whole:
            found.append(name)
    return found


def keep_writing(probe: Probe, names: list[str], seen: Seen) -> None:
    """Write the files, one every interval."""
    start = time.monotonic()
    try:
        for number, name in enumerate(names):
            time.sleep(max(0.0, start + number * probe.interval - time.monotonic()))
            seen.begun[name] = write(probe.source / probe.folder, name, probe.stamp)
    except OSError as error:
        seen.fault = f"{probe.source} takes no file: {clause_of(error)}"


def keep_looking(probe: Probe, names: list[str], seen: Seen) -> None:
    """Look for the files every poll period, until all are there or something went wrong."""
    missing = set(names)
    due = time.monotonic()
    try:
        while missing and not seen.fault:
            found = look(probe.copy / probe.folder, probe.stamp, missing)
            now = time.monotonic_ns()
            seen.looks.append(now)
            seen.arrived.update(dict.fromkeys(found, now))
            missing -= set(found)
            due = max(due + probe.poll, time.monotonic())
            time.sleep(max(0.0, due - time.monotonic()))
    except OSError as error:
        seen.fault = f"{probe.copy} cannot be read: {clause_of(error)}"


def watch(probe: Probe, names: list[str], seen: Seen, seconds: float) -> None:
    """Write files and look for them at the same time; a LagError when they are not all there after so many seconds.

    A file system that hangs keeps its thread, which ends with the process.
    """
    threads = [
        threading.Thread(target=work, args=(probe, names, seen), daemon=True) for work in (keep_writing, keep_looking)
    ]
    until = time.monotonic() + seconds
    for thread in threads:
        thread.start()
    for thread in reversed(threads):
        thread.join(max(0.0, until - time.monotonic()))
    if seen.fault:
        raise LagError(f"{seen.fault}.")
    arrived = sum(name in seen.arrived and name in seen.begun for name in names)
    if arrived < len(names):
        # ends the looks of a copy that answers
        seen.fault = "it took too long"
        raise LagError(
            f"{arrived or 'None'} of {len(names)} files that were for {probe.source} arrived at {probe.copy} within "
            f"{probe.limit:g} s, so the lag was not measured."
        )


def measure(probe: Probe) -> Seen:
    """What became of the files; a LagError when the lag could not be measured. At the source nothing is left."""
    folder = probe.source / probe.folder
    settled, seen = Seen(), Seen()
    try:
        folder.mkdir()
    except OSError as error:
        raise LagError(f"{probe.source} takes no directory: {clause_of(error)}.") from error
    try:
        watch(probe, [SETTLING], settled, probe.limit)
        names = [f"{number:06d}" for number in range(1, probe.samples + 1)]
        watch(probe, names, seen, probe.samples * probe.interval + probe.limit)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return seen

# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Put a timeline of faults on a node as a unit of systemd, and take it away again."""

from __future__ import annotations

import os
import pkgutil
import shutil
import sys
import time
import typing as t
from pathlib import Path

from ansible_collections.netfs.bench.plugins.module_utils._fault_player import HAPPENED, TIMELINE, UNDO, load, save
from ansible_collections.netfs.bench.plugins.module_utils._files import Json, write_text

WORK = Path("/var/lib/netfs-bench-faults")
"""On a disk, because some faults take what is in memory."""
UNIT = "bench-faults.service"
"""Not netfs-*: those are stopped as services that an earlier run left."""
UNIT_FILE = Path("/etc/systemd/system") / UNIT
PLAYER = "_fault_player.py"
PROBE_SECONDS = 30
POLL_SECONDS = 1.0
STOP_SECONDS = 180
"""How long it may take to undo what holds, and to see that it is undone."""

RunCommand = t.Callable[..., "tuple[int, str, str]"]


class UnitError(Exception):
    """Why a timeline could not be begun or ended."""


class Recovery(t.NamedTuple):
    """Whether a service serves."""

    recovered: bool
    recover_seconds: float
    answer: str
    """What the probe said when it failed last."""


def unit_text(python: str, work: Path) -> str:
    """The unit that plays a timeline.

    However it ends, systemd runs what undoes. A node that was started anew goes on with it.
    """
    player = f"{python} {work / PLAYER}"
    return (
        "# Written by netfs.bench while faults are begun on this node.\n"
        "[Unit]\n"
        "Description=Faults of netfs.bench\n"
        "After=network-online.target\n"
        "Wants=network-online.target\n"
        "[Service]\n"
        f"ExecStart={player} play {work}\n"
        f"ExecStopPost={player} undo {work}\n"
        f"TimeoutStopSec={STOP_SECONDS}\n"
        "OOMScoreAdjust=-900\n"
        "[Install]\n"
        "WantedBy=multi-user.target\n"
    )


def must(run_command: RunCommand, *words: str) -> None:
    """Run a command, or raise a UnitError with what it said."""
    code, out, err = run_command(list(words))
    if code:
        raise UnitError(f"{' '.join(words)}: {(err or out).strip() or f'exit code {code}'}")


def start(run_command: RunCommand, timeline: Json, work: Path = WORK, unit_file: Path = UNIT_FILE) -> None:
    """Begin a timeline."""
    work.mkdir(mode=0o700, parents=True)
    text = pkgutil.get_data(__package__, PLAYER)
    if text is None:
        raise UnitError(f"{PLAYER} is not part of this module")
    (work / PLAYER).write_bytes(text)
    save(work / TIMELINE, timeline)
    write_text(unit_file, unit_text(sys.executable, work))
    must(run_command, "systemctl", "daemon-reload")
    must(run_command, "systemctl", "enable", "--quiet", unit_file.name)
    # the first fault may be a power cut, after which the unit has to be there
    os.sync()
    must(run_command, "systemctl", "start", unit_file.name)


def stop(run_command: RunCommand, work: Path = WORK, unit_file: Path = UNIT_FILE) -> list[Json]:
    """End a timeline, undo what holds, leave nothing, and return what happened.

    What cannot be undone stays noted on the node, for the next time.
    """
    if unit_file.exists():
        must(run_command, "systemctl", "disable", "--now", "--quiet", unit_file.name)
    if (work / UNDO).exists():
        must(run_command, sys.executable, str(work / PLAYER), "undo", str(work))
    happened: list[Json] = load(work / HAPPENED) or []
    if unit_file.exists():
        unit_file.unlink()
        must(run_command, "systemctl", "daemon-reload")
        run_command(["systemctl", "reset-failed", "--quiet", unit_file.name])
    shutil.rmtree(work, ignore_errors=True)
    return happened


def await_service(run_command: RunCommand, probe: list[str], seconds: float) -> Recovery:
    """Wait until a probe succeeds."""
    began, answer = time.monotonic(), ""
    while probe:
        code, out, err = run_command(["timeout", "--kill-after=5", str(PROBE_SECONDS), *probe])
        if code == 0:
            break
        answer = (err or out).strip()[-500:] or f"exit code {code}"
        if time.monotonic() - began > seconds:
            return Recovery(False, round(time.monotonic() - began, 1), answer)
        time.sleep(POLL_SECONDS)
    return Recovery(True, round(time.monotonic() - began, 1), answer)

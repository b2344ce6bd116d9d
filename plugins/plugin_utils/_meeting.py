# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the client and the other nodes of one task tell each other about their counters: files on the controller.

Ansible runs the task for all nodes at once, each in a process of its own, and all have the same parent. With more nodes
than forks it does not: those that take their turn after the client's would keep it waiting for nothing. Then nobody
meets, the cell keeps the counters of the client alone, and a cold pass is not proven.
"""

from __future__ import annotations

import json
import os
import shutil
import time
import typing as t
from pathlib import Path

from ansible import constants

from ansible_collections.netfs.bench.plugins.module_utils._files import Json, write_text
from ansible_collections.netfs.bench.plugins.plugin_utils._limits import COUNTER_SECONDS

POLL_SECONDS = 0.05
WITNESS_SECONDS = COUNTER_SECONDS + 5
"""How long the client waits for the counters of the other nodes."""


class Meeting:
    """The files of one cell, in a directory that all processes of the task find."""

    def __init__(self, cell: str) -> None:
        self.place = Path(constants.DEFAULT_LOCAL_TMP) / f"cell-{os.getppid()}-{cell}"
        self.place.mkdir(parents=True, exist_ok=True)
        self.end = self.place / "end"

    def wait_for(self, path: Path, seconds: float) -> bool:
        """Whether a file came to be in time."""
        until = time.monotonic() + seconds
        while not path.exists():
            if time.monotonic() > until:
                return False
            time.sleep(POLL_SECONDS)
        return True

    def tell(self, node: str, counters: Json | None) -> None:
        """Leave what a node did, None when it did not answer; unless the meeting is over."""
        if self.place.exists():
            write_text(self.place / node, json.dumps(counters))

    def told(self, nodes: t.Iterable[str]) -> dict[str, Json]:
        """What the other nodes did, without those that did not answer in time; and the end of the meeting."""
        until = time.monotonic() + WITNESS_SECONDS
        found = {}
        for node in nodes:
            if self.wait_for(self.place / node, max(until - time.monotonic(), 0)):
                found[node] = json.loads((self.place / node).read_text(encoding="utf-8"))
        shutil.rmtree(self.place, ignore_errors=True)
        return {node: counters for node, counters in found.items() if counters is not None}

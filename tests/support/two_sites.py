# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ten nodes of topology phase2 as a user has them, and a client that writes while something goes wrong."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

from installation import Installation

CLUSTER = Installation(
    f"{os.environ.get('NETFS_BENCH_INSTALLATION', 'netfs')}-cluster",
    os.environ.get("NETFS_BENCH_CLUSTER_SUBNET", "198.18.240.0/24"),
)
STATE = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state") / "netfs.bench" / CLUSTER.name
NODES = ("conduit-1", "fuse-client", "jepsen", "nfs-client", "orchestrator")
STORAGE = {"a": ("storage-a-1", "storage-a-2", "storage-a-3"), "b": ("storage-b-1", "storage-b-2")}
MOUNT = "/mnt/netfs"
# A file after the other, some of them a second, each noted with its hash when its fsync has returned, and when.
WRITE = f"""
import hashlib, os, pathlib, sys, time
stop, noted, directory = (pathlib.Path(folder) / sys.argv[1] for folder in ("/run/stop", "/root", "{MOUNT}"))
directory.mkdir()
with noted.open("w", buffering=1) as acknowledged:
    number = 0
    while not stop.exists():
        content = os.urandom(65536)
        with open(directory / str(number), "xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        acknowledged.write(f"{{hashlib.sha256(content).hexdigest()}} {{number}} {{time.time()}}\\n")
        number += 1
        time.sleep(0.5)
"""


def up() -> tuple[int, str]:
    return CLUSTER.play("cluster.yml", "topology=phase2")


def status() -> tuple[int, str]:
    return CLUSTER.play("playbooks/cluster_status.yml")


def destroy() -> tuple[int, str]:
    return CLUSTER.play("playbooks/destroy.yml", f"confirm={CLUSTER.name}")


def wait_for(question: Callable[[], bool], seconds: float) -> None:
    """Ask until the answer is yes."""
    until = time.monotonic() + seconds
    while not question():
        assert time.monotonic() < until, "no answer in time"
        time.sleep(1)


def becomes_healthy(seconds: float = 300) -> str:
    """Ask for the status until it is healthy, and return it."""
    until = time.monotonic() + seconds
    code, output = status()
    while code:
        assert time.monotonic() < until, output
        code, output = status()
    return output


class Writer:
    """A program on the FUSE client that writes files and notes those of which fsync has returned."""

    def __init__(self, name: str) -> None:
        self.name = name

    def acknowledged(self) -> list[tuple[str, str, float]]:
        """Return the files of which fsync has returned: (hash, name, seconds since the epoch)."""
        # before there is one, too
        words = CLUSTER.on("fuse-client", "sh", "-c", f"cat /root/{self.name} || true")
        return [(words[i], words[i + 1], float(words[i + 2])) for i in range(0, len(words) // 3 * 3, 3)]

    def wrote_after(self, moment: float, seconds: float) -> None:
        """Wait until something is durable that was written later than a moment."""
        wait_for(lambda: self.acknowledged()[-1][2] > moment, seconds)

    def lost(self) -> list[str]:
        """Return the acknowledged files that cannot be read as they were written."""
        read = CLUSTER.on("fuse-client", "sh", "-c", f"cd {MOUNT}/{self.name} && sha256sum $(ls | sort -n)")
        there = dict(zip(read[1::2], read[::2], strict=True))
        return [name for wanted, name, _when in self.acknowledged() if there.get(name) != wanted]

    def longest_pause(self) -> float:
        """Return the longest time between two files that became durable, in seconds."""
        return max(after[2] - before[2] for before, after in pairwise(self.acknowledged()))


@contextmanager
def writing(name: str) -> Iterator[Writer]:
    """A writer that has written, and has stopped after the block."""
    writer = Writer(name)
    CLUSTER.on("fuse-client", "systemd-run", f"--unit=writer-{name}", "python3", "-c", WRITE, name)
    try:
        wait_for(lambda: len(writer.acknowledged()) >= 10, 60)
        yield writer
    finally:
        CLUSTER.on("fuse-client", "sh", "-c", f"mkdir -p /run/stop && touch /run/stop/{name}")
    units = ("systemctl", "list-units", "--quiet", f"writer-{name}.service")
    wait_for(lambda: CLUSTER.on("fuse-client", *units) == [], 60)

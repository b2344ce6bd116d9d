# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A ClaudeFS cluster of the double on this host: each node has an address of its own on the loopback interface."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from collection import ROOT

DOUBLE = ROOT / "molecule/claudefs/files/cfs"
STUB = ROOT / "molecule/claudefs/files/stub"


def free_ports() -> tuple[int, int, int]:
    """Return three ports that nobody has, on any address."""
    with socket.socket() as one, socket.socket() as two, socket.socket() as three:
        for each in (one, two, three):
            each.bind(("", 0))
        return one.getsockname()[1], two.getsockname()[1], three.getsockname()[1]


class Cluster:
    """Nodes n1, n2, ... that can be told to misbehave."""

    def __init__(self, folder: Path, number: int) -> None:
        self.folder = folder
        self.port, self.site_port, self.metrics_port = free_ports()
        self.addresses = {f"n{index}": f"127.77.{os.getpid() % 250}.{index}" for index in range(1, number + 1)}
        self.processes: dict[str, subprocess.Popen[str]] = {}
        self.secret = folder / "secret"
        self.secret.write_text("a secret of the test\n")
        self.secret.chmod(0o600)
        for node in self.addresses:
            (folder / node).mkdir()

    def place(self, node: str) -> str:
        return f"{self.addresses[node]}:{self.port}"

    def environment(self, node: str) -> dict[str, str]:
        ports = f"{self.site_port} {self.metrics_port}"
        return {**os.environ, "CFS_DOUBLE_PORTS": ports, "CFS_DOUBLE_FILE": str(self.folder / f"{node}.how")}

    def words(self, node: str) -> list[str]:
        """Return the arguments with which the role starts a node."""
        first = next(iter(self.addresses))
        seeds = ["--seed-nodes", ",".join(map(self.place, self.addresses))]
        return [
            "server",
            *([] if node == first else ["join"]),
            *(seeds if node == first else ["--seed", self.place(first)]),
            *("--cluster-id", "c", "--node-id", node, "--listen", self.place(node)),
            *("--data-dir", str(self.folder / node), "--site-id", "site-a", "--token-file", str(self.secret)),
        ]

    def start(self, node: str, how: str = "") -> None:
        """Start a node that behaves, or misbehaves as it is told."""
        (self.folder / f"{node}.how").write_text(how)
        self.processes[node] = subprocess.Popen(
            [sys.executable, str(DOUBLE), *self.words(node)],
            env=self.environment(node),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        if how == "exits":
            self.processes[node].wait(20)
        else:
            self.wait_for(node)

    def wait_for(self, node: str) -> None:
        until = time.monotonic() + 20
        while self.processes[node].poll() is None and time.monotonic() < until:
            try:
                socket.create_connection((self.addresses[node], self.metrics_port), 1).close()
                return
            except OSError:
                time.sleep(0.02)

    def stop(self, node: str) -> None:
        process = self.processes.pop(node)
        process.kill()
        process.communicate()

    def restart(self, node: str, how: str = "") -> None:
        self.stop(node)
        self.start(node, how)


@contextmanager
def cluster(folder: Path, number: int = 3) -> Iterator[Cluster]:
    """Run a cluster of so many nodes."""
    made = Cluster(folder, number)
    try:
        for node in made.addresses:
            made.start(node)
        yield made
    finally:
        for node in list(made.processes):
            made.stop(node)

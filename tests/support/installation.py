# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the playbooks as a user would, in an installation of the tests' own, and look at its containers."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Installation:
    """Nodes of a name and a network of their own."""

    name: str
    subnet: str

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "NETFS_BENCH_INSTALLATION": self.name, "BENCH_SUBNET": self.subnet}

    def command(self, playbook: str, *variables: str) -> list[str]:
        program = Path(sys.executable).parent / "ansible-playbook"
        return [str(program), playbook, *(word for variable in variables for word in ("-e", variable))]

    def start(self, playbook: str, *variables: str, words: tuple[str, ...] = ()) -> subprocess.Popen[str]:
        """Start a playbook in a session of its own, and return it with its output still to be read."""
        return subprocess.Popen(
            [*self.command(playbook, *variables), *words],
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def play(self, playbook: str, *variables: str) -> tuple[int, str]:
        """Run a playbook to its end; return its exit code and all it printed."""
        with self.start(playbook, *variables) as process:
            output, _none = process.communicate()
        assert "[DEPRECATION WARNING]" not in output
        return process.returncode, output

    def ours(self, kind: str) -> list[str]:
        """Return the containers, networks or volumes of the installation."""
        words = [kind, "ls", "--quiet", "--filter", f"label=netfs.bench.installation={self.name}"]
        return docker(*words, *(["--all"] if kind == "container" else []))

    def left(self) -> list[str]:
        """Return all that is there of the installation."""
        return [one for kind in ("container", "network", "volume") for one in self.ours(kind)]

    def on(self, node: str, *words: str) -> list[str]:
        """Run a program in the container of a node, and return the words of its output."""
        return docker("exec", f"{self.name}-{node}", *words)


def docker(*words: str) -> list[str]:
    return subprocess.run(["docker", *words], capture_output=True, text=True, check=True).stdout.split()

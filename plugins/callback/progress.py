# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: progress
type: stdout
short_description: Show which cell of how many, the last result and the time left
version_added: 0.1.0
description:
  - Prints what changed, what failed, and one line for every cell that was measured; on a terminal a last line says
    what is running now. In a log every event is a line of its own.
  - With C(-v) it prints what the default callback prints.
extends_documentation_fragment:
  - default_callback
  - result_format_callback
requirements:
  - set as stdout in configuration
"""

import sys
import time
import typing as t

from ansible import constants
from ansible.plugins.callback.default import CallbackModule as DefaultCallback

from ansible_collections.netfs.bench.plugins.plugin_utils._tables import human

WIDTH = 110


def duration(seconds: float) -> str:
    """Seconds as ``12 s`` or ``3 min 05 s``."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


class CallbackModule(DefaultCallback):
    """The default output, reduced to what a person waits for."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "netfs.bench.progress"

    def __init__(self) -> None:
        super().__init__()
        self.workloads: dict[str, t.Any] = {}
        self.total = 0
        self.done = 0
        self.measuring_since = 0.0
        self.heading = ""
        self.live = sys.stdout.isatty()

    @property
    def verbose(self) -> bool:
        return bool(self._display.verbosity)

    def show(self, text: str, color: str | None = None) -> None:
        """Print a line that stays, under the name of its play."""
        self.now("")
        if self.heading:
            heading, self.heading = self.heading, ""
            self._display.display(f"\n{heading}")
        self._display.display(text, color=color)

    def now(self, text: str) -> None:
        """Replace the last line of a terminal by what is running now; nothing in a log."""
        if self.live and not self.verbose:
            sys.stdout.write(f"\r\033[K{text[:WIDTH]}")
            sys.stdout.flush()

    def set_options(self, *args: t.Any, **kwargs: t.Any) -> None:
        super().set_options(*args, **kwargs)
        if not self.verbose:
            self.set_option("display_ok_hosts", False)
            self.set_option("display_skipped_hosts", False)

    # plays and tasks

    def v2_playbook_on_play_start(self, play: t.Any) -> None:
        if self.verbose:
            super().v2_playbook_on_play_start(play)
            return
        self._play = play
        # shown with the first thing that happens in the play: most plays plan again and find the plan made
        self.heading = play.get_name()

    def v2_playbook_on_task_start(self, task: t.Any, is_conditional: bool) -> None:
        super().v2_playbook_on_task_start(task, is_conditional)
        self.now(f"  {self.position()}{task.get_name()}")

    def v2_playbook_on_include(self, included_file: t.Any) -> None:
        if self.verbose:
            super().v2_playbook_on_include(included_file)

    def v2_runner_item_on_ok(self, result: t.Any) -> None:
        if self.verbose:
            super().v2_runner_item_on_ok(result)

    def v2_runner_retry(self, result: t.Any) -> None:
        if self.verbose:
            super().v2_runner_retry(result)

    def v2_runner_on_failed(self, result: t.Any, ignore_errors: bool = False) -> None:
        answer = result.result
        if self.verbose or not answer.get("msg"):
            self.now("")
            super().v2_runner_on_failed(result, ignore_errors)
            return
        self.show(f"  FAILED {result.host.get_name()}: {result.task.get_name()}", constants.COLOR_ERROR)
        for key in ("msg", "stdout", "stderr"):
            for line in str(answer.get(key) or "").strip().splitlines()[-20:]:
                self.show(f"    {line}", constants.COLOR_ERROR)

    def v2_runner_on_unreachable(self, result: t.Any) -> None:
        self.now("")
        super().v2_runner_on_unreachable(result)

    def v2_runner_on_ok(self, result: t.Any) -> None:
        answer = result.result
        self.learn(answer)
        if self.verbose:
            super().v2_runner_on_ok(result)
        elif "cell" in answer:
            self.show_cell(answer["cell"])
        elif answer.get("lines"):
            for line in answer["lines"]:
                self.show(line)
        elif answer.get("changed"):
            self._handle_warnings_and_exception(result)
            self.show(f"  changed {result.host.get_name()}: {result.task.get_name()}", constants.COLOR_CHANGED)

    def v2_playbook_on_stats(self, stats: t.Any) -> None:
        self.now("")
        if self.verbose:
            super().v2_playbook_on_stats(stats)

    # cells

    def learn(self, answer: dict[str, t.Any]) -> None:
        """Remember the plan when it goes by, and when measuring began."""
        if isinstance(answer.get("plan"), dict):
            self.workloads = answer["plan"]["workloads"]
        facts = answer.get("ansible_facts", {})
        if "bench_cells" in facts:
            self.total, self.done, self.measuring_since = len(facts["bench_cells"]), 0, time.time()

    def position(self) -> str:
        """Where in the run we are, such as ``[ 3/18] ``; empty outside measuring."""
        if not self.total or self.done >= self.total:
            return ""
        width = len(str(self.total))
        return f"[{self.done + 1:{width}}/{self.total}] "

    def left(self) -> str:
        """The time left, from what the cells so far took."""
        elapsed = time.time() - self.measuring_since
        return duration(elapsed / self.done * (self.total - self.done)) if self.done else "unknown"

    def show_cell(self, cell: dict[str, t.Any]) -> None:
        """One line for a cell that has just ended."""
        position = self.position()
        self.done += 1
        metric = self.workloads.get(cell["workload"], {}).get("metric", "")
        ok = cell["status"] == "ok"
        value = human(metric, cell["metrics"][metric]) if metric in cell["metrics"] else "no value"
        name = f"{cell['system']} {cell['protocol']} {cell['workload']} {cell['pass']} {cell['trial']}"
        outcome = value if ok else f"FAILED: {cell['reason']}"
        self.show(
            f"  {position}{name:<52} {outcome:<16} left {self.left()}",
            constants.COLOR_OK if ok else constants.COLOR_ERROR,
        )

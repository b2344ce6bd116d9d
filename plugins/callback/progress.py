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
  - Prints what changed, what failed, and one line for every cell that was measured. The reason of a failed cell is cut;
    the whole of it is in the record and in the report.
  - On a terminal a last line says what is running now, on which nodes and for how long. In a log every event is a line
    of its own, and so is a task that takes longer than 30 seconds, then twice as long, and so on.
  - A run of more than half a minute ends with how long each of its plays took.
  - With C(-v) it prints what the default callback prints.
extends_documentation_fragment:
  - default_callback
  - result_format_callback
requirements:
  - set as stdout in configuration
"""

import statistics
import sys
import threading
import time
import typing as t

from ansible import constants
from ansible.plugins.callback.default import CallbackModule as DefaultCallback

from ansible_collections.netfs.bench.plugins.plugin_utils._tables import human

WIDTH = 110
REASON = 60
"""How many characters of a reason stand in the line of a failed cell."""
BEAT_SECONDS = 1.0
"""How often the last line of a terminal is drawn again."""
PATIENCE_SECONDS = 30.0
"""After how long a log says for the first time that a task is still running."""
LONG_SECONDS = 30.0
"""A run that takes longer says at its end where the time went."""
SHORT_SECONDS = 1.0
"""Plays that take less are not worth a word then."""
STOP = 4
"""How many times the median a cell may take before the time left ignores the rest."""


def duration(seconds: float) -> str:
    """Seconds as ``12 s`` or ``3 min 05 s``."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


def brief(reason: str) -> str:
    """A reason as one short line."""
    text = " ".join(reason.split())
    return text if len(text) <= REASON else f"{text[: REASON - 1].rstrip()}…"


def spent(plays: t.Sequence[tuple[str, float]], end: float) -> str:
    """Where the time of a run went; empty when it was short.

    :param plays: name of each and when it began, in seconds, as ``end``. Those with one name are told as one.
    """
    whole = end - plays[0][1] if plays else 0.0
    if whole < LONG_SECONDS:
        return ""
    seconds: dict[str, float] = {}
    for (name, began), (_next, until) in zip(plays, [*plays[1:], ("", end)], strict=True):
        seconds[name] = seconds.get(name, 0.0) + until - began
    told = [f"{name} {duration(took)}" for name, took in seconds.items() if took >= SHORT_SECONDS]
    return f"Took {duration(whole)}: {', '.join(told)}"


def seconds_left(took: t.Sequence[float], cells: int) -> float:
    """How long so many cells will take, from what those before took.

    One stop, such as a node that had to be started again, is no sign that the others will take as long.
    """
    most = STOP * statistics.median(took)
    return statistics.fmean(min(seconds, most) for seconds in took) * cells


class CallbackModule(DefaultCallback):
    """The default output, reduced to what a person waits for."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "netfs.bench.progress"

    def __init__(self) -> None:
        super().__init__()
        self.workloads: dict[str, t.Any] = {}
        self.total = 0
        self.took: list[float] = []
        self.last_cell = 0.0
        self.heading = ""
        self.plays: list[tuple[str, float]] = []
        self.task = ""
        self.task_since = 0.0
        self.next_word = PATIENCE_SECONDS
        self.waiting: list[str] = []
        self.live = sys.stdout.isatty()
        # between what Ansible tells and the heartbeat
        self.lock = threading.RLock()
        self.ended = threading.Event()

    @property
    def verbose(self) -> bool:
        return bool(self._display.verbosity)

    @property
    def done(self) -> int:
        return len(self.took)

    def show(self, text: str, color: str | None = None) -> None:
        """Print a line that stays, under the name of its play."""
        with self.lock:
            self.now("")
            if self.heading:
                heading, self.heading = self.heading, ""
                self._display.display(f"\n{heading}")
            self._display.display(text, color=color)

    def now(self, text: str) -> None:
        """Replace the last line of a terminal by what is running now; nothing in a log."""
        if self.live and not self.verbose:
            with self.lock:
                sys.stdout.write(f"\r\033[K{text[:WIDTH]}")
                sys.stdout.flush()

    # the heartbeat

    def beat(self) -> None:
        """Show that the run lives, until it has ended."""
        while not self.ended.wait(BEAT_SECONDS):
            with self.lock:
                self.tick(time.monotonic() - self.task_since)

    def tick(self, seconds: float) -> None:
        """Say what has been running for so long, and on which nodes."""
        if not self.task or seconds < 2 * BEAT_SECONDS:
            return
        nodes = f" ({', '.join(self.waiting)})" if self.waiting else ""
        if self.live:
            self.now(f"  {duration(seconds):>12} {self.task}{nodes}")
        elif seconds >= self.next_word:
            self.next_word *= 2
            self.show(f"  {duration(seconds)} so far: {self.task}{nodes}")

    def begin(self, task: str) -> None:
        """Another task is running now."""
        with self.lock:
            self.task, self.task_since, self.next_word, self.waiting = task, time.monotonic(), PATIENCE_SECONDS, []
            self.now(f"  {task}" if task else "")

    def end_on(self, host: str) -> None:
        """The task has ended on a node."""
        with self.lock:
            self.waiting = [waiting for waiting in self.waiting if waiting != host]

    def set_options(self, *args: t.Any, **kwargs: t.Any) -> None:
        super().set_options(*args, **kwargs)
        if not self.verbose:
            self.set_option("display_ok_hosts", False)
            self.set_option("display_skipped_hosts", False)

    # plays and tasks

    def v2_playbook_on_start(self, playbook: t.Any) -> None:
        super().v2_playbook_on_start(playbook)
        if not self.verbose:
            threading.Thread(target=self.beat, daemon=True).start()

    def v2_playbook_on_play_start(self, play: t.Any) -> None:
        if self.verbose:
            super().v2_playbook_on_play_start(play)
            return
        self._play = play
        # shown with the first thing that happens in the play: most plays plan again and find the plan made
        self.heading = play.get_name()
        self.plays.append((self.heading, time.monotonic()))

    def v2_playbook_on_task_start(self, task: t.Any, is_conditional: bool) -> None:
        super().v2_playbook_on_task_start(task, is_conditional)
        self.begin(f"{self.position()}{task.get_name()}")

    def v2_runner_on_start(self, host: t.Any, task: t.Any) -> None:
        super().v2_runner_on_start(host, task)
        with self.lock:
            self.waiting.append(host.get_name())

    def v2_runner_on_skipped(self, result: t.Any) -> None:
        self.end_on(result.host.get_name())
        super().v2_runner_on_skipped(result)

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
        self.end_on(result.host.get_name())
        if self.verbose or not answer.get("msg"):
            with self.lock:
                self.now("")
                super().v2_runner_on_failed(result, ignore_errors)
            return
        self.show(f"  FAILED {result.host.get_name()}: {result.task.get_name()}", constants.COLOR_ERROR)
        for key in ("msg", "stdout", "stderr"):
            for line in str(answer.get(key) or "").strip().splitlines()[-20:]:
                self.show(f"    {line}", constants.COLOR_ERROR)

    def v2_runner_on_unreachable(self, result: t.Any) -> None:
        self.end_on(result.host.get_name())
        if self.verbose:
            super().v2_runner_on_unreachable(result)
        else:
            where = f"  UNREACHABLE {result.host.get_name()}: {result.task.get_name()}"
            self.show(f"{where}: {brief(str(result.result.get('msg')))}", constants.COLOR_UNREACHABLE)

    def v2_runner_on_ok(self, result: t.Any) -> None:
        answer = result.result
        self.end_on(result.host.get_name())
        self.learn(answer)
        if self.verbose:
            super().v2_runner_on_ok(result)
        elif "cell" in answer:
            self.show_cell(answer["cell"])
        elif answer.get("lines"):
            for line in answer["lines"]:
                self.show(line)
            self._handle_warnings_and_exception(result)
        elif answer.get("changed"):
            with self.lock:
                self.now("")
                self._handle_warnings_and_exception(result)
            self.show(f"  changed {result.host.get_name()}: {result.task.get_name()}", constants.COLOR_CHANGED)

    def v2_playbook_on_stats(self, stats: t.Any) -> None:
        self.ended.set()
        self.begin("")
        if self.verbose:
            super().v2_playbook_on_stats(stats)
        elif where := spent(self.plays, time.monotonic()):
            self.heading = ""
            self.show(f"\n{where}")

    # cells

    def learn(self, answer: dict[str, t.Any]) -> None:
        """Remember the plan of a run when it goes by, and when measuring began."""
        if isinstance(answer.get("plan"), dict):
            self.workloads = answer["plan"].get("workloads", self.workloads)
        facts = answer.get("ansible_facts", {})
        if "bench_cells" in facts:
            self.total, self.took, self.last_cell = len(facts["bench_cells"]), [], time.monotonic()

    def position(self) -> str:
        """Where in the run we are, such as ``[ 3/18] ``; empty outside measuring."""
        if not self.total or self.done >= self.total:
            return ""
        width = len(str(self.total))
        return f"[{self.done + 1:{width}}/{self.total}] "

    def show_cell(self, cell: dict[str, t.Any]) -> None:
        """One line for a cell that has just ended, with the time that the others will take."""
        position, now = self.position(), time.monotonic()
        self.took.append(now - self.last_cell)
        self.last_cell = now
        metric = self.workloads.get(cell["workload"], {}).get("metric", "")
        ok = cell["status"] == "ok"
        value = human(metric, cell["metrics"][metric]) if metric in cell["metrics"] else "no value"
        name = f"{cell['system']} {cell['protocol']} {cell['workload']} {cell['pass']} {cell['trial']}"
        outcome = value if ok else f"FAILED: {brief(cell['reason'])}"
        left = duration(seconds_left(self.took, self.total - self.done))
        self.show(
            f"  {position}{name:<52} {outcome:<16} left {left}",
            constants.COLOR_OK if ok else constants.COLOR_ERROR,
        )

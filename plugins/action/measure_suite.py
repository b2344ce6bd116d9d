# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import time
import typing as t
from pathlib import Path

from ansible_collections.netfs.bench.plugins.module_utils._files import Json
from ansible_collections.netfs.bench.plugins.plugin_utils import _suites
from ansible_collections.netfs.bench.plugins.plugin_utils._measuring import CELL, UNDER_FAULTS, MeasuringAction, Work
from ansible_collections.netfs.bench.plugins.plugin_utils._records import FAILING, SuiteResult, earlier_cases
from ansible_collections.netfs.bench.plugins.plugin_utils._run import UNKNOWN, keep_raw
from ansible_collections.netfs.bench.plugins.plugin_utils._suite_output import (
    PASSED,
    Case,
    OutputError,
    failure_of,
    last_words,
    metrics_of,
    outcome_of,
)

MODULE_SECONDS = 240.0
"""How long the module may take beside its program: to start, to kill it, to remove its directory."""


class ActionModule(MeasuringAction):
    """Run a suite and keep the record of its cell, whatever happens."""

    def run(self, tmp: t.Any = None, task_vars: Json | None = None) -> Json:
        super().run(tmp, task_vars)
        self.task_vars = task_vars or {}
        self.args = args = self.validate_argument_spec(
            {
                **CELL,
                **UNDER_FAULTS,
                "suite": {"type": "dict", "required": True},
                "directory": {"type": "path", "required": True},
                "program": {"type": "dict", "default": {}},
                "share": {"type": "dict", "default": {}},
                "seed": {"type": "str", "required": True},
                "variables": {"type": "dict", "default": {}},
                "duration": {"type": "int", "default": 0},
                "longest_fault": {"type": "int", "default": 0},
            }
        )[1]
        began = time.time()
        rounds = self._rounds()
        ended = time.time()
        last = rounds[-1]
        run, cell = Path(args["run_directory"]), args["cell"]
        before = earlier_cases(run / "cells" / f"{cell['id']}.json")
        output = "".join(one.answer.get("output") or "" for one in rounds)
        kept = self.keep(
            Work(
                began,
                ended,
                last.found.status,
                last.found.reason,
                metrics_of(last.found.cases),
                command=" ".join(last.call.command),
                exit_code=last.answer.get("exit_code"),
                raw=keep_raw(run, cell["id"], output, ".txt") if output else (UNKNOWN, UNKNOWN),
                variables=self._variables,
                suite=None if last.answer.get("failed") else self._result(rounds, before),
            )
        )
        unanswered = bool(last.answer.get("failed")) and not args["failure_reason"]
        return {**kept, "shaken": unanswered or bool(last.answer.get("hung"))}

    @property
    def _variables(self) -> dict[str, str]:
        return {name: str(value) for name, value in self.args["variables"].items()}

    def _rounds(self) -> list[Round]:
        """Run the program, and for as long as faults are begun again and again, each time with the next seed.

        What did not pass ends it.
        """
        args = self.args
        first = _suites.seed_of(args["seed"], args["cell"]["workload"], args["cell"]["trial"])
        directory = _suites.directory_under(args["directory"])
        until = time.monotonic() + args["duration"]
        rounds: list[Round] = []
        while not rounds or (rounds[-1].found.status == "ok" and time.monotonic() < until):
            seed = first + len(rounds)
            of_cell = {"program": args["program"].get("path", UNKNOWN), "directory": directory, "seed": seed}
            call = _suites.call_of(args["suite"], {**of_cell, **args["share"]}, self._variables)
            answer = self._run(call, directory)
            rounds.append(Round(seed, call, answer, found_in(answer, args["suite"]["parser"])))
        return rounds

    def _run(self, call: _suites.Call, directory: str) -> Json:
        """What the module answers, or a failure in its shape when it could not be asked."""
        args, suite = self.args, self.args["suite"]
        if args["failure_reason"]:
            return {"failed": True, "msg": args["failure_reason"]}
        asked = {
            "command": call.command,
            "config": call.config,
            "directory": directory,
            **({} if args["cell"]["protocol"] == _suites.LOCAL else {"mount_point": args["directory"]}),
            "work": _suites.WORK,
            "needs": suite["needs"],
            "time_limit": 60 * suite["minutes"],
            "quiet_limit": suite["quiet_seconds"] + args["longest_fault"],
        }
        here = self.task_vars.get("inventory_hostname", UNKNOWN)
        return self.ask(f"The client, node {here},", "suite", asked, 60 * suite["minutes"] + MODULE_SECONDS)

    def _result(self, rounds: list[Round], before: list[dict[str, str]]) -> SuiteResult:
        """What is kept of a suite that ran."""
        _seed, call, answer, found = rounds[-1]
        seeds = f"seeds from {rounds[0].seed} to {rounds[-1].seed}"
        repeated = [f"It ran {len(rounds)} times, with {seeds}; what is told is of the last"] if rounds[1:] else []
        return SuiteResult(
            seed=rounds[0].seed,
            program=self.args["program"].get("version", UNKNOWN),
            command=" ".join(call.command),
            filesystem=answer["filesystem"],
            exit_code=UNKNOWN if answer["exit_code"] is None else answer["exit_code"],
            hung=bool(answer["hung"]),
            cases={case.name: case.outcome for case in found.cases},
            lines={case.name: case.lines for case in found.cases if case.outcome != PASSED and case.lines},
            remarks=[*repeated, *found.remarks, *filter(None, [answer["left"]])],
            earlier=before,
        )


class Found(t.NamedTuple):
    """What the answer of the module comes to."""

    status: str
    reason: str
    cases: list[Case]
    remarks: list[str]


class Round(t.NamedTuple):
    """One run of the program of a suite."""

    seed: int
    call: _suites.Call
    answer: Json
    found: Found


def found_in(answer: Json, parser: str) -> Found:
    """What came of a suite: what is not known is never a pass."""
    if answer.get("failed") or answer.get("unreachable"):
        return Found("failed", str(answer.get("msg", "the module gave no reason")).strip(), [], [])
    if answer["hung"]:
        return Found("failed", f"Hung: {answer['hung']}; {last_words(answer['output'])}", [], [])
    try:
        outcome = outcome_of(parser, answer["output"], answer["exit_code"])
    except OutputError as error:
        return Found("failed", f"{error}. The exit code is {answer['exit_code']}", [], [])
    reason = failure_of(outcome.cases)
    return Found(FAILING if reason else "ok", reason, outcome.cases, outcome.remarks)

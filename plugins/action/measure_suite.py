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
    SKIPPED,
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
                "service": {"type": "dict", "default": {}},
                "second": {"type": "str", "default": UNKNOWN},
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
        output = "".join(one.output for one in rounds)
        kept = self.keep(
            Work(
                began,
                ended,
                last.found.status,
                last.found.reason,
                metrics_of(last.found.cases),
                command=last.command,
                exit_code=last.answer.get("exit_code"),
                raw=keep_raw(run, cell["id"], output, ".txt") if output else (UNKNOWN, UNKNOWN),
                variables=self._variables,
                suite=None if last.answer.get("failed") else self._result(rounds, before),
            )
        )
        unanswered = bool(last.answer.get("failed")) and not args["failure_reason"]
        return {**kept, "shaken": unanswered or last.hung}

    @property
    def _variables(self) -> dict[str, str]:
        return {name: str(value) for name, value in self.args["variables"].items()}

    def _rounds(self) -> list[Round]:
        """Run the suite, and for as long as faults are begun again and again, each time with the next seed.

        What did not pass ends it.
        """
        cell = self.args["cell"]
        first = _suites.seed_of(self.args["seed"], cell["workload"], cell["trial"])
        until = time.monotonic() + self.args["duration"]
        rounds = [self._round(first)]
        while rounds[-1].found.status == "ok" and time.monotonic() < until:
            rounds.append(self._round(first + len(rounds)))
        return rounds

    def _round(self, seed: int) -> Round:
        """Run each part of the suite once."""
        args, suite = self.args, self.args["suite"]
        place = args["directory"] if "mount" in suite["needs"] else _suites.UNMOUNTED
        directory = _suites.directory_under(place)
        of_cell = {
            "program": args["program"].get("path", UNKNOWN),
            "source": args["program"].get("source", UNKNOWN),
            "directory": directory,
            "seed": seed,
            "second": _suites.directory_under(args["second"]),
            **args["service"],
        }
        parts = _suites.parts_of(suite)
        calls = [_suites.call_of(suite, {**of_cell, "part": part}, self._variables) for part in parts]
        answers = [self._run(call, directory) for call in calls]
        return Round(
            seed,
            command=" ; ".join(" ".join(call.command) for call in calls),
            output=joined([answer.get("output", "") for answer in answers], parts),
            # of several calls, the one that did not end well
            answer=next((one for one in answers if one.get("failed") or one.get("exit_code") != 0), answers[-1]),
            hung=any(answer.get("hung") for answer in answers),
            found=all_found([found_in(answer, suite["parser"]) for answer in answers], suite),
        )

    def _run(self, call: _suites.Call, directory: str) -> Json:
        """What the module answers, or a failure in its shape when it could not be asked."""
        args, suite = self.args, self.args["suite"]
        if args["failure_reason"]:
            return {"failed": True, "msg": args["failure_reason"]}
        mounted = "mount" in suite["needs"] and args["cell"]["protocol"] != _suites.LOCAL
        asked = {
            "command": call.command,
            "config": call.config,
            "directory": directory,
            **({"mount_point": args["directory"]} if mounted else {}),
            "work": _suites.WORK,
            "needs": suite["needs"],
            "time_limit": 60 * suite["minutes"],
            "quiet_limit": suite["quiet_seconds"] + args["longest_fault"],
        }
        here = self.task_vars.get("inventory_hostname", UNKNOWN)
        return self.ask(f"The client, node {here},", "suite", asked, 60 * suite["minutes"] + MODULE_SECONDS)

    def _result(self, rounds: list[Round], before: list[dict[str, str]]) -> SuiteResult:
        """What is kept of a suite that ran."""
        answer, found = rounds[-1].answer, rounds[-1].found
        seeds = f"seeds from {rounds[0].seed} to {rounds[-1].seed}"
        repeated = [f"It ran {len(rounds)} times, with {seeds}; what is told is of the last"] if rounds[1:] else []
        return SuiteResult(
            seed=rounds[0].seed,
            program=self.args["program"].get("version", UNKNOWN),
            command=rounds[-1].command,
            filesystem=answer["filesystem"] if "mount" in self.args["suite"]["needs"] else UNKNOWN,
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
    """A suite that ran once, with all of its parts."""

    seed: int
    command: str
    output: str
    answer: Json
    """What the module says of the part that the round is judged by."""
    hung: bool
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


def all_found(found: list[Found], suite: Json) -> Found:
    """What the calls of a program come to, with what the suite leaves out: one that was not measured leaves the whole
    unmeasured, and says why."""
    parts = [f"{part}: " if part else "" for part in _suites.parts_of(suite)]
    lost = [f"{part}{one.reason}" for part, one in zip(parts, found, strict=True) if one.status == "failed"]
    if lost:
        return Found("failed", "; ".join(lost), [], [])
    cases = [
        case._replace(name=f"{part}{case.name}") for part, one in zip(parts, found, strict=True) for case in one.cases
    ]
    cases += [Case(name, SKIPPED, [reason]) for name, reason in suite.get("left_out", {}).items()]
    reason = failure_of(cases)
    remarks = [f"{part}{remark}" for part, one in zip(parts, found, strict=True) for remark in one.remarks]
    return Found(FAILING if reason else "ok", reason, cases, remarks)


def joined(outputs: list[str], parts: list[str]) -> str:
    """The outputs of several calls, each after a line that says of which part it is."""
    if parts == [""]:
        return outputs[0]
    return "".join(f"== {part}\n{output.rstrip()}\n" for part, output in zip(parts, outputs, strict=True) if output)

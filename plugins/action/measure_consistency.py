# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from pathlib import Path

from ansible_collections.netfs.bench.plugins.module_utils._files import Json, digest
from ansible_collections.netfs.bench.plugins.plugin_utils import _consistency
from ansible_collections.netfs.bench.plugins.plugin_utils._measuring import CELL, UNDER_FAULTS, MeasuringAction, Work
from ansible_collections.netfs.bench.plugins.plugin_utils._records import (
    FAILING,
    KindResult,
    SuiteResult,
    earlier_cases,
)
from ansible_collections.netfs.bench.plugins.plugin_utils._run import UNKNOWN
from ansible_collections.netfs.bench.plugins.plugin_utils._suite_output import PASSED, Case, failure_of, metrics_of

PROGRAM = "module netfs.bench.client_history"


class ActionModule(MeasuringAction):
    """Keep the record of a cell in which several clients shared files, and a checker read what they were told."""

    def run(self, tmp: t.Any = None, task_vars: Json | None = None) -> Json:
        super().run(tmp, task_vars)
        self.args = args = self.validate_argument_spec(
            {
                **CELL,
                **UNDER_FAULTS,
                "seed": {"type": "int", "required": True},
                "kinds": {"type": "list", "elements": "str", "required": True},
                "claim": {"type": "str", "required": True, "choices": list(_consistency.MEANINGS)},
                "history": {"type": "dict", "default": {}},
                "verdicts": {"type": "list", "elements": "dict", "default": []},
                "checker": {"type": "str", "default": UNKNOWN},
                "began": {"type": "float", "required": True},
                "ended": {"type": "float", "required": True},
                "variables": {"type": "dict", "default": {}},
            }
        )[1]
        run, cell = Path(args["run_directory"]), args["cell"]
        results = _consistency.results_of(args["verdicts"], args["claim"])
        cases = _consistency.cases_of(results, args["kinds"]) if results else []
        status, reason, remarks = judged(results, cases, args["kinds"], args["failure_reason"])
        kept = run / "raw" / f"{cell['id']}.jsonl.gz"
        raw = (f"raw/{kept.name}", digest(kept)) if args["history"] and kept.exists() else (UNKNOWN, UNKNOWN)
        result = SuiteResult(
            seed=args["seed"],
            command=PROGRAM,
            program=args["checker"],
            filesystem=args["history"].get("filesystem", UNKNOWN),
            exit_code=UNKNOWN,
            hung=False,
            cases={case.name: case.outcome for case in cases},
            lines={case.name: case.lines for case in cases if case.outcome != PASSED and case.lines},
            remarks=[*remarks, *remarks_of(args["history"])],
            earlier=earlier_cases(run / "cells" / f"{cell['id']}.json"),
            consistency=results,
        )
        return self.keep(
            Work(
                args["began"],
                args["ended"],
                status,
                reason,
                metrics_of(cases),
                command=PROGRAM,
                exit_code=int(status == "failed"),
                raw=raw,
                variables={name: str(value) for name, value in args["variables"].items()},
                suite=result if results else None,
            )
        )


def judged(
    results: list[KindResult], cases: list[Case], kinds: list[str], failure_reason: str
) -> tuple[str, str, list[str]]:
    """Status, reason and remarks of a cell: what is invalid is known, whatever could not be decided."""
    missing = failure_reason or "; ".join(_consistency.undecided_of(results, kinds))
    failed = failure_of(cases)
    if failed:
        return FAILING, failed, [missing.rstrip(".")] if missing else []
    if missing:
        return "failed", missing, []
    return "ok", "", []


def remarks_of(history: Json) -> list[str]:
    """What a reader must know of how the history was recorded."""
    killed, errors = history.get("killed", 0), history.get("errors", [])
    return [
        *([f"{killed} clients were killed because their last operation did not end"] if killed else []),
        *([f"Clients were told of errors: {'; '.join(errors[:3])}"] if errors else []),
        *filter(None, [history.get("left", "")]),
    ]

# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses
import json
import typing as t
from pathlib import Path

from ansible_collections.netfs.bench.plugins.module_utils._files import Json
from ansible_collections.netfs.bench.plugins.plugin_utils import _power_cuts, _suites
from ansible_collections.netfs.bench.plugins.plugin_utils._measuring import CELL, MeasuringAction, Work
from ansible_collections.netfs.bench.plugins.plugin_utils._records import FAILING, PowerCut, SuiteResult, earlier_cases
from ansible_collections.netfs.bench.plugins.plugin_utils._run import UNKNOWN, keep_raw
from ansible_collections.netfs.bench.plugins.plugin_utils._suite_output import PASSED, failure_of, metrics_of

SCHEMA = "netfs.bench/power-cuts/1"
KEPT = ("filesystem", *(field.name for field in dataclasses.fields(PowerCut)), "faults")
"""What is kept of a cut; a module says more."""
PROGRAM = "module netfs.bench.durable_writer"


class ActionModule(MeasuringAction):
    """Keep the record of a cell whose power cuts have been made, as many of them as there were."""

    def run(self, tmp: t.Any = None, task_vars: Json | None = None) -> Json:
        super().run(tmp, task_vars)
        self.args = args = self.validate_argument_spec(
            {
                **CELL,
                "seed": {"type": "str", "required": True},
                "planned": {"type": "int", "required": True},
                "cuts": {"type": "list", "elements": "dict", "required": True},
                "began": {"type": "float", "required": True},
                "ended": {"type": "float", "required": True},
                "variables": {"type": "dict", "default": {}},
            }
        )[1]
        run, cell = Path(args["run_directory"]), args["cell"]
        cuts = [{name: cut[name] for name in KEPT} for cut in args["cuts"]]
        cases = _power_cuts.cases_of(cuts)
        status, reason, remarks = judged(failure_of(cases), len(cuts), args["planned"], args["failure_reason"])
        raw = (UNKNOWN, UNKNOWN)
        if cuts:
            kept = {"schema": SCHEMA, "cell": cell["id"], "cuts": cuts}
            raw = keep_raw(run, cell["id"], json.dumps(kept, indent=1) + "\n")
        result = SuiteResult(
            seed=_suites.seed_of(args["seed"], cell["workload"], cell["trial"]),
            command=PROGRAM,
            program=PROGRAM,
            filesystem=cuts[0]["filesystem"] if cuts else UNKNOWN,
            exit_code=UNKNOWN,
            hung=False,
            cases={case.name: case.outcome for case in cases},
            lines={case.name: case.lines for case in cases if case.outcome != PASSED and case.lines},
            remarks=remarks,
            earlier=earlier_cases(run / "cells" / f"{cell['id']}.json"),
            power_cuts=[PowerCut.of(cut) for cut in cuts],
        )
        return self.keep(
            Work(
                args["began"],
                args["ended"],
                status,
                reason,
                metrics_with_pause(metrics_of(cases), result.power_cuts or []),
                command=PROGRAM,
                exit_code=int(status == "failed"),
                raw=raw,
                variables={name: str(value) for name, value in args["variables"].items()},
                suite=result if cuts else None,
            )
        )


def judged(failed: str, made: int, planned: int, failure_reason: str) -> tuple[str, str, list[str]]:
    """Status, reason and remarks of a cell: what was lost is known, however many cuts are missing."""
    missing = f"Only {made} of {planned} power cuts were measured. {failure_reason}".strip() if made < planned else ""
    if failed:
        return FAILING, failed, [missing.rstrip(".")] if missing else []
    if missing:
        return "failed", missing, []
    return "ok", "", []


def metrics_with_pause(metrics: dict[str, float], cuts: list[PowerCut]) -> dict[str, float]:
    """The metrics of a cell, with the longest pause of a writer where every one went on."""
    figures = _power_cuts.figures_of(cuts)
    if figures is None:
        return {}
    pause = {"longest_pause_ms": round(1000 * figures.longest_pause_s, 3)} if figures.paused else {}
    return {**metrics, "acknowledged_ios": figures.acknowledged, **pause}

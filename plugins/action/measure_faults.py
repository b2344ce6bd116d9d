# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses
import typing as t
from pathlib import Path

from ansible.plugins.action import ActionBase

from ansible_collections.netfs.bench.plugins.module_utils._files import Json, write_json
from ansible_collections.netfs.bench.plugins.plugin_utils._faults import judged
from ansible_collections.netfs.bench.plugins.plugin_utils._records import CellRecord, FaultEvent, FaultsRecord

PLANNED = ("number", "fault", "target", "begin_s", "lasts_s")
HAPPENED = ("begun_at", "undone_at", "held", "evidence", "undone", "after", "error")


class ActionModule(ActionBase):
    """Write the record of a cell that was measured under faults, with what they did."""

    _requires_connection = False

    def run(self, tmp: t.Any = None, task_vars: Json | None = None) -> Json:
        super().run(tmp, task_vars)
        args = self.validate_argument_spec(
            {
                "run_directory": {"type": "path", "required": True},
                "measured": {"type": "dict", "required": True},
                "seed": {"type": "int", "required": True},
                "entries": {"type": "list", "elements": "dict", "required": True},
                "duration": {"type": "int", "required": True},
                "recover_limit": {"type": "int", "required": True},
                "ended": {"type": "dict", "required": True},
                "failure_reason": {"type": "str", "default": ""},
            }
        )[1]
        cell = CellRecord.of(args["measured"])
        # what was never begun has nothing to come back from
        ended = {} if args["failure_reason"] else args["ended"]
        faults = FaultsRecord(
            seed=args["seed"],
            duration_s=args["duration"],
            timeline=events_of(args["entries"], ended.get("happened", [])),
            recover_limit_s=args["recover_limit"],
            recovered=ended.get("recovered"),
            recover_seconds=ended.get("recover_seconds"),
            answer=ended.get("answer", ""),
            failure=args["failure_reason"] or failure_of(ended),
        )
        status, reason = judged(cell.status, cell.reason, faults)
        document = dataclasses.replace(cell, status=status, reason=reason, faults=faults).document()
        write_json(Path(args["run_directory"]) / "cells" / f"{cell.id}.json", document)
        return {"changed": True, "cell": document}


def events_of(entries: list[Json], happened: list[Json]) -> list[FaultEvent]:
    """What was planned, with what came of it."""
    found = {one["number"]: {name: one[name] for name in HAPPENED if name in one} for one in happened}
    return [
        FaultEvent(**{name: entry[name] for name in PLANNED}, **found.get(entry["number"], {})) for entry in entries
    ]


def failure_of(ended: Json) -> str:
    """Why a node did not say what happened; empty when it did."""
    if "happened" in ended:
        return ""
    return str(ended.get("msg", "the node gave no answer")).strip()

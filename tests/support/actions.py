# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Action plugins without a play."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jsonschema
from collection import ROOT

CELL_SCHEMA = json.loads((ROOT / "schemas/cell.schema.json").read_text(encoding="utf-8"))


def made(action: type[Any], **args: Any) -> Any:
    """Return an action as a task with these arguments makes it, on a connection that leads nowhere."""
    task = SimpleNamespace(async_val=0, check_mode=False, diff=False, environment=[], args=args)
    connection = SimpleNamespace(_shell=SimpleNamespace(tmpdir=None))
    return action(task, connection, SimpleNamespace(), None, None, None)


def answering(
    action: Any, answer: dict[str, Any] | Exception | list[dict[str, Any]]
) -> list[tuple[str, dict[str, Any]]]:
    """Let the modules of an action give this answer, or one answer after the other; what they are called with, by and
    by."""
    calls = []

    def execute(name: str, module_args: dict[str, Any], **_: Any) -> dict[str, Any]:
        calls.append((name, module_args))
        if isinstance(answer, Exception):
            raise answer
        return answer[len(calls) - 1] if isinstance(answer, list) else answer

    action._execute_module = execute
    return calls


def recorded(action: Any, **task_vars: Any) -> dict[str, Any]:
    """Run an action that keeps the record of a cell, and return the record: it is as the schema has it."""
    result = action.run(task_vars=task_vars)
    args = action._task.args
    path = Path(args["run_directory"]) / "cells" / f"{args['cell']['id']}.json"
    record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    jsonschema.validate(record, CELL_SCHEMA)
    assert (result["changed"], result["cell"]) == (True, record)
    return record

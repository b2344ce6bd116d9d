# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hashlib
import time
import typing as t
from datetime import UTC, datetime
from pathlib import Path

from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.action import ActionBase

from ansible_collections.netfs.bench.plugins.module_utils._run import cell_record, write_json, write_text


def utc(seconds: float) -> str:
    """ISO 8601 of a point in time."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


class ActionModule(ActionBase):
    """Run one cell's fio job on the client and keep its record, whatever happens.

    One task does what would be four (run, fetch, write, judge), because each task costs about a second on a node with a
    kernel of its own, and because a cell that fails must leave a record even when its client is gone.
    """

    _requires_connection = False

    def run(self, tmp: t.Any = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        super().run(tmp, task_vars)
        args = self.validate_argument_spec(
            {
                "run_directory": {"type": "path", "required": True},
                "cell": {"type": "dict", "required": True},
                "job": {"type": "str", "required": True},
                "directory": {"type": "path", "required": True},
                "variables": {"type": "dict", "required": True},
                "time_limit": {"type": "int", "required": True},
                "obstacle": {"type": "str", "default": ""},
                "provenance": {"type": "dict", "default": {}},
            }
        )[1]
        run, cell = Path(args["run_directory"]), args["cell"]
        started = time.time()
        answer = self._answer(args, task_vars)
        ended = time.time()
        record = self._record(args, answer, started, ended)
        output = answer.get("output")
        if output:
            record["raw"] = f"raw/{cell['id']}.json"
            record["raw_sha256"] = hashlib.sha256(output.encode()).hexdigest()
            write_text(run / record["raw"], output)
        write_json(run / "cells" / f"{cell['id']}.json", record)
        return {"changed": True, "cell": record}

    def _answer(self, args: dict[str, t.Any], task_vars: dict[str, t.Any] | None) -> dict[str, t.Any]:
        """What module fio answers, or a failure in its shape when it could not be asked."""
        if args["obstacle"]:
            return {"failed": True, "msg": args["obstacle"]}
        call = {key: args[key] for key in ("job", "directory", "variables", "time_limit")}
        try:
            return t.cast(
                "dict[str, t.Any]",
                self._execute_module(
                    "netfs.bench.fio", module_args={**call, "return_output": True}, task_vars=task_vars
                ),
            )
        except AnsibleConnectionFailure as error:
            return {"failed": True, "msg": f"The client did not answer: {error}"}

    def _record(
        self, args: dict[str, t.Any], answer: dict[str, t.Any], started: float, ended: float
    ) -> dict[str, t.Any]:
        """The cell's record from fio's answer."""
        failed = bool(answer.get("failed") or answer.get("unreachable"))
        fio_seconds = answer.get("seconds", 0.0)
        return cell_record(
            args["cell"],
            status="failed" if failed else "ok",
            reason=str(answer.get("msg", "fio gave no reason")).strip() if failed else "",
            metrics=answer.get("metrics", {}),
            timing={
                "started": utc(started),
                "ended": utc(ended),
                "seconds": {
                    "total": round(ended - started, 3),
                    "fio": fio_seconds,
                    "outside": round(ended - started - fio_seconds, 3),
                },
            },
            provenance={
                **args["provenance"],
                "job": args["job"],
                "job_sha256": hashlib.sha256(args["job"].encode()).hexdigest(),
                "variables": args["variables"],
                "fio_version": answer.get("fio_version"),
                "command": answer.get("command"),
                "exit_code": answer.get("rc"),
            },
        )

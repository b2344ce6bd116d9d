# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import time
import typing as t
from dataclasses import replace
from pathlib import Path

from ansible_collections.netfs.bench.plugins.module_utils._files import Json, write_json
from ansible_collections.netfs.bench.plugins.plugin_utils._limits import FIO_MODULE_SECONDS
from ansible_collections.netfs.bench.plugins.plugin_utils._measuring import MeasuringAction
from ansible_collections.netfs.bench.plugins.plugin_utils._records import CeilingRecord, utc
from ansible_collections.netfs.bench.plugins.plugin_utils._run import UNKNOWN, is_value, keep_raw


class ActionModule(MeasuringAction):
    """Measure one ceiling and keep its record, whatever happens: without it, cells are only not bounded."""

    def run(self, tmp: t.Any = None, task_vars: Json | None = None) -> Json:
        super().run(tmp, task_vars)
        self.task_vars = task_vars or {}
        self.args = self.validate_argument_spec(
            {
                "run_directory": {"type": "path", "required": True},
                "name": {"type": "str", "required": True},
                "trial": {"type": "int", "required": True},
                "ceiling": {"type": "dict", "required": True},
                "directory": {"type": "path", "required": True},
                "section": {"type": "list", "elements": "str", "default": []},
                "variables": {"type": "dict", "default": {}},
                "time_limit": {"type": "int", "default": 120},
            }
        )[1]
        ceiling, run = self.args["ceiling"], Path(self.args["run_directory"])
        started = utc(time.time())
        begun = time.monotonic()
        answer = self._fio(ceiling["layout"]) if ceiling["layout"] else {}
        if not answer.get("failed"):
            answer = self._fio(ceiling["job"], self.args["section"])
        value = answer.get("metrics", {}).get(ceiling["metric"])
        record = CeilingRecord(
            name=self.args["name"],
            trial=self.args["trial"],
            what=ceiling["what"],
            status="ok",
            reason="",
            metric=ceiling["metric"],
            value=value,
            started=started,
            seconds=round(time.monotonic() - begun, 3),
            fio_version=answer.get("fio_version", UNKNOWN),
            command=answer.get("command", UNKNOWN),
        )
        if answer.get("failed") or not is_value(value):
            reason = str(answer.get("msg") or f"fio reported no {ceiling['metric']}").strip()
            record = replace(record, status="failed", reason=reason, value=None)
        name = f"{record.name}~{record.trial}"
        if answer.get("output"):
            raw, raw_sha256 = keep_raw(run, f"ceiling~{name}", answer["output"])
            record = replace(record, raw=raw, raw_sha256=raw_sha256)
        document = record.document()
        write_json(run / "ceilings" / f"{name}.json", document)
        return {"changed": True, "ceiling": document}

    def _fio(self, job: str, section: list[str] | None = None) -> Json:
        """What module fio answers, or a failure in its shape when it could not be asked."""
        module_args = {
            "job": job,
            "section": section or [],
            "directory": self.args["directory"],
            "variables": {**self.args["ceiling"]["variables"], **self.args["variables"]},
            "time_limit": self.args["time_limit"],
            "return_output": True,
        }
        return self.ask("The node", "fio", module_args, self.args["time_limit"] + FIO_MODULE_SECONDS)

# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import time
import typing as t
from pathlib import Path

from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.action import ActionBase

from ansible_collections.netfs.bench.plugins.module_utils._files import Json, write_json
from ansible_collections.netfs.bench.plugins.plugin_utils._lags import SCHEMA
from ansible_collections.netfs.bench.plugins.plugin_utils._limits import NoAnswerError, answer_within
from ansible_collections.netfs.bench.plugins.plugin_utils._records import (
    NO_FIO,
    CellRecord,
    Provenance,
    Seconds,
    SeriesName,
    utc,
)
from ansible_collections.netfs.bench.plugins.plugin_utils._run import UNKNOWN, keep_raw

MODULE_SECONDS = 60.0
"""How long the module may take beside writing and waiting: to start, and to remove its files."""


class ActionModule(ActionBase):
    """Measure a lag and keep the record of its cell, whatever happens."""

    _requires_connection = False

    def run(self, tmp: t.Any = None, task_vars: Json | None = None) -> Json:
        super().run(tmp, task_vars)
        self.task_vars = task_vars or {}
        self.args = self.validate_argument_spec(
            {
                "run_directory": {"type": "path", "required": True},
                "cell": {"type": "dict", "required": True},
                "source": {"type": "path", "required": True},
                "copy": {"type": "path", "required": True},
                "lag": {"type": "dict", "required": True},
                "job": {"type": "str", "required": True},
                "failure_reason": {"type": "str", "default": ""},
                "place": {"type": "dict", "default": {}},
                "provenance": {"type": "dict", "default": {}},
            }
        )[1]
        run, cell = Path(self.args["run_directory"]), self.args["cell"]
        started = time.time()
        answer = self._measure()
        ended = time.time()
        failed = bool(answer.get("failed"))
        raw, raw_sha256 = UNKNOWN, UNKNOWN
        if not failed:
            kept = {"schema": SCHEMA, "clock": answer["clock"], "lags_ns": answer["lags_ns"]}
            raw, raw_sha256 = keep_raw(run, cell["id"], json.dumps(kept) + "\n")
        record = CellRecord(
            id=cell["id"],
            name=SeriesName.of(cell),
            trial=cell["trial"],
            status="failed" if failed else "ok",
            reason=str(answer.get("msg", "the module gave no reason")).strip() if failed else "",
            metrics={} if failed else answer["metrics"],
            # of what fio would have it is said that it is not there
            provenance=Provenance.measured(
                self.args,
                variables={},
                fio_version=NO_FIO,
                command="module netfs.bench.replication_lag",
                exit_code=int(failed),
            ),
            started=utc(started),
            ended=utc(ended),
            seconds=Seconds(total=round(ended - started, 3), outside=round(ended - started, 3)),
            raw=raw,
            raw_sha256=raw_sha256,
        )
        document = record.document()
        write_json(run / "cells" / f"{record.id}.json", document)
        return {"changed": True, "cell": document}

    def _measure(self) -> Json:
        """What the module answers, or a failure in its shape when it could not be asked."""
        args, lag = self.args, self.args["lag"]
        if args["failure_reason"]:
            return {"failed": True, "msg": args["failure_reason"]}
        seconds = 2 * lag["limit_s"] + lag["samples"] * lag["interval_ms"] / 1000 + MODULE_SECONDS
        call = {"source": args["source"], "copy": args["copy"], **lag}
        try:
            with answer_within(seconds):
                return t.cast(
                    Json,
                    self._execute_module("netfs.bench.replication_lag", module_args=call, task_vars=self.task_vars),
                )
        except (AnsibleConnectionFailure, NoAnswerError) as error:
            here = self.task_vars.get("inventory_hostname", UNKNOWN)
            return {"failed": True, "msg": f"Node {here} did not answer: {error}"}

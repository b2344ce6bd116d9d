# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import time
import typing as t
from pathlib import Path

from ansible_collections.netfs.bench.plugins.module_utils._files import Json
from ansible_collections.netfs.bench.plugins.plugin_utils._lags import SCHEMA
from ansible_collections.netfs.bench.plugins.plugin_utils._measuring import CELL, MeasuringAction, Work
from ansible_collections.netfs.bench.plugins.plugin_utils._run import UNKNOWN, keep_raw

MODULE_SECONDS = 60.0
"""How long the module may take beside writing and waiting: to start, and to remove its files."""


class ActionModule(MeasuringAction):
    """Measure a lag and keep the record of its cell, whatever happens."""

    def run(self, tmp: t.Any = None, task_vars: Json | None = None) -> Json:
        super().run(tmp, task_vars)
        self.task_vars = task_vars or {}
        self.args = self.validate_argument_spec(
            {
                **CELL,
                "source": {"type": "path", "required": True},
                "copy": {"type": "path", "required": True},
                "lag": {"type": "dict", "required": True},
                "place": {"type": "dict", "default": {}},
            }
        )[1]
        began = time.time()
        answer = self._measure()
        ended = time.time()
        failed = bool(answer.get("failed"))
        raw = (UNKNOWN, UNKNOWN)
        if not failed:
            kept = {"schema": SCHEMA, "clock": answer["clock"], "lags_ns": answer["lags_ns"]}
            raw = keep_raw(Path(self.args["run_directory"]), self.args["cell"]["id"], json.dumps(kept) + "\n")
        return self.keep(
            Work(
                began,
                ended,
                status="failed" if failed else "ok",
                reason=str(answer.get("msg", "the module gave no reason")).strip() if failed else "",
                metrics={} if failed else answer["metrics"],
                command="module netfs.bench.replication_lag",
                exit_code=int(failed),
                raw=raw,
            )
        )

    def _measure(self) -> Json:
        """What the module answers, or a failure in its shape when it could not be asked."""
        args, lag = self.args, self.args["lag"]
        if args["failure_reason"]:
            return {"failed": True, "msg": args["failure_reason"]}
        seconds = 2 * lag["limit_s"] + lag["samples"] * lag["interval_ms"] / 1000 + MODULE_SECONDS
        here = self.task_vars.get("inventory_hostname", UNKNOWN)
        return self.ask(
            f"Node {here}", "replication_lag", {"source": args["source"], "copy": args["copy"], **lag}, seconds
        )

# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What actions have in common that measure on a node: to ask it, and to keep the record of a cell."""

from __future__ import annotations

import types
import typing as t
from pathlib import Path

from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.action import ActionBase

from ansible_collections.netfs.bench.plugins.module_utils._files import Json, write_json
from ansible_collections.netfs.bench.plugins.plugin_utils._limits import NoAnswerError, answer_within
from ansible_collections.netfs.bench.plugins.plugin_utils._records import (
    NO_FIO,
    CellRecord,
    Provenance,
    Seconds,
    SeriesName,
    SuiteResult,
    utc,
)
from ansible_collections.netfs.bench.plugins.plugin_utils._run import UNKNOWN

CELL: Json = {
    "run_directory": {"type": "path", "required": True},
    "cell": {"type": "dict", "required": True},
    "job": {"type": "str", "required": True},
    "failure_reason": {"type": "str", "default": ""},
    "provenance": {"type": "dict", "default": {}},
}
"""What every action is told that keeps the record of a cell."""
UNDER_FAULTS: Json = {"faults_follow": {"type": "bool", "default": False}}
"""What those are told besides whose work can be done under faults."""


class Work(t.NamedTuple):
    """What a cell came to whose work is no job of fio."""

    began: float
    """In seconds since the epoch."""
    ended: float
    status: str
    reason: str
    """Empty for ``ok``."""
    metrics: dict[str, float]
    command: str
    exit_code: int | None
    raw: tuple[str, str] = (UNKNOWN, UNKNOWN)
    """Where in the run directory its own output is, and the SHA-256 of that."""
    variables: t.Mapping[str, str] = types.MappingProxyType({})
    suite: SuiteResult | None = None


class MeasuringAction(ActionBase):
    """An action whose ``args`` are those of a cell, and whose ``task_vars`` are those of its task."""

    _requires_connection = False
    args: Json
    task_vars: Json

    def ask(self, who: str, module: str, arguments: Json, seconds: float) -> Json:
        """What a module of the collection answers, or a failure in its shape when it could not be asked.

        :param who: the node, as the beginning of a sentence.
        """
        try:
            with answer_within(seconds):
                return t.cast(
                    Json,
                    self._execute_module(f"netfs.bench.{module}", module_args=arguments, task_vars=self.task_vars),
                )
        except (AnsibleConnectionFailure, NoAnswerError) as error:
            return {"failed": True, "msg": f"{who} did not answer: {error}"}

    def keep(self, work: Work) -> Json:
        """Write the record of a cell of which no fio ran; what the action returns.

        Of a cell under faults it is only returned, as ``measured``: what the faults did is known later, and without
        that the record of a run that is broken off in between would say too much.
        """
        run, cell = Path(self.args["run_directory"]), self.args["cell"]
        seconds = round(work.ended - work.began, 3)
        document = CellRecord(
            id=cell["id"],
            name=SeriesName.of(cell),
            trial=cell["trial"],
            status=work.status,
            reason=work.reason,
            metrics=work.metrics,
            # of what fio would have it is said that it is not there; suites have no place on a topology
            provenance=Provenance.measured(
                {"place": {}, **self.args},
                variables=dict(work.variables),
                fio_version=NO_FIO,
                command=work.command,
                exit_code=work.exit_code,
            ),
            started=utc(work.began),
            ended=utc(work.ended),
            seconds=Seconds(total=seconds, outside=seconds),
            raw=work.raw[0],
            raw_sha256=work.raw[1],
            suite=work.suite,
        ).document()
        if self.args.get("faults_follow"):
            return {"changed": False, "measured": document}
        write_json(run / "cells" / f"{cell['id']}.json", document)
        return {"changed": True, "cell": document}

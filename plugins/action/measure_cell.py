# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
import time
import typing as t
from dataclasses import replace
from pathlib import Path

from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure

from ansible_collections.netfs.bench.plugins.module_utils._files import Json, write_json, write_text
from ansible_collections.netfs.bench.plugins.plugin_utils import _counters, _metrics, _statistics
from ansible_collections.netfs.bench.plugins.plugin_utils._limits import (
    COUNTER_SECONDS,
    FIO_MODULE_SECONDS,
    NoAnswerError,
    answer_within,
)
from ansible_collections.netfs.bench.plugins.plugin_utils._measuring import CELL, MeasuringAction
from ansible_collections.netfs.bench.plugins.plugin_utils._meeting import Meeting
from ansible_collections.netfs.bench.plugins.plugin_utils._records import (
    CellRecord,
    Provenance,
    Seconds,
    SeriesName,
    Steadiness,
    utc,
)
from ansible_collections.netfs.bench.plugins.plugin_utils._run import is_value, keep_raw

# What fio's words say about files that a workload has just used: sign, status of the cell, reason. The first that fits.
CHECK_FAILURES = (
    ("verify", "corrupt", "Wrong bytes came back"),
    ("file creation disallowed", "corrupt", "A file is missing or shorter than before"),
    ("", "failed", "The content could not be verified"),
)


class ActionModule(MeasuringAction):
    """Run one cell's fio job on the client and keep its record, whatever happens.

    One task does what would be many (run, read counters, verify, fetch, write, judge), because each task costs about a
    second on a node with a kernel of its own, and because a cell that fails must leave a record even when its client is
    gone.
    """

    def run(self, tmp: t.Any = None, task_vars: Json | None = None) -> Json:
        super().run(tmp, task_vars)
        args = self.validate_argument_spec(
            {
                **CELL,
                "client": {"type": "str", "required": True},
                "server": {"type": "str", "required": True},
                "nodes": {"type": "list", "elements": "str", "default": []},
                "check": {"type": "str", "default": ""},
                "metric": {"type": "str", "required": True},
                "extend": {"type": "bool", "default": False},
                "directory": {"type": "path", "required": True},
                "variables": {"type": "dict", "required": True},
                "time_limit": {"type": "int", "required": True},
                "metrics": {"type": "dict", "default": {}},
                "network_is_proof": {"type": "bool", "default": True},
                "place": {"type": "dict", "default": {}},
            }
        )[1]
        if args["metrics"] and _metrics.MISSING:
            raise AnsibleActionFail(
                f"A package is missing that the server's metrics need: {_metrics.MISSING}. "
                "Install what requirements.txt lists."
            )
        self.args, self.task_vars = args, task_vars or {}
        self.here = self.task_vars.get("inventory_hostname", args["client"])
        nodes = self.task_vars.get("ansible_play_hosts", [self.here])
        # of several node sets only the one that takes this turn
        nodes = [node for node in nodes if node in (args["nodes"] or nodes)]
        # Nodes that take their turn after the client's would keep it waiting for nothing
        self.others = [node for node in nodes if node != args["client"]]
        if len(nodes) > int(self.task_vars.get("ansible_forks", 1)):
            self.others = []
        meeting = Meeting(args["cell"]["id"])
        if self.here != args["client"]:
            return self._witness(meeting)
        return self._measure(meeting)

    def _witness(self, meeting: Meeting) -> Json:
        """A node beside the client: what did it do while the client loaded the server?"""
        if self.here not in self.others or self.args["failure_reason"]:
            return {"changed": False}
        started, before = time.monotonic(), self._snapshot()
        # as long as the client may take, with an extension
        if before is not None and meeting.wait_for(
            meeting.end, COUNTER_SECONDS + 2 * (self.args["time_limit"] + FIO_MODULE_SECONDS)
        ):
            seconds = float(meeting.end.read_text(encoding="utf-8") or time.monotonic() - started)
            after = self._snapshot()
            meeting.tell(self.here, None if after is None else seen(before, after, seconds))
        else:
            meeting.tell(self.here, None)
        return {"changed": False}

    def _snapshot(self) -> Json | None:
        """The counters of this node; empty when it has none that can be read, None when it does not answer."""
        metrics = self.args["metrics"] if self.here == self.args["server"] else {}
        try:
            with answer_within(COUNTER_SECONDS):
                answer = self._low_level_execute_command(_counters.script(metrics))
            return _counters.snapshot(answer["stdout"])
        except (AnsibleConnectionFailure, NoAnswerError):
            return None
        except ValueError:
            return {}

    def _measure(self, meeting: Meeting) -> Json:
        args = self.args
        run, cell = Path(args["run_directory"]), args["cell"]
        before = {} if args["failure_reason"] else self._snapshot()
        started = time.time()
        answer = self._fio(args["job"], args["metric"])
        windows, extended = answer.get("windows", []), False
        if args["extend"] and windows and not is_steady(windows) and not failed(answer):
            first, extended = answer, True
            answer = self._fio(args["job"], args["metric"])
            # both times are inside the counters, so both are inside the seconds
            answer["seconds"] = round(first.get("seconds", 0.0) + answer.get("seconds", 0.0), 3)
        answer = measured(answer, args["metric"])
        seconds = answer.get("seconds", 0.0)
        ended = time.time()
        write_text(meeting.end, str(seconds))
        after = self._snapshot() if before else {}
        record = self._record(answer, started, ended)
        if answer.get("windows"):
            windows = answer["windows"]
            record = replace(record, steady=Steadiness(windows, is_steady(windows), extended))
        record = self._with_content_checked(record)
        counters, silent = self._counters(meeting)
        client_bound = None
        if before and after:
            # The client also works for Ansible's modules, so it is judged over all the time that this took
            counters[self.here] = seen(before, after, ended - started)
            client_bound = _counters.is_client_bound(counters[self.here], self.task_vars.get("node_cpus"))
        interrupted = [f"{what} on {node}" for node, kept in counters.items() for what in kept.pop("interrupted", [])]
        server_counters = {node: kept.pop("server_counters", None) for node, kept in counters.items()}
        record = replace(
            record,
            counters=counters or None,
            server_counters=server_counters.get(args["server"]),
            client_bound=client_bound,
        )
        if silent:
            record = without_nodes(record, silent)
        if cell["pass"] == "cold" and record.status == "ok":
            record = self._with_cold_proof(record, counters)
        if interrupted:
            record = unfit(record, interrupted)
        if answer.get("output"):
            raw, raw_sha256 = keep_raw(run, record.id, answer["output"])
            record = replace(record, raw=raw, raw_sha256=raw_sha256)
        document = record.document()
        write_json(run / "cells" / f"{record.id}.json", document)
        return {"changed": True, "cell": document}

    def _counters(self, meeting: Meeting) -> tuple[dict[str, Json], list[str]]:
        """What the other nodes did, those that can say so; and those that did not answer."""
        if self.args["failure_reason"]:
            return {}, []
        told = meeting.told(self.others)
        return {node: kept for node, kept in told.items() if kept}, [node for node in self.others if node not in told]

    def _fio(self, job: str, metric: str = "") -> Json:
        """What module fio answers, or a failure in its shape when it could not be asked."""
        args = self.args
        if args["failure_reason"]:
            return {"failed": True, "msg": args["failure_reason"]}
        call = {key: args[key] for key in ("directory", "variables", "time_limit")}
        if metric and re.search(r"^time_based=1$", job, flags=re.MULTILINE):
            call["windows_of"] = metric
        call.update(job=job, return_output=True)
        return self.ask(f"The client, node {self.here},", "fio", call, args["time_limit"] + FIO_MODULE_SECONDS)

    def _with_content_checked(self, record: CellRecord) -> CellRecord:
        """The record with what came of verifying the content, if that is to be done."""
        if record.status != "ok" or not self.args["check"]:
            return record
        said = self._fio(self.args["check"])
        record = replace(record, seconds=replace(record.seconds, check=said.get("seconds", 0.0)))
        if not failed(said):
            read = int(said["metrics"]["read_bytes"])
            return replace(record, verified=f"{read} bytes read back have the checksums they carry")
        msg = str(said.get("msg", "fio gave no reason")).strip()
        status, what = next(found for sign, *found in CHECK_FAILURES if sign in msg)
        return replace(record, status=status, reason=f"{what}: {msg}")

    def _with_cold_proof(self, record: CellRecord, counters: dict[str, Json]) -> CellRecord:
        """The record with the proof that a cold pass was cold, or with what is wrong about it."""
        servers = {node: counters[node] for node in self.others if node in counters}
        if not servers or len(servers) < len(self.others):
            reason = "The counters of the servers could not be read, so the cold pass is not proven"
            return replace(record, status="not-cold", reason=reason)
        network = servers.get(self.args["server"], {}) if self.args["network_is_proof"] else {}
        proof = _counters.cold_proof(servers.values(), network, record.metrics.get("read_bytes", 0))
        record = replace(record, cold=proof)
        if proof.proof >= _counters.COLD_PROOF:
            return record
        reason = f"Disks and stores delivered {proof.bytes_delivered} of the {proof.bytes_read} bytes read"
        return replace(record, status="not-cold", reason=reason)

    def _record(self, answer: Json, started: float, ended: float) -> CellRecord:
        """The cell's record from fio's answer."""
        args, cell = self.args, self.args["cell"]
        fio_seconds = answer.get("seconds", 0.0)
        provenance = Provenance.measured(
            args,
            variables=args["variables"],
            fio_version=answer.get("fio_version"),
            command=answer.get("command"),
            exit_code=answer.get("rc"),
        )
        return CellRecord(
            id=cell["id"],
            name=SeriesName.of(cell),
            trial=cell["trial"],
            status="failed" if failed(answer) else "ok",
            reason=str(answer.get("msg", "fio gave no reason")).strip() if failed(answer) else "",
            metrics=answer.get("metrics", {}),
            provenance=provenance,
            started=utc(started),
            ended=utc(ended),
            seconds=Seconds(
                total=round(ended - started, 3), fio=fio_seconds, outside=round(ended - started - fio_seconds, 3)
            ),
        )


def seen(before: Json, after: Json, seconds: float) -> Json:
    """What a node did between two snapshots; as ``server_counters`` what its server counted itself, as ``interrupted``
    which services did not run all the time. Empty when it did not answer both times."""
    if not before or not after:
        return {}
    return {
        **_counters.used(before, after, seconds),
        "server_counters": _metrics.growth(before["metrics"], after["metrics"]),
        "interrupted": _counters.interrupted(before, after),
    }


def unfit(record: CellRecord, interrupted: list[str]) -> CellRecord:
    """A cell of which a service was away: the client may have waited for it, or been served without the work that the
    service takes from others, and neither is a number to rank."""
    said = f"During the measurement, {', '.join(interrupted)}"
    if record.status == "ok":
        return replace(record, status="failed", reason=f"{said}, so the figures are not those of the system")
    return replace(record, reason=f"{said}. {record.reason}")


def without_nodes(record: CellRecord, silent: list[str]) -> CellRecord:
    """A cell while which nodes were lost; where it failed, its reason names them."""
    what = f" (no answer came from node {', '.join(silent)})" if record.status == "failed" else ""
    return replace(record, silent=silent, reason=record.reason + what)


def measured(answer: Json, metric: str) -> Json:
    """What fio answered; a failure when it has no value of the main metric."""
    if failed(answer) or is_value(answer.get("metrics", {}).get(metric)):
        return answer
    return {**answer, "failed": True, "msg": f"fio reported no {metric}"}


def failed(answer: Json) -> bool:
    """Whether a module failed or its node did not answer."""
    return bool(answer.get("failed") or answer.get("unreachable"))


def is_steady(windows: list[float]) -> bool:
    """Whether a measurement was steady, from the windows of its time."""
    return min(windows) > 0 and _statistics.steadiness(windows)[2]

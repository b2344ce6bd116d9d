# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hashlib
import json
import time
from pathlib import Path

import jsonschema
import pytest
from actions import made
from ansible.errors import AnsibleConnectionFailure

from ansible_collections.netfs.bench.plugins.action import measure_ceiling
from ansible_collections.netfs.bench.plugins.action.measure_ceiling import ActionModule

SCHEMA = json.loads((Path(__file__).parents[4] / "schemas" / "ceiling.schema.json").read_text(encoding="utf-8"))
CEILING = {
    "what": "disk of server, reading",
    "kind": "disk",
    "node": "server",
    "metric": "read_bandwidth_bytes_per_s",
    "job": "[read]",
    "layout": "[data]",
    "variables": {"SIZE": "1m", "RUNTIME": "5"},
    "bounds": [],
}
LAID_OUT = {"metrics": {"write_bandwidth_bytes_per_s": 3.0}}
GOOD = {
    "metrics": {"read_bandwidth_bytes_per_s": 7.0},
    "fio_version": "fio-3.39",
    "command": "fio",
    "output": '{"jobs": []}',
}


def measure(tmp_path, *answers, **args):
    """Run the action with module fio replaced by answers or exceptions; return the calls to it and the record."""
    calls, left = [], list(answers)

    def execute(name, module_args, **_):
        assert name == "netfs.bench.fio"
        calls.append(module_args)
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer() if callable(answer) else answer

    given = {"run_directory": str(tmp_path), "name": "disk-read-server", "trial": 2, "directory": "/export", **args}
    action = made(ActionModule, **{"ceiling": CEILING, **given})
    action._execute_module = execute
    result = action.run(task_vars={})
    assert left == []
    record = json.loads((tmp_path / "ceilings" / "disk-read-server~2.json").read_text(encoding="utf-8"))
    jsonschema.validate(record, SCHEMA)
    assert result == {"changed": True, "ceiling": record}
    return calls, record


def test_the_files_are_laid_out_before_the_job_runs_and_the_output_is_kept(tmp_path):
    calls, record = measure(tmp_path, LAID_OUT, GOOD)
    assert [call["job"] for call in calls] == ["[data]", "[read]"]
    assert (record["status"], record["value"]) == ("ok", 7.0)
    raw = (tmp_path / record["raw"]).read_bytes()
    assert (raw.decode(), record["raw_sha256"]) == (GOOD["output"], hashlib.sha256(raw).hexdigest())


def test_a_job_without_files_takes_a_section_and_variables_that_are_only_known_now(tmp_path):
    ceiling = {**CEILING, "layout": ""}
    calls, record = measure(tmp_path, GOOD, ceiling=ceiling, section=["send"], variables={"PEER": "192.0.2.1"})
    assert calls[0]["section"] == ["send"]
    assert calls[0]["variables"] == {"SIZE": "1m", "RUNTIME": "5", "PEER": "192.0.2.1"}
    assert record["status"] == "ok"


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ([{"failed": True, "msg": "fio is not installed here."}], "fio is not installed here."),
        ([LAID_OUT, {"failed": True}], "fio reported no read_bandwidth_bytes_per_s"),
        ([LAID_OUT, {"metrics": {}}], "fio reported no read_bandwidth_bytes_per_s"),
        ([LAID_OUT, {"metrics": {"read_bandwidth_bytes_per_s": 0}}], "fio reported no read_bandwidth_bytes_per_s"),
        ([LAID_OUT, AnsibleConnectionFailure("no route")], "The node did not answer: no route"),
    ],
)
def test_a_ceiling_that_cannot_be_measured_is_a_record_with_a_reason(tmp_path, answers, reason):
    record = measure(tmp_path, *answers)[1]
    assert (record["status"], record["reason"], record["value"]) == ("failed", reason, "unknown")


def test_a_node_that_never_answers_is_a_record_with_a_reason(tmp_path, monkeypatch):
    monkeypatch.setattr(measure_ceiling, "FIO_MODULE_SECONDS", 0.1)
    record = measure(tmp_path, lambda: time.sleep(600), time_limit=0)[1]
    assert record["reason"] == "The node did not answer: no answer came within 0.1 s"

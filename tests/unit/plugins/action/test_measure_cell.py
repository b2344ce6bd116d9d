# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from types import SimpleNamespace

import jsonschema
import pytest
from ansible.errors import AnsibleConnectionFailure

from ansible_collections.netfs.bench.plugins.action.measure_cell import ActionModule

SCHEMA = json.loads((Path(__file__).parents[4] / "schemas" / "cell.schema.json").read_text(encoding="utf-8"))
CELL = {
    "id": "ganesha~nfs3~seq-read~warm~1",
    "system": "ganesha",
    "protocol": "nfs3",
    "workload": "seq-read",
    "pass": "warm",
    "trial": 1,
}
OUTPUT = '{"fio version": "fio-3.39"}'
GOOD = {
    "changed": True,
    "metrics": {"read_iops": 5.0},
    "fio_version": "fio-3.39",
    "command": ["fio"],
    "rc": 0,
    "seconds": 2.0,
    "output": OUTPUT,
}
PROVENANCE = {"mount": "unknown", "client_kernel": "6.12", "server_kernel": "6.18", "service": {"version": "6.5"}}


def measure(tmp_path, answer, **args):
    """Run the action with module fio replaced by an answer or an exception; return the calls to it and the record."""
    calls = []

    def execute(name, module_args, **_):
        calls.append((name, module_args))
        if isinstance(answer, Exception):
            raise answer
        return answer

    task = SimpleNamespace(
        async_val=0,
        check_mode=False,
        diff=False,
        environment=[],
        args={
            "run_directory": str(tmp_path),
            "cell": CELL,
            "job": "[job]",
            "directory": "/mnt",
            "variables": {"SIZE": "1m"},
            "time_limit": 60,
            "provenance": PROVENANCE,
            **args,
        },
    )
    connection = SimpleNamespace(_shell=SimpleNamespace(tmpdir=None))
    action = ActionModule(task, connection, SimpleNamespace(), None, None, None)
    action._execute_module = execute
    result = action.run(task_vars={})
    record = json.loads((tmp_path / "cells" / f"{CELL['id']}.json").read_text(encoding="utf-8"))
    jsonschema.validate(record, SCHEMA)
    assert result == {"changed": True, "cell": record}
    return calls, record


def test_a_good_cell_is_kept_with_its_raw_output(tmp_path):
    calls, record = measure(tmp_path, GOOD)
    assert record["status"] == "ok"
    assert record["metrics"] == {"read_iops": 5.0}
    assert (tmp_path / record["raw"]).read_text(encoding="utf-8") == OUTPUT
    assert record["raw_sha256"] == hashlib.sha256(OUTPUT.encode()).hexdigest()
    assert record["provenance"]["service"] == {"version": "6.5"}
    assert record["seconds"]["fio"] == 2.0
    (name, args), *others = calls
    assert not others
    assert name == "netfs.bench.fio"
    assert args["time_limit"] == 60


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"failed": True, "msg": "fio was killed after 60 s", "rc": -9}, "fio was killed after 60 s"),
        ({"failed": True}, "fio gave no reason"),
        (AnsibleConnectionFailure("no route to host"), "The client did not answer: no route to host"),
    ],
)
def test_a_cell_that_fails_is_a_record_with_a_reason(tmp_path, answer, reason):
    record = measure(tmp_path, answer)[1]
    assert record["status"] == "failed"
    assert reason in record["reason"]
    assert record["provenance"]["fio_version"] == "unknown"


def test_an_obstacle_fails_the_cell_without_starting_fio(tmp_path):
    calls, record = measure(tmp_path, GOOD, obstacle="the server did not start")
    assert calls == []
    assert (record["status"], record["reason"]) == ("failed", "the server did not start")
    assert not (tmp_path / "raw").exists()

# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest
from ansible.module_utils.testing import patch_module_args

from ansible_collections.netfs.bench.plugins.modules import bench_report

CELL = {
    "id": "ganesha~nfs3~seq-read~warm~1",
    "system": "ganesha",
    "protocol": "nfs3",
    "workload": "seq-read",
    "pass": "warm",
    "trial": 1,
}
LOST = {**CELL, "id": "ganesha~nfs3~seq-read~warm~2", "trial": 2}
BROKEN = {**CELL, "id": "ganesha~nfs3~seq-read~warm~3", "trial": 3}
PLAN = {
    "run": "r",
    "effort": "quick",
    "seed": "1",
    "trials": 3,
    "cells": [CELL, LOST, BROKEN],
    "systems": {"ganesha": {"description": "A server.", "durability": "local-durable"}},
    "nodes": {"client": {"kernel": "own", "why": "asked for"}},
    "workloads": {"seq-read": {"metric": "read_iops"}},
}


@pytest.fixture
def directory(tmp_path):
    """A run of three cells: one is good, one has no record, one failed."""
    (tmp_path / "cells").mkdir()
    (tmp_path / "plan.json").write_text(json.dumps(PLAN), encoding="utf-8")
    for cell, status, reason, metrics in (
        (CELL, "ok", "", {"read_iops": 1500.0}),
        (BROKEN, "failed", "fio was killed after 60 s", {}),
    ):
        record = {**cell, "status": status, "reason": reason, "metrics": metrics}
        (tmp_path / "cells" / f"{cell['id']}.json").write_text(json.dumps(record), encoding="utf-8")
    return tmp_path


def run(directory, capsys, **args):
    """What the module answers, as JSON."""
    with patch_module_args({"run_directory": str(directory), **args}), pytest.raises(SystemExit):
        bench_report.main()
    return json.loads(capsys.readouterr().out)


def test_all_reports_show_what_was_measured_what_failed_and_what_is_missing(directory, capsys):
    answer = run(directory, capsys)
    assert (answer["changed"], answer["failed_cells"], answer["missing_cells"]) == (True, 1, 1)
    for name in ("report.txt", "report.md", "report.csv"):
        text = (directory / name).read_text(encoding="utf-8")
        assert "fio was killed after 60 s" in text
        assert "1500" in text or "1.50 k IOPS" in text
    assert "\n".join(answer["lines"]) in (directory / "report.txt").read_text(encoding="utf-8")


def test_a_second_report_changes_nothing_and_check_mode_writes_nothing(directory, capsys):
    assert run(directory, capsys, _ansible_check_mode=True)["changed"]
    assert not (directory / "report.md").exists()
    assert run(directory, capsys)["changed"]
    assert not run(directory, capsys)["changed"]


def test_a_directory_that_is_no_run_is_refused(tmp_path, capsys):
    answer = run(tmp_path, capsys)
    assert answer["failed"]
    assert f"Is {tmp_path} a run directory?" in answer["msg"]

# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest
import synthetic
from acting import run_action
from ansible.errors import AnsibleActionFail

from ansible_collections.netfs.bench.plugins.action.bench_compare import ActionModule as Compare
from ansible_collections.netfs.bench.plugins.action.bench_report import ActionModule as Report

REPORTS = {
    "report.txt",
    "report.md",
    "report.csv",
    "verdicts.csv",
    "report.json",
    "report.junit.xml",
    "report.prom",
    "report.html",
    "verdict.json",
}
SMALL = synthetic.Shape({"ganesha": 1.0}, ["nfs3"], {"rand-read-4k": synthetic.WORKLOADS["rand-read-4k"]}, ["warm"], 3)


def one_broken_one_lost(record):
    if record["trial"] == 2:
        record.update(status="failed", reason="fio was killed after 60 s", metrics={})
    if record["trial"] == 3:
        record["status"] = "missing"


def test_all_reports_show_what_was_measured_what_failed_and_what_is_missing(tmp_path):
    directory = synthetic.write_run(tmp_path / "r", SMALL, one_broken_one_lost)
    answer = run_action(Report, run_directory=str(directory))
    assert (answer["changed"], answer["failed_cells"], answer["missing_cells"]) == (True, 1, 1)
    assert answer["exit_code"] == 13
    assert {path.removeprefix(f"{directory}/") for path in answer["files"]} == REPORTS
    for name in REPORTS - {"verdicts.csv", "report.prom"}:
        assert "fio was killed after 60 s" in (directory / name).read_text(encoding="utf-8"), name
    assert "\n".join(answer["lines"]) in (directory / "report.txt").read_text(encoding="utf-8")


def test_a_second_report_changes_nothing_and_check_mode_writes_nothing(tmp_path):
    directory = synthetic.write_run(tmp_path / "r", SMALL)
    assert run_action(Report, check_mode=True, run_directory=str(directory))["changed"]
    assert not (directory / "report.md").exists()
    assert run_action(Report, run_directory=str(directory))["changed"]
    assert not run_action(Report, run_directory=str(directory))["changed"]


def test_a_directory_that_is_no_run_is_refused(tmp_path):
    with pytest.raises(AnsibleActionFail, match=f"Is {tmp_path} a run directory"):
        run_action(Report, run_directory=str(tmp_path))


def test_a_run_is_compared_with_the_baseline_that_was_declared(tmp_path):
    first = synthetic.write_run(tmp_path / "first", SMALL)
    later = synthetic.write_run(tmp_path / "later", SMALL)
    with pytest.raises(AnsibleActionFail, match="has no baseline"):
        run_action(Compare, run_directory=str(later))
    would = run_action(Compare, check_mode=True, run_directory=str(first), declare=True)
    assert would == {"changed": True, "baseline": "first"}
    assert not (tmp_path / "baseline.json").exists()
    assert run_action(Compare, run_directory=str(first), declare=True)["changed"]
    assert not run_action(Compare, run_directory=str(first), declare=True)["changed"]
    answer = run_action(Compare, run_directory=str(later))
    assert answer["exit_code"] == 12
    assert "too few" in answer["sentence"]
    document = json.loads((later / "against-first" / "verdict.json").read_text(encoding="utf-8"))
    assert (document["base"], document["exit_code"]) == ("first", 12)


def test_a_partial_run_never_becomes_the_baseline(tmp_path):
    good = synthetic.write_run(tmp_path / "good", SMALL)
    bad = synthetic.write_run(tmp_path / "bad", SMALL, one_broken_one_lost)
    run_action(Compare, run_directory=str(good), declare=True)
    with pytest.raises(
        AnsibleActionFail, match=r"bad is partial and cannot be the baseline.*ganesha nfs3 rand-read-4k"
    ):
        run_action(Compare, run_directory=str(bad), declare=True)
    assert json.loads((tmp_path / "baseline.json").read_text(encoding="utf-8"))["run"] == "good"

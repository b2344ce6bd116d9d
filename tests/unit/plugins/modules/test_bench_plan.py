# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from ansible.module_utils.testing import patch_module_args

from ansible_collections.netfs.bench.plugins.modules import bench_plan

CATALOG = Path(__file__).parents[4] / "playbooks"


def run(tmp_path, capsys, **args):
    """What the module answers, as JSON."""
    params = {
        "system": "ganesha",
        "effort": "smoke",
        "node_kind": "docker",
        "catalog": str(CATALOG),
        "results": str(tmp_path),
        **args,
    }
    with patch_module_args(params), pytest.raises(SystemExit):
        bench_plan.main()
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("check_mode", [True, False])
def test_the_shipped_catalog_can_be_planned(tmp_path, capsys, check_mode):
    answer = run(tmp_path, capsys, _ansible_check_mode=check_mode)
    assert answer["changed"] is False
    assert answer["plan"]["seed"]
    assert answer["run_directory"] == str(tmp_path / answer["plan"]["run"])
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_exists_is_taken_up_with_its_own_plan(tmp_path, capsys):
    plan = run(tmp_path, capsys, run="mine", trials=2)["plan"]
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    assert run(tmp_path, capsys, run="mine", effort="full", system="nonsense")["plan"] == plan


def test_a_plan_that_is_damaged_is_named(tmp_path, capsys):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "plan.json").write_text("{", encoding="utf-8")
    answer = run(tmp_path, capsys, run="mine")
    assert answer["failed"]
    assert "is not JSON" in answer["msg"]


def test_an_unknown_system_fails_with_what_exists(tmp_path, capsys):
    answer = run(tmp_path, capsys, system="ganehsa")
    assert answer["failed"]
    assert "Did you mean 'ganesha'?" in answer["msg"]


def test_a_disk_that_is_too_small_is_refused(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1 << 29))
    answer = run(tmp_path, capsys)
    assert answer["failed"]
    assert "The disk is too small" in answer["msg"]
    assert "512 MiB are free" in answer["msg"]


def test_what_failed_is_measured_again_in_the_run_that_is_named_or_the_latest(tmp_path, capsys):
    first, latest = "20261124T060000Z-ganesha-smoke", "20261124T070000Z-ganesha-smoke"
    plans = {}
    for name in (first, latest):
        plans[name] = run(tmp_path, capsys, run=name)["plan"]
        (tmp_path / name).mkdir()
        (tmp_path / name / "plan.json").write_text(json.dumps(plans[name]), encoding="utf-8")
    assert run(tmp_path, capsys, rerun="failed")["plan"] == plans[latest]
    assert run(tmp_path, capsys, rerun="failed", run=first)["plan"] == plans[first]


@pytest.mark.parametrize("args", [{}, {"run": "other"}])
def test_what_failed_cannot_be_measured_again_where_there_is_no_run(tmp_path, capsys, args):
    answer = run(tmp_path, capsys, rerun="failed", **args)
    assert answer["failed"]
    assert "takes up a run that exists" in answer["msg"]


def test_only_what_failed_can_be_measured_again(tmp_path, capsys):
    answer = run(tmp_path, capsys, rerun="all")
    assert answer["failed"]
    assert "value of rerun must be one of" in answer["msg"]

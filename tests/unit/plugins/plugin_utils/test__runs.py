# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.netfs.bench.plugins.plugin_utils._run import RunError
from ansible_collections.netfs.bench.plugins.plugin_utils._runs import all_runs, chosen_run, latest_run

OLD, NEW = "20261124T060000Z-ganesha-smoke", "20261125T060000Z-ganesha-smoke"


@pytest.fixture
def results(tmp_path):
    """Two runs, and a directory into which only what is deployed was written."""
    for name in (NEW, OLD):
        (tmp_path / name).mkdir()
        (tmp_path / name / "plan.json").touch()
    (tmp_path / "20261126T060000Z-ganesha-smoke/services").mkdir(parents=True)
    return tmp_path


def args(**given):
    return {"run_directory": None, "results": None, "run": "", **{name: str(value) for name, value in given.items()}}


def test_the_latest_run_is_the_last_one_with_a_plan(results):
    assert [run.name for run in all_runs(results)] == [OLD, NEW]
    assert latest_run(results) == results / NEW
    assert latest_run(results / "none") is None


def test_a_run_is_named_or_the_latest(results):
    assert chosen_run(args(results=results)) == results / NEW
    assert chosen_run(args(results=results, run=OLD)) == results / OLD
    assert chosen_run(args(results=results, run_directory="/x")).as_posix() == "/x"
    with pytest.raises(RunError, match=r"^There is no run in .*none\. Measure something first, or name one"):
        chosen_run(args(results=results / "none"))

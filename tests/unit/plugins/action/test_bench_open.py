# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest
from acting import run_action
from ansible.errors import AnsibleActionFail

from ansible_collections.netfs.bench.plugins.action.bench_open import ActionModule, cells_to_measure

CELLS = [{"id": name} for name in ("good", "bad", "corrupt", "missing")]
PLAN = {
    "cells": CELLS,
    "deployment": {
        "services": [{"name": "s", "role": "r", "node": "n", "systems": ["a"], "variables": {"r_x": "{{ y }}"}}],
        "steps": [],
    },
}


@pytest.fixture
def run(tmp_path):
    """The directory of a run in which some cells were measured."""
    (tmp_path / "cells").mkdir()
    for name, status in {"good": "ok", "bad": "failed", "corrupt": "corrupt", "of-another-plan": "ok"}.items():
        record = {"id": name, "status": status}
        (tmp_path / "cells" / f"{name}.json").write_text(json.dumps(record), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(("rerun", "cells"), [("", ["bad", "corrupt", "missing"]), ("failed", ["bad", "corrupt"])])
def test_what_is_measured_has_no_good_record(run, rerun, cells):
    assert [cell["id"] for cell in cells_to_measure(run, PLAN, rerun)] == cells


@pytest.mark.parametrize(("rerun", "cells"), [("", ["missing"]), ("failed", ["bad"])])
def test_a_suite_that_found_failing_cases_is_measured(tmp_path, rerun, cells):
    (tmp_path / "cells").mkdir()
    record = {"id": "bad", "status": "failing"}
    (tmp_path / "cells/bad.json").write_text(json.dumps(record), encoding="utf-8")
    assert [cell["id"] for cell in cells_to_measure(tmp_path, {"cells": CELLS[1:4:2]}, rerun)] == cells


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize("measure", [True, False])
def test_a_run_is_one_when_it_is_to_be_measured(tmp_path, measure, check_mode):
    directory = tmp_path / "new"
    answer = run_action(ActionModule, check_mode=check_mode, run_directory=str(directory), plan=PLAN, measure=measure)
    files = sorted(str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file())
    assert files == ([] if check_mode else [*(["plan.json"] if measure else []), "services/s@n.yml"])
    assert answer["cells"] == (CELLS if measure or check_mode else [])
    if "plan.json" in files:
        assert json.loads((directory / "plan.json").read_text(encoding="utf-8")) == PLAN


def test_a_record_that_is_damaged_is_named(run):
    (run / "cells/good.json").write_text("{", encoding="utf-8")
    with pytest.raises(AnsibleActionFail, match=r"cells/good\.json is not JSON"):
        run_action(ActionModule, run_directory=str(run), plan=PLAN)

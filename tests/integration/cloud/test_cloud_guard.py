# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The cost guard against instances: what it keeps, what it ends, and that not to know is a reason to stop."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from running import FailedError, call

NOBODY = "http://127.0.0.1:1"


@pytest.fixture
def guard(tmp_path, given):
    """A cluster of two spot nodes, one on demand and an orchestrator on spot, and the options of its guard."""
    orchestrator = {"role": "orchestrator", "types": ["t3.medium"]}
    call("cloud_spot_group", **{**given, "groups": [*given["groups"], orchestrator]})
    return {"cluster": "mine", "directory": str(tmp_path / "guard"), "cap": "20", "dry_run": False, "wanted": 4}


def state_of(guard):
    return json.loads((Path(guard["directory"]) / "state.json").read_text(encoding="utf-8"))


def test_what_it_costs_is_added_up_in_a_ledger(guard, live, tmp_path):
    said = call("cloud_guard", **guard)
    assert said["launches"]
    assert not said["changed"]
    assert "of 20.00 left" in said["lines"][-1]
    ledger = tmp_path / "guard/ledger.jsonl"
    events = [json.loads(line) for line in ledger.read_text().splitlines()]
    assert sorted(each["id"] for each in events) == sorted(each["InstanceId"] for each in live().values())
    assert {each["market"] for each in events} == {"spot", "on-demand"}
    call("cloud_guard", **guard)
    accounts = call("cloud_accrual_info", **{key: guard[key] for key in ("cluster", "directory", "cap")})
    assert not accounts["changed"]
    assert {each["name"] for each in accounts["instances"]} == set(live())
    assert all(each["running"] and float(each["hours"]) >= 0 for each in accounts["instances"])
    assert float(accounts["spent"]) + float(accounts["left"]) == pytest.approx(20)
    assert "of 20.00 left" in accounts["lines"][-1]
    assert len(ledger.read_text().splitlines()) == 4, "what is known is not written again"
    with pytest.raises(FailedError, match="failed"):
        call("cloud_accrual_info", cluster="mine", directory=guard["directory"], cap="20", endpoint_url=NOBODY)


def test_at_the_cap_spot_nodes_end_and_the_others_stay(guard, live, tmp_path):
    (tmp_path / "guard").mkdir()
    name = live()["server-a-1"]["InstanceId"]
    long_ago = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    event = {"event": "launch", "time": long_ago, "id": name, "type": "i4i.2xlarge", "market": "spot", "hourly": "25"}
    (tmp_path / "guard/ledger.jsonl").write_text(f"{json.dumps(event)}\n")
    since = {"since": (datetime.now(UTC) - timedelta(hours=2)).isoformat()}
    with pytest.raises(FailedError, match="dollars are spent"):
        call("cloud_guard", **{**guard, **since, "dry_run": True})
    assert len(live()) == 4, "a dry run ends nothing"
    with pytest.raises(FailedError, match=r"of 20.00 dollars are spent"):
        call("cloud_guard", **{**guard, **since})
    assert sorted(live()) == ["client-1", "orchestrator-1"]
    assert not state_of(guard)["launches"]


def test_a_doubt_forbids_nodes_at_once_and_ends_them_later(guard, live, tmp_path):
    with pytest.raises(FailedError, match="failed"):
        call("cloud_guard", **guard, endpoint_url=NOBODY)
    assert len(live()) == 4
    state = state_of(guard)
    assert not state["launches"]
    assert state["spent"] == "unknown"
    state["doubt_since"] = (datetime.now(UTC) - timedelta(minutes=31)).isoformat()
    (tmp_path / "guard/state.json").write_text(json.dumps(state))
    (tmp_path / "guard/ledger.jsonl").write_text('{"cut')
    with pytest.raises(FailedError, match="ledger"):
        call("cloud_guard", **guard)
    assert sorted(live()) == ["client-1", "orchestrator-1"]


def test_nodes_go_with_the_process_that_needs_them(guard, live):
    with pytest.raises(FailedError, match="no process"):
        call("cloud_guard", **guard, process=2**22 - 1)
    for keep in (True, False):
        with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(2)"]) as run:
            said = call("cloud_guard", **guard, process=run.pid, interval=1, keep_nodes=keep)
        assert said["changed"] == (not keep)
        assert len(live()) == (4 if keep else 1)
        assert state_of(guard)["launches"], "it looked meanwhile"
        accounts = call("cloud_accrual_info", **{key: guard[key] for key in ("cluster", "directory", "cap")})
        assert sum(each["running"] for each in accounts["instances"]) == len(live()), "what ended counts no more"
    assert list(live()) == ["orchestrator-1"]

# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest
from actions import answering, made, recorded
from ansible.errors import AnsibleConnectionFailure

from ansible_collections.netfs.bench.plugins.action.measure_lag import ActionModule

CELL = {
    "id": "cephfs~fuse~replication-lag~warm~1",
    "system": "cephfs",
    "protocol": "fuse",
    "workload": "replication-lag",
    "pass": "warm",
    "trial": 1,
}
LAG = {"samples": 20, "interval_ms": 100, "poll_ms": 50, "limit_s": 300}
GOOD = {"lags_ns": [7, 9], "metrics": {"replication_lag_max_ns": 9}, "clock": "monotonic clock of c", "seconds": 1.5}
PLACE = {"topology": "mini", "site": "a"}
PROVENANCE = {"mount": "unknown", "client_kernel": "6.12", "server_kernel": "6.18", "service": {"version": "18.2"}}


def measure(tmp_path, answer, **args):
    """Run the action with its module replaced by an answer or an exception; return the calls and the record."""
    given = {
        "run_directory": str(tmp_path),
        "cell": CELL,
        "source": "/mnt/a",
        "copy": "/mnt/b",
        "lag": LAG,
        "job": "samples=20\n",
        "place": PLACE,
        "provenance": PROVENANCE,
        **args,
    }
    action = made(ActionModule, **given)
    calls = answering(action, answer)
    return calls, recorded(action, inventory_hostname="conduit-1")


def test_a_lag_is_kept_with_every_sample(tmp_path):
    calls, record = measure(tmp_path, GOOD)
    assert calls == [("netfs.bench.replication_lag", {"source": "/mnt/a", "copy": "/mnt/b", **LAG})]
    assert record["status"] == "ok"
    assert record["metrics"] == GOOD["metrics"]
    assert record["provenance"]["place"] == PLACE
    kept = json.loads((tmp_path / record["raw"]).read_text(encoding="utf-8"))
    assert kept == {"schema": "netfs.bench/lag/1", "clock": "monotonic clock of c", "lags_ns": [7, 9]}


@pytest.mark.parametrize(
    ("answer", "args", "reason"),
    [
        ({"failed": True, "msg": "None of 1 files arrived."}, {}, "None of 1 files arrived."),
        (AnsibleConnectionFailure("gone"), {}, "Node conduit-1 did not answer: gone"),
        (GOOD, {"failure_reason": "The turn could not begin"}, "The turn could not begin"),
    ],
)
def test_what_is_not_measured_has_no_value(tmp_path, answer, args, reason):
    _calls, record = measure(tmp_path, answer, **args)
    assert record["status"] == "failed"
    assert record["reason"] == reason
    assert record["metrics"] == {}
    assert record["raw"] == "unknown"
    assert not (tmp_path / "raw").exists()

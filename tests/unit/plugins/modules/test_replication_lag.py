# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest
from ansible.module_utils.testing import patch_module_args

from ansible_collections.netfs.bench.plugins.module_utils._lag import LagError, Seen
from ansible_collections.netfs.bench.plugins.modules import replication_lag


def run(capsys, **args):
    """What the module answers."""
    with patch_module_args({"source": "/mnt/a", "copy": "/mnt/b", **args}), pytest.raises(SystemExit):
        replication_lag.main()
    return json.loads(capsys.readouterr().out)


def test_lags_come_with_their_clock_and_figures(capsys, monkeypatch):
    given = []

    def measure(probe):
        given.append(probe)
        return Seen({"settle": 0, "1": 5}, {"settle": 9, "1": 12}, [1, 3, 9])

    monkeypatch.setattr(replication_lag, "measure", measure)
    answer = run(capsys, samples=40, interval_ms=200, poll_ms=30, limit_s=7)
    assert answer["changed"] is False
    assert answer["lags_ns"] == [7]
    assert answer["metrics"] == {
        "replication_lag_files": 1,
        "replication_lag_max_ns": 7,
        "poll_period_ns": 6,
        "poll_period_max_ns": 6,
    }
    assert answer["clock"].startswith("monotonic clock of ")
    (probe,) = given
    assert (probe.samples, probe.interval, probe.poll, probe.limit) == (40, 0.2, 0.03, 7)


def test_a_lag_that_is_not_measured_is_a_failure(capsys, monkeypatch):
    def measure(_probe):
        raise LagError("None of 1 files arrived.")

    monkeypatch.setattr(replication_lag, "measure", measure)
    answer = run(capsys)
    assert answer["failed"] is True
    assert answer["msg"] == "None of 1 files arrived."
    assert "metrics" not in answer


def test_in_check_mode_nothing_is_written(capsys):
    assert run(capsys, _ansible_check_mode=True)["changed"] is False


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ({"samples": 19}, "samples is 19, which is too few for a median: write 20 or more."),
        ({"poll_ms": 0}, "poll_ms is 0: write 1 or more."),
        ({"copy": "/mnt/../mnt/a"}, "source and copy are the same directory: name the one in which what is written"),
    ],
)
def test_what_cannot_be_is_refused(capsys, args, said):
    answer = run(capsys, **args)
    assert answer["failed"] is True
    assert answer["msg"].startswith(said)

# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.netfs.bench.plugins.plugin_utils import _metrics

METRICS = """# HELP go_gc_duration_seconds A summary.
# TYPE go_gc_duration_seconds summary
go_gc_duration_seconds_sum 5
go_gc_duration_seconds_count 7
# TYPE process_cpu_seconds_total counter
process_cpu_seconds_total 3
# TYPE server_go_memstats_frees_total counter
server_go_memstats_frees_total 9
# TYPE bytes_transferred_total counter
bytes_transferred_total 4096
# TYPE written_bytes counter
written_bytes 512
# TYPE connections gauge
connections 2
# TYPE requests_total counter
requests_total{status="ok",op="READ"} 10
requests_total{op="WRITE",status="ok"} 4
# TYPE request_seconds histogram
request_seconds_bucket{op="READ",le="0.1"} 9
request_seconds_bucket{op="READ",le="+Inf"} 10
request_seconds_sum{op="READ"} 0.5
request_seconds_count{op="READ"} 10
"""


def test_counters_are_named_as_openmetrics_names_them():
    assert _metrics.counted(METRICS) == {
        "bytes_transferred_total": 4096.0,
        "written_bytes_total": 512.0,
        'requests_total{op="READ",status="ok"}': 10.0,
        'requests_total{op="WRITE",status="ok"}': 4.0,
        'request_seconds_sum{op="READ"}': 0.5,
        'request_seconds_count{op="READ"}': 10.0,
    }


def test_labels_that_everything_has_are_left_out():
    metrics = """# TYPE up gauge
up{volume="media"} 1
# TYPE reads_total counter
reads_total{volume="media",op="READ"} 2
"""
    assert _metrics.counted(metrics) == {'reads_total{op="READ"}': 2.0}


@pytest.mark.parametrize(
    ("after", "grew"),
    [
        (METRICS, {}),
        (METRICS.replace("total 4096", "total 5000"), {"bytes_transferred_total": 904.0}),
        # begun anew
        (METRICS.replace("total 4096", "total 100"), {"bytes_transferred_total": 100.0}),
        (METRICS.replace('op="WRITE"', 'op="COMMIT"'), {'requests_total{op="COMMIT",status="ok"}': 4.0}),
        ("", None),
        ("<html>404</html>\n", None),
    ],
)
def test_what_grew_is_kept(after, grew):
    assert _metrics.growth(METRICS, after) == grew


def test_without_a_first_reading_nothing_is_known():
    assert _metrics.growth("", METRICS) is None

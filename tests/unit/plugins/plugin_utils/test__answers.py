# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.netfs.bench.plugins.plugin_utils._answers import (
    memory_limit_mib,
    metric_value,
    rclone_message,
    rclone_reason,
)

MEMINFO = "MemTotal:       16316412 kB\nMemFree:         1234 kB\n"


@pytest.mark.parametrize(
    ("limits", "mib"),
    [
        ("", 15933),
        ("max\n", 15933),
        ("4294967296\n", 4096),
        ("9223372036854771712\n", 15933),  # version 1 of control groups has no word for "no limit"
        ("max\n2147483648\n", 2048),
    ],
)
def test_a_node_may_use_the_least_of_its_memory_and_its_limits(limits, mib):
    assert memory_limit_mib(MEMINFO + limits) == mib


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("2026/11/30 02:00:00 ERROR : InvalidAccessKeyId: no such key", "the remote does not know the access key"),
        ("XAdminUserNotFound", "the remote does not know the access key"),
        ("SignatureDoesNotMatch: AccessDenied", "the secret key is wrong"),
        ("403 Forbidden", "the keys lack the permission."),
        ("directory not found", "there is no such bucket"),
        ("dial tcp 198.18.0.1:9000: i/o timeout", "nothing answers at its address."),
        ("", "see below."),
    ],
)
def test_rclone_says_why_a_remote_does_not_work(said, reason):
    assert rclone_reason(said).startswith(reason)


def test_the_times_of_rclone_are_left_out():
    said = "2026/11/30 02:00:00 ERROR : first\n2026/11/30 02:00:01 NOTICE: second\n"
    assert rclone_message(said) == "ERROR : first\nNOTICE: second"


@pytest.mark.parametrize(
    ("metrics", "value"),
    [
        ("", "unknown"),
        ("juicefs_staging_blocks 3\n", "3"),
        ('# TYPE x gauge\njuicefs_staging_blocks{mp="/srv",vol_name="x"} 0\n', "0"),
        ("juicefs_staging_blocks_total 7\nmy_juicefs_staging_blocks 8\n", "unknown"),
    ],
)
def test_a_metric_is_found_by_its_name(metrics, value):
    assert metric_value(metrics, "juicefs_staging_blocks") == value

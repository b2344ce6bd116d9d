# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What programs and files of a node said to a role, read where a role would need a regular expression."""

from __future__ import annotations

import re

NO_LIMIT = 1 << 62

# What rclone says when a remote does not work, and what that means. The first that fits.
RCLONE_REASONS = (
    ("InvalidAccessKeyId|XAdminUserNotFound", "the remote does not know the access key, see rclone_remote_secrets."),
    ("SignatureDoesNotMatch", "the secret key is wrong, see rclone_remote_secrets."),
    ("AccessDenied|Forbidden", "the keys lack the permission."),
    ("NoSuchBucket|directory not found", "there is no such bucket or directory; the role does not create it."),
    ("dial tcp|connection refused|no such host|i/o timeout", "nothing answers at its address."),
)


def memory_limit_mib(said: str) -> int:
    """MiB that a node may use: its memory as /proc/meminfo has it, or a smaller limit of its control group, each the
    number of a line of its own."""
    total = re.search(r"^MemTotal: +([0-9]+) kB$", said, flags=re.MULTILINE)
    limits = [int(number) for number in re.findall(r"^([0-9]+)$", said, flags=re.MULTILINE)]
    return min([int(total[1]) // 1024 if total else NO_LIMIT >> 20, *(limit >> 20 for limit in limits)])


def rclone_message(stderr: str) -> str:
    """What rclone said, without the time before each line."""
    return re.sub(r"^\d{4}/\d\d/\d\d \S+ ", "", stderr, flags=re.MULTILINE).strip()


def rclone_reason(stderr: str) -> str:
    """Why a remote does not work, in a clause; "see below." when it is none of the usual reasons."""
    return next((reason for words, reason in RCLONE_REASONS if re.search(words, stderr)), "see below.")


def metric_value(metrics: str, name: str) -> str:
    """The first value of a metric in the format of Prometheus, as it is written; "unknown" where there is none."""
    found = re.search(rf"^{re.escape(name)}(?:{{[^}}]*}})? (\S+)$", metrics, flags=re.MULTILINE)
    return found[1] if found else "unknown"

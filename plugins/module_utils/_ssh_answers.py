# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which hosts run a command over SSH, all of them asked at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from ansible_collections.netfs.bench.plugins.module_utils._command import FailureError
from ansible_collections.netfs.bench.plugins.module_utils._reach import at_once
from ansible_collections.netfs.bench.plugins.module_utils._service_info import said

PAUSE_SECONDS = 2.0
"""Before a host is tried again: one that refuses at once is about to start."""


def answers(argv: Sequence[str], seconds: float, tries: int, wait: Callable[[float], None] = time.sleep) -> bool:
    """Whether a program ends well in one of so many tries, each of which is ended after a time."""
    for number in range(tries):
        if number:
            wait(PAUSE_SECONDS)
        try:
            if said(argv, seconds).rc == 0:
                return True
        except FailureError:
            continue
    return False


def silent(
    hosts: Mapping[str, str], arguments: Sequence[str], command: str, seconds: float, tries: int = 1
) -> list[str]:
    """The names of the hosts that do not run a command for root; ``hosts`` has their addresses."""
    # what was said to a host before may keep a connection open that leads nowhere
    alone = ["-n", "-o", "ControlPath=none", "-o", "BatchMode=yes", "-o", f"ConnectTimeout={max(1, int(seconds) // 2)}"]
    calls = [(["ssh", *alone, *arguments, f"root@{address}", command], seconds, tries) for address in hosts.values()]
    return [name for name, answered in zip(hosts, at_once(answers, calls), strict=True) if not answered]

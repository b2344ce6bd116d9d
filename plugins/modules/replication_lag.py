#!/usr/bin/python
# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: replication_lag
short_description: Measure how far a copy of a directory is behind
version_added: 0.2.0
description:
  - Writes files into a directory, one every interval, and looks for them in its copy at the same time. Their lags are
    by the clock of the one process that does both, so the node has to see both directories.
  - A lag begins when the bytes of a file are durable, and ends when a look has read the same bytes in the copy. It is
    too long by at most the time between two looks (C(poll_period_max_ns) of RV(metrics)), and never too short.
  - Begins when a first file has arrived, which shows that nothing older is still on its way.
  - Fails when anything does not arrive in time; what did not arrive is never a lag of 0.
options:
  source:
    description: Directory that is copied.
    type: path
    required: true
  copy:
    description: Directory in which what is written to O(source) arrives.
    type: path
    required: true
  samples:
    description: Number of files. A percentile needs ten samples above it, so V(20) are the least, and p99 needs 1000.
    type: int
    default: 200
  interval_ms:
    description: Milliseconds from one file to the next.
    type: int
    default: 100
  poll_ms:
    description: Milliseconds from one look to the next, where a look takes no longer.
    type: int
    default: 50
  limit_s:
    description: Seconds until the first file has to be there, and again after the last one is due to be written.
    type: int
    default: 300
attributes:
  check_mode:
    description: Writes nothing, and measures nothing.
    support: full
  diff_mode:
    description: Has no difference to show.
    support: none
author:
  - netfs.bench contributors (@netfs)
seealso:
  - module: netfs.bench.measure_lag
"""

EXAMPLES = r"""
- name: Measure how far the other site is behind
  netfs.bench.replication_lag:
    source: /mnt/netfs
    copy: /mnt/replica
  register: measured
"""

RETURN = r"""
lags_ns:
  description: How long each file took, in nanoseconds.
  returned: success, not in check mode
  type: list
  elements: int
  sample: [2310000000, 2210000000]
metrics:
  description:
    - C(replication_lag_files), the number of samples; C(replication_lag_p50_ns), C(replication_lag_p95_ns) and
      C(replication_lag_p99_ns), those for which there are enough; C(replication_lag_max_ns).
    - C(poll_period_ns) and C(poll_period_max_ns), the median and the longest time between two looks.
  returned: success, not in check mode
  type: dict
  sample: {replication_lag_files: 200, replication_lag_p50_ns: 2310000000}
clock:
  description: The clock of all times.
  returned: success, not in check mode
  type: str
  sample: monotonic clock of conduit-1
seconds:
  description: How long it took.
  returned: success, not in check mode
  type: float
  sample: 31.5
"""

import secrets
import socket
import time
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.netfs.bench.plugins.module_utils._lag import LagError, Probe, measure, metrics_of

SAMPLES_MIN = 20


def fault_of(params):
    """What is wrong with the arguments, a sentence; empty when nothing is."""
    if params["samples"] < SAMPLES_MIN:
        return f"samples is {params['samples']}, which is too few for a median: write {SAMPLES_MIN} or more."
    for name in ("interval_ms", "poll_ms", "limit_s"):
        if params[name] < 1:
            return f"{name} is {params[name]}: write 1 or more."
    if Path(params["source"]).resolve() == Path(params["copy"]).resolve():
        return "source and copy are the same directory: name the one in which what is written arrives."
    return ""


def main():
    module = AnsibleModule(
        argument_spec={
            "source": {"type": "path", "required": True},
            "copy": {"type": "path", "required": True},
            "samples": {"type": "int", "default": 200},
            "interval_ms": {"type": "int", "default": 100},
            "poll_ms": {"type": "int", "default": 50},
            "limit_s": {"type": "int", "default": 300},
        },
        supports_check_mode=True,
    )
    params = module.params
    if fault := fault_of(params):
        module.fail_json(msg=fault)
    if module.check_mode:
        module.exit_json(changed=False)
    probe = Probe(
        source=Path(params["source"]),
        copy=Path(params["copy"]),
        stamp=secrets.token_hex(4),
        samples=params["samples"],
        interval=params["interval_ms"] / 1000,
        poll=params["poll_ms"] / 1000,
        limit=params["limit_s"],
    )
    started = time.monotonic()
    try:
        seen = measure(probe)
    except LagError as error:
        module.fail_json(msg=str(error))
    lags = seen.lags()
    module.exit_json(
        changed=False,
        lags_ns=lags,
        metrics=metrics_of(lags, seen.looks),
        clock=f"monotonic clock of {socket.gethostname()}",
        seconds=round(time.monotonic() - started, 3),
    )


if __name__ == "__main__":
    main()

#!/usr/bin/python
# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: durable_files_info
short_description: Compare what a writer was told is durable with what is there
version_added: 0.2.0
description:
  - Reads all that M(netfs.bench.durable_writer) had acknowledged, and compares every byte. What was begun and not
    acknowledged may be there, in part, or not at all.
  - Fails when no power cut was noted.
  - Reads through the caches of the node; whoever wants none mounts the file system anew before.
options:
  directory:
    description: Directory on the file system.
    type: path
    required: true
  work:
    description: Directory of the log.
    type: path
    required: true
attributes:
  check_mode:
    description: Changes nothing.
    support: full
  diff_mode:
    description: Has no difference to show.
    support: none
author:
  - netfs.bench contributors (@netfs)
seealso:
  - module: netfs.bench.durable_writer
"""

EXAMPLES = r"""
- name: Read back what was acknowledged
  netfs.bench.durable_files_info:
    directory: /mnt/netfs/durable
    work: /var/lib/durable
  register: kept
"""

RETURN = r"""
counts:
  description: >-
    For each kind of operation (C(create), C(append), C(rename), C(mkdir)), how many were C(acknowledged), and how many
    of these are C(lost) (nothing of it is there), C(torn) (a part, or other bytes) and C(stale) (something older).
  returned: success
  type: dict
  sample: {create: {acknowledged: 412, lost: 0, torn: 0, stale: 0}}
faults:
  description: The first 200 of those that were not kept, each with its C(number), C(kind), C(name), C(harm), C(text).
  returned: success
  type: list
  elements: dict
acknowledged:
  description: How many operations had been acknowledged before the power cut.
  returned: success
  type: int
  sample: 901
cut_at:
  description: When the power was cut, as it was noted.
  returned: success
  type: str
  sample: "2026-11-30T23:12:31.250000+00:00"
resumed:
  description: Whether the writer went on after the power cut.
  returned: success
  type: bool
killed:
  description: Whether the writer had to be killed in the end.
  returned: success
  type: bool
begun:
  description: How many operations were begun and not acknowledged.
  returned: success
  type: int
  sample: 1
errors:
  description: What the writer was told by calls that failed, the first 50.
  returned: success
  type: list
  elements: str
longest_pause_s:
  description: The longest time between two acknowledgements, in seconds.
  returned: success
  type: float
  sample: 21.4
filesystem:
  description: The type of the file system, as the kernel names it.
  returned: success
  type: str
  sample: nfs4
"""

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.netfs.bench.plugins.module_utils._durable import LogError, counts_of, faults_of
from ansible_collections.netfs.bench.plugins.module_utils._durable_writer import KILLED, cut_of, log_of, look_in
from ansible_collections.netfs.bench.plugins.module_utils._mounts import all_mounts, filesystem_of

FAULTS = 200
ERRORS = 50


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "directory": {"type": "path", "required": True},
            "work": {"type": "path", "required": True},
        },
        supports_check_mode=True,
    )
    directory, work = Path(module.params["directory"]), Path(module.params["work"])
    try:
        log, cut = log_of(work), cut_of(work)
    except LogError as error:
        module.fail_json(msg=f"What was acknowledged is not known: {error}")
    faults = faults_of(log, look_in(directory))
    module.exit_json(
        changed=False,
        counts=counts_of(log, faults),
        faults=[fault._asdict() for fault in faults[:FAULTS]],
        acknowledged=cut.acknowledged,
        cut_at=cut.moment,
        resumed=len(log.acknowledged) > cut.acknowledged,
        killed=(work / KILLED).exists(),
        begun=len(log.attempts) - len(log.acknowledged),
        errors=log.errors[:ERRORS],
        longest_pause_s=round(log.longest_pause, 3),
        filesystem=filesystem_of(str(directory), all_mounts()),
    )


if __name__ == "__main__":
    main()

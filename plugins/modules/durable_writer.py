#!/usr/bin/python
# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: durable_writer
short_description: Write to a file system, flush, and note what was acknowledged
version_added: 0.2.0
description:
  - The writer creates files, appends to files, renames files over others and makes directories, one operation after the
    other, each drawn from the seed with its bytes. It flushes the file and the directory, and only then notes the
    operation as acknowledged, in a log on another file system that it flushes too.
  - An error of the file system does not end it; it is noted, and the next operation follows.
  - It runs until another task stops it, so run it with C(async) and C(poll) 0.
options:
  state:
    description:
      - V(started) makes O(directory) and writes until it is stopped, or O(time_limit) has passed.
      - V(cut) notes that the server has lost its power, and how many operations had been acknowledged by then.
      - V(stopped) ends a writer after its operation, and kills one whose operation does not end within O(time_limit).
      - V(absent) stops it, and removes O(directory) and O(work).
    type: str
    choices: [started, cut, stopped, absent]
    default: started
  directory:
    description:
      - Directory on the file system. One that was not made by this module, and is not empty, is refused.
      - Needed with V(started) and V(absent).
    type: path
  work:
    description: Directory of the log, on a file system that is not the one that is tested.
    type: path
    required: true
  seed:
    description: What the operations are drawn from. Needed with V(started).
    type: int
  moment:
    description: When the server lost its power (ISO 8601). Needed with V(cut).
    type: str
  time_limit:
    description: Seconds that the writer writes, or may take to stop.
    type: int
    default: 60
attributes:
  check_mode:
    description: Writes nothing and stops nothing.
    support: full
  diff_mode:
    description: Has no difference to show.
    support: none
author:
  - netfs.bench contributors (@netfs)
seealso:
  - module: netfs.bench.durable_writer_info
  - module: netfs.bench.durable_files_info
"""

EXAMPLES = r"""
- name: Write until told to stop
  netfs.bench.durable_writer:
    directory: /mnt/netfs/durable
    work: /var/lib/durable
    seed: 7
    time_limit: 300
  async: 330
  poll: 0

- name: Stop the writer
  netfs.bench.durable_writer:
    state: stopped
    work: /var/lib/durable
    time_limit: 30
"""

RETURN = r"""
acknowledged:
  description: How many operations had been acknowledged.
  returned: with O(state=cut), not in check mode
  type: int
  sample: 412
killed:
  description: Whether the writer had to be killed, because its operation did not end.
  returned: with O(state=stopped) and O(state=absent), not in check mode
  type: bool
left:
  description: Why O(directory) could not be removed; empty when it was.
  returned: with O(state=absent), not in check mode
  type: str
  sample: ""
"""

import shutil
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.netfs.bench.plugins.module_utils._durable import LogError
from ansible_collections.netfs.bench.plugins.module_utils._durable_writer import (
    FAILURE,
    WriterError,
    is_running,
    make_work,
    note_cut,
    stop,
    write_until_told,
)
from ansible_collections.netfs.bench.plugins.module_utils._suite import SuiteError, make, remove


def write_or_say_why(directory: Path, work: Path, seed: int, seconds: int) -> None:
    """Write; what keeps the writer from it is noted, because nobody waits for this task."""
    try:
        make(directory)
        write_until_told(directory, work, seed, seconds)
    except (SuiteError, OSError) as error:
        (work / FAILURE).write_text(str(error), encoding="utf-8")
        raise


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": ["started", "cut", "stopped", "absent"], "default": "started"},
            "directory": {"type": "path"},
            "work": {"type": "path", "required": True},
            "seed": {"type": "int"},
            "moment": {"type": "str"},
            "time_limit": {"type": "int", "default": 60},
        },
        required_if=[
            ("state", "started", ("directory", "seed")),
            ("state", "cut", ("moment",)),
            ("state", "absent", ("directory",)),
        ],
        supports_check_mode=True,
    )
    p = module.params
    work = Path(p["work"])
    if module.check_mode:
        module.exit_json(changed=p["state"] in ("started", "cut") or is_running(work))
    try:
        if p["state"] == "started":
            make_work(work)
            write_or_say_why(Path(p["directory"]), work, p["seed"], p["time_limit"])
            module.exit_json(changed=True)
        if p["state"] == "cut":
            module.exit_json(changed=True, acknowledged=note_cut(work, p["moment"]).acknowledged)
        was = is_running(work)
        killed = stop(work, p["time_limit"])
        if p["state"] == "stopped":
            module.exit_json(changed=was, killed=killed)
        there = work.exists()
        shutil.rmtree(work, ignore_errors=True)
        module.exit_json(changed=was or there, killed=killed, left=remove(Path(p["directory"])))
    except (WriterError, SuiteError, LogError, OSError) as error:
        module.fail_json(msg=f"The writer could not do its work: {error}")


if __name__ == "__main__":
    main()

#!/usr/bin/python
# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: client_history
short_description: Let several clients share files, and record what each is told
version_added: 0.2.0
description:
  - Starts a process for each client. They write, read, lock, append, create and remove, one operation after the other,
    each drawn from the seed. One more process asks them all, and stamps with its monotonic clock when an operation was
    called and when it returned.
  - An error of the file system ends no client; it is noted, and the next operation follows. A client whose call does
    not return waits, and goes on when it does.
  - In the end everything is read once through each directory.
options:
  directories:
    description:
      - One and the same directory, as it is called on each mount. Clients take them in turn. One that was not made by
        this module, and is not empty, is refused.
    type: list
    elements: path
    required: true
  mounted:
    description: Whether the parent of each directory has to be a mount point.
    type: bool
    default: true
  clients:
    description: How many clients there are.
    type: int
    required: true
  kinds:
    description: What they share.
    type: list
    elements: str
    required: true
    choices: [register-write, register-rename, lock-excl, flock, counter, append-set, directory]
  work:
    description: Directory for the history, on a file system that is not the one that is tested.
    type: path
    required: true
  seed:
    description: What the operations are drawn from.
    type: int
    required: true
  duration:
    description: Seconds that the clients work.
    type: int
    required: true
  grace:
    description: Seconds that a client may take to come to the end of its last operation. Then it is killed.
    type: int
    default: 120
attributes:
  check_mode:
    description: Is not run in check mode.
    support: none
  diff_mode:
    description: Has no difference to show.
    support: none
author:
  - netfs.bench contributors (@netfs)
seealso:
  - module: netfs.bench.history_verdicts_info
"""

EXAMPLES = r"""
- name: Let five clients share files over two mounts
  netfs.bench.client_history:
    directories: [/mnt/one/shared, /mnt/two/shared]
    clients: 5
    kinds: [register-write, append-set]
    work: /var/lib/history
    seed: 7
    duration: 20
  async: 300
  poll: 0
"""

RETURN = r"""
history:
  description: The file of the history, an operation a line, compressed with gzip.
  returned: success
  type: str
  sample: /var/lib/history/history.jsonl.gz
operations:
  description: How many operations there were.
  returned: success
  type: int
unknown:
  description: Of how many it is not known whether they took effect.
  returned: success
  type: int
errors:
  description: What clients were told by calls that failed, each once.
  returned: success
  type: list
  elements: str
killed:
  description: How many clients were killed because their last operation did not end.
  returned: success
  type: int
filesystem:
  description: The type of the file system, as the kernel names it.
  returned: success
  type: str
  sample: nfs4
left:
  description: Why what was written could not be removed; empty when it was.
  returned: success
  type: str
"""

import gzip
import os
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.netfs.bench.plugins.module_utils._history import KINDS, Calls
from ansible_collections.netfs.bench.plugins.module_utils._history_runner import RunnerError, Settings, run_clients
from ansible_collections.netfs.bench.plugins.module_utils._mounts import all_mounts, filesystem_of
from ansible_collections.netfs.bench.plugins.module_utils._suite import (
    SuiteError,
    alone,
    make,
    refuse_unmounted,
    remove,
)

ERRORS = 20


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "directories": {"type": "list", "elements": "path", "required": True},
            "mounted": {"type": "bool", "default": True},
            "clients": {"type": "int", "required": True},
            "kinds": {"type": "list", "elements": "str", "required": True, "choices": list(KINDS)},
            "work": {"type": "path", "required": True},
            "seed": {"type": "int", "required": True},
            "duration": {"type": "int", "required": True},
            "grace": {"type": "int", "default": 120},
        },
        supports_check_mode=False,
    )
    p = module.params
    directories = [Path(name) for name in p["directories"]]
    work = Path(p["work"])
    history = work / "history.jsonl.gz"
    calls = [Calls(directories[number % len(directories)]) for number in range(p["clients"])]
    settings = Settings(p["kinds"], p["seed"], p["duration"], p["grace"])
    try:
        for directory in directories if p["mounted"] else []:
            refuse_unmounted(str(directory.parent))
        work.mkdir(parents=True, exist_ok=True)
        with alone(work.with_name(f"{work.name}.lock")) as note:
            directories[0].parent.mkdir(parents=True, exist_ok=True)
            make(directories[0])
            try:
                with gzip.open(history, "wt", encoding="ascii", compresslevel=3) as file:
                    ended = run_clients(calls, settings, file, lambda pids: note.write(os.getpid(), *pids))
                filesystem = filesystem_of(str(directories[0]), all_mounts())
            finally:
                left = remove(directories[0])
    except (RunnerError, SuiteError, OSError) as error:
        module.fail_json(msg=f"The clients could not do their work: {error}")
    module.exit_json(
        changed=True,
        history=str(history),
        operations=ended.operations,
        unknown=ended.unknown,
        errors=ended.errors[:ERRORS],
        killed=ended.killed,
        filesystem=filesystem,
        left=left,
    )


if __name__ == "__main__":
    main()

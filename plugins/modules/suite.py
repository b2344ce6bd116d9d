#!/usr/bin/python
# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: suite
short_description: Run a program that exercises a file system, and end it when it hangs
version_added: 0.2.0
description:
  - Makes a directory on the file system, runs the program in it as it is called, and removes the directory.
  - The program is killed with all that it started when it comes to no end, when it neither prints nor reads nor writes
    for too long, and when it prints without end. That is no failure of the module.
  - What the program printed is returned as it is; M(netfs.bench.measure_suite) reads it.
options:
  command:
    description: The program and its arguments. No shell reads them.
    type: list
    elements: str
    required: true
  directory:
    description:
      - Directory that is made for the program, and removed afterwards. One that was not made by this module, and is not
        empty, is refused.
    type: path
    required: true
  mount_point:
    description:
      - Where the file system is mounted. Nothing is run unless it is, and what was run is worth nothing unless it still
        is afterwards.
      - If omitted, the directory is on a disk of the node, and made with those that it lies in.
    type: path
  work:
    description:
      - Directory for C(config) and C(artifacts), made anew and removed. Only one suite runs with it at a time, and what
        an interrupted run left running is killed.
    type: path
    required: true
  config:
    description: Content of the file C(config) in O(work).
    type: str
    default: ""
  needs:
    description:
      - V(root) refuses to run as anybody else; V(users) refuses a directory that ordinary accounts cannot reach.
      - Other names say something to whoever plans, and nothing here.
    type: list
    elements: str
    default: []
  time_limit:
    description: Seconds that the program may take.
    type: int
    required: true
  quiet_limit:
    description: Seconds that the program may neither print nor read nor write.
    type: int
    required: true
extends_documentation_fragment:
  - netfs.bench.modes.measures
author:
  - netfs.bench contributors (@netfs)
seealso:
  - module: netfs.bench.measure_suite
"""

EXAMPLES = r"""
- name: Exercise a mounted file system
  netfs.bench.suite:
    command: [/usr/local/bin/fsx, -N, '3000', -S, '7', /mnt/netfs/suite/file]
    directory: /mnt/netfs/suite
    work: /run/suite
    time_limit: 600
    quiet_limit: 60
  register: exercised
"""

RETURN = r"""
output:
  description: What the program printed, errors and all else in their order.
  returned: success
  type: str
exit_code:
  description: Its exit code; C(null) when it was killed.
  returned: success
  type: int
  sample: 0
hung:
  description: Why it was killed; empty when it ended by itself.
  returned: success
  type: str
  sample: it neither printed nor read nor wrote for 60 s
filesystem:
  description: The type of the file system, as the kernel names it.
  returned: success
  type: str
  sample: nfs4
left:
  description: Why the directory could not be removed; empty when it was.
  returned: success
  type: str
  sample: ""
seconds:
  description: How long the program ran.
  returned: success
  type: float
  sample: 18.4
"""

import os
import shutil
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.netfs.bench.plugins.module_utils._command import FailureError
from ansible_collections.netfs.bench.plugins.module_utils._mounts import all_mounts, filesystem_of
from ansible_collections.netfs.bench.plugins.module_utils._suite import (
    Limits,
    SuiteError,
    alone,
    make,
    make_work,
    refuse_closed_parents,
    refuse_unmounted,
    remove,
    run,
)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "command": {"type": "list", "elements": "str", "required": True},
            "directory": {"type": "path", "required": True},
            "mount_point": {"type": "path"},
            "work": {"type": "path", "required": True},
            "config": {"type": "str", "default": ""},
            "needs": {"type": "list", "elements": "str", "default": []},
            "time_limit": {"type": "int", "required": True},
            "quiet_limit": {"type": "int", "required": True},
        },
        supports_check_mode=False,
    )
    p = module.params
    directory, work = Path(p["directory"]), Path(p["work"])
    left = ""
    try:
        if "root" in p["needs"] and os.geteuid() != 0:
            raise SuiteError("This suite has to run as root. Connect as root, or set become.")
        if p["mount_point"]:
            refuse_unmounted(p["mount_point"])
        else:
            directory.parent.mkdir(parents=True, exist_ok=True)
        if "users" in p["needs"]:
            refuse_closed_parents(directory)
        with alone(work.with_name(f"{work.name}.lock")) as note:
            make_work(work, p["config"])
            make(directory)
            limits = Limits(p["time_limit"], p["quiet_limit"])
            try:
                ended = run(p["command"], directory, limits, lambda pid: note.write(os.getpid(), pid))
            finally:
                left = remove(directory)
                shutil.rmtree(work, ignore_errors=True)
        if p["mount_point"]:
            refuse_unmounted(p["mount_point"])
    except (SuiteError, FailureError, OSError) as error:
        module.fail_json(msg=f"The suite could not run: {error}")
    module.exit_json(
        changed=True,
        output=ended.output,
        exit_code=ended.exit_code,
        hung=ended.hung,
        filesystem=filesystem_of(str(directory), all_mounts()),
        left=left,
        seconds=ended.seconds,
    )


if __name__ == "__main__":
    main()

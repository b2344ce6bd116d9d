#!/usr/bin/python
# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: client_file
short_description: Write a file through a mount, and read those of other clients
version_added: 0.2.0
description:
  - Shows that what one client writes and makes durable is what every other one reads. What stands in a file follows
    from its name and a stamp, so that each reader knows every byte of it.
  - Does not fail when the file system does not do its part, but says why in RV(faults), so that one play hears of all
    clients. A file system that does not answer is waited for no longer than told.
options:
  state:
    description:
      - V(written) writes the files and returns when they and their names are durable.
      - V(read) reads the files and compares every byte.
      - V(absent) removes the files.
    type: str
    choices: [written, read, absent]
    required: true
  directory:
    description: Directory where the file system is mounted.
    type: path
    required: true
  names:
    description: Names of the files in it.
    type: list
    elements: str
    required: true
  stamp:
    description: What tells these files from those of an earlier time. Needed unless O(state=absent).
    type: str
    default: ""
  size_bytes:
    description: Size of each file.
    type: int
    default: 1048576
  time_limit:
    description: Seconds that reading or writing one file may take.
    type: int
    default: 60
  wait_seconds:
    description: Seconds that the files, all of them, may take until other clients see them.
    type: int
    default: 10
attributes:
  check_mode:
    description: Writes and removes nothing.
    support: full
  diff_mode:
    description: Has no difference to show.
    support: none
author:
  - netfs.bench contributors (@netfs)
"""

EXAMPLES = r"""
- name: Write a file through the mount
  netfs.bench.client_file:
    state: written
    directory: /mnt/netfs
    names: ["{{ inventory_hostname }}"]
    stamp: "{{ stamp }}"

- name: Read what the other clients wrote
  netfs.bench.client_file:
    state: read
    directory: /mnt/netfs
    names: "{{ groups['client_fuse'] }}"
    stamp: "{{ stamp }}"
  register: read
"""

RETURN = r"""
faults:
  description: Why files could not be written, read or removed, a sentence each; empty when all could.
  returned: success
  type: list
  elements: str
  sample: ["/mnt/netfs/fuse-client-2 cannot be read: no such file or directory."]
"""

import time
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.netfs.bench.plugins.module_utils._client_files import (
    fault_of_mount,
    fault_of_reading,
    fault_of_writing,
    reason,
)


def faults_of(params, dry_run):
    """Do what was asked with every file; return what could not be done."""
    fault = fault_of_mount(params["directory"], params["time_limit"])
    if fault or (dry_run and params["state"] != "read"):
        return [fault] if fault else []
    found = []
    until = time.monotonic() + params["wait_seconds"]
    for name in params["names"]:
        path = Path(params["directory"]) / name
        if params["state"] == "written":
            found.append(fault_of_writing(path, params["stamp"], params["size_bytes"], params["time_limit"]))
        elif params["state"] == "read":
            limits = (params["time_limit"], until - time.monotonic())
            found.append(fault_of_reading(path, params["stamp"], params["size_bytes"], *limits))
        elif said := reason(lambda gone=path: gone.unlink(missing_ok=True), params["time_limit"]):
            found.append(f"{path} cannot be removed: {said}.")
    return [fault for fault in found if fault]


def main():
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": ["written", "read", "absent"], "required": True},
            "directory": {"type": "path", "required": True},
            "names": {"type": "list", "elements": "str", "required": True},
            "stamp": {"type": "str", "default": ""},
            "size_bytes": {"type": "int", "default": 1 << 20},
            "time_limit": {"type": "int", "default": 60},
            "wait_seconds": {"type": "int", "default": 10},
        },
        supports_check_mode=True,
    )
    module.exit_json(changed=False, faults=faults_of(module.params, module.check_mode))


if __name__ == "__main__":
    main()

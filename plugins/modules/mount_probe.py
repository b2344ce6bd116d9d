#!/usr/bin/python
# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: mount_probe
short_description: Prove that a mounted file system is there and keeps what is written
version_added: 0.2.0
description:
  - Compares what C(statfs) says of the directory and of the one above it, so that a directory which lost its mount is
    told from one that has it. Writes one file, flushes it, drops it from the page cache, reads it back, compares its
    bytes, its owner and its mode, and removes it.
  - Leaves nothing behind and therefore never reports a change. In check mode it writes nothing.
  - Does not fail when the file system does not do its part, but says why in RV(faults). A file system that does not
    answer is waited for no longer than told.
options:
  directory:
    description: Directory where the file system is mounted.
    type: path
    required: true
  write:
    description: Whether a file is written. V(false) is for a file system that is only read.
    type: bool
    default: true
  modes:
    description: >-
      Whether the file system keeps the modes of files. V(false) is for SMB, where they are an option of the mount.
    type: bool
    default: true
  time_limit:
    description: Seconds that each question to the file system may take.
    type: int
    default: 60
attributes:
  check_mode:
    description: Runs in check mode, and then writes nothing.
    support: full
  diff_mode:
    description: Has nothing to show.
    support: none
author:
  - netfs.bench contributors (@netfs)
seealso:
  - module: netfs.bench.client_file
  - module: netfs.bench.client_mount
"""

EXAMPLES = r"""
- name: Prove that the mount is there and keeps what is written
  netfs.bench.mount_probe:
    directory: /mnt/netfs
  register: probed
  failed_when: probed.faults | length > 0
"""

RETURN = r"""
faults:
  description: What is wrong, a sentence each; empty when nothing is.
  returned: always
  type: list
  elements: str
  sample: ["Nothing is mounted at /mnt/netfs."]
fstype:
  description: Type of the file system as the kernel names it.
  returned: something is mounted
  type: str
  sample: fuse.ceph-fuse
statfs_type:
  description: Type as C(statfs) says it, in hexadecimal.
  returned: the file system answers
  type: str
  sample: "65735546"
statfs_type_above:
  description: The same of the directory above.
  returned: the file system answers
  type: str
  sample: 794c7630
bytes:
  description: Size of the file that was written and read back.
  returned: a file was written and read
  type: int
  sample: 65536
uid:
  description: Number of its owner.
  returned: a file was written and read
  type: int
gid:
  description: Number of its group.
  returned: a file was written and read
  type: int
mode:
  description: Its mode, as four octal digits.
  returned: a file was written and read
  type: str
  sample: "0640"
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.netfs.bench.plugins.module_utils._mount_probe import probe
from ansible_collections.netfs.bench.plugins.module_utils._mounts import all_mounts


def main():
    module = AnsibleModule(
        argument_spec={
            "directory": {"type": "path", "required": True},
            "write": {"type": "bool", "default": True},
            "modes": {"type": "bool", "default": True},
            "time_limit": {"type": "int", "default": 60},
        },
        supports_check_mode=True,
    )
    params = module.params
    found = probe(
        params["directory"],
        all_mounts(),
        params["time_limit"],
        write=params["write"] and not module.check_mode,
        modes=params["modes"],
    )
    module.exit_json(changed=False, **found)


if __name__ == "__main__":
    main()

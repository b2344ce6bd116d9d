#!/usr/bin/python
# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: instance_store_info
short_description: Which block devices of a host may get a file system
version_added: 0.2.0
description:
  - Asks C(lsblk) for the block devices, and says which are used and which are not. A device is used when it has the
    model that is asked for and is blank, or has a file system with a label of ours.
  - A volume of EBS, a device with partitions, with a file system or a label of somebody else, and one that is mounted
    elsewhere are never used.
options:
  model:
    description: Regular expression for the whole model.
    type: str
    default: Amazon EC2 NVMe Instance Storage
  devices:
    description: Paths of devices that are used whatever their model is, in place of all of the model.
    type: list
    elements: str
    default: []
  label:
    description: What labels begin with; a number follows. A label of ext4 has at most 16 characters.
    type: str
    required: true
  directory:
    description: What mount points begin with; the same number follows.
    type: str
    required: true
extends_documentation_fragment: [netfs.bench.modes.reads]
author:
  - netfs.bench contributors (@netfs)
"""

EXAMPLES = r"""
- name: Find the instance stores
  netfs.bench.instance_store_info:
    label: netfs-nvme
    directory: /data/nvme
  register: found
"""

RETURN = r"""
used:
  description: >-
    Devices that are used, each with C(path), C(number), C(label), C(directory), C(size) in bytes, and C(blank), whether
    it has no file system yet.
  returned: always
  type: list
  elements: dict
refused:
  description: Devices that were asked for or have the model, and are not used, each with C(path) and C(reason).
  returned: always
  type: list
  elements: dict
"""

import json

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.netfs.bench.plugins.module_utils._command import FailureError
from ansible_collections.netfs.bench.plugins.module_utils._instance_store import COLUMNS, choose
from ansible_collections.netfs.bench.plugins.module_utils._service_info import said_well


def main():
    module = AnsibleModule(
        argument_spec={
            "model": {"type": "str", "default": "Amazon EC2 NVMe Instance Storage"},
            "devices": {"type": "list", "elements": "str", "default": []},
            "label": {"type": "str", "required": True},
            "directory": {"type": "str", "required": True},
        },
        supports_check_mode=True,
    )
    params = module.params
    try:
        words = ["lsblk", "--json", "--bytes", "--output", COLUMNS]
        shown = said_well(words, "lsblk does not tell the block devices", 60)
        choice = choose(
            json.loads(shown)["blockdevices"],
            model=params["model"],
            asked=params["devices"],
            prefix=params["label"],
            directory=params["directory"],
        )
    except FailureError as error:
        module.fail_json(msg=error.msg)
    except ValueError as error:
        module.fail_json(msg=f"The block devices cannot be read: {error}")
    module.exit_json(
        changed=False,
        used=[device._asdict() for device in choice.used],
        refused=[refused._asdict() for refused in choice.refused],
    )


if __name__ == "__main__":
    main()

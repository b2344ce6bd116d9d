#!/usr/bin/python
# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: ceph_filesystem_settings
short_description: Settings of a CephFS file system
version_added: 0.2.0
description:
  - Gives settings of a file system their values, as C(ceph fs set) does. Others stay as they are.
options:
  name:
    description: Name of the file system.
    type: str
    required: true
  settings:
    description: >-
      Numbers by the names that C(ceph fs dump) has for them, such as C(session_autoclose) (seconds without a word after
      which a client is thrown out) or C(max_mds).
    type: dict
    required: true
extends_documentation_fragment: [netfs.bench.ceph]
author:
  - netfs.bench contributors (@netfs)
"""

EXAMPLES = r"""
- name: Let clients be silent for two hours
  netfs.bench.ceph_filesystem_settings:
    name: cephfs
    settings: {session_autoclose: 7200}
"""

RETURN = r"""
commands:
  description: The commands that it ran, or would run in check mode.
  returned: success
  type: list
  elements: list
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.netfs.bench.plugins.module_utils._ceph import Ceph, filesystem_settings_commands, settled
from ansible_collections.netfs.bench.plugins.module_utils._command import FailureError


def main():
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "settings": {"type": "dict", "required": True},
        },
        supports_check_mode=True,
    )
    params, ceph = module.params, Ceph()
    try:
        commands = filesystem_settings_commands(ceph.ask("fs", "dump"), params["name"], params["settings"])
        result = settled(ceph, commands, dry_run=module.check_mode)
    except FailureError as error:
        module.fail_json(msg=error.msg)
    module.exit_json(**result)


if __name__ == "__main__":
    main()

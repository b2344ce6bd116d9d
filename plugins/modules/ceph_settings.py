#!/usr/bin/python
# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: ceph_settings
short_description: Options of a Ceph cluster and modules of its managers
version_added: 0.2.0
description:
  - Sets options in the configuration that the monitors keep, and enables modules of the managers. Others stay as they
    are. A module whose own options change is loaded again.
options:
  settings:
    description: Options, as C(ceph config dump) shows them.
    type: list
    elements: dict
    default: []
    suboptions:
      section:
        description: Who reads it.
        type: str
        required: true
      name:
        description: Name of the option.
        type: str
        required: true
      value:
        description: Its value.
        type: str
        required: true
  modules:
    description: Modules of the managers.
    type: list
    elements: str
    default: []
extends_documentation_fragment: [netfs.bench.ceph]
author:
  - netfs.bench contributors (@netfs)
"""

EXAMPLES = r"""
- name: Serve metrics
  netfs.bench.ceph_settings:
    settings: [{section: mgr, name: mgr/prometheus/server_port, value: "9800"}]
    modules: [prometheus]
"""

RETURN = r"""
commands:
  description: The commands that it ran, or would run in check mode.
  returned: success
  type: list
  elements: list
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.netfs.bench.plugins.module_utils._ceph import Ceph, settings_commands, settled
from ansible_collections.netfs.bench.plugins.module_utils._command import FailureError


def main():
    module = AnsibleModule(
        argument_spec={
            "settings": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {
                    "section": {"type": "str", "required": True},
                    "name": {"type": "str", "required": True},
                    "value": {"type": "str", "required": True},
                },
            },
            "modules": {"type": "list", "elements": "str", "default": []},
        },
        supports_check_mode=True,
    )
    params, ceph = module.params, Ceph()
    try:
        dump, modules = ceph.ask("config", "dump"), ceph.ask("mgr", "module", "ls")
        commands = settings_commands(dump, modules, params["settings"], params["modules"])
        result = settled(ceph, commands, dry_run=module.check_mode)
    except FailureError as error:
        module.fail_json(msg=error.msg)
    module.exit_json(**result)


if __name__ == "__main__":
    main()

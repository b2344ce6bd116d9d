#!/usr/bin/python
# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: ssh_info
short_description: Which hosts run a command over SSH
version_added: 0.2.0
description:
  - Logs in to all hosts at once as root, from the host that the module runs on. The command is to change nothing.
options:
  hosts:
    description: Addresses by the names of the hosts.
    type: dict
    required: true
  arguments:
    description: Arguments of C(ssh), with quotes as a shell reads them.
    type: str
    default: ""
  command:
    description: What each host runs.
    type: str
    default: "true"
  timeout:
    description: Seconds that one try may take.
    type: float
    default: 10
  tries:
    description: How often a host is asked that does not answer.
    type: int
    default: 1
extends_documentation_fragment: [netfs.bench.modes.reads]
author:
  - netfs.bench contributors (@netfs)
"""

EXAMPLES = r"""
- name: Check whether the hosts answer
  netfs.bench.ssh_info:
    hosts: {nas: 192.0.2.10, client: 192.0.2.20}
    arguments: -o IdentityFile=/root/.ssh/lab
  delegate_to: localhost
  register: found
"""

RETURN = r"""
silent:
  description: Names of the hosts that did not run the command.
  returned: always
  type: list
  elements: str
"""

import shlex

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.netfs.bench.plugins.module_utils._ssh_answers import silent


def main():
    module = AnsibleModule(
        argument_spec={
            "hosts": {"type": "dict", "required": True},
            "arguments": {"type": "str", "default": ""},
            "command": {"type": "str", "default": "true"},
            "timeout": {"type": "float", "default": 10},
            "tries": {"type": "int", "default": 1},
        },
        supports_check_mode=True,
    )
    params = module.params
    try:
        arguments = shlex.split(params["arguments"])
    except ValueError as error:
        module.fail_json(msg=f"arguments cannot be read as a shell reads them: {error}.")
    asked = (params["hosts"], arguments, params["command"], params["timeout"], params["tries"])
    module.exit_json(changed=False, silent=silent(*asked))


if __name__ == "__main__":
    main()

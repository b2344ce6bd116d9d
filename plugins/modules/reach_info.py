#!/usr/bin/python
# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: reach_info
short_description: Read which names a node resolves, and which addresses it reaches
version_added: 0.2.0
description:
  - Resolves names the way every program of the node does.
  - Tries TCP connections. An address that refuses one is reached too. One that answers at none of the ports may still
    be reached at others, or by other protocols.
options:
  names:
    description: Names to resolve.
    type: list
    elements: str
    default: []
  addresses:
    description: Addresses to connect to.
    type: list
    elements: str
    default: []
  ports:
    description: TCP ports at which each address is tried.
    type: list
    elements: int
    default: [22]
  timeout:
    description: Seconds that a connection may take. All are tried at once.
    type: float
    default: 3
extends_documentation_fragment:
  - netfs.bench.modes.reads
author:
  - netfs.bench contributors (@netfs)
"""

EXAMPLES = r"""
- name: Read whether this node reaches the other site
  netfs.bench.reach_info:
    names: [storage-a-1, conduit-1]
    addresses: [198.51.100.11]
    ports: [22, 3300]
  register: found
"""

RETURN = r"""
resolved:
  description: By name, its addresses; none when the node does not know it.
  returned: success
  type: dict
  sample: {"storage-a-1": ["192.0.2.11"], "conduit-1": []}
reached:
  description: By address, the ports at which it answers.
  returned: success
  type: dict
  sample: {"198.51.100.11": [22]}
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.netfs.bench.plugins.module_utils._reach import at_once, reached, resolved


def main():
    module = AnsibleModule(
        argument_spec={
            "names": {"type": "list", "elements": "str", "default": []},
            "addresses": {"type": "list", "elements": "str", "default": []},
            "ports": {"type": "list", "elements": "int", "default": [22]},
            "timeout": {"type": "float", "default": 3},
        },
        supports_check_mode=True,
    )
    params = module.params
    names = params["names"]
    module.exit_json(
        changed=False,
        resolved=dict(zip(names, at_once(resolved, [(name,) for name in names]), strict=True)),
        reached=reached(params["addresses"], params["ports"], params["timeout"]),
    )


if __name__ == "__main__":
    main()

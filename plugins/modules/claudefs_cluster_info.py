#!/usr/bin/python
# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: claudefs_cluster_info
short_description: What the hosts of a ClaudeFS cluster say of its members
version_added: 0.2.0
description:
  - Asks each host on its own, over the network and with a limit of time, whether it listens and how many members it
    counts in its metrics (C(claudefs_nodes_total), C(claudefs_nodes_healthy)).
  - A host that cannot be asked is not a failure of this module, and the cluster is not healthy then.
options:
  hosts:
    description: Addresses of the hosts to ask, by their names.
    type: dict
    required: true
  members:
    description: How many nodes the cluster should have; as many as O(hosts) if omitted.
    type: int
  whole:
    description:
      - Whether every host has to count exactly O(members), all of them healthy. If not, so many healthy ones are
        enough, as while a cluster comes up.
    type: bool
    default: true
  port:
    description: TCP port that a host listens on.
    type: int
    default: 9400
  metrics_port:
    description: TCP port of its metrics.
    type: int
    default: 9800
  seconds:
    description: Seconds that a host may take.
    type: int
    default: 10
extends_documentation_fragment: [netfs.bench.modes.reads]
author:
  - netfs.bench contributors (@netfs)
"""

EXAMPLES = r"""
- name: Wait until every host counts all members
  netfs.bench.claudefs_cluster_info:
    hosts: {storage-1: 192.0.2.1, storage-2: 192.0.2.2, storage-3: 192.0.2.3}
  register: found
  until: found.healthy
  retries: 60
  delay: 1
"""

RETURN = r"""
hosts:
  description: >-
    What each host said, by its name: C(reason) (why it cannot be asked; empty if it answered), C(nodes) and
    C(healthy_nodes), V(null) where it did not tell.
  returned: always
  type: dict
faults:
  description: What is wrong, a clause each.
  returned: always
  type: list
  elements: str
  sample: ["storage-3 counts 2 nodes, and 3 should be"]
healthy:
  description: Whether there are no faults.
  returned: always
  type: bool
"""

import dataclasses

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.netfs.bench.plugins.module_utils._claudefs import asked, faults


def main():
    module = AnsibleModule(
        argument_spec={
            "hosts": {"type": "dict", "required": True},
            "members": {"type": "int"},
            "whole": {"type": "bool", "default": True},
            "port": {"type": "int", "default": 9400},
            "metrics_port": {"type": "int", "default": 9800},
            "seconds": {"type": "int", "default": 10},
        },
        supports_check_mode=True,
    )
    given = module.params
    views = {
        host: asked(address, given["port"], given["metrics_port"], given["seconds"])
        for host, address in given["hosts"].items()
    }
    members = len(views) if given["members"] is None else given["members"]
    found = faults(views, members, given["whole"])
    module.exit_json(
        changed=False,
        hosts={host: dataclasses.asdict(view) for host, view in views.items()},
        faults=found,
        healthy=not found,
    )


if __name__ == "__main__":
    main()

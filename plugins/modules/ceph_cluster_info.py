#!/usr/bin/python
# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: ceph_cluster_info
short_description: What a Ceph cluster says of its members, its data and its file systems
version_added: 0.2.0
description:
  - Asks the monitors for the quorum, the state, the OSDs, the managers, the metadata servers and the versions, each
    with a limit of time. All is asked of the monitors, so that a manager that hangs keeps no answer back.
  - A cluster that cannot be asked is not a failure of this module, but O(expected) is not met then, and what is not
    known is V(null).
options:
  expected:
    description: What the cluster should be. RV(faults) names what it is not.
    type: dict
    default: {}
    suboptions:
      monitors:
        description: Names of the monitors that should be in quorum.
        type: list
        elements: str
        default: []
      managers:
        description: Names of the managers that should run.
        type: list
        elements: str
        default: []
      metadata_servers:
        description: Names of the metadata servers that should run, active or waiting.
        type: list
        elements: str
        default: []
      hosts:
        description: Names of the hosts that should have an OSD.
        type: list
        elements: str
        default: []
      filesystem:
        description: Name of the file system that should be served.
        type: str
        default: ""
  leaving:
    description: Host that is to leave. RV(reasons_to_stay) says why it cannot.
    type: str
    default: ""
  seconds:
    description: Seconds that each command may take.
    type: int
    default: 30
requirements:
  - C(ceph) and the key of C(client.admin) on the host
extends_documentation_fragment: [netfs.bench.modes.reads]
author:
  - netfs.bench contributors (@netfs)
seealso:
  - module: netfs.bench.ceph_host_info
"""

EXAMPLES = r"""
- name: Wait until all data is whole and a metadata server is active
  netfs.bench.ceph_cluster_info:
    expected: {monitors: [one, two, three], filesystem: cephfs}
  register: found
  until: found.healthy
  retries: 60
  delay: 2
"""

RETURN = r"""
answered:
  description: Whether the cluster answered all questions.
  returned: always
  type: bool
reason:
  description: Why it did not; empty if it did.
  returned: always
  type: str
cluster:
  description: >-
    C(fsid), C(monitors), C(quorum), C(leader), C(managers), C(osds) (each with C(id), C(host), C(up), C(in)),
    C(osds_up), C(osds_in), C(placement_groups) (C(total), C(states), C(clean)), C(clean), C(filesystems) (each with
    C(wanted), C(active), C(standby_replay)), C(metadata_servers_standby), C(health) (C(status), C(errors),
    C(warnings)), C(bytes_total), C(bytes_used) and C(versions). V(null) when it did not answer.
  returned: always
  type: dict
faults:
  description: What O(expected) has and the cluster has not, a clause each.
  returned: always
  type: list
  elements: str
  sample: ["monitors out of quorum: three"]
healthy:
  description: Whether there are no faults.
  returned: always
  type: bool
reasons_to_stay:
  description: Why the host cannot leave without loss, a clause each.
  returned: O(leaving) is given
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.netfs.bench.plugins.module_utils._ceph import (
    Ceph,
    asked,
    faults,
    pool_width,
    reasons_against_leaving,
)
from ansible_collections.netfs.bench.plugins.module_utils._command import FailureError

NAMES = {"type": "list", "elements": "str", "default": []}


def reasons_to_stay(ceph, state, host):
    """Return why a host cannot leave; that the cluster cannot be asked is a reason."""
    try:
        width = pool_width(ceph.ask("osd", "pool", "ls", "detail"))
        return reasons_against_leaving(state, host, width, ceph.ask("osd", "df"))
    except FailureError as error:
        return [error.msg]


def main():
    module = AnsibleModule(
        argument_spec={
            "expected": {
                "type": "dict",
                "default": {},
                "options": {
                    "monitors": NAMES,
                    "managers": NAMES,
                    "metadata_servers": NAMES,
                    "hosts": NAMES,
                    "filesystem": {"type": "str", "default": ""},
                },
            },
            "leaving": {"type": "str", "default": ""},
            "seconds": {"type": "int", "default": 30},
        },
        supports_check_mode=True,
    )
    ceph = Ceph(seconds=module.params["seconds"])
    state = asked(ceph)
    found = faults(state, module.params["expected"] or {})
    facts = {**state, "faults": found, "healthy": not found}
    if module.params["leaving"]:
        facts["reasons_to_stay"] = reasons_to_stay(ceph, state, module.params["leaving"])
    module.exit_json(changed=False, **facts)


if __name__ == "__main__":
    main()

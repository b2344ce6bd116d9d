#!/usr/bin/python
# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: fault_timeline
short_description: Begin faults on a node at their times, and undo them
version_added: 0.2.0
description:
  - The timeline is played by a unit of systemd on the node, so a fault ends as planned also when the controller is
    gone, and goes on after a fault that starts the node anew.
  - What undoes a fault is on the disk of the node before the fault begins. Whatever ends the unit, systemd has it
    undone; and O(state=stopped) undoes what is left after anything else.
options:
  state:
    description:
      - V(started) begins a timeline. One that is there already is stopped first, and what is left of it is undone.
      - V(stopped) ends it, undoes what holds, waits until the service answers, returns what happened, and leaves
        nothing on the node. Where there is no timeline nothing is done.
    type: str
    choices: [started, stopped]
    default: started
  entries:
    description:
      - The faults in their order, each with C(number), C(begin_s) and C(lasts_s), which are seconds, and C(does), the
        C(begin), C(undo) and C(seen) of its file; see docs/faults.md. Needed with V(started).
    type: list
    elements: dict
    default: []
  units:
    description: Units of the service, in the order in which they start.
    type: list
    elements: str
    default: []
  peers:
    description: Addresses of the nodes that use the service.
    type: list
    elements: str
    default: []
  directory:
    description: Directory in which the service keeps its data.
    type: path
    default: /
  probe:
    description: A program and its arguments that succeeds as long as the service serves a client. For V(stopped).
    type: list
    elements: str
    default: []
  recover_limit:
    description: Seconds that the O(probe) may take to succeed again. For V(stopped).
    type: int
    default: 120
attributes:
  check_mode:
    description: Begins nothing and undoes nothing.
    support: full
  diff_mode:
    description: Has no difference to show.
    support: none
author:
  - netfs.bench contributors (@netfs)
seealso:
  - module: netfs.bench.measure_faults
"""

EXAMPLES = r"""
- name: Stop the processes of a server for five seconds, ten seconds from now
  netfs.bench.fault_timeline:
    units: [netfs-ganesha.service]
    entries:
      - number: 1
        begin_s: 10
        lasts_s: 5
        does:
          begin: [[systemctl, kill, --signal=STOP, $unit]]
          undo: [[systemctl, kill, --signal=CONT, $unit]]
          seen: {by: stopped}

- name: End it, and wait until the server answers
  netfs.bench.fault_timeline:
    state: stopped
    units: [netfs-ganesha.service]
    probe: [/usr/local/lib/netfs-ganesha/probe]
  register: ended
"""

RETURN = r"""
happened:
  description:
    - The faults that were begun, each with its C(number), C(begun_at) and C(undone_at) (ISO 8601), whether it C(held),
      the C(evidence) of that, whether it is C(undone), what was seen C(after) it, and an C(error), which may be empty.
  returned: with O(state=stopped), not in check mode
  type: list
  elements: dict
recovered:
  description: Whether the O(probe) succeeded within O(recover_limit) seconds; true without a probe.
  returned: with O(state=stopped), not in check mode
  type: bool
recover_seconds:
  description: How long that took.
  returned: with O(state=stopped), not in check mode
  type: float
  sample: 1.8
answer:
  description: What the O(probe) said when it failed last; empty when it never did.
  returned: with O(state=stopped), not in check mode
  type: str
  sample: ""
"""

import json
import time

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.netfs.bench.plugins.module_utils._fault_unit import (
    WORK,
    UnitError,
    await_service,
    start,
    stop,
)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": ["started", "stopped"], "default": "started"},
            "entries": {"type": "list", "elements": "dict", "default": []},
            "units": {"type": "list", "elements": "str", "default": []},
            "peers": {"type": "list", "elements": "str", "default": []},
            "directory": {"type": "path", "default": "/"},
            "probe": {"type": "list", "elements": "str", "default": []},
            "recover_limit": {"type": "int", "default": 120},
        },
        supports_check_mode=True,
    )
    p = module.params
    if module.check_mode:
        module.exit_json(changed=p["state"] == "started" or WORK.exists())
    try:
        there = WORK.exists()
        happened = stop(module.run_command)
        if p["state"] == "started":
            target = {name: p[name] for name in ("units", "peers", "directory")}
            # Ansible gives the keys of suboptions as they came; numbers in them may be text of a template
            entries = json.loads(json.dumps(p["entries"]))
            start(module.run_command, {"entries": entries, "target": target, "began": time.time()})
            module.exit_json(changed=True)
        recovery = await_service(module.run_command, p["probe"], p["recover_limit"])
    except (UnitError, OSError) as error:
        module.fail_json(msg=f"The faults of this node: {error}")
    module.exit_json(changed=there, happened=happened, **recovery._asdict())


if __name__ == "__main__":
    main()

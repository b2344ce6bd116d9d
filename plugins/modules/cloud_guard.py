#!/usr/bin/python
# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: cloud_guard
short_description: Watch what a cluster costs, and end its nodes at a cap or with the run that needs them
version_added: 0.1.0
description:
  - Looks at the instances, their prices and its own ledger, and says what was spent and what is left. Billing data is
    never asked, because it comes many hours late.
  - At the cap it ends the spot nodes of the cluster. What it cannot find out is a doubt, which at once forbids new
    nodes (role nodes_ec2 heeds that), and after 30 minutes ends the spot nodes. It never ends an orchestrator.
  - With O(process) it goes on until that process has ended, and then ends every node of the cluster, unless
    O(keep_nodes) is set. Run it with C(async) and C(poll=0).
  - Only one guard works in a directory.
options:
  wanted:
    description: How many nodes the cluster has, for a ledger that must be rebuilt.
    type: int
    default: 1
  topic:
    description: ARN of an SNS topic that is told of levels, of doubts and of the cap.
    type: str
    default: ""
  dry_run:
    description: Whether it only says what it would do.
    type: bool
    default: true
  process:
    description: Number of a process of this host that is followed; 0 looks once.
    type: int
    default: 0
  interval:
    description: Seconds between two looks.
    type: int
    default: 60
  keep_nodes:
    description: Whether the nodes stay when the process has ended.
    type: bool
    default: false
extends_documentation_fragment:
  - netfs.bench.cloud
  - netfs.bench.cloud.project
  - netfs.bench.cloud.ledger
attributes:
  check_mode:
    description: Says what it would do; the ledger is kept all the same.
    support: full
  diff_mode:
    description: Has no difference to show.
    support: none
author:
  - netfs.bench contributors (@netfs)
"""

EXAMPLES = r"""
- name: Look at the money once, and act
  netfs.bench.cloud_guard:
    region: us-west-2
    cluster: mine
    directory: /var/lib/netfs-bench/guard
    cap: "20"
    dry_run: false
"""

RETURN = r"""
spent:
  description: Dollars that were spent; V(unknown) where there is a doubt.
  returned: success
  type: str
  sample: "3.1200"
launches:
  description: Whether new nodes may be made.
  returned: success
  type: bool
ended:
  description: Instances that were ended, or would be.
  returned: success
  type: list
  elements: str
lines:
  description: The same as a person reads it.
  returned: success
  type: list
  elements: str
"""

import time
from datetime import UTC, datetime
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.netfs.bench.plugins.module_utils._cloud import ORCHESTRATOR, CloudError, moment
from ansible_collections.netfs.bench.plugins.module_utils._cloud_aws import connect
from ansible_collections.netfs.bench.plugins.module_utils._cloud_cost import dollars
from ansible_collections.netfs.bench.plugins.module_utils._cloud_guard import OPTIONS_OF_LEDGER, act, gone, look

# How long a guard tries to end what its process left, when AWS does not answer
FAREWELL_SECONDS = 1800


def birth(process):
    """Return when a process was born, in the kernel's own count; empty when there is none."""
    try:
        state, *fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    return "" if state in "ZX" else fields[18]


def farewell(cloud, params):
    """End every node of the cluster but the orchestrator, and try until none is left."""
    ended = set()
    until = time.monotonic() + FAREWELL_SECONDS
    while True:
        try:
            nodes = [
                each["id"]
                for each in cloud.instances(params["project"], params["cluster"])
                if each["tags"].get("role") != ORCHESTRATOR
            ]
            ended |= set(nodes)
            cloud.terminate(nodes)
            if not gone(cloud, params, nodes):
                return sorted(ended)
            said = "they are still running"
        except CloudError as error:
            said = str(error)
        if time.monotonic() > until:
            raise CloudError(
                f"The nodes were not terminated: {said}. Their own timers will do it. Run playbooks/destroy.yml."
            )
        time.sleep(2)


def look_and_act(cloud, params, cap, dry_run):
    """Look once; return what was found, and what could not be done."""
    looked = look(cloud, params, cap, datetime.now(UTC), dry_run)
    return looked, [] if dry_run else act(cloud, params, looked)


def follow(module, cloud, cap, born):
    """Look again and again until the process has ended; then end what it left."""
    params = module.params
    again = 0.0
    while birth(params["process"]) == born:
        if time.monotonic() >= again:
            try:
                look_and_act(cloud, params, cap, params["dry_run"])
            except CloudError as error:
                # a look of the play itself may hold the lock just now
                module.warn(str(error))
            again = time.monotonic() + params["interval"]
        time.sleep(0.5)
    if params["keep_nodes"] or params["dry_run"]:
        return []
    ended = farewell(cloud, params)
    try:
        # else the ledger would count them until somebody looks again
        look(cloud, params, cap, datetime.now(UTC), dry_run=True)
    except CloudError as error:
        module.warn(str(error))
    return ended


def main():
    module = AnsibleModule(
        argument_spec={
            **OPTIONS_OF_LEDGER,
            "wanted": {"type": "int", "default": 1},
            "topic": {"type": "str", "default": ""},
            "dry_run": {"type": "bool", "default": True},
            "process": {"type": "int", "default": 0},
            "interval": {"type": "int", "default": 60},
            "keep_nodes": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    params = module.params
    dry_run = params["dry_run"] or module.check_mode
    try:
        cap = dollars(params["cap"], "the cap")
        if params["since"]:
            moment(params["since"])
        cloud = connect(params)
        if params["process"] and not module.check_mode:
            born = birth(params["process"])
            if not born:
                raise CloudError(f"There is no process {params['process']} to follow.")
            ended = follow(module, cloud, cap, born)
            module.exit_json(changed=bool(ended), ended=ended, launches=False, spent="unknown", lines=[])
        looked, failures = look_and_act(cloud, params, cap, dry_run)
    except CloudError as error:
        module.fail_json(msg=str(error))
    result = {
        "changed": bool(looked.decision.terminate) and (module.check_mode or not dry_run),
        "spent": "unknown" if looked.spent is None else f"{looked.spent:.4f}",
        "launches": looked.decision.launches,
        "ended": looked.decision.terminate,
        "lines": [f"  {line}" for line in looked.lines],
    }
    if failures:
        module.fail_json(msg=f"Some actions failed: {'; '.join(failures)}", **result)
    if not looked.decision.launches:
        module.fail_json(
            msg=f"The cost guard allows no more nodes and no more work: {'; '.join(looked.decision.reasons)}", **result
        )
    module.exit_json(**result)


if __name__ == "__main__":
    main()

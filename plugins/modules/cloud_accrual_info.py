#!/usr/bin/python
# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: cloud_accrual_info
short_description: Say what each instance of a cluster has cost so far, and what is left
version_added: 0.1.0
description:
  - Adds up the time of every instance, its volume and its address from the ledger of the cost guard (module
    P(netfs.bench.cloud_guard#module)) and from what EC2 shows now. Writes nothing, ends nothing, asks no billing data.
  - What is unknown is a failure, never nothing - an API that does not answer, a ledger that is missing or damaged, a
    price that nobody knows, a clock that is wrong.
  - An instance whose end nobody saw counts on, and one that the ledger does not know counts from its launch at the
    price on demand.
extends_documentation_fragment:
  - netfs.bench.cloud
  - netfs.bench.cloud.project
  - netfs.bench.cloud.ledger
  - netfs.bench.modes.reads
author:
  - netfs.bench contributors (@netfs)
"""

EXAMPLES = r"""
- name: See what the cluster has cost today
  netfs.bench.cloud_accrual_info:
    region: us-west-2
    cluster: mine
    directory: /var/lib/netfs-bench/guard
    cap: "20"
"""

RETURN = r"""
spent:
  description: Dollars that were spent.
  returned: success
  type: str
  sample: "3.1200"
left:
  description: Dollars that are left to the cap.
  returned: success
  type: str
  sample: "16.8800"
instances:
  description: What each instance has cost, with its volume and its address.
  returned: success
  type: list
  elements: dict
  sample:
    - id: i-0123456789abcdef0
      name: server-1
      type: i4i.2xlarge
      market: spot
      running: true
      hours: 1.5
      dollars: "0.4200"
lines:
  description: The same as a person reads it.
  returned: success
  type: list
  elements: str
"""

from datetime import UTC, datetime

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.netfs.bench.plugins.module_utils._cloud import CloudError
from ansible_collections.netfs.bench.plugins.module_utils._cloud_aws import connect
from ansible_collections.netfs.bench.plugins.module_utils._cloud_cost import dollars
from ansible_collections.netfs.bench.plugins.module_utils._cloud_guard import (
    OPTIONS_OF_LEDGER,
    left_of,
    money,
    read_account,
)


def main():
    module = AnsibleModule(argument_spec=OPTIONS_OF_LEDGER, supports_check_mode=True)
    try:
        cap = dollars(module.params["cap"], "the cap")
        spent, accounts = read_account(connect(module.params), module.params, datetime.now(UTC))
    except CloudError as error:
        module.fail_json(msg=str(error))
    lines = [
        f"  {each['name']} ({each['type']}, {each['market']}{'' if each['running'] else ', gone'}): "
        f"{each['amount']:.2f} dollars for {each['hours']:.2f} hours"
        for each in accounts
    ]
    module.exit_json(
        changed=False,
        spent=f"{spent:.4f}",
        left=f"{left_of(cap, spent):.4f}",
        instances=[
            {**{key: value for key, value in each.items() if key != "amount"}, "dollars": f"{each['amount']:.4f}"}
            for each in accounts
        ],
        lines=[*lines, f"  {money(spent, cap)}"],
    )


if __name__ == "__main__":
    main()

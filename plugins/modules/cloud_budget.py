#!/usr/bin/python
# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: cloud_budget
short_description: A budget of AWS that sends mail or a message, as a second pair of eyes
version_added: 0.1.0
description:
  - AWS adds up a budget many hours late, so it limits nothing. It tells somebody when all else has failed.
  - The budget counts what carries the tag V(project), once that tag is activated for billing in the account.
options:
  name:
    description: Name of the budget.
    type: str
    required: true
  amount:
    description: Dollars of a month. Needed for V(present).
    type: str
    default: ""
  percent:
    description: Part of the amount at which it tells.
    type: float
    default: 80
  subscribers:
    description: Who is told, each a mail address or the ARN of an SNS topic. Needed for V(present).
    type: list
    elements: str
    default: []
  state:
    description: Whether the budget is there.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - netfs.bench.cloud
  - netfs.bench.cloud.project
attributes:
  check_mode:
    description: Says what it would change.
    support: full
  diff_mode:
    description: Shows the amount. Who is told is set when the budget is made, and stays.
    support: full
author:
  - netfs.bench contributors (@netfs)
"""

EXAMPLES = r"""
- name: Hear of more than a hundred dollars in a month
  netfs.bench.cloud_budget:
    region: us-west-2
    name: netfs-bench
    amount: "100"
    subscribers: [somebody@example.com]
"""

RETURN = r"""
budget:
  description: Name and amount of the budget.
  returned: success
  type: dict
  sample: {"name": "netfs-bench", "amount": "100"}
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.netfs.bench.plugins.module_utils._cloud import CloudError
from ansible_collections.netfs.bench.plugins.module_utils._cloud_aws import OPTIONS_OF_PROJECT, connect
from ansible_collections.netfs.bench.plugins.module_utils._cloud_cost import dollars
from ansible_collections.netfs.bench.plugins.module_utils._settle import settle


def budget_of(params, amount):
    """Return the whole budget, as AWS wants it."""
    return {
        "BudgetName": params["name"],
        "BudgetLimit": {"Amount": amount, "Unit": "USD"},
        "TimeUnit": "MONTHLY",
        "BudgetType": "COST",
        "CostFilters": {"TagKeyValue": [f"user:project${params['project']}"]},
    }


def plain(amount):
    """Return an amount in the one way in which it is compared: AWS answers 100.0 to 100."""
    return f"{dollars(amount, 'the budget').normalize():f}"


def present_state(cloud, account, name):
    """Return name and amount of a budget that is there, or None."""
    try:
        found = cloud("budgets", "describe_budget", AccountId=account, BudgetName=name)["Budget"]
    except CloudError as error:
        if error.code == "NotFoundException":
            return None
        raise
    return {"name": name, "amount": plain(found["BudgetLimit"]["Amount"])}


def apply(cloud, params, dry_run):
    """Make the budget as it is wanted."""
    account = cloud.account()
    wanted = None
    if params["state"] == "present":
        if not params["subscribers"]:
            raise CloudError("A budget without subscribers notifies nobody. Give subscribers.")
        wanted = {"name": params["name"], "amount": plain(params["amount"])}
    notification = {
        "Notification": {
            "NotificationType": "ACTUAL",
            "ComparisonOperator": "GREATER_THAN",
            "Threshold": params["percent"],
            "ThresholdType": "PERCENTAGE",
        },
        "Subscribers": [
            {"SubscriptionType": "SNS" if name.startswith("arn:") else "EMAIL", "Address": name}
            for name in params["subscribers"]
        ],
    }
    return settle(
        present_state(cloud, account, params["name"]),
        wanted,
        create=lambda after: cloud(
            "budgets",
            "create_budget",
            AccountId=account,
            Budget=budget_of(params, after["amount"]),
            NotificationsWithSubscribers=[notification],
        ),
        update=lambda _changes: cloud(
            "budgets", "update_budget", AccountId=account, NewBudget=budget_of(params, wanted["amount"])
        ),
        delete=lambda: cloud("budgets", "delete_budget", AccountId=account, BudgetName=params["name"]),
        dry_run=dry_run,
    )


def main():
    module = AnsibleModule(
        argument_spec={
            **OPTIONS_OF_PROJECT,
            "name": {"type": "str", "required": True},
            "amount": {"type": "str", "default": ""},
            "percent": {"type": "float", "default": 80},
            "subscribers": {"type": "list", "elements": "str", "default": []},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        supports_check_mode=True,
    )
    try:
        result = apply(connect(module.params), module.params, module.check_mode)
    except CloudError as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result, budget=result["diff"]["after"])


if __name__ == "__main__":
    main()

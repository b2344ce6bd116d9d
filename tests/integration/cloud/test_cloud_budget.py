# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import boto3
import pytest
from running import FailedError, call

from ansible_collections.netfs.bench.plugins.modules import cloud_budget

ACCOUNT = "123456789012"
GIVEN = {"name": "netfs-bench", "amount": "100", "subscribers": ["somebody@example.com", "arn:aws:sns:x:1:alarm"]}


@pytest.fixture
def budgets(ec2, endpoint):
    return boto3.client("budgets", region_name=ec2.meta.region_name, endpoint_url=endpoint)


def names(budgets) -> list[str]:
    return [each["BudgetName"] for each in budgets.describe_budgets(AccountId=ACCOUNT).get("Budgets", [])]


def test_a_budget_is_made_once_and_removed(budgets):
    assert call("cloud_budget", check=True, **GIVEN)["changed"]
    assert names(budgets) == []
    assert call("cloud_budget", **GIVEN)["budget"] == {"name": "netfs-bench", "amount": "100"}
    assert not call("cloud_budget", **{**GIVEN, "amount": "100.00"})["changed"]
    assert names(budgets) == ["netfs-bench"]
    told = budgets.describe_notifications_for_budget(AccountId=ACCOUNT, BudgetName="netfs-bench")["Notifications"]
    assert [each["Threshold"] for each in told] == [80]
    assert call("cloud_budget", name="netfs-bench", state="absent")["changed"]
    assert not call("cloud_budget", name="netfs-bench", state="absent")["changed"]
    assert names(budgets) == []


@pytest.mark.parametrize(
    "change, says",
    [({"amount": "0"}, "budget"), ({"amount": ""}, "budget"), ({"subscribers": []}, "subscribers")],
)
def test_what_is_wrong_fails_clean(budgets, change, says):
    with pytest.raises(FailedError, match=says):
        call("cloud_budget", **{**GIVEN, **change})
    assert names(budgets) == []


def test_another_amount_is_an_update():
    """The server of the tests has no update_budget, so what would be sent is looked at."""
    sent = []

    class Account:
        @staticmethod
        def account():
            return ACCOUNT

        def __call__(self, _service, operation, **arguments):
            if operation == "describe_budget":
                return {"Budget": {"BudgetLimit": {"Amount": "50.0", "Unit": "USD"}}}
            sent.append((operation, arguments))
            return {}

    params = {**GIVEN, "state": "present", "project": "netfs-bench", "percent": 80}
    assert cloud_budget.apply(Account(), params, dry_run=False)["changed"]
    ((operation, arguments),) = sent
    assert operation == "update_budget"
    assert arguments["NewBudget"]["BudgetLimit"] == {"Amount": "100", "Unit": "USD"}
    assert arguments["NewBudget"]["TimeUnit"] == "MONTHLY"

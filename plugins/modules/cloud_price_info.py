#!/usr/bin/python
# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: cloud_price_info
short_description: Say what groups of instances cost, before they are made
version_added: 0.1.0
description:
  - On-demand prices come from a table that says where it comes from; spot prices from EC2's own history.
  - A price that is unknown is a failure, never nothing.
options:
  zones:
    description: Zones that the instances may be in.
    type: list
    elements: str
    required: true
  hours:
    description: How long the instances are planned to run.
    type: float
    required: true
  cap:
    description: Dollars that the groups may cost. An estimate over it is a failure.
    type: str
    required: true
  prices:
    description:
      - Price table with C(source), C(date), C(region), C(hourly) (dollars by type), C(volume_gb_month) and
        C(address_hour). The table of this collection is used when it is empty.
    type: dict
    default: {}
extends_documentation_fragment:
  - netfs.bench.cloud
  - netfs.bench.cloud_groups
  - netfs.bench.modes.reads
author:
  - netfs.bench contributors (@netfs)
"""

EXAMPLES = r"""
- name: Say what two nodes cost in three hours
  netfs.bench.cloud_price_info:
    region: us-west-2
    groups:
      - {role: server, types: [i4i.2xlarge]}
      - {role: client, types: [c7a.xlarge]}
    zones: [us-west-2a, us-west-2b]
    hours: 3
    cap: "10"
"""

RETURN = r"""
estimate:
  description: Dollars that the groups cost at most in that time.
  returned: success
  type: str
  sample: "3.12"
hourly:
  description: Dollars that they cost at most in an hour.
  returned: success
  type: str
  sample: "1.04"
source:
  description: Where the on-demand prices come from.
  returned: success
  type: str
date:
  description: Of when these prices are.
  returned: success
  type: str
lines:
  description: The estimate as a person reads it.
  returned: success
  type: list
  elements: str
"""

from datetime import UTC, datetime
from decimal import Decimal

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.netfs.bench.plugins.module_utils._cloud import GROUP_OPTIONS, CloudError, names_of
from ansible_collections.netfs.bench.plugins.module_utils._cloud_aws import OPTIONS, connect
from ansible_collections.netfs.bench.plugins.module_utils._cloud_cost import (
    TABLE,
    Prices,
    check_table,
    dollars,
    estimate,
    hourly,
    latest_spot,
)


def main():
    module = AnsibleModule(
        argument_spec={
            **OPTIONS,
            "groups": {"type": "list", "elements": "dict", "required": True, "options": GROUP_OPTIONS},
            "zones": {"type": "list", "elements": "str", "required": True},
            "hours": {"type": "float", "required": True},
            "cap": {"type": "str", "required": True},
            "prices": {"type": "dict", "default": {}},
        },
        supports_check_mode=True,
    )
    params = module.params
    try:
        cap, hours = dollars(params["cap"], "the cap"), dollars(f"{params['hours']:g}", "the hours")
        names_of(params["groups"])
        if not params["zones"]:
            raise CloudError("No zone is given, so prices are unknown.")
        cloud = connect(params)
        table = check_table(params["prices"] or TABLE, cloud.region)
        spot = sorted({name for group in params["groups"] if group["market"] == "spot" for name in group["types"]})
        history = cloud.spot_prices(spot, datetime.now(UTC)) if spot else []
        prices = Prices(table, latest_spot(history))
        most = estimate(params["groups"], prices, params["zones"], hours)
        each_hour = estimate(params["groups"], prices, params["zones"], Decimal(1))
        lines = [
            f"  {group['count']} x {group['role']}{' at site ' + group['site'] if group['site'] else ''}: "
            f"{' or '.join(group['types'])}, {group['market']}, "
            f"at most {hourly(group, prices, params['zones']):.4f} dollars an hour each"
            for group in params["groups"]
        ]
    except CloudError as error:
        module.fail_json(msg=str(error))
    lines.append(
        f"  at most {each_hour:.4f} dollars an hour, {most:.2f} dollars in {hours:g} hours (cap {cap:.2f}); on-demand "
        f"prices: {table['source']}, {table['date']}; spot prices: EC2, now"
    )
    if most > cap:
        module.fail_json(
            msg=f"The nodes may cost {most:.2f} dollars in {hours:g} hours, and the cap is {cap:.2f}. None was made. "
            "Take fewer or smaller instances, fewer hours, or raise the cap.",
            lines=lines,
        )
    module.exit_json(
        changed=False,
        estimate=f"{most:.4f}",
        hourly=f"{each_hour:.4f}",
        source=table["source"],
        date=table["date"],
        lines=lines,
    )


if __name__ == "__main__":
    main()

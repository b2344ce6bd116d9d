#!/usr/bin/python
# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: cloud_account_info
short_description: Say which cloud account the credentials lead to, or refuse them
version_added: 0.1.0
description:
  - Plays ask this before anything else. It refuses credentials that are not AWS's with any endpoint that is not on the
    loopback interface, so that a play that is tried out cannot reach a real account.
options:
  cluster:
    description: Value of the tag V(cluster). Its instances are listed; none when empty.
    type: str
    default: ""
extends_documentation_fragment:
  - netfs.bench.cloud
  - netfs.bench.cloud.project
  - netfs.bench.modes.reads
author:
  - netfs.bench contributors (@netfs)
"""

EXAMPLES = r"""
- name: See which account this is
  netfs.bench.cloud_account_info:
    region: us-west-2
"""

RETURN = r"""
account:
  description: Number of the account.
  returned: success
  type: str
  sample: "123456789012"
region:
  description: Region that is used.
  returned: success
  type: str
  sample: us-west-2
zones:
  description: Zones of the region that are available.
  returned: success
  type: list
  elements: str
instances:
  description: The instances of the cluster that live.
  returned: success
  type: list
  elements: dict
types:
  description: What EC2 says of the types of these instances, with baseline and burst of their network in Gbit/s.
  returned: success
  type: dict
  sample: {"c7a.xlarge": {"cpus": 4, "memory_mib": 8192, "baseline_gbps": 1.562, "burst_gbps": 12.5}}
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.netfs.bench.plugins.module_utils._cloud import CloudError, by_name
from ansible_collections.netfs.bench.plugins.module_utils._cloud_aws import OPTIONS_OF_PROJECT, connect


def main():
    module = AnsibleModule(
        argument_spec={
            **OPTIONS_OF_PROJECT,
            "cluster": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
    )
    try:
        cloud = connect(module.params)
        zones = [
            zone["ZoneName"]
            for zone in cloud("ec2", "describe_availability_zones")["AvailabilityZones"]
            if zone["State"] == "available"
        ]
        params = module.params
        found = cloud.instances(params["project"], params["cluster"]) if params["cluster"] else []
        module.exit_json(
            changed=False,
            account=cloud.account(),
            region=cloud.region,
            zones=sorted(zones),
            instances=list(by_name(found).values()),
            types=cloud.types(sorted({each["type"] for each in found})),
        )
    except CloudError as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()

#!/usr/bin/python
# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: cloud_sweep
short_description: End instances of ours that are past their time
version_added: 0.1.0
description:
  - Looks at the tags that EC2 shows and at nothing else, in all clusters. Never touches an instance without the tag
    V(managed-by=netfs.bench).
  - It ends what is past its tag V(expires-at), and what is older than the maximum age unless it is an orchestrator.
options:
  cluster:
    description: Only this cluster; all when empty.
    type: str
    default: ""
  max_age_hours:
    description: Age at which an instance is ended, whatever its tags say.
    type: float
    default: 24
  dry_run:
    description: Whether it only says what it would end.
    type: bool
    default: true
extends_documentation_fragment:
  - netfs.bench.cloud
  - netfs.bench.cloud.project
attributes:
  check_mode:
    description: Says what it would end.
    support: full
  diff_mode:
    description: Has no difference to show.
    support: none
author:
  - netfs.bench contributors (@netfs)
"""

EXAMPLES = r"""
- name: End what was forgotten
  netfs.bench.cloud_sweep:
    region: us-west-2
    dry_run: false
"""

RETURN = r"""
overdue:
  description: Instances past their time, each with the reason.
  returned: success
  type: list
  elements: dict
lines:
  description: The same as a person reads it.
  returned: success
  type: list
  elements: str
"""

from datetime import UTC, datetime

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.netfs.bench.plugins.module_utils._cloud import CloudError, overdue
from ansible_collections.netfs.bench.plugins.module_utils._cloud_aws import OPTIONS_OF_PROJECT, connect


def main():
    module = AnsibleModule(
        argument_spec={
            **OPTIONS_OF_PROJECT,
            "cluster": {"type": "str", "default": ""},
            "max_age_hours": {"type": "float", "default": 24},
            "dry_run": {"type": "bool", "default": True},
        },
        supports_check_mode=True,
    )
    params = module.params
    dry_run = params["dry_run"] or module.check_mode
    try:
        cloud = connect(params)
        instances = cloud.instances(params["project"], params["cluster"])
        found = overdue(instances, datetime.now(UTC), params["max_age_hours"])
        if not dry_run:
            cloud.terminate([each["id"] for each in found])
    except CloudError as error:
        module.fail_json(msg=str(error))
    verb = "would be terminated" if dry_run else "was terminated"
    lines = [f"{each['tags'].get('Name') or each['id']} ({each['id']}) {verb}: {each['reason']}" for each in found]
    lines.append(f"{len(instances)} instances with our tags checked, {len(found)} overdue")
    # a dry run that is not check mode changes nothing, and says so
    module.exit_json(changed=bool(found) and (module.check_mode or not dry_run), overdue=found, lines=lines)


if __name__ == "__main__":
    main()

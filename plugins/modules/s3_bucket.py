#!/usr/bin/python
# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: s3_bucket
short_description: Create or remove a bucket in any S3 store
version_added: 0.1.0
description:
  - Uses signed requests and Python's own library only, so it runs on a node that has nothing else.
  - For what Amazon's buckets can do besides, use C(amazon.aws.s3_bucket).
options:
  name:
    description: Name of the bucket.
    type: str
    required: true
  state:
    description: Whether it is there. A bucket that still has objects is not removed.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - netfs.bench.s3
attributes:
  check_mode:
    description: Can run in check mode and say what would change.
    support: full
  diff_mode:
    description: Shows what changes.
    support: full
author:
  - netfs.bench contributors (@netfs)
"""

EXAMPLES = r"""
- name: Make a bucket
  netfs.bench.s3_bucket:
    endpoint: http://198.18.0.10:9000
    access_key: "{{ access_key }}"
    secret_key: "{{ secret_key }}"
    name: data
"""

RETURN = r"""
code:
  description: What the store called its error.
  returned: on failure
  type: str
  sample: SignatureDoesNotMatch
status:
  description: HTTP status of the answer; 0 when there was none.
  returned: on failure
  type: int
  sample: 403
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.netfs.bench.plugins.module_utils._s3 import S3Error
from ansible_collections.netfs.bench.plugins.module_utils._s3_http import OPTIONS, bucket_of, explain
from ansible_collections.netfs.bench.plugins.module_utils._settle import settle


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **OPTIONS,
            "name": {"type": "str", "required": True},
            "state": {"type": "str", "default": "present", "choices": ["present", "absent"]},
        },
        supports_check_mode=True,
    )
    bucket = bucket_of(module.params)
    facts = {"name": bucket.name}
    try:
        result = settle(
            facts if bucket.exists() else None,
            facts if module.params["state"] == "present" else None,
            create=lambda _wanted: bucket.create(),
            update=lambda _changes: None,
            delete=bucket.delete,
            dry_run=module.check_mode,
        )
    except S3Error as error:
        module.fail_json(**explain(error, module.params))
    module.exit_json(**result)


if __name__ == "__main__":
    main()

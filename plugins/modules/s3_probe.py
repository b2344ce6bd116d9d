#!/usr/bin/python
# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: s3_probe
short_description: Prove that an S3 store can be used
version_added: 0.1.0
description:
  - Puts one small object into a bucket, reads it back, compares, lists it, and deletes it.
  - Uses signed requests and Python's own library only, so it runs on a node that has nothing else.
  - Leaves nothing behind and therefore never reports a change. In check mode it only lists the bucket.
options:
  name:
    description: Name of the bucket, which must exist.
    type: str
    required: true
  prefix:
    description: What the name of the object begins with, where keys are good for a part of the bucket only.
    type: str
    default: ""
extends_documentation_fragment:
  - netfs.bench.s3
attributes:
  check_mode:
    description: Runs in check mode, and then writes nothing.
    support: full
  diff_mode:
    description: Has nothing to show.
    support: none
author:
  - netfs.bench contributors (@netfs)
"""

EXAMPLES = r"""
- name: Prove that the store can be used
  netfs.bench.s3_probe:
    endpoint: http://198.18.0.10:9000
    access_key: "{{ access_key }}"
    secret_key: "{{ secret_key }}"
    name: data
"""

RETURN = r"""
steps:
  description: What was done with the object, in this order.
  returned: on success, not in check mode
  type: list
  elements: str
  sample: [put, get, list, delete]
bytes:
  description: Size of the object.
  returned: on success, not in check mode
  type: int
  sample: 4096
code:
  description: What the store called its error.
  returned: on failure
  type: str
  sample: NoSuchBucket
status:
  description: HTTP status of the answer; 0 when there was none.
  returned: on failure
  type: int
  sample: 404
"""

import os

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.netfs.bench.plugins.module_utils._s3 import S3Error
from ansible_collections.netfs.bench.plugins.module_utils._s3_http import OPTIONS, bucket_of, explain


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **OPTIONS,
            "name": {"type": "str", "required": True},
            "prefix": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
    )
    prefix = module.params["prefix"]
    bucket = bucket_of(module.params)
    try:
        if module.check_mode:
            bucket.names(prefix)
            result = {}
        else:
            result = bucket.prove(f"{prefix}.netfs-bench-probe-{os.urandom(8).hex()}", os.urandom(4096))
    except S3Error as error:
        module.fail_json(**explain(error, module.params))
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()

#!/usr/bin/python
# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: dfsctl_drain
short_description: Wait until a DittoFS server has written everything to its remote stores
version_added: 0.1.0
description:
  - Asks the server to upload what it holds only locally, waits, and says how much that was.
  - Needed before M(netfs.bench.dfsctl_evict), and before a share is measured cold.
  - A server without remote stores has nothing to upload; then nothing happens.
extends_documentation_fragment:
  - netfs.bench.dfsctl
attributes:
  check_mode:
    description: Says how much there is to upload, and uploads nothing.
    support: full
  diff_mode:
    description: Shows the bytes that are not uploaded, before and after.
    support: full
  idempotent:
    description: Has nothing left to do when nothing was written in between.
    support: full
options:
  wait:
    description: Seconds until it counts as failed.
    type: int
    default: 600
author:
  - netfs.bench contributors (@netfs)
seealso:
  - module: netfs.bench.dfsctl_evict
"""

EXAMPLES = r"""
- name: Everything in the bucket
  netfs.bench.dfsctl_drain:
    api_password_file: /etc/netfs-dittofs/admin-password
"""

RETURN = r"""
uploaded_bytes:
  description: Bytes that were not uploaded before and are now, or would be.
  returned: success
  type: int
seconds:
  description: How long it took.
  returned: success
  type: float
shares:
  description: The bytes that were not uploaded before, by share.
  returned: success
  type: dict
  sample: {/export: 67108864}
"""

import time

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.netfs.bench.plugins.module_utils._dfsctl import DfsctlError, arguments, run, unsynced


def work(module, api):
    """Upload, and look whether it is so."""
    started = time.monotonic()
    wait = module.params["wait"]
    before = unsynced(api)
    after = dict.fromkeys(before, 0)
    if any(before.values()) and not module.check_mode:
        api.post("/system/drain-uploads", seconds=wait)
        # A reply of "drained" is a claim; the server's own count is looked at too.
        while any((after := unsynced(api)).values()):
            if time.monotonic() - started > wait:
                raise DfsctlError(f"Not everything is uploaded after {wait} seconds.", shares=after)
            time.sleep(0.5)
    return {
        "changed": any(before.values()),
        "uploaded_bytes": sum(before.values()),
        "seconds": round(time.monotonic() - started, 3),
        "shares": before,
        "diff": {"before": before, "after": after},
    }


def main():
    """The module."""
    module = AnsibleModule(
        argument_spec={**arguments(), "wait": {"type": "int", "default": 600}}, supports_check_mode=True
    )
    run(module, work)


if __name__ == "__main__":
    main()

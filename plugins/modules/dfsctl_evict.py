#!/usr/bin/python
# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: dfsctl_evict
short_description: Make a DittoFS server forget its local copy of a share
version_added: 0.1.0
description:
  - Drops what the server holds of a share in memory and on its own disk, so that the next read comes from
    the remote store.
  - Refused for a share without a remote store, where the local copy is the only one, and while anything is not
    uploaded.
  - A restart of the server does not do this.
extends_documentation_fragment:
  - netfs.bench.dfsctl
attributes:
  check_mode:
    description: Says whether there is anything to drop, and drops nothing.
    support: full
  diff_mode:
    description: Shows the bytes that are held locally, before and after. Check mode cannot know the latter.
    support: partial
  idempotent:
    description: Nothing is left to drop when nothing was read or written in between.
    support: full
options:
  share:
    description: Name of the share. V(export) and V(/export) are the same.
    type: str
    required: true
notes:
  - A segment of the server's write log that has records of a file which was removed before its upload is never dropped,
    and with it stays everything else in it. So an eviction can drop little or nothing although everything is uploaded.
  - The server's count of bytes on disk includes segments that it keeps for now. Read RV(bytes_freed) as what moved, not
    RV(after) as what is left to read. For proof of a cold read, compare what left the
    remote store, and compare contents.
author:
  - netfs.bench contributors (@netfs)
seealso:
  - module: netfs.bench.dfsctl_drain
"""

EXAMPLES = r"""
- name: Everything in the bucket
  netfs.bench.dfsctl_drain:
    api_password_file: /etc/netfs-dittofs/admin-password

- name: And nowhere else
  netfs.bench.dfsctl_evict:
    share: /export
    api_password_file: /etc/netfs-dittofs/admin-password
"""

RETURN = r"""
bytes_freed:
  description: Bytes that the server says it dropped from its disk.
  returned: when something was dropped
  type: int
files_evicted:
  description: Files that the server says it dropped from its disk.
  returned: when something was dropped
  type: int
buffers_cleared:
  description: Blocks that the server says it dropped from its memory.
  returned: when something was dropped
  type: int
before:
  description: What was held locally before, on disk and in memory.
  returned: success
  type: dict
  sample: {local_disk_used: 134217728, read_buffer_used: 67108864}
after:
  description: What is held locally after.
  returned: success
  type: dict
  sample: {local_disk_used: 37748736, read_buffer_used: 0}
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.netfs.bench.plugins.module_utils._dfsctl import (
    DfsctlError,
    arguments,
    chosen,
    run,
    segment,
    share_name,
)

HELD = ("local_disk_used", "read_buffer_used", "read_buffer_entries")


def work(module, api):
    """Drop the local copy, if there is another one."""
    name = share_name(module.params["share"])
    path = f"/shares/{segment(name)}"
    if api.get(path, missing=True) is None:
        raise DfsctlError(f"There is no share {name}.")
    stats = api.get(f"{path}/blockstore/stats")["totals"]
    if not stats["has_remote"]:
        raise DfsctlError(f"The share {name} has no remote store; its local copy is the only one.")
    if stats["unsynced_bytes"]:
        raise DfsctlError(f"{stats['unsynced_bytes']} bytes of {name} are not uploaded; run dfsctl_drain first.")
    before = chosen(stats, *HELD)
    if module.check_mode:
        return {"changed": any(before.values()), "before": before, "after": before}
    said = api.post(f"{path}/blockstore/evict", {})
    after = chosen(api.get(f"{path}/blockstore/stats")["totals"], *HELD)
    return {
        "changed": after != before or bool(said["bytes_freed"] or said["read_buffer_entries_cleared"]),
        "bytes_freed": said["bytes_freed"],
        "files_evicted": said["local_files_evicted"],
        "buffers_cleared": said["read_buffer_entries_cleared"],
        "before": before,
        "after": after,
        "diff": {"before": before, "after": after},
    }


def main():
    """The module."""
    module = AnsibleModule(
        argument_spec={**arguments(), "share": {"type": "str", "required": True}}, supports_check_mode=True
    )
    run(module, work)


if __name__ == "__main__":
    main()

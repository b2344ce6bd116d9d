#!/usr/bin/python
# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: dfsctl_snapshot
short_description: A snapshot of a share of a DittoFS server
version_added: 0.1.0
description:
  - Takes and removes a snapshot, which is known by its name on its share.
  - A snapshot of that name that failed does not count. It is removed, and a new one is taken.
  - Going back to a snapshot is no state that a playbook could describe; C(dfsctl share snapshot restore) does it, also
    through M(netfs.bench.dfsctl).
extends_documentation_fragment:
  - netfs.bench.dfsctl
  - netfs.bench.dfsctl.attributes
options:
  share:
    description: Name of the share, whose local store must be of the type C(fs). V(export) and V(/export) are the same.
    type: str
    required: true
  name:
    description: Name of the snapshot.
    type: str
    required: true
  state:
    description: Whether there is such a snapshot.
    type: str
    choices: [present, absent]
    default: present
  verify:
    description: Whether the server checks that all content of a new snapshot is in the remote store.
    type: bool
    default: true
  wait:
    description: Seconds to wait until the server has finished the snapshot.
    type: int
    default: 300
author:
  - netfs.bench contributors (@netfs)
seealso:
  - module: netfs.bench.dfsctl_share
"""

EXAMPLES = r"""
- name: Keep the share as it is before the upgrade
  netfs.bench.dfsctl_snapshot:
    share: /export
    name: before-upgrade
    api_password_file: /etc/netfs-dittofs/admin-password
"""

RETURN = r"""
snapshot:
  description: The snapshot as the server shows it.
  returned: when the snapshot exists
  type: dict
  sample:
    name: before-upgrade
    share: /export
    state: ready
    remote_durable: true
"""

import time

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.netfs.bench.plugins.module_utils._dfsctl import (
    DfsctlError,
    declared,
    run,
    segment,
    share_name,
)
from ansible_collections.netfs.bench.plugins.module_utils._settle import settle


def finished(api, path, name, seconds):
    """Wait until the server is done with a snapshot."""
    until = time.monotonic() + seconds
    while True:
        snapshot = next((item for item in api.get(path) or [] if item.get("name") == name), {})
        if snapshot.get("state") == "ready":
            return snapshot
        if snapshot.get("state") == "failed" or time.monotonic() >= until:
            why = snapshot.get("error") or f"it is {snapshot.get('state', 'gone')} after {seconds} seconds"
            raise DfsctlError(f"The snapshot {name} did not succeed: {why}.", snapshot=snapshot)
        time.sleep(0.5)


def work(module, api):
    """Bring the snapshot to its wanted state."""
    given = module.params
    share = f"/shares/{segment(given['share'])}"
    path = f"{share}/snapshots"
    if api.get(share, missing=True) is None:
        if given["state"] == "present":
            raise DfsctlError(f"There is no share {share_name(given['share'])}.")
        found = []
    else:
        found = [snapshot for snapshot in api.get(path) or [] if snapshot.get("name") == given["name"]]
    good = [snapshot for snapshot in found if snapshot["state"] != "failed"]
    # A failed one is in the way of nothing, but "absent" means that none is left.
    counted = good if given["state"] == "present" else found

    def remove(snapshots):
        for snapshot in snapshots:
            api.delete(f"{path}/{snapshot['id']}")

    def create(_after):
        remove(found)
        api.post(path, {"name": given["name"], "no_verify": not given["verify"]}, seconds=given["wait"])

    result = settle(
        {"name": given["name"]} if counted else None,
        {"name": given["name"]} if given["state"] == "present" else None,
        create=create,
        update=lambda _changes: None,
        delete=lambda: remove(counted),
        dry_run=module.check_mode,
    )
    if given["state"] == "present" and not module.check_mode:
        result["snapshot"] = finished(api, path, given["name"], given["wait"])
    elif given["state"] == "present" and good:
        result["snapshot"] = good[0]
    return result


def main():
    """The module."""
    module = AnsibleModule(
        argument_spec=declared(
            share={"type": "str", "required": True},
            name={"type": "str", "required": True},
            verify={"type": "bool", "default": True},
            wait={"type": "int", "default": 300},
        ),
        supports_check_mode=True,
    )
    run(module, work)


if __name__ == "__main__":
    main()

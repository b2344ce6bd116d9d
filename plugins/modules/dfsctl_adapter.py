#!/usr/bin/python
# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: dfsctl_adapter
short_description: A protocol that a DittoFS server speaks
version_added: 0.1.0
description:
  - Switches NFS and SMB on and off, sets their ports and their settings.
  - A server has both adapters from its first start, NFS on port 12049 and SMB on 1445.
  - The server goes on running when it cannot open a port, and calls itself healthy. So the module asks the adapter
    itself, and fails when it does not listen.
extends_documentation_fragment:
  - netfs.bench.dfsctl
  - netfs.bench.dfsctl.attributes
options:
  type:
    description: Which protocol.
    type: str
    choices: [nfs, smb]
    required: true
  state:
    description:
      - Whether the adapter exists. A removed one comes back with the next start; O(enabled=false) is what lasts.
    type: str
    choices: [present, absent]
    default: present
  enabled:
    description: Whether it is served. Switching it off disconnects its clients.
    type: bool
  port:
    description: TCP port, 1 to 65535. A change closes the old port at once.
    type: int
  settings:
    description:
      - Settings by the server's own names, such as V(max_read_size) for NFS or V(signing) for SMB. Those that are not
        named are left as they are.
      - The module asks the server which settings there are and what they may be, and refuses others before sending. The
        server itself takes a name that it does not know, and changes nothing.
    type: dict
  wait:
    description: Seconds to wait until the adapter listens.
    type: int
    default: 30
author:
  - netfs.bench contributors (@netfs)
seealso:
  - module: netfs.bench.dfsctl_share
"""

EXAMPLES = r"""
- name: NFS with large transfers
  netfs.bench.dfsctl_adapter:
    type: nfs
    enabled: true
    port: 12049
    settings:
      max_read_size: 4194304
      max_write_size: 4194304
    api_password_file: /etc/netfs-dittofs/admin-password

- name: No SMB
  netfs.bench.dfsctl_adapter:
    type: smb
    enabled: false
    api_password_file: /etc/netfs-dittofs/admin-password
"""

RETURN = r"""
adapter:
  description: The adapter as the server shows it, with all its settings.
  returned: when the adapter exists
  type: dict
  sample:
    type: nfs
    enabled: true
    running: true
    port: 12049
    settings: {max_read_size: 1048576}
    status: {status: healthy}
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.netfs.bench.plugins.module_utils._dfsctl import (
    DfsctlError,
    chosen,
    declared,
    run,
    settle_at,
    typed_settings,
    within,
)


def work(module, api):
    """Bring the adapter to its wanted state."""
    given = module.params
    path = f"/adapters/{given['type']}"
    within(given["port"], 1, 65535, "port")
    reply = api.get(path, missing=True)
    before = wanted = None
    if reply is not None:
        before = {**chosen(reply, "enabled", "port"), **api.get(f"{path}/settings")}
        before.pop("version", None)  # counts requests, not changes
    if given["state"] == "present":
        settings = typed_settings(given["settings"] or {}, api.get(f"{path}/settings/defaults"))
        wanted = {**chosen(given, "enabled", "port"), **settings}
        if before is None and not given["port"]:
            raise DfsctlError("A new adapter needs a port.")

    def apply(changes, new):
        own = chosen(changes, *{"enabled", "port"} & set(changes))
        settings = {key: value for key, value in changes.items() if key not in own}
        if new:
            api.post("/adapters", {**own, "type": given["type"]})
        # Settings first, so that a listener that is started anew has them.
        if settings:
            api.patch(f"{path}/settings", settings)
        if own and not new:
            api.put(path, own)

    result = settle_at(
        module,
        api,
        path,
        before,
        wanted,
        create=lambda after: apply(after, new=True),
        update=lambda changes: apply(changes, new=False),
    )
    if wanted and (reply or not module.check_mode):
        if result["diff"]["after"].get("enabled", True) and not module.check_mode:
            what = f"The adapter for {given['type']} (port {result['diff']['after']['port']}, which may be taken)"
            stale = reply["status"]["checked_at"] if reply and result["changed"] else ""
            api.works(path, what, given["wait"], stale)
        result["adapter"] = {**api.get(path), "settings": api.get(f"{path}/settings")}
    return result


def main():
    """The module."""
    module = AnsibleModule(
        argument_spec=declared(
            type={"type": "str", "choices": ["nfs", "smb"], "required": True},
            enabled={"type": "bool"},
            port={"type": "int"},
            settings={"type": "dict"},
            wait={"type": "int", "default": 30},
        ),
        supports_check_mode=True,
    )
    run(module, work)


if __name__ == "__main__":
    main()

#!/usr/bin/python
# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: dfsctl_info
short_description: Everything that a DittoFS server is set to, in one read
version_added: 0.1.0
description:
  - Reads stores, shares with their permissions and quotas, accounts, groups and adapters, and how they are.
  - Secrets are masked by the server; the hashes that the store modules keep beside them are left out.
extends_documentation_fragment:
  - netfs.bench.dfsctl
attributes:
  check_mode:
    description: Changes nothing anyway.
    support: full
  diff_mode:
    description: Has no difference to show.
    support: none
  idempotent:
    description: Changes nothing.
    support: full
author:
  - netfs.bench contributors (@netfs)
seealso:
  - module: netfs.bench.dfsctl
"""

EXAMPLES = r"""
- name: Read everything
  netfs.bench.dfsctl_info:
    api_password_file: /etc/netfs-dittofs/admin-password
  register: dittofs

- name: Every share works
  ansible.builtin.assert:
    that: dittofs.shares | map(attribute='status.status') | unique == ['healthy']
"""

RETURN = r"""
server_version:
  description: Which versions the server may be of. It does not say which one it is; what its API has tells this much.
  returned: success
  type: str
  sample: 0.28 or newer
health:
  description: What the server says of itself. It says so too when a port is taken or a remote store is gone.
  returned: success
  type: dict
  sample: {status: healthy, data: {shares: 1, metadata_stores: 1}}
adapters:
  description: Adapters, with their settings.
  returned: success
  type: list
  elements: dict
metadata_stores:
  description: Metadata stores.
  returned: success
  type: list
  elements: dict
local_stores:
  description: Local block stores.
  returned: success
  type: list
  elements: dict
remote_stores:
  description: Remote block stores.
  returned: success
  type: list
  elements: dict
shares:
  description: Shares, each with its C(permissions), C(quotas), settings for C(nfs), and C(blocks) in its stores.
  returned: success
  type: list
  elements: dict
users:
  description: Accounts.
  returned: success
  type: list
  elements: dict
groups:
  description: Groups.
  returned: success
  type: list
  elements: dict
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.netfs.bench.plugins.module_utils._dfsctl import arguments, run, segment, without_seal


def work(_module, api):
    """Read everything."""
    blocks = api.get("/blockstore/stats").get("per_share") or []
    held = {entry["share_name"]: entry["stats"] for entry in blocks}
    shares = []
    for share in api.get("/shares") or []:
        path = f"/shares/{segment(share['name'])}"
        more = {
            "permissions": api.get(f"{path}/permissions") or [],
            "quotas": api.get(f"{path}/quotas") or [],
            "nfs": api.get(f"{path}/adapters/nfs/config"),
            "blocks": held.get(share["name"], {}),
        }
        shares.append({**share, **more})
    return {
        "changed": False,
        "server_version": api.support(),
        "health": api.send("GET", "/health/ready"),
        "adapters": [
            {**adapter, "settings": api.get(f"/adapters/{adapter['type']}/settings")}
            for adapter in api.get("/adapters") or []
        ],
        "metadata_stores": [without_seal(store) for store in api.get("/store/metadata") or []],
        "local_stores": [without_seal(store) for store in api.get("/store/block/local") or []],
        "remote_stores": [without_seal(store) for store in api.get("/store/block/remote") or []],
        "shares": shares,
        "users": api.get("/users") or [],
        "groups": api.get("/groups") or [],
    }


def main():
    """The module."""
    module = AnsibleModule(argument_spec=arguments(), supports_check_mode=True)
    run(module, work, checked=False)


if __name__ == "__main__":
    main()

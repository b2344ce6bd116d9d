#!/usr/bin/python
# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: dfsctl_share_permission
short_description: What an account may do on a share of a DittoFS server
version_added: 0.1.0
description:
  - Grants one user or one group a permission on one share, or takes it back.
  - The server stores any word as a level, and treats one that it does not know as no permission. This module sends only
    those that exist.
extends_documentation_fragment:
  - netfs.bench.dfsctl
  - netfs.bench.dfsctl.attributes
options:
  share:
    description: Name of the share. V(export) and V(/export) are the same.
    type: str
    required: true
  user:
    description: Name of the user. Give this or O(group).
    type: str
  group:
    description: Name of the group.
    type: str
  level:
    description: What the account may do; required with O(state=present).
    type: str
    choices: [none, read, read-write, admin]
  state:
    description: Whether there is a permission of its own. Without one the default of the share holds.
    type: str
    choices: [present, absent]
    default: present
author:
  - netfs.bench contributors (@netfs)
seealso:
  - module: netfs.bench.dfsctl_share
  - module: netfs.bench.dfsctl_user
  - module: netfs.bench.dfsctl_group
"""

EXAMPLES = r"""
- name: Let the staff write
  netfs.bench.dfsctl_share_permission:
    share: /export
    group: staff
    level: read-write
    api_password_file: /etc/netfs-dittofs/admin-password

- name: Let alice fall back to what the share allows everybody
  netfs.bench.dfsctl_share_permission:
    share: /export
    user: alice
    state: absent
    api_password_file: /etc/netfs-dittofs/admin-password
"""

RETURN = r"""
permissions:
  description: All permissions on the share after the change, as the server shows them.
  returned: success
  type: list
  elements: dict
  sample:
    - {type: group, name: staff, level: read-write}
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.netfs.bench.plugins.module_utils._dfsctl import (
    LEVELS,
    declared,
    refer_to,
    run,
    segment,
    settle_at,
)


def work(module, api):
    """Bring the permission to its wanted state."""
    given = module.params
    kind = "user" if given["user"] else "group"
    name = given[kind]
    share = f"/shares/{segment(given['share'])}"
    grants = api.get(f"{share}/permissions", missing=True)
    if grants is None and given["state"] == "present":
        refer_to(module, api, "share", given["share"])
    before = next(
        ({"level": grant["level"]} for grant in grants or [] if (grant["type"], grant["name"]) == (kind, name)), None
    )
    if before is None and given["state"] == "present":
        refer_to(module, api, kind, name)
    path = f"{share}/permissions/{kind}s/{segment(name)}"
    result = settle_at(
        module,
        api,
        path,
        before,
        {"level": given["level"]} if given["state"] == "present" else None,
        create=lambda after: api.put(path, after),
        update=lambda changes: api.put(path, changes),
    )
    result["permissions"] = api.get(f"{share}/permissions", missing=True) or []
    return result


def main():
    """The module."""
    module = AnsibleModule(
        argument_spec=declared(
            share={"type": "str", "required": True},
            user={"type": "str"},
            group={"type": "str"},
            level={"type": "str", "choices": LEVELS},
        ),
        mutually_exclusive=[("user", "group")],
        required_one_of=[("user", "group")],
        required_if=[("state", "present", ["level"])],
        supports_check_mode=True,
    )
    run(module, work)


if __name__ == "__main__":
    main()

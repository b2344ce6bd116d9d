#!/usr/bin/python
# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: dfsctl_group
short_description: A group of accounts of a DittoFS server
version_added: 0.1.0
description:
  - Creates, changes and removes a group, and says who belongs to it.
  - An option that is not given is left as it is.
extends_documentation_fragment:
  - netfs.bench.dfsctl
  - netfs.bench.dfsctl.attributes
options:
  name:
    description: Name of the group.
    type: str
    required: true
  state:
    description: Whether the group exists. The server does not remove its own groups.
    type: str
    choices: [present, absent]
    default: present
  gid:
    description: Number of the group for NFS, 1 or more. Two groups cannot have the same one.
    type: int
  description:
    description: What the group is for.
    type: str
  members:
    description: Accounts of the group, all of them; they must exist.
    type: list
    elements: str
author:
  - netfs.bench contributors (@netfs)
seealso:
  - module: netfs.bench.dfsctl_user
  - module: netfs.bench.dfsctl_share_permission
"""

EXAMPLES = r"""
- name: The staff
  netfs.bench.dfsctl_group:
    name: staff
    gid: 2000
    members: [alice, bob]
    api_password_file: /etc/netfs-dittofs/admin-password
"""

RETURN = r"""
group:
  description: The group as the server shows it.
  returned: when the group exists
  type: dict
  sample: {name: staff, gid: 2000, members: [alice, bob]}
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.netfs.bench.plugins.module_utils._dfsctl import (
    DfsctlError,
    chosen,
    declared,
    run,
    segment,
    settle_at,
    within,
)


def wanted_state(given, api):
    """A group as it was asked for; its members must exist."""
    members = None if given["members"] is None else sorted(set(given["members"]))
    lost = [name for name in members or [] if api.get(f"/users/{segment(name)}", missing=True) is None]
    if lost:
        raise DfsctlError(f"members: there is no account {', '.join(lost)}.")
    return {**chosen(given, "gid", "description"), "members": members}


def move(api, path, before, after):
    """Let accounts in and out."""
    for name in sorted(set(after) - set(before)):
        api.post(path, {"username": name})
    for name in sorted(set(before) - set(after)):
        api.delete(f"{path}/{segment(name)}")


def work(module, api):
    """Bring the group to its wanted state."""
    given = module.params
    path = f"/groups/{segment(given['name'])}"
    within(given["gid"], 1, (1 << 32) - 1, "gid")
    reply = api.get(path, missing=True)
    members = [] if reply is None else sorted(user["username"] for user in api.get(f"{path}/members") or [])
    before = None
    if reply is not None:
        before = {"gid": reply.get("gid"), "description": reply.get("description") or "", "members": members}
    wanted = wanted_state(given, api) if given["state"] == "present" else None

    def create(after):
        api.post("/groups", {key: value for key, value in {**after, "name": given["name"]}.items() if key != "members"})
        move(api, f"{path}/members", [], after.get("members", []))

    def update(changes):
        settings = {key: value for key, value in changes.items() if key != "members"}
        if settings:
            api.put(path, settings)
        move(api, f"{path}/members", members, changes.get("members", members))

    result = settle_at(
        module,
        api,
        path,
        before,
        wanted,
        create=create,
        update=update,
    )
    if wanted and (reply or not module.check_mode):
        result["group"] = {"members": [], **api.get(path)}
    return result


def main():
    """The module."""
    module = AnsibleModule(
        argument_spec=declared(
            name={"type": "str", "required": True},
            gid={"type": "int"},
            description={"type": "str"},
            members={"type": "list", "elements": "str"},
        ),
        supports_check_mode=True,
    )
    run(module, work)


if __name__ == "__main__":
    main()

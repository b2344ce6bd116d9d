#!/usr/bin/python
# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: dfsctl_user
short_description: An account of a DittoFS server
version_added: 0.1.0
description:
  - Creates, changes and removes an account. SMB clients and the control plane know it by name and password, NFS clients
    by its uid.
  - An option that is not given is left as it is.
extends_documentation_fragment:
  - netfs.bench.dfsctl
  - netfs.bench.dfsctl.attributes
options:
  name:
    description: Name of the account.
    type: str
    required: true
  state:
    description: Whether the account exists. The server does not remove C(admin).
    type: str
    choices: [present, absent]
    default: present
  password:
    description:
      - Password, of 8 to 72 bytes; needed for a new account.
      - The server never shows one, so a password counts as wanted when a login with it succeeds.
    type: str
  update_password:
    description:
      - V(always) logs in as the account to see whether the password is the wanted one, and sets it if not. A disabled
        account cannot be tried, which is an error.
      - V(on_create) sets the password of a new account only, and tries nothing.
    type: str
    choices: [always, on_create]
    default: always
  role:
    description:
      - What the account may do with the control plane; V(user) for a new account.
      - An V(admin) who was given a password by somebody else can do nothing until the password is changed. Running this
        module on the account itself (O(name) the same as O(api_username)) does that, even to the same password.
    type: str
    choices: [user, operator, admin]
  uid:
    description: Number of the user for NFS. Two accounts cannot have the same one.
    type: int
  gid:
    description: Number of the group for NFS.
    type: int
  groups:
    description: Groups of the account, all of them.
    type: list
    elements: str
  display_name:
    description: Name for people.
    type: str
  email:
    description: Address for people.
    type: str
  enabled:
    description: Whether the account may log in.
    type: bool
author:
  - netfs.bench contributors (@netfs)
seealso:
  - module: netfs.bench.dfsctl_group
  - module: netfs.bench.dfsctl_share_permission
"""

EXAMPLES = r"""
- name: An account for SMB and NFS
  netfs.bench.dfsctl_user:
    name: alice
    password: "{{ vault_alice_password }}"
    uid: 1001
    gid: 1001
    groups: [staff]
    api_password_file: /etc/netfs-dittofs/admin-password

- name: A new password for the administrator, whose old one is in the file
  netfs.bench.dfsctl_user:
    name: admin
    password: "{{ vault_admin_password }}"
    api_password_file: /etc/netfs-dittofs/admin-password

- name: Remove the account
  netfs.bench.dfsctl_user:
    name: alice
    state: absent
    api_password_file: /etc/netfs-dittofs/admin-password
"""

RETURN = r"""
user:
  description: The account as the server shows it.
  returned: when the account exists
  type: dict
  sample:
    username: alice
    role: user
    uid: 1001
    gid: 1001
    groups: [staff]
    enabled: true
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.netfs.bench.plugins.module_utils._dfsctl import (
    BASE,
    MASK,
    NEW_MASK,
    ApiError,
    DfsctlError,
    chosen,
    declared,
    run,
    segment,
    settle_at,
    within,
)

KEYS = ["role", "uid", "gid", "display_name", "email", "enabled", "groups"]


def shown(reply):
    """An account in the words of this module."""
    record = {"display_name": "", "email": "", **reply, "groups": sorted(reply.get("groups") or []), "password": MASK}
    record = chosen(record, *KEYS, "password")
    return {key: value for key, value in record.items() if value is not None}


def enters(api, name, password):
    """What a login with the password gives; nothing when it is not the account's."""
    try:
        return api.enter(name, password)
    except ApiError as error:
        if error.status == 403:
            raise DfsctlError(
                f"Whether {name} has the wanted password cannot be checked: {error.msg}. Enable the account, or set "
                " update_password to on_create.",
                **error.facts,
            ) from error
        raise


def change_own_password(module, api):
    """Give the account of the connection its password, first of all; whether that was, or would be, a change.

    The wanted password may be in force already while the connection's is the old one, when an earlier run was cut off.
    And an account that must change its password can do nothing else before.
    """
    name, password = module.params["name"], module.params["password"]
    answer = api.enter(name, password)
    if answer and not answer["user"]["must_change_password"]:
        api.take(answer)
        return False
    old = password if answer else api.password()
    answer = answer or api.login()
    api.take(answer)
    if not module.check_mode:
        body = {"current_password": old, "new_password": password}
        api.take(api.send("POST", f"{BASE}/users/me/password", body, token=api.token))
    elif answer["user"]["must_change_password"]:
        raise DfsctlError(
            f"{name} must change its password before anything can be read; check mode does not change it."
        )
    return True


def work(module, api):
    """Bring the account to its wanted state."""
    given = module.params
    password = given["password"]
    path = f"/users/{segment(given['name'])}"
    within(given["uid"], 0, (1 << 32) - 1, "uid")
    within(given["gid"], 0, (1 << 32) - 1, "gid")
    if password is not None:
        within(len(password.encode()), 8, 72, "The length of the password")
    own = given["name"] == given["api_username"] and not api.given and password and given["state"] == "present"
    renewed = bool(own and given["update_password"] == "always" and change_own_password(module, api))
    api.support()
    reply = api.get(path, missing=True)
    before = None if reply is None else shown(reply)
    wanted = None
    if given["state"] == "present":
        if before is None and not password:
            raise DfsctlError("A new account needs a password.")
        wanted = {**chosen(given, *KEYS), "groups": None if given["groups"] is None else sorted(given["groups"])}
        tried = password and given["update_password"] == "always" and not own
        if before is None or renewed or (tried and not enters(api, given["name"], password)):
            wanted["password"] = NEW_MASK

    def update(changes):
        settings = {key: value for key, value in changes.items() if key in KEYS}
        if settings:
            api.put(path, settings)
        if "password" in changes and not renewed:
            api.post(f"{path}/password", {"new_password": password})

    result = settle_at(
        module,
        api,
        path,
        before,
        wanted,
        create=lambda after: api.post(
            "/users", {**chosen(after, *set(KEYS) & set(after)), "username": given["name"], "password": password}
        ),
        update=update,
    )
    if wanted and (reply or not module.check_mode):
        result["user"] = api.get(path)
    return result


def main():
    """The module."""
    module = AnsibleModule(
        argument_spec=declared(
            name={"type": "str", "required": True},
            password={"type": "str", "no_log": True},
            update_password={
                "type": "str",
                "choices": ["always", "on_create"],
                "default": "always",
                "no_log": False,
            },
            role={"type": "str", "choices": ["user", "operator", "admin"]},
            uid={"type": "int"},
            gid={"type": "int"},
            groups={"type": "list", "elements": "str"},
            display_name={"type": "str"},
            email={"type": "str"},
            enabled={"type": "bool"},
        ),
        supports_check_mode=True,
    )
    run(module, work, checked=False)


if __name__ == "__main__":
    main()

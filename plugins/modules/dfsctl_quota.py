#!/usr/bin/python
# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: dfsctl_quota
short_description: A limit on what one account keeps on a share of a DittoFS server
version_added: 0.1.0
description:
  - Limits the bytes and files of one user, one group, or every user without a limit of its own, on one share.
  - The limit of the share as a whole is an option of M(netfs.bench.dfsctl_share).
  - An option that is not given is left as it is, and is 0, no limit, for a new quota.
extends_documentation_fragment:
  - netfs.bench.dfsctl
  - netfs.bench.dfsctl.attributes
options:
  share:
    description: Name of the share. V(export) and V(/export) are the same.
    type: str
    required: true
  scope:
    description: Whom the quota limits.
    type: str
    choices: [user, group, default-user]
    required: true
  id:
    description: The uid or gid; V(user) and V(group) need it.
    type: int
  state:
    description: Whether there is such a quota.
    type: str
    choices: [present, absent]
    default: present
  limit:
    description: Bytes that cannot be exceeded, such as V(10GiB); V(0) for no limit.
    type: str
  soft_limit:
    description: Bytes that can be exceeded for a while, such as V(8GiB); V(0) for no limit.
    type: str
  limit_files:
    description: Files that cannot be exceeded.
    type: int
  soft_limit_files:
    description: Files that can be exceeded for a while.
    type: int
  grace_seconds:
    description: How long a soft limit can be exceeded.
    type: int
notes:
  - The server shows sizes with two decimals of their unit. Two sizes that it would show alike count as equal.
author:
  - netfs.bench contributors (@netfs)
seealso:
  - module: netfs.bench.dfsctl_share
  - module: netfs.bench.dfsctl_user
"""

EXAMPLES = r"""
- name: Nobody keeps more than 5 GiB
  netfs.bench.dfsctl_quota:
    share: /export
    scope: default-user
    limit: 5GiB
    api_password_file: /etc/netfs-dittofs/admin-password

- name: Alice may keep more
  netfs.bench.dfsctl_quota:
    share: /export
    scope: user
    id: 1001
    limit: 20GiB
    soft_limit: 15GiB
    grace_seconds: 604800
    api_password_file: /etc/netfs-dittofs/admin-password
"""

RETURN = r"""
quota:
  description: The quota as the server shows it, with what is used.
  returned: when the quota exists
  type: dict
  sample:
    share_name: /export
    scope: user
    identity_id: 1001
    limit_bytes: 20.00GiB
    used_bytes: 1048576
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.netfs.bench.plugins.module_utils._dfsctl import (
    DfsctlError,
    declared,
    refer_to,
    run,
    same_size,
    segment,
    settle_at,
    size_bytes,
    within,
)

SIZES = {"limit": "limit_bytes", "soft_limit": "soft_bytes"}
NUMBERS = {"limit_files": "limit_files", "soft_limit_files": "soft_files", "grace_seconds": "grace_seconds"}


def shown(reply):
    """A quota in the words of this module."""
    return {
        **{key: reply.get(field) or "" for key, field in SIZES.items()},
        **{key: reply.get(field) or 0 for key, field in NUMBERS.items()},
    }


def path_of(given):
    """Where the quota is."""
    quotas = f"/shares/{segment(given['share'])}/quotas"
    within(given["id"], 0, (1 << 32) - 1, "id")
    if given["scope"] == "default-user":
        if given["id"] is not None:
            raise DfsctlError("A quota for default-user has no id.")
        return f"{quotas}/default-user/0"  # the number is ignored; the documented path without one is refused by 0.29
    if given["id"] is None:
        raise DfsctlError(f"A quota for a {given['scope']} needs its id.")
    return f"{quotas}/{given['scope']}/{given['id']}"


def wanted_state(given, before):
    """A quota as it was asked for, refused where it could never hold."""
    for key in NUMBERS:
        within(given[key], 0, 1 << 62, key)
    wanted = {**{key: same_size(given[key], key) for key in SIZES}, **{key: given[key] for key in NUMBERS}}
    full = {**(before or shown({})), **{key: value for key, value in wanted.items() if value is not None}}
    for hard, soft in (("limit", "soft_limit"), ("limit_files", "soft_limit_files")):
        low, high = (size_bytes(str(full[key] or 0), key) for key in (soft, hard))
        if high and low > high:
            raise DfsctlError(f"{soft} must not exceed {hard}.")
    return full


def work(module, api):
    """Bring the quota to its wanted state."""
    given = module.params
    path = path_of(given)
    # The server takes quotas of shares that do not exist.
    if given["state"] == "present":
        refer_to(module, api, "share", given["share"])
    reply = api.get(path, missing=True)
    before = None if reply is None else shown(reply)
    wanted = wanted_state(given, before) if given["state"] == "present" else None

    def request(record):
        """The whole quota, since the server replaces all of it; an unchanged size goes back as it was shown."""
        body = {field: str(given[key] or record[key] or 0) for key, field in SIZES.items()}
        return {**body, **{field: record[key] for key, field in NUMBERS.items()}}

    result = settle_at(
        module,
        api,
        path,
        before,
        wanted,
        create=lambda after: api.put(path, request(after)),
        update=lambda changes: api.put(path, request({**before, **changes})),
    )
    if wanted and (reply or not module.check_mode):
        result["quota"] = api.get(path)
    return result


def main():
    """The module."""
    module = AnsibleModule(
        argument_spec=declared(
            share={"type": "str", "required": True},
            scope={"type": "str", "choices": ["user", "group", "default-user"], "required": True},
            id={"type": "int"},
            limit={"type": "str"},
            soft_limit={"type": "str"},
            limit_files={"type": "int"},
            soft_limit_files={"type": "int"},
            grace_seconds={"type": "int"},
        ),
        supports_check_mode=True,
    )
    run(module, work)


if __name__ == "__main__":
    main()

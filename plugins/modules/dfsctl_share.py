#!/usr/bin/python
# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: dfsctl_share
short_description: A share of a DittoFS server
version_added: 0.1.0
description:
  - Creates, changes and removes a share, which is what NFS clients mount and SMB clients connect to.
  - An option that is not given is left as it is.
  - A new share answers nobody until O(default_permission) or M(netfs.bench.dfsctl_share_permission) lets somebody in.
extends_documentation_fragment:
  - netfs.bench.dfsctl
  - netfs.bench.dfsctl.attributes
options:
  name:
    description: Name of the share. V(export) and V(/export) are the same; NFS clients mount V(/export).
    type: str
    required: true
  state:
    description:
      - Whether the share exists.
      - Removing a share leaves its files in the stores, where nothing finds them any more.
    type: str
    choices: [present, absent]
    default: present
  metadata_store:
    description: Name of its metadata store; needed for a new share. A share cannot be moved to another one.
    type: str
  local_store:
    description: Name of its local block store; needed for a new share.
    type: str
  remote_store:
    description: Name of its remote block store; the empty string takes it away.
    type: str
  default_permission:
    description: What accounts without a permission of their own may do; V(none) for a new share.
    type: str
    choices: [none, read, read-write, admin]
  squash:
    description:
      - Whose identity NFS clients act with. V(none) and V(root_to_admin) trust a client's root,
        V(root_to_guest), which a new share has, does not.
    type: str
    choices: [none, root_to_admin, root_to_guest, all_to_admin, all_to_guest]
  enabled:
    description: Whether the share is served. Disabling it disconnects its clients.
    type: bool
  read_only:
    description: Whether nobody may write.
    type: bool
  encrypt_data:
    description: Whether SMB clients must encrypt.
    type: bool
  access_based_enumeration:
    description: Whether SMB clients see only what they may open.
    type: bool
  continuous_availability:
    description: Whether SMB clients get handles that outlive a lost connection.
    type: bool
  quota:
    description: Most that the files of the share may hold together, such as V(10GiB); V(0) for no limit.
    type: str
  local_size:
    description: Size of the local store for this share, such as V(2GiB). Takes effect with a restart of the server.
    type: str
  read_buffer_size:
    description:
      - Memory for reading ahead, such as V(256MiB). Takes effect with a restart of the server.
      - The server's own default is an eighth of the memory of the machine, for each share.
    type: str
  retention_policy:
    description: Which content the local store may drop when it is full.
    type: str
    choices: [lru, ttl, pin]
  retention_ttl:
    description: Age after which O(retention_policy=ttl) drops content, such as V(72h).
    type: str
  trash_enabled:
    description: Whether removed files go to a recycle bin. Switching it off empties the bin.
    type: bool
  trash_retention_days:
    description: Days that a file stays in the bin; 0 for ever.
    type: int
  blocked_operations:
    description: Operations of NFS and SMB that are refused, by the server's names, such as V(RENAME).
    type: list
    elements: str
  owner:
    description:
      - Account that owns the root directory; it needs a uid. Only for a new share, a later difference is not repaired.
    type: str
  wait:
    description: Seconds to wait until the server calls the share healthy.
    type: int
    default: 30
notes:
  - The server shows sizes with two decimals of their unit. Two sizes that it would show alike count as equal.
author:
  - netfs.bench contributors (@netfs)
seealso:
  - module: netfs.bench.dfsctl_share_permission
  - module: netfs.bench.dfsctl_quota
  - module: netfs.bench.dfsctl_adapter
"""

EXAMPLES = r"""
- name: Share a directory that everybody in the network may write to
  netfs.bench.dfsctl_share:
    name: /export
    metadata_store: meta
    local_store: disk
    default_permission: read-write
    squash: root_to_guest
    quota: 50GiB
    api_password_file: /etc/netfs-dittofs/admin-password

- name: Take it out of service for a while
  netfs.bench.dfsctl_share:
    name: /export
    enabled: false
    api_password_file: /etc/netfs-dittofs/admin-password

- name: Say where the server is once, for all modules of the group
  hosts: nas
  module_defaults:
    group/netfs.bench.dfsctl:
      api_url: https://nas.example:8080
      api_ca_file: /etc/ssl/certs/nas-ca.pem
      api_password_file: /root/nas-password
  tasks:
    - name: Remove the share
      netfs.bench.dfsctl_share:
        name: /export
        state: absent
"""

RETURN = r"""
share:
  description: The share as the server shows it, with its settings for NFS under the key C(nfs).
  returned: when the share exists
  type: dict
  sample:
    name: /export
    default_permission: read-write
    enabled: true
    nfs: {squash: root_to_guest}
    status: {status: healthy}
    used_bytes: 0
restart_required:
  description: Whether a changed setting takes effect only when the server is restarted.
  returned: success
  type: bool
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.netfs.bench.plugins.module_utils._dfsctl import (
    LEVELS,
    DfsctlError,
    chosen,
    declared,
    run,
    same_size,
    segment,
    settle_at,
    share_name,
    within,
)

SAME = [  # what the API and the module call by the same name
    "default_permission",
    "read_only",
    "encrypt_data",
    "access_based_enumeration",
    "continuous_availability",
    "retention_policy",
    "trash_enabled",
    "trash_retention_days",
    "blocked_operations",
]
SIZES = {"quota": "quota_bytes", "local_size": "local_store_size", "read_buffer_size": "read_buffer_size"}
STORES = {
    "metadata_store": ("/store/metadata", "metadata_store_id", "metadata_store_id"),
    "local_store": ("/store/block/local", "local_block_store_id", "local_block_store"),
    "remote_store": ("/store/block/remote", "remote_block_store_id", "remote_block_store"),
}
AFTER_RESTART = {"local_size", "read_buffer_size"}


def seconds(text):
    """The seconds of a duration as the server writes it, such as 72h0m0s."""
    if not text:
        return 0
    total, number = 0, ""
    for letter in text:
        if letter.isdigit():
            number += letter
        elif letter in "hms" and number:
            total, number = total + int(number) * {"h": 3600, "m": 60, "s": 1}[letter], ""
        else:
            number = "x"
            break
    if number:
        raise DfsctlError(f"retention_ttl: {text!r} is not a duration; write 72h or 1h30m.")
    return total


def known_stores(api):
    """The names of all stores by their ids, each kind for itself."""
    return {key: {store["id"]: store["name"] for store in api.get(path) or []} for key, (path, *rest) in STORES.items()}


def shown(reply, nfs, names):
    """A share in the words of this module."""
    return {
        **chosen(reply, *SAME),
        **{key: reply.get(field) or "" for key, field in SIZES.items()},
        **{key: names[key].get(reply.get(field), "") for key, (_path, field, _new) in STORES.items()},
        "enabled": reply["enabled"],
        "retention_ttl": seconds(reply.get("retention_ttl")),
        "blocked_operations": sorted(reply.get("blocked_operations") or []),
        "squash": nfs["squash"],
    }


def wanted_state(given, before, names):
    """A share as it was asked for, refused where the server would take nonsense."""
    for key in STORES:
        if given[key] and given[key] not in names[key].values():
            have = ", ".join(sorted(names[key].values())) or "none"
            raise DfsctlError(f"{key}: there is no store {given[key]}; there is {have}.")
    if before is None:
        missing = [key for key in ("metadata_store", "local_store") if not given[key]]
        if missing:
            raise DfsctlError(f"A new share needs {' and '.join(missing)}.")
    elif given["metadata_store"] not in (None, before["metadata_store"]):
        raise DfsctlError(
            f"The share is on the metadata store {before['metadata_store']}, and cannot be moved to another one."
        )
    within(given["trash_retention_days"], 0, 36500, "trash_retention_days")
    state = {
        **chosen(given, *SAME, *STORES, "enabled", "squash"),
        **{key: same_size(given[key], key) for key in SIZES},
        "retention_ttl": None if given["retention_ttl"] is None else seconds(given["retention_ttl"]),
    }
    if given["blocked_operations"] is not None:
        state["blocked_operations"] = sorted({name.upper() for name in given["blocked_operations"]})
    policy = state["retention_policy"] or (before or {}).get("retention_policy")
    if policy == "ttl" and not (state["retention_ttl"] or (before or {}).get("retention_ttl")):
        raise DfsctlError("retention_policy ttl needs retention_ttl.")
    return state


def body(changes, ids, new):
    """The part of a share that its own request carries, in the words of the API."""
    request = {key: value for key, value in changes.items() if key in SAME}
    request.update({field: changes[key] or "0" for key, field in SIZES.items() if key in changes})
    for key, (_path, field, new_field) in STORES.items():
        if key in changes and (changes[key] or not new):
            request[new_field if new else field] = ids[key].get(changes[key], "")
    if "retention_ttl" in changes:
        request["retention_ttl"] = f"{changes['retention_ttl']}s"
    return request


def work(module, api):
    """Bring the share to its wanted state."""
    given = module.params
    name = share_name(given["name"])
    path = f"/shares/{segment(name)}"
    if not segment(name):
        raise DfsctlError("name: a share needs a name.")
    names = known_stores(api)
    ids = {key: {store: number for number, store in found.items()} for key, found in names.items()}
    reply = api.get(path, missing=True)
    before = None if reply is None else shown(reply, api.get(f"{path}/adapters/nfs/config"), names)
    wanted = wanted_state(given, before, names) if given["state"] == "present" else None

    def apply(changes, new):
        request = body(changes, ids, new)
        if new:
            request["name"] = name
            if given["owner"]:
                request["owner"] = given["owner"]
            api.post("/shares", request)
        elif request:
            api.put(path, request)
        if "squash" in changes:
            api.patch(f"{path}/adapters/nfs/config", {"squash": changes["squash"]})
        if changes.get("enabled") is False or ("enabled" in changes and not new):
            api.post(f"{path}/{'enable' if changes['enabled'] else 'disable'}")

    result = settle_at(
        module,
        api,
        path,
        before,
        wanted,
        create=lambda after: apply(after, new=True),
        update=lambda changes: apply(changes, new=False),
    )
    moved = {key for key, value in result["diff"]["after"].items() if (before or {}).get(key) != value}
    result["restart_required"] = bool(before and moved & AFTER_RESTART)
    if wanted and not (module.check_mode and before is None):
        if result["diff"]["after"].get("enabled", True) and not module.check_mode:
            touched = reply and moved & {"enabled", *STORES}
            api.works(path, f"The share {name}", given["wait"], reply["status"]["checked_at"] if touched else "")
        result["share"] = {**api.get(path), "nfs": api.get(f"{path}/adapters/nfs/config")}
    return result


def main():
    """The module."""
    module = AnsibleModule(
        argument_spec=declared(
            name={"type": "str", "required": True},
            metadata_store={"type": "str"},
            local_store={"type": "str"},
            remote_store={"type": "str"},
            default_permission={"type": "str", "choices": LEVELS},
            squash={
                "type": "str",
                "choices": ["none", "root_to_admin", "root_to_guest", "all_to_admin", "all_to_guest"],
            },
            enabled={"type": "bool"},
            read_only={"type": "bool"},
            encrypt_data={"type": "bool"},
            access_based_enumeration={"type": "bool"},
            continuous_availability={"type": "bool"},
            quota={"type": "str"},
            local_size={"type": "str"},
            read_buffer_size={"type": "str"},
            retention_policy={"type": "str", "choices": ["lru", "ttl", "pin"]},
            retention_ttl={"type": "str"},
            trash_enabled={"type": "bool"},
            trash_retention_days={"type": "int"},
            blocked_operations={"type": "list", "elements": "str"},
            owner={"type": "str"},
            wait={"type": "int", "default": 30},
        ),
        supports_check_mode=True,
    )
    run(module, work)


if __name__ == "__main__":
    main()

#!/usr/bin/python
# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: service_directories
short_description: Create and remove the directories of a service
version_added: 0.2.0
description:
  - Creates directories with their owner and mode. What is missing above one belongs to root and has mode 0755, whoever
    owns the directory itself.
  - Removes directories with what is in them, and nothing else. No link is followed. Whatever is mounted below one stays
    with all that it holds, and so does a directory of the system such as C(/srv), however it is used; each is named.
options:
  directories:
    description: The directories, parents first.
    type: list
    elements: dict
    required: true
    suboptions:
      path:
        description: Absolute path.
        type: str
        required: true
      mode:
        description: Mode, as M(ansible.builtin.file) takes it.
        type: str
        required: true
      owner:
        description: Owner; V(root) if omitted. In check mode one that does not exist is taken for one that will.
        type: str
      group:
        description: Group; the name of the owner if omitted.
        type: str
      data:
        description: Whether it holds the users' data.
        type: bool
      shared:
        description: Whether others use it too. Then V(absent) removes it only when it is empty.
        type: bool
  state:
    description:
      - V(present) creates them, V(absent) removes them, the last one first.
    type: str
    choices: [present, absent]
    default: present
  remove_data:
    description: Whether V(absent) removes directories of users' data too.
    type: bool
    default: false
attributes:
  check_mode:
    description: Can run in check mode and say what it would create or remove.
    support: full
  diff_mode:
    description: Shows what changes about each directory.
    support: full
author:
  - netfs.bench contributors (@netfs)
"""

EXAMPLES = r"""
- name: Create a directory for alice below one of root
  netfs.bench.service_directories:
    directories: [{path: /srv/team/alice, owner: alice, mode: '0700', data: true}]

- name: Remove it with all that it holds
  netfs.bench.service_directories:
    directories: [{path: /srv/team/alice, owner: alice, mode: '0700', data: true}]
    state: absent
    remove_data: true
"""

RETURN = r"""
left:
  description: What was not removed, each with C(path) and C(reason).
  returned: O(state=absent)
  type: list
  elements: dict
"""

import grp
import os
import pwd
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.netfs.bench.plugins.module_utils._accounts import account_number
from ansible_collections.netfs.bench.plugins.module_utils._command import FailureError
from ansible_collections.netfs.bench.plugins.module_utils._mounts import mount_points
from ansible_collections.netfs.bench.plugins.module_utils._service_directories import (
    missing_parents,
    remove,
    remove_if_empty,
)


def moved(path, before, after):
    """Return a difference of one directory's state, as Ansible shows it."""
    return {"before": {"path": str(path), "state": before}, "after": {"path": str(path), "state": after}}


def settle_one(module, path, owner, group, mode):
    """Create a directory or correct its owner and mode; return the differences."""
    differences = []
    if not path.exists():
        differences.append(moved(path, "absent", "directory"))
        if module.check_mode:
            return differences
        path.mkdir(mode=0o700)
    place, difference, changed = os.path.realpath(path), {}, False
    if account_number(owner, pwd.getpwnam, "directory", may_be_missing=module.check_mode) is not None:
        changed = module.set_owner_if_different(place, owner, changed, difference, expand=False)
    if account_number(group, grp.getgrnam, "directory", may_be_missing=module.check_mode) is not None:
        changed = module.set_group_if_different(place, group, changed, difference, expand=False)
    if module.set_mode_if_different(place, mode, changed, difference, expand=False):
        differences.append({key: {"path": str(path), **difference[key]} for key in ("before", "after")})
    return differences


def create(module, one):
    """Create a directory and what is missing above it; return the differences."""
    path = Path(one["path"])
    owner = one["owner"] or "root"
    differences = []
    for parent in missing_parents(path):
        differences += settle_one(module, parent, "root", "root", "0755")
    return differences + settle_one(module, path, owner, one["group"] or owner, one["mode"])


def take_away(module):
    """Remove the directories, the last one first."""
    chosen = [one for one in module.params["directories"] if module.params["remove_data"] or not one["data"]]
    keep = {os.path.realpath(one["path"]) for one in module.params["directories"] if one not in chosen}
    mounts = mount_points()
    differences, left = [], []
    for one in reversed(chosen):
        if one["shared"]:
            removal = remove_if_empty(one["path"], dry_run=module.check_mode)
        else:
            removal = remove(one["path"], mounts=mounts, keep=keep, dry_run=module.check_mode)
        if removal.changed:
            differences.append(moved(one["path"], "directory", "absent"))
        known = keep | {entry.path for entry in left}
        left += [entry for entry in removal.left if entry.path not in known]
    emptied = {os.path.realpath(one["path"]) for one in chosen} & mounts
    for entry in left:
        if entry.path not in emptied:
            module.warn(f"{entry.path} was not removed: {entry.reason}.")
    facts = {
        "changed": bool(differences),
        "diff": differences,
        "left": [{"path": entry.path, "reason": entry.reason} for entry in left],
    }
    wrong = [f"{entry.path} ({entry.reason})" for entry in left if entry.wrong]
    if wrong:
        module.fail_json(msg=f"Everything was removed except {', '.join(wrong)}.", **facts)
    return facts


def main():
    module = AnsibleModule(
        argument_spec={
            "directories": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": {
                    "path": {"type": "str", "required": True},
                    "mode": {"type": "str", "required": True},
                    "owner": {"type": "str"},
                    "group": {"type": "str"},
                    "data": {"type": "bool"},
                    "shared": {"type": "bool"},
                },
            },
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "remove_data": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    if module.params["state"] == "absent":
        module.exit_json(**take_away(module))
    differences = []
    try:
        for one in module.params["directories"]:
            differences += create(module, one)
    except FailureError as error:
        module.fail_json(msg=error.msg, **error.facts)
    module.exit_json(changed=bool(differences), diff=differences)


if __name__ == "__main__":
    main()

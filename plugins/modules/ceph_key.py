#!/usr/bin/python
# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: ceph_key
short_description: A key of a Ceph cluster and its rights
version_added: 0.2.0
description:
  - Makes a key, corrects its rights, or removes it. The cluster makes the key itself, so it is on no command line.
  - Its result holds the key. A task that uses it has C(no_log).
options:
  name:
    description: Entity that the key is for, such as V(client.media) or V(mgr.one).
    type: str
    required: true
  caps:
    description: Rights by service (C(mon), C(mgr), C(osd), C(mds)), as C(ceph auth caps) takes them.
    type: dict
    default: {}
  state:
    description: Whether it should be there.
    type: str
    choices: [present, absent]
    default: present
requirements:
  - C(ceph) and the key of C(client.admin) on the host
attributes:
  check_mode:
    description: Can run in check mode and say what it would change.
    support: full
  diff_mode:
    description: Shows how the rights change, and no key.
    support: full
author:
  - netfs.bench contributors (@netfs)
"""

EXAMPLES = r"""
- name: Let a client read
  netfs.bench.ceph_key:
    name: client.media
    caps: {mon: allow r fsname=cephfs, mds: allow r fsname=cephfs, osd: allow r tag cephfs data=cephfs}
  no_log: true
  register: media
"""

RETURN = r"""
key:
  description: The key; empty when there is none.
  returned: success
  type: str
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.netfs.bench.plugins.module_utils._ceph import (
    NO_SUCH_ENTRY,
    Ceph,
    caps_words,
    json_of,
    parse_auth,
)
from ansible_collections.netfs.bench.plugins.module_utils._command import FailureError
from ansible_collections.netfs.bench.plugins.module_utils._settle import settle


def read(ceph, name):
    """Return key and rights; an empty key and None when there are none."""
    words = ["auth", "get", name]
    answer = ceph.answer("--format=json", *words)
    return ("", None) if answer.rc == NO_SUCH_ENTRY else parse_auth(json_of(words, answer))


def main():
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "caps": {"type": "dict", "default": {}},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        supports_check_mode=True,
    )
    name, wanted, ceph = module.params["name"], module.params["caps"], Ceph()
    try:
        key, before = read(ceph, name)
        result = settle(
            # rights that nobody asked for are taken away
            before,
            None if module.params["state"] == "absent" else dict.fromkeys(before or {}, "") | wanted,
            create=lambda caps: ceph.do("auth", "get-or-create", name, *caps_words(caps)),
            update=lambda _differing: ceph.do("auth", "caps", name, *caps_words(wanted)),
            delete=lambda: ceph.do("auth", "rm", name),
            dry_run=module.check_mode,
        )
        if result["changed"] and not module.check_mode:
            key, _caps = read(ceph, name)
    except FailureError as error:
        module.fail_json(msg=error.msg)
    module.exit_json(key=key, **result)


if __name__ == "__main__":
    main()

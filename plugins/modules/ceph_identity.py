#!/usr/bin/python
# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: ceph_identity
short_description: Who a Ceph cluster is
version_added: 0.2.0
description:
  - Keeps the UUID of a cluster and its first two keys, those of C(mon.) and C(client.admin), in a file of mode 0600.
    They are made once, before there is a cluster, and never again.
  - The file also has the address of each host and the number of its OSD. A new host gets the lowest number that is
    free.
  - Its result holds keys. A task that uses it has C(no_log).
options:
  path:
    description: The file.
    type: path
    required: true
  state:
    description:
      - V(read) reads it. V(proposed) also returns what would be written, with new keys where there is no file.
      - V(present) writes it.
    type: str
    choices: [read, proposed, present]
    default: present
  identity:
    description:
      - What is to be written, as V(proposed) returned it. New keys are made if it is empty and there is no file.
    type: dict
    default: {}
  hosts:
    description: Addresses of hosts that belong to the cluster, by their names. Others stay.
    type: dict
    default: {}
  without:
    description: Hosts that have left.
    type: list
    elements: str
    default: []
attributes:
  check_mode:
    description: Can run in check mode and say whether it would write.
    support: full
  diff_mode:
    description: Has no difference to show, because it would show keys.
    support: none
author:
  - netfs.bench contributors (@netfs)
"""

EXAMPLES = r"""
- name: Keep the identity of the cluster
  netfs.bench.ceph_identity:
    path: /var/lib/netfs-ceph/secrets/identity.json
    hosts: {one: 192.0.2.1}
  no_log: true
  register: kept
"""

RETURN = r"""
known:
  description: Whether there was a file.
  returned: success
  type: bool
identity:
  description: C(fsid), C(keys) by entity, and C(hosts) with C(address) and C(osd). Empty if there is no file to read.
  returned: success
  type: dict
"""

import os
import time
import uuid
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.netfs.bench.plugins.module_utils._ceph import identity_of, new_identity, with_hosts
from ansible_collections.netfs.bench.plugins.module_utils._command import FailureError
from ansible_collections.netfs.bench.plugins.module_utils._files import write_json


def wanted(before, params):
    """Return the identity that should be there. Raises FailureError when it would be that of another cluster."""
    given = params["identity"] or before or new_identity(os.urandom, str(uuid.uuid4()), int(time.time()))
    if before and before["fsid"] != given["fsid"]:
        raise FailureError(f"The host belongs to cluster {before['fsid']}, and not to {given['fsid']}.")
    return with_hosts(given, params["hosts"], params["without"])


def main():
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path", "required": True},
            "state": {"type": "str", "choices": ["read", "proposed", "present"], "default": "present"},
            # Returned too: Ansible would blank it there. The task has no_log, which keeps it out of every log.
            "identity": {"type": "dict", "default": {}, "no_log": False},
            "hosts": {"type": "dict", "default": {}},
            "without": {"type": "list", "elements": "str", "default": []},
        },
        supports_check_mode=True,
    )
    params, path = module.params, Path(module.params["path"])
    try:
        before = identity_of(path.read_text(encoding="utf-8"), str(path)) if path.exists() else None
        after = before if params["state"] == "read" else wanted(before, params)
    except FailureError as error:
        module.fail_json(msg=error.msg)
    changed = params["state"] == "present" and after != before
    if changed and not module.check_mode:
        os.umask(0o077)
        write_json(path, after)
    module.exit_json(changed=changed, known=before is not None, identity=after or {})


if __name__ == "__main__":
    main()

#!/usr/bin/python
# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: ceph_filesystem
short_description: A CephFS file system and its pools
version_added: 0.2.0
description:
  - Makes a file system with a pool of metadata and one of data, both replicated. With O(k) its files are in a third
    pool, which is erasure coded; RV(data_pool) names the pool that the layout of its directories has to say.
  - Pools grow and get another number of copies. What would lose data, or cannot be changed, is refused.
options:
  name:
    description: Name of the file system; those of the pools begin with it.
    type: str
    required: true
  replicas:
    description: Copies of metadata, and of data that is not erasure coded.
    type: int
    required: true
  metadata_groups:
    description: Placement groups of the pool of metadata.
    type: int
    required: true
  data_groups:
    description: Placement groups of the pool that files are in.
    type: int
    required: true
  k:
    description: Parts that the data of a file is cut into; V(0) keeps whole copies.
    type: int
    default: 0
  m:
    description: Parts that may be lost.
    type: int
    default: 0
extends_documentation_fragment: [netfs.bench.ceph]
author:
  - netfs.bench contributors (@netfs)
"""

EXAMPLES = r"""
- name: Make a file system with three copies of everything
  netfs.bench.ceph_filesystem: {name: cephfs, replicas: 3, metadata_groups: 16, data_groups: 32}
"""

RETURN = r"""
commands:
  description: The commands that it ran, or would run in check mode.
  returned: success
  type: list
  elements: list
data_pool:
  description: Pool that files are in.
  returned: success
  type: str
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.netfs.bench.plugins.module_utils._ceph import Ceph, Pools, filesystem_commands, settled
from ansible_collections.netfs.bench.plugins.module_utils._command import FailureError


def main():
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "replicas": {"type": "int", "required": True},
            "metadata_groups": {"type": "int", "required": True},
            "data_groups": {"type": "int", "required": True},
            "k": {"type": "int", "default": 0},
            "m": {"type": "int", "default": 0},
        },
        supports_check_mode=True,
    )
    params, ceph = dict(module.params), Ceph()
    wanted = Pools(filesystem=params.pop("name"), **params)
    try:
        commands = filesystem_commands(
            ceph.ask("osd", "pool", "ls", "detail"),
            ceph.ask("fs", "ls"),
            ceph.ask("osd", "erasure-code-profile", "ls"),
            wanted,
        )
        result = settled(ceph, commands, dry_run=module.check_mode)
    except FailureError as error:
        module.fail_json(msg=error.msg)
    module.exit_json(data_pool=wanted.coded or wanted.data, **result)


if __name__ == "__main__":
    main()

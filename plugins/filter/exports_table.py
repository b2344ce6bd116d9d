# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: exports_table
short_description: What an NFS server lets whom do
version_added: 0.2.0
description:
  - Reads exports as the roles P(netfs.bench.kernel_nfs#role) and P(netfs.bench.ganesha#role) take them, and refuses
    those that cannot be served.
positional: server
options:
  _input:
    description: List of exports.
    type: list
    elements: dict
    required: true
  server:
    description: Which server.
    type: str
    choices: [kernel_nfs, ganesha]
    required: true
"""

EXAMPLES = r"""
- name: Show who may mount what
  ansible.builtin.debug:
    msg: "{{ kernel_nfs_exports | netfs.bench.exports_table('kernel_nfs') }}"
"""

RETURN = r"""
_value:
  description:
    - One entry for each path, or for each name that clients have for one, with C(path) and C(clients).
    - Those of the kernel's server have C(owner) and C(probe), what root of the node may do; those of Ganesha have
      C(pseudo), C(access) of everybody, C(squash), and C(node), whether the node itself has to be let in.
  type: list
  elements: dict
"""

from ansible_collections.netfs.bench.plugins.plugin_utils._exports import table
from ansible_collections.netfs.bench.plugins.plugin_utils._ganesha_conf import ganesha_table
from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import as_filter

TABLES = {"kernel_nfs": table, "ganesha": ganesha_table}


def exports_table(exports, server):
    return TABLES[server](exports)


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self):
        return {"exports_table": as_filter(exports_table)}

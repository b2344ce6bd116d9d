# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: to_nfs_conf
short_description: Settings of the kernel's NFS server
version_added: 0.2.0
description:
  - Writes sections with their keys as a file of nfs.conf(5), so that nfsconf reads back exactly these values.
  - nfs.conf knows no escapes. What it cannot hold is refused, as are the key C(include) and a value that it would take
    for a variable of the environment.
positional: _variable
extends_documentation_fragment: [netfs.bench.refusals]
options:
  _input:
    description: Mapping of sections to mappings of keys to texts, numbers or booleans.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show a file of nfs.conf
  ansible.builtin.debug:
    msg: "{{ {'nfsd': {'port': 2049, 'udp': false}} | netfs.bench.to_nfs_conf }}"
  # [nfsd]
  # port=2049
  # udp=n
"""

RETURN = r"""
_value:
  description: The lines of the file.
  type: str
"""

from ansible_collections.netfs.bench.plugins.plugin_utils._nfs_conf import to_nfs_conf
from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import as_filter


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self):
        return {"to_nfs_conf": as_filter(to_nfs_conf)}

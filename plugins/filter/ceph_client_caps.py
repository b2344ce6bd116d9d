# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: ceph_client_caps
short_description: The least rights of a client of CephFS
version_added: 0.2.0
description:
  - Returns the rights that C(ceph fs authorize) gives to a client, for one directory of one file system.
positional: path, access
options:
  _input:
    description: Name of the file system.
    type: str
    required: true
  path:
    description: Directory, absolute within the file system.
    type: str
    required: true
  access:
    description: What the client may do there.
    type: str
    choices: [rw, r]
    required: true
"""

EXAMPLES = r"""
- name: Let a client write below /media
  netfs.bench.ceph_key:
    name: client.media
    caps: "{{ 'cephfs' | netfs.bench.ceph_client_caps('/media', 'rw') }}"
  no_log: true
"""

RETURN = r"""
_value:
  description: Rights by service, as M(netfs.bench.ceph_key) takes them.
  type: dict
"""

from ansible_collections.netfs.bench.plugins.plugin_utils._ceph_caps import ceph_client_caps
from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import as_filter


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self):
        return {"ceph_client_caps": as_filter(ceph_client_caps)}

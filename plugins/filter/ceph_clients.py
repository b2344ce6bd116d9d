# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: ceph_clients
short_description: The clients of CephFS that a server uses, and where their keys are
version_added: 0.2.0
description:
  - Finds clients in an endpoint of CephFS, and refuses a use that the rights of a client do not cover.
positional: wanted, _variable
extends_documentation_fragment: [netfs.bench.refusals]
options:
  _input:
    description:
      - Endpoint as role C(ceph) publishes it, or a dictionary with C(monitors), C(fsid),
        C(filesystem), C(secret_host), and C(clients) with C(name), C(path), C(access) and C(keyring).
    type: dict
    required: true
  wanted:
    description: Uses, each with C(client), C(path) and C(access) (V(rw) or V(ro)).
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Show whose keys an NFS server needs
  ansible.builtin.debug:
    msg: "{{ service_endpoints.ceph | netfs.bench.ceph_clients([{'client': 'nfs', 'path': '/data', 'access': 'rw'}]) }}"
"""

RETURN = r"""
_value:
  description: Each client once, with C(name), C(keyring) and the C(host) that has this file.
  type: list
  elements: dict
"""

from ansible_collections.netfs.bench.plugins.plugin_utils._ceph_clients import ceph_clients
from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import as_filter


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self):
        return {"ceph_clients": as_filter(ceph_clients)}

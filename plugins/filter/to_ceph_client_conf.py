# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: to_ceph_client_conf
short_description: The ceph.conf of a client
version_added: 0.2.0
description:
  - Writes what a client of CephFS has to know to reach its cluster.
positional: keyring, _variable
extends_documentation_fragment: [netfs.bench.refusals]
options:
  _input:
    description: Endpoint as role C(ceph) publishes it; C(fsid) and C(monitors) are read.
    type: dict
    required: true
  keyring:
    description: File with the keys of the clients.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Configure a client
  ansible.builtin.copy:
    content: "{{ service_endpoints.ceph | netfs.bench.to_ceph_client_conf('/etc/nas/keyring') }}\n"
    dest: /etc/nas/ceph.conf
    mode: "0644"
"""

RETURN = r"""
_value:
  description: The lines of the file.
  type: str
"""

from ansible_collections.netfs.bench.plugins.plugin_utils._ceph_clients import to_ceph_client_conf
from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import as_filter


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self):
        return {"to_ceph_client_conf": as_filter(to_ceph_client_conf)}

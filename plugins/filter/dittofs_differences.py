# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: dittofs_differences
short_description: Whether DittoFS enforces the access that was asked for
version_added: 0.2.0
description:
  - Compares what a control plane holds with the wanted shares, permissions and accounts. What those do not name is not
    looked at.
positional: shares, users
options:
  _input:
    description: What the module M(netfs.bench.dfsctl_info) returns.
    type: dict
    required: true
  shares:
    description: Shares, as C(dittofs_shares) of the role C(netfs.bench.dittofs) has them.
    type: list
    elements: dict
    required: true
  users:
    description: Accounts, as C(dittofs_users) has them.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Read what the server enforces
  netfs.bench.dfsctl_info:
    api_password_file: /etc/netfs-dittofs/admin-password
  register: answer

- name: Refuse a server that lets everybody write
  ansible.builtin.assert:
    that: answer | netfs.bench.dittofs_differences(shares, []) == []
  vars:
    shares: [{name: /export, default_permission: read}]
"""

RETURN = r"""
_value:
  description: What is different, one sentence each; empty if nothing is.
  type: list
  elements: str
"""

from ansible_collections.netfs.bench.plugins.plugin_utils._dittofs import dittofs_differences
from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import as_filter


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self):
        return {"dittofs_differences": as_filter(dittofs_differences)}

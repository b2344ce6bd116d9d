# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: names_at_sites
short_description: The names that each node knows
version_added: 0.2.0
description:
  - A node knows all nodes, each by the address at a site that the two share. Where they share none it knows the first.
options:
  _input:
    description: By node, its address at each site in which it has a leg.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show whom a storage node knows
  ansible.builtin.debug:
    msg: "{{ (nodes | netfs.bench.names_at_sites)['storage-a-1'] }}"
  vars:
    nodes:
      storage-a-1: {a: 192.0.2.1}
      storage-b-1: {b: 198.51.100.1}
      conduit-1: {a: 192.0.2.9, b: 198.51.100.9}
  # {"conduit-1": "192.0.2.9", "storage-a-1": "192.0.2.1", "storage-b-1": "198.51.100.1"}
"""

RETURN = r"""
_value:
  description: By node, the addresses of those that it knows by their names.
  type: dict
"""

from ansible_collections.netfs.bench.plugins.plugin_utils._names import names_at_sites


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self):
        return {"names_at_sites": names_at_sites}

# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: inventory_nodes
short_description: The hosts of an inventory that are the nodes of a cluster
version_added: 0.2.0
description:
  - Returns what others have to know of each host.

positional: groups, variables
options:
  _input:
    description: The plan that module P(netfs.bench.cluster_plan#module) returned.
    type: dict
    required: true
  groups:
    description: The inventory's groups, each with its hosts.
    type: dict
    required: true
  variables:
    description: By host, its variables and facts, as C(hostvars) has them.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show at which address each node is used
  ansible.builtin.debug:
    msg: "{{ planned.plan | netfs.bench.inventory_nodes(groups, hostvars) }}"
"""

RETURN = r"""
_value:
  description:
    - By host its C(name), its C(sites), the C(address) at which others use it (C(service_address), the first of
      C(node_addresses), or that of its default route; empty when it has none), and all of its C(addresses).
  type: dict
"""

from ansible_collections.netfs.bench.plugins.plugin_utils._inventory_check import inventory_nodes


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self):
        return {"inventory_nodes": inventory_nodes}

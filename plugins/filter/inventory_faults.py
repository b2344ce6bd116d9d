# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: inventory_faults
short_description: What is wrong with the groups of an inventory
version_added: 0.2.0
description:
  - Compares the groups with those of a topology, each with its hosts. No host can be two nodes.

positional: groups
options:
  _input:
    description: The plan that module P(netfs.bench.cluster_plan#module) returned.
    type: dict
    required: true
  groups:
    description: The inventory's groups, each with its hosts.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Refuse an inventory that is not the topology
  ansible.builtin.assert:
    that: faults | length == 0
    fail_msg: "{{ faults | join(' ') }}"
  vars:
    faults: "{{ planned.plan | netfs.bench.inventory_faults(groups) }}"
"""

RETURN = r"""
_value:
  description: A sentence for each thing that is wrong, with what to do.
  type: list
  elements: str
"""

from ansible_collections.netfs.bench.plugins.plugin_utils._inventory_check import inventory_faults


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self):
        return {"inventory_faults": inventory_faults}

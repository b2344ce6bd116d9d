# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: node_set
short_description: The hosts that stand for the nodes of a plan
version_added: 0.2.0
description:
  - Several hosts in the groups of a plan make several node sets. The first hosts of the groups, by name, are one,
    the second ones another; a group with a single host takes part in all.
positional: groups, number
options:
  _input:
    description: Names of nodes, as a list or as the keys of a dictionary.
    type: raw
    required: true
  groups:
    description: The inventory's groups, each with its hosts.
    type: dict
    required: true
  number:
    description: Number of the node set, counted from 0. After the last one comes the first again.
    type: int
    required: true
"""

EXAMPLES = r"""
- name: Show which hosts take part in the second trial
  ansible.builtin.debug:
    msg: "{{ ['client', 'server'] | netfs.bench.node_set({'client': ['c'], 'server': ['s1', 's2']}, 1) }}"
  # {"client": "c", "server": "s2"}
"""

RETURN = r"""
_value:
  description: The host of each node.
  type: dict
"""

from ansible_collections.netfs.bench.plugins.plugin_utils._node_sets import node_set


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self):
        return {"node_set": node_set}

# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: ec2_groups
short_description: The nodes of a cluster as groups of equal instances
version_added: 0.2.0
description:
  - Puts nodes that are the same on EC2 and stand at the same sites into one group.
options:
  _input:
    description: What the plan of module P(netfs.bench.cluster_plan#module) has in C(nodes), with C(ec2) in each.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Create the nodes of a cluster
  ansible.builtin.include_role:
    name: netfs.bench.nodes_ec2
  vars:
    nodes_ec2_sites: "{{ planned.plan.sites }}"
    nodes_ec2_groups: "{{ planned.plan.nodes | netfs.bench.ec2_groups }}"
"""

RETURN = r"""
_value:
  description: The groups, as module P(netfs.bench.cloud_spot_group#module) takes them.
  type: list
  elements: dict
"""

from ansible_collections.netfs.bench.plugins.plugin_utils._ec2_nodes import ec2_groups


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self):
        return {"ec2_groups": ec2_groups}

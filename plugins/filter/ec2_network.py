# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: ec2_network
short_description: Subnets and security groups of the nodes of a cluster
version_added: 0.2.0
description:
  - Without sites there is a subnet in each zone, and one security group in which all nodes reach one another.
  - With sites each has a subnet in one zone and a security group, and the nodes between sites have one more. Nodes that
    share a site reach one another on the ports of what is served there. ssh is open to its sources alone.
options:
  _input:
    description: Groups of instances, as the role nodes_ec2 takes them in C(nodes_ec2_groups).
    type: list
    elements: dict
    required: true
  name:
    description: Name with which those of subnets and security groups begin.
    type: str
    required: true
  sites:
    description: Names of the sites; none for one network.
    type: list
    elements: str
    required: true
  zones:
    description: Zones in which subnets may be.
    type: list
    elements: str
    required: true
  block:
    description: Network of the cluster, a /16. Each subnet is a /24 of it.
    type: str
    required: true
  ports:
    description:
      - What is served, as C(protocol), C(port), C(last) for a range, and C(group), the inventory group that serves
        there; every node when it is missing.
    type: list
    elements: dict
    required: true
  ssh_sources:
    description: Networks from which ssh is open.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Show which addresses the nodes of site b have
  ansible.builtin.debug:
    msg: "{{ (groups_wanted | netfs.bench.ec2_network(name='lab', sites=['a', 'b'], zones=['us-west-2a', 'us-west-2b'],
             block='10.180.0.0/16', ports=[], ssh_sources=['203.0.113.7/32'])).subnets[1].cidr }}"
  vars:
    groups_wanted: [{role: storage, site: a}, {role: storage, site: b}]
  # 10.180.1.0/24
"""

RETURN = r"""
_value:
  description:
    - C(subnets) with C(name), C(zone) and C(cidr); C(security_groups) with C(name) and C(rules), as module
      P(amazon.aws.ec2_security_group#module) takes them; C(networks), which C(subnet), C(zone) and C(security_group)
      the nodes of each network have; and C(groups), which say their network.
  type: dict
"""

from ansible_collections.netfs.bench.plugins.plugin_utils._ec2_nodes import ec2_network
from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import as_filter


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self):
        return {"ec2_network": as_filter(ec2_network)}

# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: docker_nodes
short_description: Nodes of the role nodes_docker with every default filled in
version_added: 0.2.0
description:
  - Returns each node as it is wanted, with its names, limits, networks, addresses and the names that it knows.
  - Refuses nodes that cannot be, such as two with one address, or one at a site that there is not.
options:
  _input:
    description: What each node is asked to be, by name, as the role takes it in C(nodes_docker_nodes).
    type: dict
    required: true
  installation:
    description: Name of the set of nodes, with which the names of its containers begin.
    type: str
    required: true
  networks:
    description: What the filter P(netfs.bench.docker_networks#filter) returned.
    type: list
    elements: dict
    required: true
  cpus:
    description: CPU limit of a node that does not name its own.
    type: float
    required: true
  memory:
    description: Memory limit of a node that does not name its own.
    type: str
    required: true
  wan:
    description: What lies between the sites, as the role takes it in C(nodes_docker_wan).
    type: dict
    required: true
  existing:
    description: Nodes that are there, with C(name) and C(address). They keep their addresses.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Show the address of a node
  ansible.builtin.debug:
    msg: "{{ (nodes | netfs.bench.docker_nodes(installation='lab', networks=networks, cpus=2, memory='4g', wan={},
             existing=[]) | first).address }}"
  vars:
    nodes: {server: {kernel: host}}
    networks: "{{ {} | netfs.bench.docker_networks(installation='lab', subnet='198.18.7.0/24') }}"
  # 198.18.7.10
"""

RETURN = r"""
_value:
  description:
    - For each node C(name), C(container), C(hostname), C(kernel), C(root), C(data), C(cpus), C(memory), C(address) in
      its first network, C(networks) as module P(community.docker.docker_container#module) takes them, C(groups),
      C(sites) and C(addresses) with commas, C(hosts) (the addresses by name that it knows), C(line) (arguments of
      C(tc)'s netem for what lies behind its legs) and C(labels) of its container.
  type: list
  elements: dict
"""

from ansible_collections.netfs.bench.plugins.plugin_utils._docker_nodes import docker_nodes
from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import as_filter


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self):
        return {"docker_nodes": as_filter(docker_nodes)}

# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: docker_networks
short_description: Networks of the role nodes_docker
version_added: 0.2.0
description:
  - Returns one network for each site, or a single one where there are no sites.
options:
  _input:
    description:
      - The IPv4 subnet of each site. An empty one follows O(subnet), as the site follows the first.
    type: dict
    required: true
  installation:
    description: Name of the set of nodes, with which the names of its networks begin.
    type: str
    required: true
  subnet:
    description: The /24 of the only network, or of the first site.
    type: str
    required: true
  ip_version:
    description: With V(6) there is an IPv6 subnet too. Sites have none.
    type: int
    default: 4
"""

EXAMPLES = r"""
- name: Show the subnet of the second site
  ansible.builtin.debug:
    msg: "{{ ({'a': '', 'b': ''} | netfs.bench.docker_networks(installation='lab', subnet='198.18.7.0/24') | last)
             .subnets }}"
  # ["198.18.8.0/24"]
"""

RETURN = r"""
_value:
  description: For each network C(site), C(name) and C(subnets), from the last of which nodes have their addresses.
  type: list
  elements: dict
"""

from ansible_collections.netfs.bench.plugins.plugin_utils._docker_nodes import docker_networks
from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import as_filter


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self):
        return {"docker_networks": as_filter(docker_networks)}

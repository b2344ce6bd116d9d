# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: turn_place
short_description: Under which conditions of a topology a turn is measured
version_added: 0.2.0
description:
  - What two cells measured on a topology must have in common to be compared, beside all that holds without one.
positional: turn, endpoints
options:
  _input:
    description: The plan of a run.
    type: dict
    required: true
  turn:
    description: The turn, with its C(system) and C(protocol).
    type: dict
    required: true
  endpoints:
    description: What the services of the host that is loaded have published, by their names.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show where the turn is measured
  ansible.builtin.debug:
    msg: "{{ plan | netfs.bench.turn_place({'system': 'cephfs', 'protocol': 'fuse'}, service_endpoints) }}"
  # {"topology": "phase2", "site": "a", "redundancy": "3 copies", "network": "nodes of kind docker, between the sites
  #  nothing added", "client": "client_fuse"}
"""

RETURN = r"""
_value:
  description: The conditions; empty for a plan without a topology.
  type: dict
"""

from ansible_collections.netfs.bench.plugins.plugin_utils._node_sets import turn_place


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self):
        return {"turn_place": turn_place}

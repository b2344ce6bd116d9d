# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: turn_hosts
short_description: The hosts that take part in a turn of a run
version_added: 0.2.0
description:
  - Several hosts in the groups of a plan make several node sets, which take turns; see
    P(netfs.bench.node_set#filter). On a topology all hosts of its groups take part in every turn.
positional: groups, number, turn
options:
  _input:
    description: The plan of a run.
    type: dict
    required: true
  groups:
    description: The inventory's groups, each with its hosts.
    type: dict
    required: true
  number:
    description: Number of the node set, counted from 0.
    type: int
    required: true
  turn:
    description: The turn, with its C(system) and C(protocol); empty before the first one.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show which hosts take part
  ansible.builtin.debug:
    msg: "{{ plan | netfs.bench.turn_hosts(groups, 0, {'system': 'ganesha', 'protocol': 'nfs4.2'}) }}"
  # {"nodes": {"client": "c", "server": "s1"}, "hosts": ["c", "s1"], "client": "c", "loaded": ["c", "s1"]}
"""

RETURN = r"""
_value:
  description:
    - C(nodes), the host that stands for each node; C(hosts), all that take part; C(client); C(loaded), the client and
      the hosts that it loads.
  type: dict
"""

from ansible_collections.netfs.bench.plugins.plugin_utils._node_sets import turn_hosts


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self):
        return {"turn_hosts": turn_hosts}

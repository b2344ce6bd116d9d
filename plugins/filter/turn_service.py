# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: turn_service
short_description: What is mounted in a turn of a run
version_added: 0.2.0
description:
  - The service whose endpoint the client mounts, the node that has it, and the node that loads it, as the plan has
    them.
positional: turn
options:
  _input:
    description: The plan of a run.
    type: dict
    required: true
  turn:
    description: The turn, with its C(system) and C(protocol).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show what the client mounts
  ansible.builtin.debug:
    msg: "{{ plan | netfs.bench.turn_service({'system': 'cephfs', 'protocol': 'nfs4.2'}) }}"
  # {"name": "ganesha", "node": "storage_a", "client": "client_nfs"}
"""

RETURN = r"""
_value:
  description: C(name) of the service, C(node) and C(client).
  type: dict
"""

from ansible_collections.netfs.bench.plugins.plugin_utils._node_sets import turn_service


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self):
        return {"turn_service": turn_service}

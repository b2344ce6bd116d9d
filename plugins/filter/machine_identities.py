# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: machine_identities
short_description: What each host is, so that one that was made anew is another one
version_added: 0.2.0
description:
  - The variable C(node_machine) of each host, which its inventory sets; where it sets none, the name of the host.
positional: hostvars
options:
  _input:
    description: Names of hosts.
    type: list
    elements: str
    required: true
  hostvars:
    description: The variables of all hosts, by their names.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show which instances the hosts are
  ansible.builtin.debug:
    msg: "{{ ['client', 'server'] | netfs.bench.machine_identities(hostvars) }}"
"""

RETURN = r"""
_value:
  description: What each host is, by its name.
  type: dict
"""

from ansible_collections.netfs.bench.plugins.plugin_utils._node_sets import identities


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self):
        return {"machine_identities": identities}

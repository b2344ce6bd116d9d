# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: reach_faults
short_description: What is wrong with what nodes know and reach of one another
version_added: 0.2.0
description:
  - A node has to know the names of those with which it shares a site, and must not reach those with which it shares
    none.

positional: answers
options:
  _input:
    description: What the filter P(netfs.bench.inventory_nodes#filter) returned.
    type: dict
    required: true
  answers:
    description:
      - By host, what module P(netfs.bench.reach_info#module) returned for all names and addresses. A host that could
        not be asked has no C(resolved).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Refuse sites that reach each other
  ansible.builtin.assert:
    that: faults | length == 0
    fail_msg: "{{ faults | join(' ') }}"
  vars:
    faults: "{{ nodes | netfs.bench.reach_faults(answers) }}"
"""

RETURN = r"""
_value:
  description: A sentence for each thing that is wrong, with what to do.
  type: list
  elements: str
"""

from ansible_collections.netfs.bench.plugins.plugin_utils._inventory_check import reach_faults


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self):
        return {"reach_faults": reach_faults}

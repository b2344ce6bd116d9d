# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: reach_lines
short_description: What was found out about names and routes
version_added: 0.2.0
description:
  - Says what was tried, since sites that do not answer at some ports may do so at others.

positional: ports
options:
  _input:
    description: What the filter P(netfs.bench.inventory_nodes#filter) returned.
    type: dict
    required: true
  ports:
    description: TCP ports that were tried.
    type: list
    elements: int
    required: true
"""

EXAMPLES = r"""
- name: Show what was tried
  ansible.builtin.debug:
    msg: "{{ nodes | netfs.bench.reach_lines([22, 3300]) }}"
"""

RETURN = r"""
_value:
  description: A line for each finding.
  type: list
  elements: str
"""

from ansible_collections.netfs.bench.plugins.plugin_utils._inventory_check import reach_lines


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self):
        return {"reach_lines": reach_lines}

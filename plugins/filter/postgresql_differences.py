# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: postgresql_differences
short_description: Whether PostgreSQL enforces the access that was asked for
version_added: 0.2.0
description:
  - Compares what a server says of its rules of access and its settings with the wanted ones.
positional: databases, clients, settings
options:
  _input:
    description:
      - What the server says. C(rules) are the rows of C(pg_hba_file_rules); C(settings) has the values that
        C(pg_settings) shows, by their names.
    type: dict
    required: true
  databases:
    description: Databases, each with C(name) and C(owner).
    type: list
    elements: dict
    required: true
  clients:
    description: Who may come, as O(netfs.bench.to_pg_hba_address#filter:_input) takes it.
    type: list
    elements: str
    required: true
  settings:
    description: Settings and the values that C(pg_settings) has to show.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Refuse a server that lets others in
  ansible.builtin.assert:
    that: answer | netfs.bench.postgresql_differences(databases, ['samenet'], {}) == []
  vars:
    databases: [{name: wiki, owner: wiki}]
"""

RETURN = r"""
_value:
  description: What is different, one sentence each; empty if nothing is.
  type: list
  elements: str
"""

from ansible_collections.netfs.bench.plugins.plugin_utils._postgresql import postgresql_differences
from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import as_filter


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self):
        return {"postgresql_differences": as_filter(postgresql_differences)}

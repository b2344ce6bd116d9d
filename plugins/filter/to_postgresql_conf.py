# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: to_postgresql_conf
short_description: A value of postgresql.conf
version_added: 0.2.0
description:
  - Writes a value so that PostgreSQL reads exactly this value; a dictionary as settings, one a line.
  - Refuses what no line can hold, names that are none of a setting, and lists, whose separator the setting decides.
positional: _variable
extends_documentation_fragment: [netfs.bench.refusals]
options:
  _input:
    description: Text, number, boolean, or dictionary of these.
    type: raw
    required: true
"""

EXAMPLES = r"""
- name: Show a setting whose value has a quote and a backslash
  ansible.builtin.debug:
    msg: "{{ {'application_name': 'bob''s C:\\'} | netfs.bench.to_postgresql_conf('postgresql_settings') }}"
  # application_name = 'bob''s C:\\'
"""

RETURN = r"""
_value:
  description: The literal, or the lines.
  type: str
"""

from ansible_collections.netfs.bench.plugins.plugin_utils._postgresql import to_postgresql_conf
from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import as_filter


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self):
        return {"to_postgresql_conf": as_filter(to_postgresql_conf)}

# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: to_rclone_conf
short_description: A value of rclone.conf
version_added: 0.2.0
description:
  - Writes a value so that rclone reads exactly this value; a dictionary as options, one a line, without empty ones.
  - Refuses what no line can hold, and C(%(NAME)s), which rclone replaces.
positional: _variable
extends_documentation_fragment: [netfs.bench.refusals, netfs.bench.refusals.secret]
options:
  _input:
    description: Text, number, boolean, or dictionary of these.
    type: raw
    required: true
"""

EXAMPLES = r"""
- name: Show an option whose value ends with a blank
  ansible.builtin.debug:
    msg: "{{ {'description': 'old files '} | netfs.bench.to_rclone_conf('rclone_remote') }}"
  # description = `old files `
"""

RETURN = r"""
_value:
  description: The value, or the lines.
  type: str
"""

from ansible_collections.netfs.bench.plugins.plugin_utils._rclone import to_rclone_conf
from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import as_filter


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self):
        return {"to_rclone_conf": as_filter(to_rclone_conf)}

# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: rclone_message
short_description: What rclone said, without times
version_added: 0.2.0
description:
  - Leaves out the time that rclone writes before each line.
options:
  _input:
    description: What rclone wrote to its standard error.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show what rclone said
  ansible.builtin.debug:
    msg: "{{ checked.stderr | netfs.bench.rclone_message }}"
"""

RETURN = r"""
_value:
  description: The lines.
  type: str
"""

from ansible_collections.netfs.bench.plugins.plugin_utils._answers import rclone_message


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self):
        return {"rclone_message": rclone_message}

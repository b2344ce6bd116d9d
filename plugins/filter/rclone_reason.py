# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: rclone_reason
short_description: Why a remote of rclone does not work
version_added: 0.2.0
description:
  - Finds the usual reasons in what rclone said, such as a wrong key or a missing bucket.
options:
  _input:
    description: What rclone wrote to its standard error.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show why the remote does not work
  ansible.builtin.debug:
    msg: "{{ checked.stderr | netfs.bench.rclone_reason }}"
"""

RETURN = r"""
_value:
  description: The reason, as a clause.
  type: str
"""

from ansible_collections.netfs.bench.plugins.plugin_utils._answers import rclone_reason


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self):
        return {"rclone_reason": rclone_reason}

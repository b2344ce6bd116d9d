# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: memory_limit_mib
short_description: The memory that a node may use
version_added: 0.2.0
description:
  - The least of its memory and of the limits of its control group, as C(/proc/meminfo) and the files of the group say.
options:
  _input:
    description: What stands in these files.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show how much memory the node may use
  ansible.builtin.debug:
    msg: "{{ limits.stdout | netfs.bench.memory_limit_mib }}"
"""

RETURN = r"""
_value:
  description: The memory in MiB.
  type: int
"""

from ansible_collections.netfs.bench.plugins.plugin_utils._answers import memory_limit_mib


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self):
        return {"memory_limit_mib": memory_limit_mib}

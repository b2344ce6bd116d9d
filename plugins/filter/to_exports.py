# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: to_exports
short_description: The exports of an NFS server of the Linux kernel
version_added: 0.2.0
description:
  - Writes exports, as the role P(netfs.bench.kernel_nfs#role) takes them, as a file of exports(5), a line for a path.
  - Root of the node itself is added to the clients of a path, unless it is among them already, so that a probe on the
    node can prove the export.
  - Refuses what exports(5) cannot hold, what exportfs would read as something else, a client that is named twice for
    one path, and an option that says what a key of the export says.
positional: _variable
options:
  _input:
    description: List of exports, each with C(path) and the other keys of the role's variable.
    type: list
    elements: dict
    required: true
  _variable:
    description: Name of the variable the value comes from, for the message of a refusal.
    type: str
    default: kernel_nfs_exports
"""

EXAMPLES = r"""
- name: Show the line of an export
  ansible.builtin.debug:
    msg: "{{ [{'path': '/srv/media old', 'access': 'ro'}] | netfs.bench.to_exports }}"
  # /srv/media\040old *(ro,root_squash,sync,no_subtree_check,sec=sys)
"""

RETURN = r"""
_value:
  description: The lines of the file.
  type: str
"""

from ansible_collections.netfs.bench.plugins.plugin_utils._exports import to_exports
from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import as_filter


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self):
        return {"to_exports": as_filter(to_exports)}

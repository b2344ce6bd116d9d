# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: exports_conflicts
short_description: Paths that other files of exports(5) export too
version_added: 0.2.0
description:
  - Finds the paths of exports in other files of exports(5) of the host.
positional: files
options:
  _input:
    description: List of exports, as the role P(netfs.bench.kernel_nfs#role) takes them.
    type: list
    elements: dict
    required: true
  files:
    description: Pairs of the name of a file and its text.
    type: list
    elements: list
    required: true
"""

EXAMPLES = r"""
- name: Refuse to export what somebody else exports
  ansible.builtin.assert:
    that: kernel_nfs_exports | netfs.bench.exports_conflicts([['/etc/exports', text]]) | length == 0
"""

RETURN = r"""
_value:
  description: A sentence for each path.
  type: list
  elements: str
"""

from ansible_collections.netfs.bench.plugins.plugin_utils._exports import foreign
from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import as_filter


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self):
        return {"exports_conflicts": as_filter(foreign)}

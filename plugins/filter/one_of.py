# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: one_of
short_description: The same name, if there is one such
version_added: 0.2.0
description:
  - Returns a name that is one of those known, and refuses any other with one sentence that names the closest one.
positional: known, kind
options:
  _input:
    description: The name.
    type: str
    required: true
  known:
    description: The names that there are.
    type: list
    elements: str
    required: true
  kind:
    description: What they are names of, such as C(node).
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Refuse a node that the cluster does not have
  ansible.builtin.assert:
    that: node | netfs.bench.one_of(['storage-a-1', 'storage-a-2'], 'node') is string
"""

RETURN = r"""
_value:
  description: The name.
  type: str
"""

from ansible_collections.netfs.bench.plugins.plugin_utils._one_of import one_of
from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import as_filter


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self):
        return {"one_of": as_filter(one_of)}

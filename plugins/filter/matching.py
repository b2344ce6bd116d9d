# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: matching
short_description: The same value, if it matches
version_added: 0.2.0
description:
  - Returns a value whose whole text a regular expression matches, and refuses any other with one sentence. Of a list,
    each entry has to match.
  - For what a role cannot serve and a program would notice late, or understand in another way.
positional: pattern, reason, _variable
extends_documentation_fragment: [netfs.bench.refusals.secret]
options:
  _input:
    description: Text, number or list of these.
    type: raw
    required: true
  pattern:
    description: Regular expression of Python's.
    type: str
    required: true
  reason:
    description: Clause that goes on after "cannot be used:".
    type: str
    required: true
  _variable:
    description: Name of the variable the value comes from.
    type: str
    default: ''
  longest:
    description: How many bytes a text may have in UTF-8; any number unless told.
    type: int
"""

EXAMPLES = r"""
- name: Refuse the name of a volume that JuiceFS would refuse later
  ansible.builtin.assert:
    that: juicefs_name | netfs.bench.matching('[a-z]{3,63}', 'it needs 3 to 63 letters', 'juicefs_name') is string
"""

RETURN = r"""
_value:
  description: The value.
  type: raw
"""

from ansible_collections.netfs.bench.plugins.plugin_utils._matching import matching
from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import as_filter


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self):
        return {"matching": as_filter(matching)}

# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: to_options
short_description: Arguments that give a program its options
version_added: 0.2.0
description:
  - Returns a dictionary of options as arguments C(--name=value), still to be written into a unit or a script.
  - Booleans become V(true) and V(false); a list gives its option once for each entry.
positional: _variable
extends_documentation_fragment: [netfs.bench.refusals]
options:
  _input:
    description: Dictionary of options.
    type: raw
    required: true
"""

EXAMPLES = r"""
- name: Show the arguments
  ansible.builtin.debug:
    msg: "{{ {'links': true, 'exclude': ['a b', 'c']} | netfs.bench.to_options('rclone_options') }}"
  # ["--links=true", "--exclude=a b", "--exclude=c"]
"""

RETURN = r"""
_value:
  description: The arguments.
  type: list
  elements: str
"""

from ansible_collections.netfs.bench.plugins.plugin_utils._options import to_options
from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import as_filter


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self):
        return {"to_options": as_filter(to_options)}

# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: to_ini
short_description: A value of an INI file
version_added: 0.2.0
description:
  - Writes a value so that Amazon's tools, Python's C(configparser) without interpolation and the lookup
    P(ansible.builtin.ini#lookup) read exactly this value.
  - Refuses control characters, and blanks at the ends, which the readers drop.
positional: _variable
extends_documentation_fragment: [netfs.bench.refusals, netfs.bench.refusals.secret]
options:
  _input:
    description: Text or number.
    type: raw
    required: true
"""

EXAMPLES = r"""
- name: Show a key
  ansible.builtin.debug:
    msg: "aws_access_key_id = {{ 'AKIA%100' | netfs.bench.to_ini('object_store_access_key') }}"
  # aws_access_key_id = AKIA%100
"""

RETURN = r"""
_value:
  description: The value.
  type: str
"""

from ansible_collections.netfs.bench.plugins.plugin_utils._ini import to_ini
from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import as_filter


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self):
        return {"to_ini": as_filter(to_ini)}

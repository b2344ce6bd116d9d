# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: to_netrc
short_description: One word of a netrc file
version_added: 0.2.0
description:
  - Writes a name or a password so that curl and Python read exactly this value.
  - Refuses control characters and the empty text.
positional: _variable
extends_documentation_fragment: [netfs.bench.refusals, netfs.bench.refusals.secret]
options:
  _input:
    description: Text.
    type: raw
    required: true
"""

EXAMPLES = r"""
- name: Show a password with a blank in it
  ansible.builtin.debug:
    msg: "machine 127.0.0.1 login bench password {{ 'two words' | netfs.bench.to_netrc('password') }}"
  # machine 127.0.0.1 login bench password "two words"
"""

RETURN = r"""
_value:
  description: The word.
  type: str
"""

from ansible_collections.netfs.bench.plugins.plugin_utils._netrc import to_netrc
from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import as_filter


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self):
        return {"to_netrc": as_filter(to_netrc)}

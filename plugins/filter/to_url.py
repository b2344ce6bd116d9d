# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: to_url
short_description: One part of a URL
version_added: 0.2.0
description:
  - Writes a value into a URL, percent-encoded - a user, a password, a name in the path, a value in the query.
  - Refuses NUL, and with O(path) the names C(.) and C(..), which every reader resolves.
positional: _variable
extends_documentation_fragment: [netfs.bench.refusals, netfs.bench.refusals.secret]
options:
  _input:
    description: Text or number.
    type: raw
    required: true
  path:
    description: Whether the value is a whole path, whose slashes stay.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Ask a server with a password that has a slash
  ansible.builtin.debug:
    msg: "postgres://alice:{{ 'a/b' | netfs.bench.to_url('db_password', secret=true) }}@db/x"
  # postgres://alice:a%2Fb@db/x
"""

RETURN = r"""
_value:
  description: The value, percent-encoded.
  type: str
"""

from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import as_filter
from ansible_collections.netfs.bench.plugins.plugin_utils._url import to_url


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self):
        return {"to_url": as_filter(to_url)}

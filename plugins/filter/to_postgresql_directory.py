# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: to_postgresql_directory
short_description: A directory for the data of PostgreSQL
version_added: 0.2.0
description:
  - Returns the path as it is, and refuses one that Debian's tools would not hand on to PostgreSQL unharmed.
positional: _variable
extends_documentation_fragment: [netfs.bench.refusals]
options:
  _input:
    description: Absolute path.
    type: raw
    required: true
"""

EXAMPLES = r"""
- name: Show a directory with a blank in its name
  ansible.builtin.debug:
    msg: "{{ '/srv/my data' | netfs.bench.to_postgresql_directory('postgresql_directory') }}"
  # /srv/my data
"""

RETURN = r"""
_value:
  description: The path.
  type: str
"""

from ansible_collections.netfs.bench.plugins.plugin_utils._postgresql import to_postgresql_directory
from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import as_filter


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self):
        return {"to_postgresql_directory": as_filter(to_postgresql_directory)}

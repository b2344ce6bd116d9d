# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: to_hosts_file
short_description: Lines of a file of hosts
version_added: 0.2.0
description:
  - Writes names and their addresses as C(/etc/hosts) has them, a line for each address.
  - Refuses what is no name of a host or no address, and an address with a zone.
positional: _variable
extends_documentation_fragment: [netfs.bench.refusals]
options:
  _input:
    description: Dictionary of names, each with a list of its addresses.
    type: raw
    required: true
"""

EXAMPLES = r"""
- name: Show what a name stands for
  ansible.builtin.debug:
    msg: "{{ {'site-a': ['192.0.2.1', '192.0.2.2']} | netfs.bench.to_hosts_file('sites') }}"
  # 192.0.2.1 site-a
  # 192.0.2.2 site-a
"""

RETURN = r"""
_value:
  description: The lines.
  type: str
"""

from ansible_collections.netfs.bench.plugins.plugin_utils._hosts_file import to_hosts_file
from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import as_filter


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self):
        return {"to_hosts_file": as_filter(to_hosts_file)}

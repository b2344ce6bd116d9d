# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: to_url_host
short_description: The host of a URL
version_added: 0.2.0
description:
  - Writes a host name or address into a URL; an IPv6 address gets its brackets.
  - Refuses what is neither, such as a host with a port.
positional: _variable
extends_documentation_fragment: [netfs.bench.refusals]
options:
  _input:
    description: Host name or address.
    type: raw
    required: true
"""

EXAMPLES = r"""
- name: Show where a store answers
  ansible.builtin.debug:
    msg: "http://{{ '2001:db8::1' | netfs.bench.to_url_host('store_host') }}:9000"
  # http://[2001:db8::1]:9000
"""

RETURN = r"""
_value:
  description: The host, in brackets where it is an IPv6 address.
  type: str
"""

from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import as_filter
from ansible_collections.netfs.bench.plugins.plugin_utils._url import to_url_host


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self):
        return {"to_url_host": as_filter(to_url_host)}

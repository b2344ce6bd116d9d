# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: to_pg_hba_address
short_description: Who may come, in pg_hba.conf
version_added: 0.2.0
description:
  - Writes an address with its mask, a network, a host name, or one of V(all), V(samehost) and V(samenet).
  - Writes V(*) as V(all).
  - Refuses everything else, which would keep the server from starting.
positional: _variable
extends_documentation_fragment: [netfs.bench.refusals]
options:
  _input:
    description: Address, network, host name or word.
    type: raw
    required: true
"""

EXAMPLES = r"""
- name: Show a rule for one host
  ansible.builtin.debug:
    msg: "host wiki wiki {{ '192.0.2.7' | netfs.bench.to_pg_hba_address('postgresql_clients') }} scram-sha-256"
  # host wiki wiki 192.0.2.7/32 scram-sha-256
"""

RETURN = r"""
_value:
  description: The word.
  type: str
"""

from ansible_collections.netfs.bench.plugins.plugin_utils._postgresql import to_pg_hba_address
from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import as_filter


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self):
        return {"to_pg_hba_address": as_filter(to_pg_hba_address)}

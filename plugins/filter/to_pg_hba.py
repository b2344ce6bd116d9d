# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: to_pg_hba
short_description: A database or an account in pg_hba.conf
version_added: 0.2.0
description:
  - Writes a name as one word of C(pg_hba.conf), in quotes where it has to be.
  - Refuses words that PostgreSQL keeps for itself, and names longer than the 63 bytes that it keeps.
positional: _variable
extends_documentation_fragment: [netfs.bench.refusals]
options:
  _input:
    description: Name.
    type: raw
    required: true
"""

EXAMPLES = r"""
- name: Show a rule for a database with a blank in its name
  ansible.builtin.debug:
    msg: "local {{ 'old wiki' | netfs.bench.to_pg_hba('postgresql_databases.name') }} wiki scram-sha-256"
  # local "old wiki" wiki scram-sha-256
"""

RETURN = r"""
_value:
  description: The word.
  type: str
"""

from ansible_collections.netfs.bench.plugins.plugin_utils._postgresql import to_pg_hba
from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import as_filter


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self):
        return {"to_pg_hba": as_filter(to_pg_hba)}

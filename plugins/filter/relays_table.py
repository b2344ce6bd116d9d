# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: relays_table
short_description: What a conduit carries from where to where
version_added: 0.2.0
description:
  - Reads relays as the role P(netfs.bench.conduit#role) takes them, and refuses those that cannot be.
positional: port
options:
  _input:
    description: List of relays.
    type: list
    elements: dict
    required: true
  port:
    description: Port of a relay that names none.
    type: int
    required: true
"""

EXAMPLES = r"""
- name: Show where a conduit listens
  ansible.builtin.debug:
    msg: "{{ conduit_relays | netfs.bench.relays_table(9402) | map(attribute='bind') }}"
"""

RETURN = r"""
_value:
  description: >-
    One entry for each relay, with C(name), C(address) (empty for all), C(port), C(bind), which is both as HAProxy takes
    them, and C(targets).
  type: list
  elements: dict
"""

from ansible_collections.netfs.bench.plugins.plugin_utils._haproxy_conf import relays_table
from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import as_filter


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self):
        return {"relays_table": as_filter(lambda relays, port: relays_table(relays, int(port)))}

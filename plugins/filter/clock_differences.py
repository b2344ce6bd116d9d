# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: clock_differences
short_description: Which hosts' clocks surely differ by more than a limit
version_added: 0.2.0
description:
  - Compares what M(netfs.bench.clock_info) returned for each host. A difference that may come from the time
    of the answers is not told.
positional: limit
options:
  _input:
    description: What was returned, by host.
    type: dict
    required: true
  limit:
    description: Seconds that they may differ.
    type: float
    required: true
"""

EXAMPLES = r"""
- name: Refuse clocks that differ
  ansible.builtin.assert:
    that: clocks | netfs.bench.clock_differences(0.05) | length == 0
"""

RETURN = r"""
_value:
  description: The pairs that differ, a clause each.
  type: list
  elements: str
"""

from ansible_collections.netfs.bench.plugins.plugin_utils._clocks import clock_differences
from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import as_filter


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self):
        return {"clock_differences": as_filter(clock_differences)}

# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: cell_faults
short_description: When which fault is begun while a cell is measured
version_added: 0.2.0
description:
  - All of it follows from the seed of the plan, the suite and the trial, so it is the same for every system on which
    the same faults work.
positional: cell
options:
  _input:
    description: The plan of the run.
    type: dict
    required: true
  cell:
    description: The cell as the plan lists it.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show the faults of a cell
  ansible.builtin.debug:
    msg: "{{ (plan | netfs.bench.cell_faults(cell)).entries | map(attribute='fault') }}"
  # ["pause", "kill", "pause"]
"""

RETURN = r"""
_value:
  description: >-
    The C(seed) of the timeline, and its C(entries), each with its C(number), the C(fault), the node that is its
    C(target), C(begin_s) and C(lasts_s) in seconds, and C(does), what M(netfs.bench.fault_timeline) is told of it.
  type: dict
"""

from ansible_collections.netfs.bench.plugins.plugin_utils._fault_plan import cell_faults


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self):
        return {"cell_faults": cell_faults}

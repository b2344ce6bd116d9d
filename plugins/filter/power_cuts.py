# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: power_cuts
short_description: When the power of a server is cut in a cell, and what is written before
version_added: 0.2.0
description:
  - All of it follows from the seed of the plan, the suite and the trial, so it is the same for every system.
positional: seed, cell, variables
options:
  _input:
    description: The suite as the plan has it.
    type: dict
    required: true
  seed:
    description: Seed of the plan.
    type: str
    required: true
  cell:
    description: The cell as the plan lists it.
    type: dict
    required: true
  variables:
    description: Values of the variables of the effort.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show the cuts of a cell
  ansible.builtin.debug:
    msg: "{{ plan.workloads['power-cut'] | netfs.bench.power_cuts(plan.seed, cell, plan.variables) }}"
  # [{"number": 1, "seed": 20713, "delay_ms": 6310}, {"number": 2, "seed": 99102, "delay_ms": 840}]
"""

RETURN = r"""
_value:
  description: >-
    The cuts, each with its C(number), the C(seed) of its writer, and C(delay_ms), how long after the first acknowledged
    operation it is due.
  type: list
  elements: dict
"""

from ansible_collections.netfs.bench.plugins.plugin_utils._suites import power_cuts


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self):
        return {"power_cuts": power_cuts}

# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: history_cell
short_description: What several clients do in a cell, and what their history is checked for
version_added: 0.2.0
description:
  - The seed follows from that of the plan, the suite and the trial, so it is the same for every system.
positional: plan, cell
options:
  _input:
    description: The suite as the plan has it.
    type: dict
    required: true
  plan:
    description: The plan.
    type: dict
    required: true
  cell:
    description: The cell as the plan lists it.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show what is checked
  ansible.builtin.debug:
    msg: "{{ plan.workloads.consistency | netfs.bench.history_cell(plan, cell) }}"
  # {"seed": 20713, "seconds": 20, "kinds": ["counter"], "claim": "close-to-open", "models": ["close-to-open", ...]}
"""

RETURN = r"""
_value:
  description: >-
    The C(seed), how many C(seconds) clients work, the C(kinds) of what they share, the model that the system claims
    (C(claim)), and the C(models) that are checked.
  type: dict
"""

from ansible_collections.netfs.bench.plugins.plugin_utils._suites import history_cell


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self):
        return {"history_cell": history_cell}

# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file holds the documentation of an action plugin of the same name, which runs on the controller.

from __future__ import annotations

DOCUMENTATION = r"""
---
module: measure_faults
short_description: Record what faults were begun while a cell was measured, and whether the service came back
version_added: 0.2.0
description:
  - Writes the record of the cell with the timeline as it was drawn and as it happened.
  - A service that did not come back makes the status V(failing), with that reason. A fault that did not hold, was not
    undone, or was never begun makes a cell that was V(ok) one that V(failed), because it shows nothing.
options:
  run_directory:
    description: Run directory on the controller.
    type: path
    required: true
  measured:
    description: The record of the cell, which the module that measured returned as C(measured).
    type: dict
    required: true
  seed:
    description: What the timeline was drawn from.
    type: int
    required: true
  entries:
    description: The faults as P(netfs.bench.cell_faults#filter) has drawn them.
    type: list
    elements: dict
    required: true
  duration:
    description: For how many seconds faults were begun.
    type: int
    required: true
  recover_limit:
    description: Seconds that the service might take to answer again.
    type: int
    required: true
  ended:
    description: What M(netfs.bench.fault_timeline) returned when it ended the timeline, also when it failed.
    type: dict
    required: true
  failure_reason:
    description: Why no timeline was begun.
    type: str
    default: ""
extends_documentation_fragment:
  - netfs.bench.modes.measures
author:
  - netfs.bench contributors (@netfs)
seealso:
  - module: netfs.bench.fault_timeline
  - module: netfs.bench.measure_suite
"""

EXAMPLES = r"""
- name: Record the faults of a cell
  netfs.bench.measure_faults:
    run_directory: /home/user/results/20261124T060000Z-ganesha-suites-smoke
    measured: "{{ suite_result.measured }}"
    seed: "{{ drawn.seed }}"
    entries: "{{ drawn.entries }}"
    duration: 60
    recover_limit: 120
    ended: "{{ timeline_result }}"
  vars:
    drawn: "{{ plan | netfs.bench.cell_faults(cell) }}"
"""

RETURN = r"""
cell:
  description: The record of the cell, as it was written.
  returned: success
  type: dict
"""

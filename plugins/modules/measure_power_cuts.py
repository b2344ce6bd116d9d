# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file holds the documentation of an action plugin of the same name, which runs on the controller.

from __future__ import annotations

DOCUMENTATION = r"""
---
module: measure_power_cuts
short_description: Record what power cuts of a server did to acknowledged writes, as one cell of a run
version_added: 0.2.0
description:
  - Writes the record of a cell from what M(netfs.bench.durable_files_info) found after each power cut.
  - Each kind of operation is a case, which fails when one that was acknowledged was lost, torn or stale. Fewer cuts
    than planned are not measured, unless something was lost in those that were made.
options:
  job:
    description: The suite as text, whose hash says what was measured.
    type: str
    required: true
  seed:
    description: Seed of the plan.
    type: str
    required: true
  planned:
    description: How many cuts there were to be.
    type: int
    required: true
  cuts:
    description: >-
      What came of each cut that was made, with all that M(netfs.bench.durable_files_info) returns, and C(number),
      C(seed), C(delay_ms), C(cut_at), C(acknowledged), C(resumed) and C(killed).
    type: list
    elements: dict
    required: true
  began:
    description: When the cell began, in seconds since the epoch.
    type: float
    required: true
  ended:
    description: When it ended, in seconds since the epoch.
    type: float
    required: true
  variables:
    description: Values of the variables of the effort.
    type: dict
    default: {}
  failure_reason:
    description: Why there are not as many cuts as planned.
    type: str
    default: ""
extends_documentation_fragment:
  - netfs.bench.cells
  - netfs.bench.modes.measures
author:
  - netfs.bench contributors (@netfs)
seealso:
  - module: netfs.bench.durable_writer
  - module: netfs.bench.durable_files_info
"""

EXAMPLES = r"""
- name: Record what the power cuts did
  netfs.bench.measure_power_cuts:
    run_directory: /home/user/results/20261124T060000Z-ganesha-suites-smoke
    cell:
      id: ganesha~nfs4.2~power-cut~warm~1
      system: ganesha
      protocol: nfs4.2
      workload: power-cut
      pass: warm
      trial: 1
    job: "{{ plan.workloads['power-cut'].job }}"
    seed: "{{ plan.seed }}"
    planned: 2
    cuts: "{{ cuts }}"
    began: 1796000000.0
    ended: 1796000120.0
"""

RETURN = r"""
cell:
  description: The record as it was written; its JSON Schema is C(schemas/cell.schema.json).
  returned: always
  type: dict
"""

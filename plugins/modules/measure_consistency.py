# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file holds the documentation of an action plugin of the same name, which runs on the controller.

from __future__ import annotations

DOCUMENTATION = r"""
---
module: measure_consistency
short_description: Record what a history of several clients shows, as one cell of a run
version_added: 0.2.0
description:
  - Writes the record of a cell from what M(netfs.bench.client_history) has recorded, and
    M(netfs.bench.history_verdicts_info) has found out.
  - Each kind of shared thing is a case, which fails when the history is not what the system claims. What the next
    stronger model says of it is told and fails nothing. A kind that could not be decided, and one with fewer than 20
    answers, is not measured.
options:
  job:
    description: The suite as text, whose hash says what was measured.
    type: str
    required: true
  seed:
    description: What the operations were drawn from.
    type: int
    required: true
  kinds:
    description: What clients shared.
    type: list
    elements: str
    required: true
  claim:
    description: The model that the system claims.
    type: str
    required: true
    choices: [linearizable, sequential, close-to-open]
  history:
    description: >-
      What M(netfs.bench.client_history) returned; empty when it did not run. The history itself lies in the run
      directory, as C(raw/) and the C(id) of the cell with C(.jsonl.gz).
    type: dict
    default: {}
  verdicts:
    description: What M(netfs.bench.history_verdicts_info) returned; empty when it did not run.
    type: list
    elements: dict
    default: []
  checker:
    description: Which checker it was.
    type: str
    default: unknown
  faults_follow:
    description:
      - Whether M(netfs.bench.measure_faults) follows, which writes the record. It is only returned then, as
        RV(measured).
    type: bool
    default: false
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
    description: Why there are no verdicts.
    type: str
    default: ""
extends_documentation_fragment:
  - netfs.bench.cells
  - netfs.bench.modes.measures
author:
  - netfs.bench contributors (@netfs)
seealso:
  - module: netfs.bench.client_history
  - module: netfs.bench.history_verdicts_info
"""

EXAMPLES = r"""
- name: Record what the history shows
  netfs.bench.measure_consistency:
    run_directory: /home/user/results/20261124T060000Z-ganesha-suites-smoke
    cell:
      id: ganesha~nfs4.2~consistency~warm~1
      system: ganesha
      protocol: nfs4.2
      workload: consistency
      pass: warm
      trial: 1
    job: "{{ plan.workloads.consistency.job }}"
    seed: 20713
    kinds: [register-write, append-set]
    claim: close-to-open
    history: "{{ history }}"
    verdicts: "{{ checked.verdicts }}"
    began: 1796000000.0
    ended: 1796000120.0
"""

RETURN = r"""
cell:
  description: The record as it was written; its JSON Schema is C(schemas/cell.schema.json).
  returned: without O(faults_follow)
  type: dict
measured:
  description: The record, which is not written yet.
  returned: with O(faults_follow)
  type: dict
"""

# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file holds the documentation of an action plugin of the same name, which runs on the controller.

from __future__ import annotations

DOCUMENTATION = r"""
---
module: measure_lag
short_description: Measure how far another site is behind, as one cell of a run
version_added: 0.2.0
description:
  - Measures with M(netfs.bench.replication_lag) on the node, and writes every lag and the record of the cell into the
    run directory on the controller.
  - A lag that cannot be measured does not fail the task. The cell becomes a record with status V(failed) and a reason,
    and has no value.
options:
  source:
    description: Directory that is copied.
    type: path
    required: true
  copy:
    description: Directory in which what is written to O(source) arrives.
    type: path
    required: true
  lag:
    description: Arguments of M(netfs.bench.replication_lag), as the plan has them for the workload.
    type: dict
    required: true
  job:
    description: The same as text, whose hash says what was measured.
    type: str
    required: true
  failure_reason:
    description: Why nothing can be measured. Not empty records a failed cell.
    type: str
    default: ""
  place:
    description: The conditions of the topology, as P(netfs.bench.turn_place#filter) gives them.
    type: dict
    default: {}
extends_documentation_fragment:
  - netfs.bench.cells
  - netfs.bench.modes.measures
author:
  - netfs.bench contributors (@netfs)
seealso:
  - module: netfs.bench.replication_lag
  - module: netfs.bench.measure_cell
"""

EXAMPLES = r"""
- name: Measure how far the other site is behind
  netfs.bench.measure_lag:
    run_directory: results/20261124T060000Z-cephfs-quick
    cell: "{{ cell }}"
    source: /mnt/netfs-lag-source
    copy: /mnt/netfs-lag-copy
    lag: {samples: 200, interval_ms: 100, poll_ms: 50, limit_s: 300}
    job: "{{ plan.workloads['replication-lag'].job }}"
"""

RETURN = r"""
cell:
  description: The record as it was written; its JSON Schema is C(schemas/cell.schema.json).
  returned: always
  type: dict
"""

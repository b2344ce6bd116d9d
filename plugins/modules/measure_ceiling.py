# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file holds the documentation of an action plugin of the same name, which runs on the controller.

from __future__ import annotations

DOCUMENTATION = r"""
---
module: measure_ceiling
short_description: Measure what disk, network or client do by themselves
version_added: 0.1.0
description:
  - Lays out the files that a job reads, runs the job through M(netfs.bench.fio) while no server runs, and writes raw
    output and record into the run directory on the controller.
  - A ceiling that cannot be measured does not fail the task. It becomes a record with status V(failed) and a reason,
    and the report says that it is not known.
options:
  run_directory:
    description: Run directory on the controller.
    type: path
    required: true
  name:
    description: Name of the ceiling in the plan.
    type: str
    required: true
  trial:
    description: Trial in which it is measured.
    type: int
    required: true
  ceiling:
    description: The ceiling as the plan has it, with C(what), C(metric), C(job), C(layout) and C(variables).
    type: dict
    required: true
  directory:
    description: Directory on the node that is loaded.
    type: path
    required: true
  section:
    description: Sections of the job to run. Empty runs all.
    type: list
    elements: str
    default: []
  variables:
    description: Values of variables in the job that are only known now.
    type: dict
    default: {}
  time_limit:
    description: Seconds after which fio is killed. A node that has not answered a minute later is given up.
    type: int
    default: 120
extends_documentation_fragment:
  - netfs.bench.modes.measures
author:
  - netfs.bench contributors (@netfs)
seealso:
  - module: netfs.bench.fio
  - module: netfs.bench.measure_cell
"""

EXAMPLES = r"""
- name: Measure how fast the server's disk reads
  netfs.bench.measure_ceiling:
    run_directory: results/20261124T060000Z-ganesha-quick
    name: disk-read-server
    trial: 1
    ceiling: "{{ bench_plan.ceilings['disk-read-server'] }}"
    directory: /export/.netfs-bench-ceiling
"""

RETURN = r"""
ceiling:
  description: The record as it was written; its JSON Schema is C(schemas/ceiling.schema.json).
  returned: always
  type: dict
"""

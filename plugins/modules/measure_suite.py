# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file holds the documentation of an action plugin of the same name, which runs on the controller.

from __future__ import annotations

DOCUMENTATION = r"""
---
module: measure_suite
short_description: Run a suite on a file system, as one cell of a run
version_added: 0.2.0
description:
  - Runs M(netfs.bench.suite) on the client, reads what its program printed, and writes the output and the record of the
    cell into the run directory on the controller.
  - A suite that hangs, cannot run, or prints what is not understood does not fail the task. The cell becomes a record
    with status V(failed) and a reason, and is not measured. Cases that fail make the status V(failing).
options:
  suite:
    description: What the plan has of the suite.
    type: dict
    required: true
  job:
    description: The same as text, whose hash says what was measured.
    type: str
    required: true
  directory:
    description: Directory on the file system.
    type: path
    required: true
  program:
    description: The program on the client, with its C(path) and C(version).
    type: dict
    default: {}
  service:
    description: For a suite that connects by itself, C(host), C(port) and C(share), or C(mount_port), C(export) and
      C(version).
    type: dict
    default: {}
  second:
    description: Where the same files are mounted over another protocol, for a suite that compares two.
    type: str
    default: unknown
  seed:
    description: Seed of the plan; that of the cell is made from it, the suite and the trial.
    type: str
    required: true
  variables:
    description: Values of the variables that the command uses.
    type: dict
    default: {}
  failure_reason:
    description: Why nothing can be measured. Not empty records a failed cell.
    type: str
    default: ""
  faults_follow:
    description:
      - Whether M(netfs.bench.measure_faults) follows, which writes the record. It is only returned then, as
        RV(measured).
    type: bool
    default: false
  duration:
    description:
      - Seconds for which the program is run again and again, each time with the next seed, while faults are begun. V(0)
        runs it once. What does not pass ends it.
    type: int
    default: 0
  longest_fault:
    description: Seconds for which the program may do nothing besides those of the suite.
    type: int
    default: 0
extends_documentation_fragment:
  - netfs.bench.cells
  - netfs.bench.modes.measures
author:
  - netfs.bench contributors (@netfs)
seealso:
  - module: netfs.bench.suite
  - module: netfs.bench.measure_faults
  - module: netfs.bench.measure_cell
"""

EXAMPLES = r"""
- name: Run a suite
  netfs.bench.measure_suite:
    run_directory: /home/user/results/20261124T060000Z-ganesha-suites-smoke
    cell: {id: ganesha~nfs4.2~fsx~warm~1, system: ganesha, protocol: nfs4.2, workload: fsx, pass: warm, trial: 1}
    suite: "{{ plan.workloads.fsx.suite }}"
    job: "{{ plan.workloads.fsx.job }}"
    directory: /mnt/netfs-bench
    program: {path: /usr/local/lib/netfs-bench-suites/fsx, version: fsx 0.3.2}
    seed: "{{ plan.seed }}"
    variables: "{{ plan.variables }}"
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
shaken:
  description: Whether the suite may have taken the system along. It hung, or the client could not run it.
  returned: always
  type: bool
"""

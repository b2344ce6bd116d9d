# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file holds the documentation of an action plugin of the same name, which runs on the controller.

from __future__ import annotations

DOCUMENTATION = r"""
---
module: bench_open
short_description: Open the directory of a run
version_added: 0.2.0
description:
  - Writes the plan of a run into its directory, and into C(services) a file of tasks for each service that the plan
    deploys. Deploying, starting and stopping read these files and nothing else.
  - A run that is taken up again gets the same files from the plan that it has, whatever became of the profiles.
options:
  run_directory:
    description: Directory of the run, which is made where it is missing.
    type: path
    required: true
  plan:
    description: The plan, as M(netfs.bench.bench_plan) returns it.
    type: dict
    required: true
  measure:
    description:
      - Whether the run is to be measured now. Only then its plan is written, which makes the directory one of a run
        that can be reported and taken up again.
    type: bool
    default: true
  rerun:
    description: V(failed) measures only cells that have a record and failed; empty, also those that have none.
    type: str
    choices: ["", failed]
    default: ""
attributes:
  check_mode:
    description: Writes nothing, and takes every cell of the plan for one to be measured.
    support: full
  diff_mode:
    description: Has no difference to show.
    support: none
author:
  - netfs.bench contributors (@netfs)
seealso:
  - module: netfs.bench.bench_plan
"""

EXAMPLES = r"""
- name: Write the plan, and find the cells to measure
  netfs.bench.bench_open:
    run_directory: results/20261124T060000Z-ganesha-smoke
    plan: "{{ planned.plan }}"
  register: opened
"""

RETURN = r"""
cells:
  description: The cells of the plan that are to be measured, in their order.
  returned: success
  type: list
  elements: dict
"""

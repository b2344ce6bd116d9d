# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file holds the documentation of an action plugin of the same name, which runs on the controller.

from __future__ import annotations

DOCUMENTATION = r"""
---
module: bench_record
short_description: Record what a run ran on
version_added: 0.2.0
description:
  - Writes C(run.json) into the run directory. It names, for each host in a group that is called like a node of the
    plan, its kernel, distribution, processor and limits. The JSON Schema is C(schemas/run.schema.json).
  - Reads the facts and the variables of these hosts, and asks none of them. What is not known is the word V(unknown).
  - What else stands in a C(run.json) that exists already is kept.
options:
  run_directory:
    description: Run directory on the controller, which holds the plan.
    type: path
    required: true
  node_kind:
    description: Who made the nodes, such as V(docker), V(ec2) or V(existing).
    type: str
    required: true
attributes:
  check_mode:
    description: Says whether it would write.
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
- name: Write what ran where
  netfs.bench.bench_record:
    run_directory: results/20261124T060000Z-ganesha-full
    node_kind: docker
"""

RETURN = r""" # """

# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file holds the documentation of an action plugin of the same name, which runs on the controller.

from __future__ import annotations

DOCUMENTATION = r"""
---
module: bench_plan
short_description: Plan a benchmark run
version_added: 0.1.0
description:
  - Turns names of systems, protocols and workloads into an ordered list of cells, or refuses with what exists.
  - Touches nothing, and runs on the controller.
options:
  system:
    description: Names of systems, as a list or separated by commas, or V(all).
    type: raw
  protocol:
    description: Protocols to measure. Empty means those that each system's profile measures by default.
    type: raw
  workload:
    description: Names of workloads. Empty means all.
    type: raw
  suite:
    description:
      - Names of suites, or paths of files of one's own, which are run instead of workloads. V(all) means all.
      - Empty plans workloads.
    type: raw
  reference:
    description:
      - Names of systems on which suites run besides, and V(local) for the client's own disk; V(none) for nothing.
    type: raw
  faults:
    description:
      - Names of faults that are begun on the server while suites run, or V(all). Empty means none.
      - What works on some of the systems only is said of the others in the plan; what works on none is refused.
    type: raw
  effort:
    description: Name of an effort, which sets sizes, durations and the number of trials.
    type: str
    required: true
  trials:
    description: Number of trials; V(0) takes the effort's.
    type: int
    default: 0
  seed:
    description: What the order of the cells is drawn from. Empty draws one, which is kept in the plan.
    type: str
    default: ""
  variables:
    description: Values of workload variables that override the effort's, such as C(SIZE).
    type: dict
    default: {}
  node_kind:
    description: Who makes the nodes.
    type: str
    choices: [docker, ec2, existing]
    required: true
  node_kernel:
    description: Whose kernel the client runs on.
    type: str
    choices: [auto, host, own]
    default: auto
  server_kernel:
    description: Whose kernel the other nodes run on.
    type: str
    choices: [auto, host, own]
    default: auto
  aa:
    description:
      - Measure the first system a second time under another label, such as C(ganesha#2), in turns like any other.
      - Every C(faster) or C(slower) of a system against itself is a false alarm; the report counts them.
    type: bool
    default: false
  passes:
    description:
      - The passes to measure, V(warm) and V(cold), as a list or with commas; empty means those of the effort.
      - Only workloads that read what was laid out before have a cold pass.
    type: raw
  ceilings:
    description:
      - Whether every trial also measures what disk, network and client can do by themselves, so that a series at its
        ceiling is not ranked and one above it is rejected. Without it, as the effort says.
    type: bool
  budget:
    description:
      - Time that measuring may take, such as C(90m) or C(1.5h); empty means as long as it takes.
      - Trials that do not fit are left out, and the plan says so. A run that was to give verdicts is refused when fewer
        than six trials fit.
    type: str
    default: ""
  topology:
    description:
      - Name of a topology of the catalog, or the path of a file. The systems then stand on its nodes instead of on
        nodes of their own, a cluster on the groups of its profile and any other on the first host of the group that
        clients reach.
    type: str
    default: ""
  server_group:
    description:
      - Group of O(topology) on whose first host systems of one server stand; empty for the group that clients mount a
        cluster from, and without a cluster for the storage of the first site.
    type: str
    default: ""
  present:
    description: Names of the nodes of O(topology) that are there already.
    type: list
    elements: str
    default: []
  catalog:
    description: Directory that holds C(efforts.yml), C(systems) and C(workloads).
    type: path
    required: true
  results:
    description: Directory that holds the run directories.
    type: path
    required: true
  run:
    description:
      - Name of a run. One that exists is taken up again with the plan that it has; a new name is given to the new run.
    type: str
    default: ""
  rerun:
    description:
      - V(failed) takes up the run of O(run), without a name the latest one, to measure again what failed in it, and
        nothing else. Refused when there is no such run.
    type: str
    choices: ["", failed]
    default: ""
  durability_run:
    description:
      - Name of a run of C(validate.yml) with power cuts. What it showed of systems with the same services and settings
        goes into the plan, and whether the durability of a system is proven is part of what must be equal to compare.
    type: str
    default: ""
  collection_version:
    description: Version that is recorded with the run.
    type: str
    default: unknown
extends_documentation_fragment:
  - netfs.bench.modes.reads
author:
  - netfs.bench contributors (@netfs)
"""

EXAMPLES = r"""
- name: Plan a comparison of two servers over NFSv4.2
  netfs.bench.bench_plan:
    system: [ganesha, kernel-nfs]
    protocol: nfs4.2
    effort: quick
    node_kind: docker
    catalog: playbooks
    results: results
  register: planned
"""

RETURN = r"""
plan:
  description: The plan, as it is kept in C(plan.json); its JSON Schema is C(schemas/plan.schema.json).
  returned: success
  type: dict
  contains:
    cells:
      description: Every cell in the order in which it is measured.
      type: list
      elements: dict
      returned: always
run_directory:
  description: Where the results of the run are kept.
  returned: success
  type: str
  sample: results/20261124T060000Z-ganesha-smoke
lines:
  description: The plan as a person reads it.
  returned: success
  type: list
  elements: str
"""

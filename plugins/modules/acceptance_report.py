# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file holds the documentation of an action plugin of the same name, which runs on the controller.

from __future__ import annotations

DOCUMENTATION = r"""
---
module: acceptance_report
short_description: Write the deployment checklist of a cluster
version_added: 0.2.0
description:
  - Judges every line of the checklist from what the nodes of the cluster answered before in the same play, which are
    results of C(playbooks/acceptance.yml), and from the runs that were measured on it; judges the targets; and writes
    C(acceptance.json), C(acceptance.md) and C(acceptance.html) into the folder C(acceptance) of the results.
  - A line passes only on evidence. What was not asked, did not answer, or is older than the cluster is not measured.
  - Asks no node anything and runs on the controller.
options:
  plan:
    description: Plan of the cluster, as M(netfs.bench.cluster_plan) returned it.
    type: dict
    required: true
  targets:
    description: Targets, in the form of C(playbooks/targets.yml).
    type: dict
    required: true
  results:
    description: Directory that holds the runs, and in which the reports are written.
    type: path
    required: true
  version:
    description: Version of the collection.
    type: str
    required: true
  cost:
    description: C(spent) and C(instances) of M(netfs.bench.cloud_accrual_info), or C(why) there are none.
    type: dict
requirements:
  - plotly (Python library on the controller)
  - tabulate (Python library on the controller)
attributes:
  check_mode:
    description: Judges, and writes nothing.
    support: full
  diff_mode:
    description: Has no difference to show.
    support: none
author:
  - netfs.bench contributors (@netfs)
seealso:
  - module: netfs.bench.bench_report
  - module: netfs.bench.cluster_plan
"""

EXAMPLES = r"""
- name: Write the checklist
  netfs.bench.acceptance_report:
    plan: "{{ planned.plan }}"
    targets: "{{ lookup('ansible.builtin.file', 'targets.yml') | from_yaml }}"
    results: results
    version: "{{ lookup('community.general.collection_version', 'netfs.bench') }}"
"""

RETURN = r"""
lines:
  description: The checklist as it is printed on a terminal.
  returned: success
  type: list
  elements: str
files:
  description: Paths of the reports.
  returned: success
  type: list
  elements: str
exit_code:
  description: V(0) every line that is applicable passes. V(20) a line fails. V(21) something was not measured.
  returned: success
  type: int
sentence:
  description: What came of it, in one sentence.
  returned: success
  type: str
states:
  description: The state of each line by its name, V(pass), V(fail), V(not-measured) or V(not-applicable).
  returned: success
  type: dict
  sample: {provisioned: pass, metrics: not-measured}
"""

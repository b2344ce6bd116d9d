# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file holds the documentation of an action plugin of the same name, which runs on the controller.

from __future__ import annotations

DOCUMENTATION = r"""
---
module: bench_grow
short_description: Add a trial to a run where that is worth its time
version_added: 0.1.0
description:
  - Looks at the intervals of all comparisons of a run. While one of them is wider than 5 % to either side, the plan
    gets one more trial of everything, up to twelve, as far as the budget of the run allows.
  - Looks at widths only, never at p values. Stopping when a difference shows would find differences that are not there.
  - A plan that does not ask for growth (see C(playbooks/efforts.yml)) stays as it is.
options:
  run_directory:
    description: Run directory on the controller.
    type: path
    required: true
attributes:
  check_mode:
    description: Says whether it would add a trial.
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
- name: Add a trial where the intervals are still wide
  netfs.bench.bench_grow:
    run_directory: results/20261124T060000Z-ganesha-full
"""

RETURN = r"""
plan:
  description: The plan, with the trial that was added.
  returned: always
  type: dict
why:
  description: The comparisons that were still too wide, a sentence each. Empty when nothing was added.
  returned: always
  type: list
  elements: str
  sample: ["rclone against ganesha, nfs3 seq-read-1m warm: no interval yet"]
"""

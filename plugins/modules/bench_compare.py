# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file holds the documentation of an action plugin of the same name, which runs on the controller.

from __future__ import annotations

DOCUMENTATION = r"""
---
module: bench_compare
short_description: Compare a benchmark run with an earlier one
version_added: 0.1.0
description:
  - Compares every series of a run with the same series of an earlier run, and writes the reports into the folder
    C(against-BASE) of the run directory.
  - Series that were not measured under the same conditions are refused, with the fields that differ.
  - Runs on the controller.
options:
  base_directory:
    description: Directory of the earlier run. Without one, the baseline that was declared in the same folder is taken.
    type: path
  declare:
    description:
      - Compare nothing, and make the run the baseline of the folder that it lies in.
      - Refused for a run of which any series is not fit for a verdict; the baseline that there was stays.
    type: bool
    default: false
extends_documentation_fragment:
  - netfs.bench.reports
author:
  - netfs.bench contributors (@netfs)
seealso:
  - module: netfs.bench.bench_report
"""

EXAMPLES = r"""
- name: Declare a run the baseline
  netfs.bench.bench_compare:
    run_directory: results/20261124T060000Z-ganesha-full
    declare: true

- name: Compare a later run with it
  netfs.bench.bench_compare:
    run_directory: results/20261201T060000Z-ganesha-full
  register: compared
  failed_when: compared.exit_code not in [0, 11]
"""

RETURN = r"""
lines:
  description: The comparison as it is printed on a terminal.
  returned: when something was compared
  type: list
  elements: str
files:
  description: Paths of the reports.
  returned: when something was compared
  type: list
  elements: str
exit_code:
  description: As RV(netfs.bench.bench_report#module:exit_code), against the earlier run.
  returned: when something was compared
  type: int
sentence:
  description: What came of it, in one sentence.
  returned: when something was compared
  type: str
baseline:
  description: Name of the run that is the baseline now.
  returned: when O(declare=true)
  type: str
"""

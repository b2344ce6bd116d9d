# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file holds the documentation of an action plugin of the same name, which runs on the controller.

from __future__ import annotations

DOCUMENTATION = r"""
---
module: bench_report
short_description: Report what a benchmark run adds up to
version_added: 0.1.0
description:
  - Reads the plan and the cell records of one run directory, judges its systems against each other, and writes the
    reports beside them.
  - C(report.html) is one page that opens offline; C(report.md) is made for a pull request; C(report.txt) for a
    terminal; C(report.csv) has a line per series, C(verdicts.csv) one per comparison; C(report.json),
    C(report.junit.xml) and C(report.prom) are for other programs; C(verdict.json) holds the exit code.
  - Asks no node anything and runs on the controller, also long after the run.
extends_documentation_fragment:
  - netfs.bench.reports
author:
  - netfs.bench contributors (@netfs)
seealso:
  - module: netfs.bench.bench_compare
  - module: netfs.bench.bench_plan
"""

EXAMPLES = r"""
- name: Write the reports of a run again
  netfs.bench.bench_report:
    run_directory: results/20261124T060000Z-ganesha-smoke
"""

RETURN = r"""
lines:
  description: The report as it is printed on a terminal.
  returned: success
  type: list
  elements: str
run:
  description: Name of the run.
  returned: success
  type: str
files:
  description: Paths of the reports.
  returned: success
  type: list
  elements: str
failure:
  description:
    - Why the run is no success, with what to do; empty when it is one. A run of workloads is none when a cell has no
      value; one of suites when a system fails what its reference passes, or a cell was not measured.
  returned: success
  type: str
failed_cells:
  description: How many planned cells failed.
  returned: success
  type: int
missing_cells:
  description: How many planned cells have no record.
  returned: success
  type: int
exit_code:
  description:
    - V(0) nothing is slower than the system named first. V(10) something is. V(11) a comparison is noisy. V(12) too few
      trials. V(13) a series failed, is not cold, was rejected or is not comparable.
    - Of suites, V(0) all passed, or failed only what the reference fails. V(20) a system fails what its reference
      passes. V(21) something was not measured.
  returned: success
  type: int
sentence:
  description: What came of the run, in one sentence.
  returned: success
  type: str
"""

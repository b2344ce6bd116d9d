#!/usr/bin/python
# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: bench_report
short_description: Report what a benchmark run adds up to
version_added: 0.1.0
description:
  - Reads the plan and the cell records of one run directory and writes C(report.txt), C(report.md) and C(report.csv)
    beside them.
  - Asks no node anything; meant to run on the controller, also long after the run.
options:
  run_directory:
    description: Directory of the run.
    type: path
    required: true
requirements:
  - tabulate (Python library)
attributes:
  check_mode:
    description: Says which report would change and writes none.
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
files:
  description: Paths of the reports.
  returned: success
  type: list
  elements: str
failed_cells:
  description: How many planned cells failed.
  returned: success
  type: int
missing_cells:
  description: How many planned cells have no record.
  returned: success
  type: int
"""

import traceback
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ansible_collections.netfs.bench.plugins.module_utils._report import HEADERS, as_csv, series_of, summary, table
from ansible_collections.netfs.bench.plugins.module_utils._run import RunError, read_cells, read_json, write_text

try:
    from tabulate import tabulate
except ImportError:
    tabulate = None
    TABULATE_ERROR = traceback.format_exc()


def reports_of(plan, rows):
    """The text of every report by the name of its file, and the one for the terminal line by line."""
    cells, sentences = table(rows), summary(plan, rows)
    # a remark can be long: on a terminal it follows the table, in Markdown it is a column
    short = tabulate([row[:-1] for row in cells], HEADERS[:-1], disable_numparse=True)
    remarks = [f"  {' '.join(row[:4])}: {row[-1]}" for row in cells if row[-1]]
    lines = [*sentences, "", *short.splitlines(), *(["", "Remarks:", *remarks] if remarks else [])]
    markdown = tabulate(cells, HEADERS, tablefmt="github", disable_numparse=True)
    return lines, {
        "report.txt": "\n".join(lines) + "\n",
        "report.md": "\n".join([f"# {plan['run']}", "", *(f"* {line}" for line in sentences), "", markdown]) + "\n",
        "report.csv": as_csv(rows),
    }


def main():
    module = AnsibleModule(
        argument_spec={"run_directory": {"type": "path", "required": True}},
        supports_check_mode=True,
    )
    if tabulate is None:
        module.fail_json(msg=missing_required_lib("tabulate"), exception=TABULATE_ERROR)
    run = Path(module.params["run_directory"])
    try:
        plan = read_json(run / "plan.json")
        rows = series_of(plan, read_cells(run))
    except RunError as error:
        module.fail_json(msg=str(error))
    lines, reports = reports_of(plan, rows)
    stale = {
        run / name: text
        for name, text in reports.items()
        if not (run / name).exists() or (run / name).read_text(encoding="utf-8") != text
    }
    if not module.check_mode:
        for path, text in stale.items():
            write_text(path, text)
    module.exit_json(
        changed=bool(stale),
        lines=lines,
        files=[str(run / name) for name in reports],
        failed_cells=sum(row["failed"] for row in rows),
        missing_cells=sum(row["missing"] for row in rows),
    )


if __name__ == "__main__":
    main()

# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every module is told that keeps the record of a cell."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  run_directory:
    description: Run directory on the controller.
    type: path
    required: true
  cell:
    description: The cell as the plan lists it, with C(id), C(system), C(protocol), C(workload), C(pass) and C(trial).
    type: dict
    required: true
  provenance:
    description: What is known of where the cell runs; kept in the record.
    type: dict
    default: {}
"""

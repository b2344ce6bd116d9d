# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules that write reports have in common."""

from __future__ import annotations


class ModuleDocFragment:
    """Documentation of how a run is judged, written once."""

    DOCUMENTATION = r"""
options:
  run_directory:
    description: Directory of the run. Without it, O(results) and O(run) say which.
    type: path
  results:
    description: Directory that holds the runs. Needed without O(run_directory).
    type: path
  run:
    description: Name of a run in O(results); empty means the latest.
    type: str
    default: ""
  force:
    description: Compare also what was measured under different conditions, and say so in every table.
    type: bool
    default: false
  strict:
    description: Let V(inconclusive) count as noisy in the exit code.
    type: bool
    default: false
requirements:
  - plotly (Python library on the controller)
  - tabulate (Python library on the controller)
attributes:
  check_mode:
    description: Says which report would change and writes none.
    support: full
  diff_mode:
    description: Has no difference to show.
    support: none
"""

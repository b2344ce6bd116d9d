# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The runs of a results directory: each is a directory with a plan, and their names sort by time."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.netfs.bench.plugins.module_utils._files import Json
from ansible_collections.netfs.bench.plugins.plugin_utils._run import RunError

CHOICE = {
    "run_directory": {"type": "path"},
    "results": {"type": "path"},
    "run": {"type": "str", "default": ""},
}
"""The arguments by which an action finds its run."""
ONE_OF = {"required_one_of": [("run_directory", "results")]}


def all_runs(results: Path) -> list[Path]:
    """The directories of all runs, the oldest first."""
    return sorted(path.parent for path in results.glob("*/plan.json"))


def latest_run(results: Path) -> Path | None:
    """The directory of the run that was begun last; None where there is none."""
    return next(reversed(all_runs(results)), None)


def chosen_run(args: Json) -> Path:
    """The directory of a run from :data:`CHOICE`: the one that is named, else the latest; a RunError without any."""
    if args["run_directory"]:
        return Path(args["run_directory"])
    results = Path(args["results"])
    run = results / args["run"] if args["run"] else latest_run(results)
    if run is None:
        raise RunError(f"There is no run in {results}. Measure something first, or name one with -e run=NAME.")
    return run

# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was measured of how far another site is behind: percentiles over all files of a series, and the poll period."""

from __future__ import annotations

import csv
import io
import statistics
import typing as t

from ansible_collections.netfs.bench.plugins.module_utils._files import Json
from ansible_collections.netfs.bench.plugins.module_utils._lag import SHARES, summary
from ansible_collections.netfs.bench.plugins.plugin_utils._records import AXES, CellRecord, SeriesName, object_of
from ansible_collections.netfs.bench.plugins.plugin_utils._results import Run, planned_series
from ansible_collections.netfs.bench.plugins.plugin_utils._run import UNKNOWN, RunError, read_json

SCHEMA = "netfs.bench/lag/1"
NOT_MEASURED = "not measured"
FIGURES = (*SHARES, "max")
COLUMNS = [
    *AXES,
    "trials",
    "files",
    *(f"replication_lag_{name}_ns" for name in FIGURES),
    "poll_period_ns",
    "poll_period_max_ns",
    "clock",
    "reasons",
]


class Lag(t.NamedTuple):
    """How far another site was behind, over all trials of a series."""

    run: str
    name: SeriesName
    trials: int
    """How many were measured."""
    lags: list[int]
    """Of every file, in ns."""
    poll: float | None
    """Median of the time between two looks (ns); None where nothing was measured."""
    poll_max: float | None
    """The longest time between two looks (ns)."""
    clocks: list[str]
    reasons: list[str]
    """Why trials were not measured, each reason once."""

    @property
    def figures(self) -> dict[str, int]:
        """Percentiles for which there are enough files, and the longest; nothing where nothing was measured."""
        return summary(self.lags)


def raw_of(run: Run, cell: CellRecord) -> Json:
    """What was kept of a cell beside its record."""
    path = run.directory / cell.raw
    kept = object_of(read_json(path))
    if kept.get("schema") != SCHEMA or not isinstance(kept.get("lags_ns"), list):
        raise RunError(
            f"{path} does not hold the lags of a cell. Remove the record of the cell to have it measured again."
        )
    return kept


def lag_of(run: Run, name: SeriesName, cells: list[CellRecord]) -> Lag:
    """The lag of one series from the records of its cells."""
    good = [cell for cell in cells if cell.status == "ok" and cell.raw != UNKNOWN]
    kept = [raw_of(run, cell) for cell in good]
    polls, longest = (
        [cell.metrics[metric] for cell in good if metric in cell.metrics]
        for metric in ("poll_period_ns", "poll_period_max_ns")
    )
    return Lag(
        run=run.plan["run"],
        name=name,
        trials=len(good),
        lags=[lag for one in kept for lag in one["lags_ns"]],
        poll=statistics.median(polls) if polls else None,
        poll_max=max(longest, default=None),
        clocks=sorted({one["clock"] for one in kept}),
        reasons=sorted({cell.reason for cell in cells if cell.status != "ok"}),
    )


def lags_of(run: Run) -> list[Lag]:
    """The lag of every series that was to be measured; empty for a run that measures none."""
    planned = [name for name in planned_series(run.plan) if "lag" in run.plan["workloads"][name.workload]]
    return [lag_of(run, name, [cell for cell in run.cells if cell.name == name]) for name in planned]


def to_csv(lags: list[Lag]) -> str:
    """One line per series with plain numbers; empty where there is none, and never 0 for what did not arrive."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    for lag in lags:
        writer.writerow(
            {
                **lag.name.labels,
                "trials": lag.trials,
                "files": len(lag.lags) or NOT_MEASURED,
                **{f"replication_lag_{name}_ns": value for name, value in lag.figures.items()},
                "poll_period_ns": "" if lag.poll is None else round(lag.poll),
                "poll_period_max_ns": "" if lag.poll_max is None else round(lag.poll_max),
                "clock": "; ".join(lag.clocks),
                "reasons": "; ".join(lag.reasons),
            }
        )
    return text.getvalue()

# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run as it lies on disk, read for reports and comparisons: small enough for a hundred thousand cells."""

from __future__ import annotations

import concurrent.futures
import functools
import hashlib
import json
import multiprocessing
import re
import typing as t
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.netfs.bench.plugins.module_utils import _fio
from ansible_collections.netfs.bench.plugins.module_utils._files import Json
from ansible_collections.netfs.bench.plugins.plugin_utils import _ceilings
from ansible_collections.netfs.bench.plugins.plugin_utils._records import (
    Ceiling,
    CeilingRecord,
    CellRecord,
    Provenance,
    RunRecord,
    SeriesName,
)
from ansible_collections.netfs.bench.plugins.plugin_utils._run import UNKNOWN, RunError, is_value, read_json

OPERATIONS = ("read", "write", "fsync")
"""What a latency is measured of."""

# what differs from cell to cell without making a difference, and the job's text, which the plan holds
NOT_KEPT = {"job", "command"}

MANY_CELLS = 5000

Record = t.TypeVar("Record")

Distribution = tuple[int, list[int]]
"""Samples, and the latencies (ns) that each of SLOWER_SHARES of them exceeds."""

SLOWER_SHARES = (0.9, 0.75, 0.5, 0.25, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005, 0.0002, 0.0001)
"""Shares of operations that take longer, for which a distribution keeps the latency."""


@functools.cache
def hash_of_job(job: str) -> str:
    """SHA-256 of a job but for the line that names its latency: that says what is shown, not what is measured, so that
    a run made before there were such lines is compared with one made after."""
    measured = re.sub(r"^; latency: .*\n", "", job, count=1, flags=re.MULTILINE)
    return hashlib.sha256(measured.encode()).hexdigest()


def shared_provenance(recorded: Json, shared: dict[str, Provenance]) -> Provenance:
    """The provenance of a cell without what no report shows; equal ones become one object for all cells."""
    kept = {key: value for key, value in recorded.items() if key not in NOT_KEPT}
    if "job" in recorded:
        kept["job_sha256"] = hash_of_job(recorded["job"])
    if isinstance(kept.get("mount"), dict):
        kept["mount"] = {key: value for key, value in kept["mount"].items() if key != "free_bytes"}
    key = repr(kept)
    if key not in shared:
        shared[key] = Provenance.of(kept)
    return shared[key]


@dataclass(frozen=True, slots=True)
class Run:
    """A run, as far as it was measured."""

    directory: Path
    plan: Json
    record: RunRecord
    ceilings: list[Ceiling]
    """Those of the plan and those of the record, also where nothing was measured of them."""
    cells: list[CellRecord]
    """In the order of the plan; cells without a record are left out."""


def read_run(directory: Path) -> Run:
    """The run of a directory, or a RunError that names the file that is damaged."""
    plan = read_json(directory / "plan.json")
    lacking = [name for name in ("run", "trials", "systems", "workloads", "cells") if name not in plan]
    if lacking:
        raise RunError(f"{directory / 'plan.json'} is not a plan: it lacks {', '.join(lacking)}. Name another run.")
    record, path = RunRecord(), directory / "run.json"
    if path.exists():
        record = read_record(path, RunRecord.of, "what a run ran on", "report the run without it")
    ceilings = record.ceilings
    if plan.get("ceilings"):
        paths = sorted((directory / "ceilings").glob("*.json"))
        values = [read_record(path, CeilingRecord.of, "a ceiling", "have it measured again") for path in paths]
        ceilings = [*ceilings, *_ceilings.measured_ceilings(plan["ceilings"], values)]
    return Run(directory, plan, record, ceilings, read_cells(directory, plan))


def read_record(path: Path, kind: t.Callable[[Json], Record], what: str, remedy: str) -> Record:
    """The record in a file, or a RunError that says of what it is none, and for what it is to be removed."""
    try:
        return kind(read_json(path))
    except (KeyError, TypeError, AttributeError) as error:
        raise RunError(f"{path} is not a record of {what}: {error!r}. Remove it to {remedy}.") from error


def read_cells(directory: Path, plan: Json) -> list[CellRecord]:
    """The records of the cells of a plan, or a RunError that names the first that is damaged."""
    shared: dict[str, Provenance] = {}
    cells, place = [], directory / "cells"
    for cell in plan["cells"]:
        path = place / f"{cell['id']}.json"
        try:
            text = path.read_bytes()
        except FileNotFoundError:
            continue
        try:
            document = json.loads(text)
            cells.append(CellRecord.of(document, shared_provenance(document["provenance"], shared)))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise RunError(
                f"{path} is not a record of a cell: {error!r}. Remove it to have it measured again."
            ) from error
    return cells


def has_value(cell: CellRecord, metric: str) -> bool:
    """Whether a record counts: the cell is fine and has a value of its main metric."""
    return cell.status == "ok" and is_value(cell.metrics.get(metric))


def planned_series(plan: Json) -> dict[SeriesName, list[str]]:
    """The ids of the cells of every series, in the order of the plan."""
    planned: dict[SeriesName, list[str]] = {}
    for cell in plan["cells"]:
        planned.setdefault(SeriesName.of(cell), []).append(cell["id"])
    return planned


def operations_of(workload: Json) -> list[str]:
    """The operations (``read``, ``write``, ``fsync``) whose latency answers the question of a workload of a plan.

    A plan of before these were named has those that the main metric counts.
    """
    return t.cast("list[str]", workload.get("latency", [workload["metric"].split("_", maxsplit=1)[0]]))


def add_bins(merged: dict[str, dict[int, int]], raw: Path) -> None:
    """Add the samples per bin (its middle in ns) of one raw fio file, over its jobs and clients, to each operation."""
    try:
        text = raw.read_text(encoding="utf-8")
    except OSError:
        return
    try:
        # nearly every file is nothing but one document
        document = json.loads(text)
    except ValueError:
        try:
            document = _fio.parse_output(text)[1]
        except ValueError:
            return
    for job in _fio.jobs_of(document):
        for operation, bins in merged.items():
            block = job.get("sync" if operation == "fsync" else operation, {})
            for key, count in block.get("clat_ns", block.get("lat_ns", {})).get("bins", {}).items():
                bins[int(key)] = bins.get(int(key), 0) + count


def slower_than(bins: t.Mapping[int, int]) -> list[int]:
    """Latency (ns) that each of SLOWER_SHARES of the operations exceeds; the list ends where samples are too few.

    Ten samples must lie above a point, as for every percentile of this collection.
    """
    total = sum(bins.values())
    wanted = [share for share in SLOWER_SHARES if total * share >= 10 - 1e-9]
    points: list[int] = []
    seen = 0
    for key in sorted(bins):
        seen += bins[key]
        while len(points) < len(wanted) and seen >= (1 - wanted[len(points)]) * total - 1e-9:
            points.append(key)
    return points


def distribution(raws: list[Path], operations: list[str]) -> dict[str, Distribution]:
    """Of each operation of a series the samples of its merged histograms, and the latencies of :func:`slower_than`."""
    merged: dict[str, dict[int, int]] = {operation: {} for operation in operations}
    for raw in raws:
        add_bins(merged, raw)
    return {operation: (sum(bins.values()), slower_than(bins)) for operation, bins in merged.items() if bins}


def distributions(run: Run) -> dict[SeriesName, dict[str, Distribution]]:
    """:func:`distribution` of every series with raw files; with many of them, on all processors."""
    workloads = run.plan["workloads"]
    raws: dict[SeriesName, list[Path]] = {}
    for cell in run.cells:
        if cell.raw != UNKNOWN and has_value(cell, workloads[cell.name.workload]["metric"]):
            raws.setdefault(cell.name, []).append(run.directory / cell.raw)
    operations = [operations_of(workloads[name.workload]) for name in raws]
    if len(run.cells) < MANY_CELLS:
        found = list(map(distribution, raws.values(), operations))
    else:
        # fork, because a new Python would not know where the collection lies
        context = multiprocessing.get_context("fork")
        with concurrent.futures.ProcessPoolExecutor(mp_context=context) as pool:
            found = list(pool.map(distribution, raws.values(), operations, chunksize=64))
    return dict(zip(raws, found, strict=True))

# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run as it lies on disk, read for reports and comparisons: small enough for a hundred thousand cells.

Beside what every cell record has, a record may hold these, and a report says "not measured" where it does not:

* ``steady``: ``{"windows": [value, ...], "steady": bool, "extended": bool}``, the main metric in equal windows
* ``cold``: ``{"proof": share, "bytes_delivered": int, "bytes_read": int}``
* ``verified``: ``{"what": sentence}``, how the content was checked outside the measured time
* ``counters``: ``{node: {"cpu_percent": ..., other name with its unit: number}}``
* ``server_counters``: ``{name: number}``, by how much the server's own counters grew, if they did
* ``client_bound``: whether the client's CPU was above 90 %

and the run's ``run.json`` may hold ``durability_proofs``: ``{system: sentence}``, and ``ceilings``: a list of
``{"what": name, "metric": name, "values": [value, ...]}``, each with ``workloads``, ``systems`` (names) and ``pass``
when it holds for these only. Those of the plan, of which every value has a record, are added to them.
"""

from __future__ import annotations

import concurrent.futures
import functools
import hashlib
import json
import multiprocessing
import re
import sys
import typing as t
from pathlib import Path

from ansible_collections.netfs.bench.plugins.module_utils import _fio
from ansible_collections.netfs.bench.plugins.module_utils._files import Json
from ansible_collections.netfs.bench.plugins.plugin_utils import _ceilings
from ansible_collections.netfs.bench.plugins.plugin_utils._run import UNKNOWN, RunError, is_value, read_json

AXES = ("system", "protocol", "workload", "pass")
"""What a series is told by, as records and tables call it."""
OPERATIONS = ("read", "write", "fsync")
"""What a latency is measured of."""


class SeriesName(t.NamedTuple):
    """What the cells of one series have in common."""

    system: str
    protocol: str
    workload: str
    pass_: str

    @property
    def labels(self) -> dict[str, str]:
        """The same by the names that records and tables use."""
        return dict(zip(AXES, self, strict=True))


OPTIONAL = ("steady", "cold", "verified", "counters", "server_counters", "client_bound")

# what differs from cell to cell without making a difference, and the job's text, which the plan holds
NOT_KEPT = {"job", "command"}

MANY_CELLS = 5000

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


def slim(record: Json, shared: dict[str, Json]) -> Json:
    """A cell record without what no report shows; equal provenance becomes one object for all cells."""
    provenance = {key: value for key, value in record["provenance"].items() if key not in NOT_KEPT}
    if "job" in record["provenance"]:
        provenance["job_sha256"] = hash_of_job(record["provenance"]["job"])
    if isinstance(provenance.get("mount"), dict):
        provenance["mount"] = {key: value for key, value in provenance["mount"].items() if key != "free_bytes"}
    kept = {
        **{axis: sys.intern(record[axis]) for axis in AXES},
        "id": record["id"],
        "trial": record["trial"],
        "status": sys.intern(record["status"]),
        "reason": sys.intern(record["reason"]),
        "raw": record.get("raw", UNKNOWN),
        "metrics": {sys.intern(name): value for name, value in record["metrics"].items()},
        "seconds": with_shared_names(record.get("seconds", {})),
        "started": record.get("started", UNKNOWN),
        "ended": record.get("ended", UNKNOWN),
        "provenance": shared.setdefault(repr(provenance), provenance),
    }
    kept.update({name: with_shared_names(record[name]) for name in OPTIONAL if name in record})
    return kept


def with_shared_names(value: t.Any) -> t.Any:
    """The same value, its names kept once for all cells instead of once for each."""
    if isinstance(value, dict):
        return {sys.intern(name): with_shared_names(part) for name, part in value.items()}
    return value


def read_run(directory: Path) -> Json:
    """``{"plan": plan.json, "nodes": run.json, "cells": [records in the order of the plan], "directory": path}``.

    A run that was killed has no run.json yet; its nodes are unknown, and it is still a run.
    """
    plan = read_json(directory / "plan.json")
    lacking = [name for name in ("run", "trials", "systems", "workloads", "cells") if name not in plan]
    if lacking:
        raise RunError(f"{directory / 'plan.json'} is no plan: it lacks {', '.join(lacking)}. Name another run.")
    nodes: Json = {"nodes": {}, "ansible_core": UNKNOWN}
    if (directory / "run.json").exists():
        nodes = read_json(directory / "run.json")
    if plan.get("ceilings"):
        records = [read_json(path) for path in sorted((directory / "ceilings").glob("*.json"))]
        nodes = {**nodes, "ceilings": nodes.get("ceilings", []) + _ceilings.entries_of(plan["ceilings"], records)}
    shared: dict[str, Json] = {}
    cells, place = [], directory / "cells"
    for cell in plan["cells"]:
        path = place / f"{cell['id']}.json"
        try:
            text = path.read_bytes()
        except FileNotFoundError:
            continue
        try:
            cells.append(slim(json.loads(text), shared))
        except (ValueError, KeyError, TypeError) as error:
            raise RunError(f"{path} is no record of a cell: {error!r}. Remove it to have it measured again.") from error
    return {"plan": plan, "nodes": nodes, "cells": cells, "directory": directory}


def name_of(cell: Json) -> SeriesName:
    """The series of a cell, of the plan or of a record."""
    return SeriesName(*(cell[axis] for axis in AXES))


def has_value(cell: Json, metric: str) -> bool:
    """Whether a record counts: the cell is fine and has a value of its main metric."""
    return cell["status"] == "ok" and is_value(cell["metrics"].get(metric))


def planned_series(plan: Json) -> dict[SeriesName, list[str]]:
    """The ids of the cells of every series, in the order of the plan."""
    planned: dict[SeriesName, list[str]] = {}
    for cell in plan["cells"]:
        planned.setdefault(name_of(cell), []).append(cell["id"])
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


def distributions(run: Json) -> dict[SeriesName, dict[str, Distribution]]:
    """:func:`distribution` of every series with raw files; with many of them, on all processors."""
    workloads = run["plan"]["workloads"]
    raws: dict[SeriesName, list[Path]] = {}
    for cell in run["cells"]:
        name = name_of(cell)
        if cell["raw"] != UNKNOWN and has_value(cell, workloads[name.workload]["metric"]):
            raws.setdefault(name, []).append(run["directory"] / cell["raw"])
    operations = [operations_of(workloads[name.workload]) for name in raws]
    if len(run["cells"]) < MANY_CELLS:
        found = list(map(distribution, raws.values(), operations))
    else:
        # fork, because a new Python would not know where the collection lies
        context = multiprocessing.get_context("fork")
        with concurrent.futures.ProcessPoolExecutor(mp_context=context) as pool:
            found = list(pool.map(distribution, raws.values(), operations, chunksize=64))
    return dict(zip(raws, found, strict=True))

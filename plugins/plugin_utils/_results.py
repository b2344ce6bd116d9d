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
import json
import multiprocessing
import sys
import typing as t
from pathlib import Path

from ansible_collections.netfs.bench.plugins.module_utils import _fio
from ansible_collections.netfs.bench.plugins.module_utils._files import Json
from ansible_collections.netfs.bench.plugins.plugin_utils import _ceilings
from ansible_collections.netfs.bench.plugins.plugin_utils._run import UNKNOWN, RunError, read_json

SeriesName = tuple[str, str, str, str]
"""System, protocol, workload and pass."""

AXES = ("system", "protocol", "workload", "pass")
OPTIONAL = ("steady", "cold", "verified", "counters", "server_counters", "client_bound")

# what differs from cell to cell without making a difference, and the job's text, which the plan holds
NOT_KEPT = {"job", "command"}

MANY_CELLS = 5000

SLOWER_SHARES = (0.9, 0.75, 0.5, 0.25, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005, 0.0002, 0.0001)
"""Shares of operations that take longer, for which a distribution keeps the latency."""


def slim(record: Json, shared: dict[str, Json]) -> Json:
    """A cell record without what no report shows; equal provenance becomes one object for all cells."""
    provenance = {key: value for key, value in record["provenance"].items() if key not in NOT_KEPT}
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


def planned_series(plan: Json) -> dict[SeriesName, list[str]]:
    """The ids of the cells of every series, in the order of the plan."""
    planned: dict[SeriesName, list[str]] = {}
    for cell in plan["cells"]:
        name = (cell["system"], cell["protocol"], cell["workload"], cell["pass"])
        planned.setdefault(name, []).append(cell["id"])
    return planned


def direction_of(metric: str) -> str:
    """``read`` or ``write`` (or ``fsync``): what the main metric counts."""
    return metric.split("_", maxsplit=1)[0]


def add_bins(merged: dict[int, int], raw: Path, direction: str) -> None:
    """Add the samples per bin (its middle in ns) of one raw fio file, over its jobs and clients."""
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
        block = job.get(direction, {})
        for key, count in block.get("clat_ns", block.get("lat_ns", {})).get("bins", {}).items():
            middle = int(key)
            merged[middle] = merged.get(middle, 0) + count


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


def distribution(raws: list[Path], direction: str) -> tuple[int, list[int]]:
    """Samples of the merged histograms of a series, and the latencies of :func:`slower_than`."""
    merged: dict[int, int] = {}
    for raw in raws:
        add_bins(merged, raw, direction)
    return sum(merged.values()), slower_than(merged)


def distributions(run: Json) -> dict[SeriesName, tuple[int, list[int]]]:
    """:func:`distribution` of every series with raw files; with many of them, on all processors."""
    metrics = {name: workload["metric"] for name, workload in run["plan"]["workloads"].items()}
    raws: dict[SeriesName, list[Path]] = {}
    for cell in run["cells"]:
        if cell["status"] == "ok" and cell["raw"] != UNKNOWN:
            name = (cell["system"], cell["protocol"], cell["workload"], cell["pass"])
            raws.setdefault(name, []).append(run["directory"] / cell["raw"])
    directions = [direction_of(metrics[name[2]]) for name in raws]
    if len(run["cells"]) < MANY_CELLS:
        found = list(map(distribution, raws.values(), directions))
    else:
        # fork, because the module of this function may have come in a way that a new Python cannot repeat
        context = multiprocessing.get_context("fork")
        with concurrent.futures.ProcessPoolExecutor(mp_context=context) as pool:
            found = list(pool.map(distribution, raws.values(), directions, chunksize=64))
    return {name: kept for name, kept in zip(raws, found, strict=True) if kept[0]}

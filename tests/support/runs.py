# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs of a few cells, as they are read from disk, for tests by table."""

from __future__ import annotations

import typing as t
from pathlib import Path

from ansible_collections.netfs.bench.plugins.plugin_utils._records import CellRecord, RunRecord
from ansible_collections.netfs.bench.plugins.plugin_utils._results import Run
from ansible_collections.netfs.bench.plugins.plugin_utils._series import Series, read_series

Json = dict[str, t.Any]

METRIC = "read_bandwidth_bytes_per_s"


def cell(trial: int, value: float | None = None, reason: str = "", workload: str = "seq-read", **more: t.Any) -> Json:
    """The record of one cell of ganesha; one with a reason failed."""
    metrics = {} if value is None else {METRIC: value, "read_latency_p99_ns": 2_000_000}
    return {
        "id": f"ganesha~nfs3~{workload}~warm~{trial}",
        "system": "ganesha",
        "protocol": "nfs3",
        "workload": workload,
        "pass": "warm",
        "trial": trial,
        "status": "failed" if reason else "ok",
        "reason": reason,
        "metrics": metrics,
        "seconds": {},
        "provenance": {
            "job_sha256": "0" * 64,
            "variables": {},
            "client_kernel": "6.12",
            "fio_version": "fio-3.39",
            "mount": "unknown",
        },
        **more,
    }


def plan(cells: list[Json], trials: int = 3, **workload: t.Any) -> Json:
    """The plan of these cells; what is named more belongs to its workloads."""
    return {
        "run": "r",
        "effort": "quick",
        "seed": "1",
        "trials": trials,
        "cells": cells,
        "systems": {"ganesha": {"description": "A server.", "durability": "local-durable"}},
        "nodes": {"client": {"kernel": "own", "why": "asked for"}},
        "workloads": {name: {"metric": METRIC, **workload} for name in ("seq-read", "other")},
    }


def read(documents: Json) -> Run:
    """A run from its documents: ``plan``, ``nodes`` (run.json) and ``cells``."""
    record = RunRecord.of(documents["nodes"])
    cells = [CellRecord.of(cell) for cell in documents["cells"]]
    return Run(Path("r"), documents["plan"], record, record.ceilings, cells)


def run(planned: list[Json], cells: list[Json] | None = None, **workload: t.Any) -> Run:
    """The run of a plan with these cells, and the records of those that were measured; without any, of all."""
    return read(
        {
            "plan": plan(planned, **workload),
            "nodes": {"nodes": {}},
            "cells": planned if cells is None else cells,
        }
    )


def series(planned: list[Json], cells: list[Json] | None = None, **workload: t.Any) -> list[Series]:
    """The series of such a run."""
    return list(read_series(run(planned, cells, **workload)).values())

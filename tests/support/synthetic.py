# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run directories with values that were drawn, not measured: for tests of reports, and for pictures in the guides.

    python tests/support/synthetic.py DIRECTORY [cells]

writes a run in which everything happens that can, or one with that many plain cells.
"""

from __future__ import annotations

import hashlib
import json
import math
import random
import sys
import typing as t
from pathlib import Path

from ansible_collections.netfs.bench.plugins.module_utils._fio import bin_key

Json = dict[str, t.Any]

# true medians of the main metric
WORKLOADS: dict[str, tuple[str, str, float]] = {
    "rand-read-4k": ("How many random 4 KiB reads a second does the server answer?", "read_iops", 5200.0),
    "seq-read-1m": ("How fast does a client read large files?", "read_bandwidth_bytes_per_s", 8.1e8),
    "seq-write-1m": ("How fast does a client write new large files?", "write_bandwidth_bytes_per_s", 3.2e8),
    "sync-write-4k": ("How many 4 KiB records a second are appended safely?", "write_iops", 940.0),
}
OPTIONS = ["rw", "vers=4.2", "rsize=1048576", "wsize=1048576", "hard", "proto=tcp", "addr=198.18.0.10"]
JOB = "[job]\nrw=randread\n"


def provenance(system: str, protocol: str, options: list[str]) -> Json:
    """What a cell records of where it ran."""
    return {
        "client_kernel": "6.12.113",
        "server_kernel": "6.18.44",
        "command": f"fio --directory=/mnt/netfs-bench {system}.fio",
        "exit_code": 0,
        "fio_version": "fio-3.39",
        "job": JOB,
        "job_sha256": hashlib.sha256(JOB.encode()).hexdigest(),
        "variables": {"SIZE": "1g", "RUNTIME": "30", "RAMP": "10", "JOBS": "4", "FILES": "4000"},
        "mount": {
            "source": "198.18.0.10:/export",
            "fstype": "nfs4",
            "directory": "/mnt/netfs-bench",
            "free_bytes": random.randrange(1 << 36),
            "options_requested": ["hard"],
            "options_effective": [part.replace("4.2", protocol.removeprefix("nfs")) for part in options],
        },
        "service": {"service": system.partition("#")[0], "version": "6.5", "config_sha256": "8" * 64},
    }


def raw_output(direction: str, median_ns: float, samples: int, draw: random.Random) -> Json:
    """A fio document with nothing but the histogram of one job."""
    bins: dict[int, int] = {}
    points = 400
    for _point in range(points):
        latency = median_ns * math.exp(draw.gauss(0, 0.45)) * (12 if draw.random() < 0.01 else 1)
        key = bin_key(int(latency))
        bins[key] = bins.get(key, 0) + samples // points
    block = {"N": sum(bins.values()), "bins": {str(key): count for key, count in sorted(bins.items())}}
    return {"fio version": "fio-3.39", "jobs": [{"jobname": "job", direction: {"clat_ns": block}}]}


LAG = "replication_lag_p50_ns"


class Shape(t.NamedTuple):
    """What a synthetic run is made of."""

    systems: dict[str, float]
    """How many times as fast as the first each one is."""
    protocols: list[str]
    workloads: dict[str, tuple[str, str, float]]
    passes: list[str]
    trials: int
    cv: float = 0.015
    seed: int = 1
    extras: bool = True
    """Whether cells have what is measured beside fio: steadiness, coldness, counters."""
    raw: bool = True
    options: list[str] = OPTIONS


def write_run(directory: Path, shape: Shape, change: t.Callable[[Json], None] = dict) -> Path:
    """Write a run directory.

    :param change: alters a record before it is written; one whose ``status`` it sets to ``missing`` is left out.
    """
    draw = random.Random(shape.seed)
    (directory / "cells").mkdir(parents=True)
    (directory / "raw").mkdir()
    cells, turns = [], []
    for trial in range(1, shape.trials + 1):
        systems = sorted(
            shape.systems, key=lambda name: hashlib.sha256(f"{shape.seed}:{trial}:{name}".encode()).hexdigest()
        )
        for system in systems:
            for protocol in shape.protocols:
                ids = []
                for workload in shape.workloads:
                    for passed in shape.passes:
                        cell = {
                            "id": f"{system}~{protocol}~{workload}~{passed}~{trial}",
                            "system": system,
                            "protocol": protocol,
                            "workload": workload,
                            "pass": passed,
                            "trial": trial,
                        }
                        ids.append(cell["id"])
                        cells.append(cell)
                        record = one_record(cell, shape, draw, directory)
                        change(record)
                        if record["status"] != "missing":
                            path = directory / "cells" / f"{cell['id']}.json"
                            path.write_text(json.dumps(record, indent=1), encoding="utf-8")
                turns.append({"system": system, "protocol": protocol, "trial": trial, "cells": ids})
    write_heads(directory, shape, cells, turns)
    return directory


def one_record(cell: Json, shape: Shape, draw: random.Random, directory: Path) -> Json:
    """The record of one cell, and its raw file."""
    _question, metric, truth = shape.workloads[cell["workload"]]
    direction = metric.split("_", maxsplit=1)[0]
    slower = 0.6 if cell["pass"] == "cold" else 1.0
    value = truth * shape.systems[cell["system"]] * slower * math.exp(draw.gauss(0, shape.cv))
    raw = "unknown"
    if shape.raw:
        raw = f"raw/{cell['id']}.json"
        document = raw_output(direction, 8e5 / shape.systems[cell["system"]] / slower, 40000, draw)
        (directory / raw).write_text(json.dumps(document), encoding="utf-8")
    record: Json = {
        "schema": "netfs.bench/cell/1",
        **cell,
        "status": "ok",
        "reason": "",
        "metrics": {
            metric: value,
            f"{direction}_latency_p99_ns": int(4e6 / shape.systems[cell["system"]]),
            "cpu_user_percent": draw.uniform(4, 8),
            "cpu_system_percent": draw.uniform(20, 30),
            "runtime_ms": 30000,
        },
        "raw": raw,
        "raw_sha256": "0" * 64,
        "started": f"2026-11-24T06:{cell['trial']:02}:00.000+00:00",
        "ended": f"2026-11-24T06:{cell['trial']:02}:40.000+00:00",
        "seconds": {"total": 40.0, "fio": 36.0, "outside": 4.0},
        "provenance": provenance(cell["system"], cell["protocol"], shape.options),
    }
    if shape.extras:
        windows = [value * math.exp(draw.gauss(0, 0.02)) for _window in range(5)]
        record["steady"] = {"windows": windows, "steady": True, "extended": draw.random() < 0.05}
        record["verified"] = {"what": "checksums of all files"}
        record["client_bound"] = False
        record["counters"] = {
            node: {"cpu_percent": draw.uniform(30, 60), "context_switches_per_s": draw.uniform(1e4, 2e4)}
            for node in ("client", "server")
        }
        record["server_counters"] = {'requests_total{op="READ"}': draw.randint(1, 9) * 1000.0}
        if cell["pass"] == "cold":
            record["cold"] = {"proof": draw.uniform(0.98, 1.1), "bytes_delivered": 10**9, "bytes_read": 10**9}
    return record


def write_heads(directory: Path, shape: Shape, cells: list[Json], turns: list[Json]) -> None:
    """plan.json and run.json."""
    profile = {"services": [{"role": "ganesha", "node": "server"}], "protocols": shape.protocols}
    plan = {
        "schema": "netfs.bench/plan/1",
        "run": directory.name,
        "created": "2026-11-24T06:00:00Z",
        "collection_version": "0.1.0",
        "effort": "full",
        "seed": str(shape.seed),
        "trials": shape.trials,
        "variables": {"SIZE": "1g", "RUNTIME": "30", "RAMP": "10", "JOBS": "4", "FILES": "4000"},
        "systems": {
            name: {**profile, "description": f"The server {name} on a disk of its own.", "durability": "local-durable"}
            for name in shape.systems
        },
        "workloads": {
            name: {"question": question, "metric": metric, "layout": "none", "job": JOB, "sha256": "0" * 64}
            for name, (question, metric, _truth) in shape.workloads.items()
        },
        "layouts": {},
        "nodes": {
            "client": {"kernel": "own", "why": "the kernel of this host lacks nfs, nfs4"},
            "server": {"kernel": "host", "why": "the kernel of this host has what it needs"},
        },
        "cells": cells,
        "turns": turns,
        "dataset_bytes": 1 << 32,
        "estimate_seconds": 60 * len(cells),
    }
    node = {
        "kind": "docker",
        "kernel": "6.12.113",
        "distribution": "Debian 13.8",
        "architecture": "x86_64",
        "processor": "AMD EPYC",
        "cpus": 2,
        "memory": "4g",
        "image": "unknown",
    }
    run: Json = {
        "schema": "netfs.bench/run/1",
        "run": directory.name,
        "ansible_core": "2.19.14",
        "nodes": {
            "bench-client": {**node, "node": "client", "kernel_kind": "own"},
            "bench-server": {**node, "node": "server", "kernel_kind": "host"},
        },
    }
    if shape.extras:
        run["ceilings"] = [
            {"what": "network path", "metric": "read_bandwidth_bytes_per_s", "values": [1.15e9, 1.16e9, 1.14e9]},
            {"what": "disk of the server", "metric": "write_bandwidth_bytes_per_s", "values": [4.1e8, 4.0e8, 4.15e8]},
        ]
    (directory / "plan.json").write_text(json.dumps(plan, indent=1), encoding="utf-8")
    (directory / "run.json").write_text(json.dumps(run, indent=1), encoding="utf-8")


def lag_run(directory: Path, lags: list[int], reason: str = "") -> Path:
    """A run of two trials of a lag; the first one with these lags (ns), the second one with the same or a reason."""

    def change(record: Json) -> None:
        if reason and record["trial"] == 2:
            record.update(status="failed", reason=reason, metrics={})
            return
        record["metrics"] = {LAG: 2_000_000_000, "poll_period_ns": 50_000_000, "poll_period_max_ns": 90_000_000}
        record["raw"] = f"raw/{record['id']}.json"
        kept = {"schema": "netfs.bench/lag/1", "clock": "monotonic clock of conduit-1", "lags_ns": lags}
        (directory / record["raw"]).write_text(json.dumps(kept), encoding="utf-8")

    shape = Shape({"cephfs": 1.0}, ["fuse"], {"lag": ("How far?", LAG, 2e9)}, ["warm"], 2, extras=False, raw=False)
    write_run(directory, shape, change)
    path = directory / "plan.json"
    plan = json.loads(path.read_text(encoding="utf-8"))
    plan["workloads"]["lag"] |= {"latency": [], "lag": {"samples": 20}}
    path.write_text(json.dumps(plan), encoding="utf-8")
    return directory


def everything_happens(record: Json) -> None:
    """One series fails, one is not cold, one is noisy, one is unsteady."""
    where = (record["system"], record["workload"], record["pass"])
    (metric,) = (name for name in record["metrics"] if name.endswith(("iops", "per_s")))
    if where == ("rclone", "sync-write-4k", "warm") and record["trial"] in (3, 5):
        record.update(status="failed", reason="fio was killed after 150 s", metrics={}, raw="unknown", steady="unknown")
    if where == ("kernel-nfs", "seq-read-1m", "cold") and record["trial"] == 2:
        record.update(status="not-cold", reason="the disk delivered 12 % of the bytes that were read")
        record["cold"]["proof"] = 0.12
    if where == ("kernel-nfs", "sync-write-4k", "warm"):
        record["metrics"][metric] *= 1 + 0.3 * math.sin(record["trial"])
        record["steady"] = {**record["steady"], "steady": record["trial"] % 2 == 0}
        record["steady"]["windows"][0] *= 1.5 if record["trial"] % 2 else 1


RICH = Shape(
    systems={"ganesha": 1.0, "ganesha#2": 1.0, "kernel-nfs": 1.31, "rclone": 0.42},
    protocols=["nfs3", "nfs4.2"],
    workloads=WORKLOADS,
    passes=["warm", "cold"],
    trials=8,
)


def plain_shape(cells: int) -> Shape:
    """Ten systems over five protocols, warm and cold, eight trials: 800 cells a workload."""
    names = list(WORKLOADS.values())
    count = max(1, cells // 800)
    return Shape(
        systems={f"system-{number:02}": 1 + number / 20 for number in range(10)},
        protocols=["nfs3", "nfs4.0", "nfs4.1", "nfs4.2", "smb3"],
        workloads={f"workload-{number:03}": names[number % 4] for number in range(count)},
        passes=["warm", "cold"],
        trials=8,
    )


if __name__ == "__main__":
    target = Path(sys.argv[1])
    if len(sys.argv) > 2:
        write_run(target, plain_shape(int(sys.argv[2])))
    else:
        write_run(target, RICH, everything_happens)

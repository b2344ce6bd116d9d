# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What client, disk and network can do by themselves, and which series cannot be faster than that.

A ceiling holds for a series only when every one of its bytes must cross it inside the measured time: what a cache may
answer, or hold back, is not bounded by what lies behind the cache.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.netfs.bench.plugins.module_utils._files import Json
from ansible_collections.netfs.bench.plugins.plugin_utils._records import Ceiling, CeilingRecord

RUNTIME_MAX_S = 5
"""Seconds that a ceiling is measured for: as long as a cell would cost as much as one more system."""
OVERHEAD_S = 5
"""Seconds that a ceiling costs beside that; measured, only used for the estimate."""
MEMORY_BYTES = 256 << 20
"""Most bytes of files in the memory of the client."""

WHAT = {
    "disk-read": "disk of {node}, reading",
    "disk-write": "disk of {node}, writing",
    "network-read": "network, {node} to client",
    "network-write": "network, client to {node}",
}
JOBS = {"network-read": "network", "network-write": "network"}
"""The job of a ceiling, where it is not called like the ceiling."""


def option(job: str, name: str) -> str:
    """The last value that a job gives to an option of fio; empty when it gives none."""
    values: list[str] = re.findall(rf"^{name}=(\S+)$", job, flags=re.MULTILINE)
    return values[-1] if values else ""


def block_bytes(job: str) -> int:
    """Bytes that one operation moves; 0 for a job that only creates and deletes files."""
    if option(job, "ioengine").startswith("file"):
        return 0
    match = re.fullmatch(r"(\d+)([km]?)", option(job, "bs").lower())
    return int(match[1]) * {"": 1, "k": 1 << 10, "m": 1 << 20}[match[2]] if match else 0


def is_flushed(job: str) -> bool:
    """Whether all that is written is safe when the clock stops: flushed after every write, or at the end of a job that
    ends by itself. One that runs by the clock is flushed after it."""
    return option(job, "fsync") == "1" or (option(job, "end_fsync") == "1" and option(job, "time_based") != "1")


def crossed(job: str, metric: str, step: str) -> list[str]:
    """The ceilings of disk and network that every byte of a pass must cross inside the measured time."""
    if not block_bytes(job):
        return []
    if metric.startswith("read"):
        cold = ["disk-read"] if step == "cold" else []
        return [*cold, *(["network-read"] if cold or option(job, "direct") == "1" else [])]
    disk = ["disk-write"] if is_flushed(job) else []
    return [*disk, *(["network-write"] if disk or option(job, "direct") == "1" else [])]


def is_behind(name: str, profile: Json) -> bool:
    """Whether the serving node's disk lies behind a system: for reads, where it has no other store; for writes, where
    it is what an acknowledged write promises."""
    if name == "disk-read":
        return len(profile["services"]) == 1
    return name != "disk-write" or profile["durability"] == "local-durable"


def runtime_of(variables: dict[str, str]) -> str:
    """How long a ceiling is measured, as fio's variable RUNTIME."""
    return str(min(int(variables["RUNTIME"]), RUNTIME_MAX_S))


def in_memory(name: str, work: Json, layouts: dict[str, str], variables: dict[str, str], size: int) -> Json:
    """The job of a workload against the memory of the client, with files that fit into it."""
    jobs = int(variables["JOBS"])
    return {
        "what": f"client in its own memory, {name}",
        "kind": "memory",
        "node": "client",
        "metric": work["metric"],
        # not every kernel takes direct=1 in memory, where it changes nothing
        "job": re.sub(r"^direct=1$", "direct=0", work["job"], flags=re.MULTILINE),
        "layout": layouts[work["layout"]] if work["layout"] != "none" else "",
        "variables": {
            **variables,
            "SIZE": str(min(size, max(MEMORY_BYTES // jobs, 1 << 20))),
            "RUNTIME": runtime_of(variables),
            "RAMP": "0",
        },
    }


def ceilings_of(plan: Json, jobs: dict[str, Json], layouts: dict[str, str], size: int) -> dict[str, Json]:
    """Every ceiling of a plan by its name, each to be measured once in every trial.

    :param plan: ``systems``, ``workloads``, ``variables`` and ``cells``.
    :param jobs: ``job``, ``metric`` and ``layout`` of every job that measures a ceiling, by its name.
    :param layouts: the text of every layout job by its name.
    :param size: bytes of one file of the data set.
    :returns: ``what``, ``kind`` (memory, disk, network), ``node``, ``metric``, ``job``, ``layout``, ``variables`` and
        ``bounds``: the series that it bounds, as ``metric``, ``workloads``, ``pass``, ``systems`` and
        ``bytes_per_value`` (1, or those of one operation).
    """
    found: dict[str, Json] = {}
    variables = plan["variables"]
    short = {"SIZE": str(size), "RUNTIME": runtime_of(variables), "JOBS": "1"}
    series = sorted({(cell["workload"], cell["pass"], cell["system"]) for cell in plan["cells"]})
    for workload, step, system in series:
        work, profile = plan["workloads"][workload], plan["systems"][system]
        bound = {"metric": work["metric"], "bytes_per_value": 1, "workloads": [workload]}
        memory = in_memory(workload, work, layouts, variables, size)
        found.setdefault(f"memory-{workload}", {**memory, "bounds": [bound]})
        node = profile["services"][-1]["node"]
        for name in crossed(work["job"], work["metric"], step):
            job = jobs.get(JOBS.get(name, name))
            if job is None or not is_behind(name, profile):
                continue
            kind = name.split("-")[0]
            entry = found.setdefault(
                f"{name}-{node}",
                {
                    "what": WHAT[name].format(node=node),
                    "kind": kind,
                    # of a network, the node that sends
                    "node": "client" if name == "network-write" else node,
                    **({"peer": node if name == "network-write" else "client"} if kind == "network" else {}),
                    "metric": job["metric"],
                    "job": job["job"],
                    "layout": layouts[job["layout"]] if job["layout"] != "none" else "",
                    "variables": short,
                    "bounds": [],
                },
            )
            size_of_value = block_bytes(work["job"]) if work["metric"].endswith("_iops") else 1
            add_bound(entry["bounds"], work["metric"], size_of_value, (workload, step, system))
    return found


def seconds_of(ceilings: dict[str, Json]) -> int:
    """What the ceilings of one trial take, roughly."""
    return sum(int(entry["variables"]["RUNTIME"]) + OVERHEAD_S for entry in ceilings.values())


def add_bound(bounds: list[Json], metric: str, size: int, series: tuple[str, str, str]) -> None:
    """Add a series to what a ceiling bounds, beside those of the same workload and pass."""
    workload, step, system = series
    for bound in bounds:
        if (bound["workloads"], bound["pass"]) == ([workload], step):
            bound["systems"].append(system)
            return
    bounds.append(
        {"metric": metric, "bytes_per_value": size, "workloads": [workload], "pass": step, "systems": [system]}
    )


def measured_ceilings(ceilings: dict[str, Json], records: t.Iterable[CeilingRecord]) -> list[Ceiling]:
    """The ceilings as a comparison reads them, one for each metric and size of operation.

    :param ceilings: those of the plan.
    :param records: what was measured of them.
    """
    values: dict[str, list[float]] = {name: [] for name in ceilings}
    reasons: dict[str, str] = {}
    for record in sorted(records, key=lambda record: (record.name, record.trial)):
        if record.status == "ok" and record.value is not None and record.name in values:
            values[record.name].append(record.value)
        else:
            reasons[record.name] = record.reason
    found = []
    for name, ceiling in ceilings.items():
        for bound in ceiling["bounds"]:
            size = bound["bytes_per_value"]
            found.append(
                Ceiling(
                    what=ceiling["what"] + (f", in blocks of {size >> 10} KiB" if size > 1 else ""),
                    metric=bound["metric"],
                    values=[value / size for value in values[name]],
                    why="" if values[name] else reasons.get(name, "not measured yet"),
                    systems=bound.get("systems"),
                    workloads=bound.get("workloads"),
                    pass_=bound.get("pass"),
                )
            )
    return found

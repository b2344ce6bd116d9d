# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One series, the cells of a run that differ only in the trial: all that reports and comparisons say of it."""

from __future__ import annotations

import functools
import hashlib
import json
import statistics
from dataclasses import dataclass

from ansible_collections.netfs.bench.plugins.module_utils._files import Json
from ansible_collections.netfs.bench.plugins.plugin_utils import _durability, _statistics
from ansible_collections.netfs.bench.plugins.plugin_utils._records import CellRecord, SeriesName
from ansible_collections.netfs.bench.plugins.plugin_utils._results import Run, has_value, operations_of, planned_series
from ansible_collections.netfs.bench.plugins.plugin_utils._run import UNKNOWN, is_value

# mount options that name the server or the connection, not how the client behaves
OWN_OPTIONS = {"addr", "mountaddr", "clientaddr", "port", "mountport", "srcaddr", "username", "user", "unc", "sec_uid"}

# of fio: what decides whether a server can compress or merge what it is given
ENTROPY_OPTIONS = {
    "buffer_compress_percentage",
    "buffer_compress_chunk",
    "buffer_pattern",
    "dedupe_percentage",
    "refill_buffers",
    "scramble_buffers",
    "zero_buffers",
}

STATES = ("corrupt", "failed", "not-cold", "rejected", "not-comparable", "at-ceiling")
"""Why there is no verdict. All but ``at-ceiling`` make a run unfit for one."""

AA_MARK = "#"
"""What stands between a system and the number of its twin: ``ganesha#2`` is ganesha again, to count false alarms."""
AT_CEILING = 0.95
ABOVE_CEILING = 1.05


@dataclass(frozen=True, slots=True)
class Series:
    """The cells that differ only in the trial."""

    name: SeriesName
    metric: str
    values: list[float]
    """The main metric of every cell that has a value; see :func:`_run.is_value`."""
    planned: int
    failed: int
    """How many cells were measured and have no value."""
    reasons: list[str]
    """Why those failed, each reason once."""
    state: str
    """``ok``, or why there is no verdict: one of STATES but ``at-ceiling``."""
    why: str
    key: Json
    """What must be equal for a comparison to be fair; see :func:`key_fields`."""
    latency: dict[str, float | None]
    """Median of the p99 (ns) of the cells, by operation, those first that answer the question of the workload; None
    where too little was done for a p99."""
    unsteady: float = 0.0
    """Share of trials that were not steady; 0 when that was not measured."""
    ceiling: float | None = None
    """Median of the lowest ceiling that its bytes must cross, in units of the metric; None when not measured."""
    ceiling_what: str = ""
    machines: tuple[str, ...] = ()
    """The machines of every value; empty where any of them is unknown."""

    @property
    def missing(self) -> int:
        """How many planned cells have no record."""
        return self.planned - self.failed - len(self.values)

    @property
    def median(self) -> float | None:
        """None without values."""
        return statistics.median(self.values) if self.values else None

    @property
    def range(self) -> tuple[float, float] | None:
        """The lowest and the highest value; None without values."""
        return (min(self.values), max(self.values)) if self.values else None

    @property
    def machine_count(self) -> int:
        """On how many machines it was measured; 0 when that is unknown."""
        return len(set(self.machines))

    @property
    def better(self) -> _statistics.Better:
        """Whether more of the metric is better, or less."""
        return "lower" if self.metric.endswith("_ns") else "higher"

    @property
    def at_ceiling(self) -> bool:
        """Whether the median reaches the ceiling, so that it says nothing about the system."""
        return bool(self.ceiling and self.median and self.median >= AT_CEILING * self.ceiling)


@functools.cache
def original(system: str) -> str:
    """The system that a label of the plan stands for: ``ganesha`` of ``ganesha#2``."""
    return system.split(AA_MARK, maxsplit=1)[0]


def key_fields(run: Run, cell: CellRecord) -> Json:
    """What must be equal for two cells to be compared: all that is no property of the system itself."""
    plan, nodes, provenance = run.plan, run.record.nodes, cell.provenance
    options = (
        UNKNOWN
        if provenance.mount_options is None
        else sorted(option for option in provenance.mount_options if option.split("=")[0] not in OWN_OPTIONS)
    )
    proof = _durability.state_of(plan, original(cell.name.system), provenance.service.version)
    # of several machines only those of its trial
    used = nodes if provenance.machines is None else provenance.machines
    nodes = {name: node for name, node in nodes.items() if name in used}
    classes = sorted(
        [node.node, node.kind, node.kernel_kind, str(node.cpus), str(node.memory)] for node in nodes.values()
    )
    place = dict(provenance.place)
    client = place.pop("client", "client")
    return {
        "protocol": cell.name.protocol,
        "workload": cell.name.workload,
        "job": provenance.job_sha256,
        "pass": cell.name.pass_,
        "variables": provenance.variables,
        "mount options": options,
        "client and server nodes": classes,
        "client kernel": provenance.client_kernel,
        "durability": f"{plan['systems'][cell.name.system]['durability']}, {proof}",
        "fio": provenance.fio_version,
        "data": data_of(plan, cell.name.workload),
        "clients": sum(node.node == client for node in nodes.values()) or UNKNOWN,
        "log level": provenance.service.log_level,
        "cache budget": provenance.service.cache_bytes,
        # of nodes that are those of a topology
        **place,
    }


def machine_of(cell: CellRecord) -> str:
    """The machines on which a cell was measured, as one name; empty when that is unknown."""
    return " ".join(sorted(set((cell.provenance.machines or {}).values())))


def data_of(plan: Json, workload: str) -> Json:
    """What the bytes are: the hash of the job that laid them out, and fio's options that say how random they are."""
    entry = plan["workloads"][workload]
    layout = plan.get("layouts", {}).get(entry.get("layout"), {})
    jobs = [part["job"] for part in (layout, entry) if "job" in part]
    lines = [line.strip() for job in jobs for line in job.splitlines()]
    options = sorted({line for line in lines if line.split("=")[0].strip() in ENTROPY_OPTIONS})
    return {
        "layout": layout.get("sha256", "none"),
        "entropy": (" ".join(options) or "fio's default") if jobs else UNKNOWN,
    }


def digest(fields: Json) -> str:
    """SHA-256 over the canonical JSON of a comparability key."""
    return hashlib.sha256(json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def shown(value: object) -> str:
    """A value of a key as people read it."""
    if isinstance(value, dict):
        return " ".join(f"{name}={part}" for name, part in sorted(value.items()))
    if isinstance(value, list):
        return ",".join("/".join(part) if isinstance(part, list) else str(part) for part in value)
    return str(value)


def differences(first: Json, second: Json) -> list[str]:
    """The fields in which two keys differ, with both values; of lists only the entries that differ."""
    found = []
    for name in {**first, **second}:
        # a topology has fields that nothing else has
        one, other = first.get(name, ""), second.get(name, "")
        if one == other:
            continue
        if isinstance(one, list) and isinstance(other, list):
            one, other = [part for part in one if part not in other], [part for part in other if part not in one]
        if isinstance(one, dict) and isinstance(other, dict):
            keys = [key for key in {**one, **other} if one.get(key) != other.get(key)]
            one, other = ({key: side[key] for key in keys if key in side} for side in (one, other))
        found.append(f"{name}: {shown(one) or 'none'} against {shown(other) or 'none'}")
    return found


def ceiling_of(run: Run, name: SeriesName, metric: str) -> tuple[float | None, float, str]:
    """The lowest ceiling of a series: its median, its highest value, and what it is; None, 0 and "" when none was
    measured.

    A ceiling that is disturbed comes out too low and never too high, so that only its highest value proves anything.
    """
    found = [
        (statistics.median(ceiling.values), max(ceiling.values), ceiling.what)
        for ceiling in run.ceilings
        if ceiling.bounds(name, metric)
    ]
    return min(found, default=(None, 0.0, ""))


def read_series(run: Run) -> dict[SeriesName, Series]:
    """Every planned series of a run. One of which any planned cell is not ok has a state and no verdict."""
    records = {cell.id: cell for cell in run.cells}
    return {
        name: one_series(run, name, [records.get(cell_id) for cell_id in ids])
        for name, ids in planned_series(run.plan).items()
    }


def one_series(run: Run, name: SeriesName, cells: list[CellRecord | None]) -> Series:
    """One series from the records of its planned cells, None standing for a record that is missing."""
    workload = run.plan["workloads"][name.workload]
    metric = workload["metric"]
    found = [cell for cell in cells if cell is not None]
    good = [cell for cell in found if has_value(cell, metric)]
    bad = [cell for cell in found if not has_value(cell, metric)]
    values = [cell.metrics[metric] for cell in good]
    reasons = sorted({cell.reason or f"no value of {metric}" for cell in bad})
    keys = keys_of(run, good)
    ceiling, highest, what = ceiling_of(run, name, metric)
    state, why = "ok", ""
    if len(good) < len(cells):
        words = {cell.status for cell in bad}
        state = next((word for word in STATES if word in words), "failed")
        missing = ["not measured"] if len(found) < len(cells) else []
        why = f"{len(cells) - len(good)} of {len(cells)}: {'; '.join([*reasons, *missing])}"
    elif len(keys) > 1:
        state = "not-comparable"
        why = "the trials were measured under different conditions: " + "; ".join(differences(*keys[:2]))
    elif ceiling and statistics.median(values) > ABOVE_CEILING * highest:
        state = "rejected"
        why = f"the median is {statistics.median(values) / highest:.2f} times the ceiling, {what}: a cache answered"
    machines = tuple(machine_of(cell) for cell in good)
    return Series(
        name=name,
        metric=metric,
        values=values,
        planned=len(cells),
        failed=len(bad),
        reasons=reasons,
        state=state,
        why=why,
        key=next(iter(keys), {}),
        latency={operation: latency_of(good, operation) for operation in operations_of(workload)},
        unsteady=unsteady_share(good),
        ceiling=ceiling,
        ceiling_what=what,
        machines=machines if all(machines) else (),
    )


def keys_of(run: Run, cells: list[CellRecord]) -> list[Json]:
    """The different comparability keys of cells."""
    # cells share their provenance, so that few keys are computed
    alike = {id(cell.provenance): cell for cell in cells}.values()
    keys: list[Json] = []
    for cell in alike:
        fields = key_fields(run, cell)
        if fields not in keys:
            keys.append(fields)
    return keys


def latency_of(cells: list[CellRecord], operation: str) -> float | None:
    """The median of the p99 (ns) of an operation over cells; None when no cell has one."""
    found = (cell.metrics.get(f"{operation}_latency_p99_ns") for cell in cells)
    values = [value for value in found if value is not None and is_value(value)]
    return statistics.median(values) if values else None


def unsteady_share(cells: list[CellRecord]) -> float:
    """The share of cells that were not steady, of those of which that is known."""
    tested = [cell.steady for cell in cells if cell.steady]
    return sum(not found.steady for found in tested) / len(tested) if tested else 0.0

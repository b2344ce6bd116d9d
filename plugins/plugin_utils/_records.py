# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The records of a run: one for each cell, one for each value of a ceiling, and one of what all of them ran on.

``of`` makes a record from its document, and ``document`` the document from a record. A KeyError, a TypeError or an
AttributeError of ``of`` says that a document is none of its kind. What was added to a schema later is None or has a
default, so that a run made before it is still read. What is not known is the word ``unknown`` in a document.

A file is written from a record that was made by measuring, never from one that was read: what a document says beyond
the names here would be lost.
"""

from __future__ import annotations

import dataclasses
import hashlib
import sys
import typing as t
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from ansible_collections.netfs.bench.plugins.module_utils._files import Json
from ansible_collections.netfs.bench.plugins.plugin_utils._run import UNKNOWN, RunError, read_json

CELL_SCHEMA = "netfs.bench/cell/1"
CEILING_SCHEMA = "netfs.bench/ceiling/1"
RUN_SCHEMA = "netfs.bench/run/1"

NO_FIO = "none: no fio ran"
"""The version of fio of a cell that is another kind of work."""
FAILING = "failing"
"""The status of a cell whose suite ran to its end and found cases that fail: it is measured, and no pass."""

AXES = ("system", "protocol", "workload", "pass")
"""What a series is told by, as records and tables call it."""


def utc(seconds: float) -> str:
    """A point in time as records have it (ISO 8601)."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


class SeriesName(t.NamedTuple):
    """What the cells of one series have in common."""

    system: str
    protocol: str
    workload: str
    pass_: str

    @classmethod
    def of(cls, cell: Json) -> SeriesName:
        """The series of a cell, of the plan or of a record."""
        return cls(*(cell[axis] for axis in AXES))

    @property
    def labels(self) -> dict[str, str]:
        """The same by the names that records and tables use."""
        return dict(zip(AXES, self, strict=True))

    @property
    def terms(self) -> tuple[str, str]:
        """On what terms the workload ran against the system: protocol and pass."""
        return self.protocol, self.pass_


def known(document: Json) -> Json:
    """A document without what is None."""
    return {name: value for name, value in document.items() if value is not None}


def fields_of(record: t.Any) -> Json:
    """The fields of a record by their names; of what they hold, nothing is copied."""
    return {entry.name: getattr(record, entry.name) for entry in dataclasses.fields(record)}


def object_of(value: object) -> Json:
    """A value that is an object, or an empty one for a value that is unknown or missing."""
    return value if isinstance(value, dict) else {}


def numbers(values: Json) -> dict[str, float]:
    """The numbers among values; their names are kept once for all cells instead of once for each."""
    return {sys.intern(name): value for name, value in values.items() if isinstance(value, (int, float))}


@dataclass(frozen=True, slots=True)
class Service:
    """The service that was measured, as far as it is known."""

    version: str = UNKNOWN
    config_sha256: str = UNKNOWN
    log_level: str = UNKNOWN
    cache_bytes: int | str = UNKNOWN

    @classmethod
    def of(cls, document: Json) -> Service:
        return cls(
            version=str(document.get("version", UNKNOWN)),
            config_sha256=str(document.get("config_sha256", UNKNOWN)),
            log_level=document.get("log_level", UNKNOWN),
            cache_bytes=document.get("cache_bytes", UNKNOWN),
        )


@dataclass(frozen=True, slots=True)
class Provenance:
    """On what a cell was measured, and with what."""

    job_sha256: str
    variables: dict[str, str]
    fio_version: str
    client_kernel: str
    server_kernel: str
    mount_options: list[str] | None
    """As the kernel of the client shows them; None when they are unknown."""
    service: Service
    machines: dict[str, str] | None
    """What each host of the turn was; None in the records of before that was kept."""
    place: dict[str, str]
    """The conditions of the topology that it was measured on; empty without one."""
    recorded: Json
    """All that was recorded: roles may say more of their services than has a name here."""

    @classmethod
    def of(cls, document: Json) -> Provenance:
        machines = document.get("machines")
        return cls(
            job_sha256=document["job_sha256"],
            variables=document.get("variables", {}),
            fio_version=document.get("fio_version", UNKNOWN),
            client_kernel=document.get("client_kernel", UNKNOWN),
            server_kernel=document.get("server_kernel", UNKNOWN),
            mount_options=object_of(document.get("mount")).get("options_effective"),
            service=Service.of(object_of(document.get("service"))),
            machines=machines if isinstance(machines, dict) else None,
            place=object_of(document.get("place")),
            recorded=document,
        )

    @classmethod
    def measured(cls, args: Json, **own: t.Any) -> Provenance:
        """What an action was told of the measurement (``provenance``, ``place``, ``job``), and what it found itself."""
        said = {
            **args["provenance"],
            **({"place": args["place"]} if args["place"] else {}),
            "job": args["job"],
            "job_sha256": hashlib.sha256(args["job"].encode()).hexdigest(),
            **own,
        }
        return cls.of({key: UNKNOWN if value is None else value for key, value in said.items()})


@dataclass(frozen=True, slots=True)
class Seconds:
    """How long a cell took, and how much of that fio ran."""

    total: float = 0.0
    fio: float = 0.0
    outside: float = 0.0
    check: float | None = None
    """How long the content was verified, after the measured time."""

    @classmethod
    def of(cls, document: Json) -> Seconds:
        total, fio, outside = (document.get(name, 0.0) for name in ("total", "fio", "outside"))
        return cls(total, fio, outside, document.get("check"))


@dataclass(frozen=True, slots=True)
class Steadiness:
    """The main metric in equal windows of the measured time."""

    windows: list[float]
    steady: bool
    extended: bool = False
    """Whether the trial was repeated once, to become steady."""

    @classmethod
    def of(cls, document: Json) -> Steadiness:
        return cls(document["windows"], document["steady"], document.get("extended", False))


@dataclass(frozen=True, slots=True)
class ColdProof:
    """How much of what a client read was delivered by disks or the object store."""

    proof: float
    """The share of the bytes read that was delivered."""
    bytes_delivered: int
    bytes_read: int

    @classmethod
    def of(cls, document: Json) -> ColdProof:
        return cls(document["proof"], document["bytes_delivered"], document["bytes_read"])


@dataclass(frozen=True, slots=True)
class PowerCut:
    """What one power cut of the server did to what it had acknowledged."""

    number: int
    seed: int
    """What the writer drew its operations from."""
    delay_ms: int
    """How long after its first acknowledged operation the cut was due."""
    cut_at: str
    """When the node was killed (ISO 8601, UTC)."""
    acknowledged: int
    """How many operations had been acknowledged by then."""
    begun: int
    """How many were begun and never acknowledged: no promise."""
    counts: dict[str, dict[str, int]]
    """For each kind of operation how many were acknowledged in all, and how many of these lost, torn and stale."""
    errors: list[str]
    """What the writer was told by calls that failed."""
    longest_pause_s: float
    """The longest time between two acknowledgements."""
    resumed: bool
    """Whether the writer went on when the server was back."""
    killed: bool
    """Whether the writer had to be killed in the end."""

    @classmethod
    def of(cls, document: Json) -> PowerCut:
        return cls(*(document[entry.name] for entry in dataclasses.fields(cls)))

    @property
    def harmed(self) -> int:
        """How many acknowledged operations were not kept."""
        return sum(count for counts in self.counts.values() for what, count in counts.items() if what != "acknowledged")


@dataclass(frozen=True, slots=True)
class KindResult:
    """What the history of one kind of shared thing is, as a checker found it."""

    kind: str
    claim: str
    """The model that the system claims."""
    result: str
    """``valid``, ``invalid``, or ``unknown``."""
    stronger: str
    """The next stronger model; empty when there is none."""
    stronger_result: str
    operations: int
    unknown: int
    """Those of which it is not known whether they took effect."""
    counter_example: list[Json]
    """As few operations as show that the history is not what ``against`` says."""
    against: str

    @classmethod
    def of(cls, document: Json) -> KindResult:
        return cls(*(document[entry.name] for entry in dataclasses.fields(cls)))


@dataclass(frozen=True, slots=True)
class SuiteResult:
    """What a suite found in one cell."""

    seed: int
    """What it drew its operations from."""
    program: str
    command: str
    filesystem: str
    """The type of the file system that it ran on, as the client's kernel names it."""
    exit_code: int | str
    hung: bool
    """Whether it was killed: it had come to no end, or did nothing for too long."""
    cases: dict[str, str]
    """``passed``, ``failed`` or ``skipped``, by case."""
    lines: dict[str, list[str]]
    """What the program said of the cases that did not pass, if anything."""
    remarks: list[str]
    earlier: list[dict[str, str]]
    """The cases of the records of this cell that this one replaced."""
    power_cuts: list[PowerCut] | None = None
    """None for a suite that cuts no power."""
    consistency: list[KindResult] | None = None
    """None for a suite that records no history of several clients."""

    @classmethod
    def of(cls, document: Json) -> SuiteResult:
        cuts, kinds = document.get("power_cuts"), document.get("consistency")
        parts = ("power_cuts", "consistency")
        said = {entry.name: document[entry.name] for entry in dataclasses.fields(cls) if entry.name not in parts}
        return cls(
            **said,
            power_cuts=None if cuts is None else [PowerCut.of(cut) for cut in cuts],
            consistency=None if kinds is None else [KindResult.of(one) for one in kinds],
        )

    def document(self) -> Json:
        parts = {"power_cuts": self.power_cuts, "consistency": self.consistency}
        made = {name: None if part is None else [fields_of(one) for one in part] for name, part in parts.items()}
        return known({**fields_of(self), **made})


def earlier_cases(path: Path) -> list[dict[str, str]]:
    """The cases of the records of a cell that will be replaced, the oldest first."""
    try:
        suite = read_json(path).get("suite", {})
    except RunError:
        return []
    return [*suite.get("earlier", []), *([suite["cases"]] if suite.get("cases") else [])]


@dataclass(frozen=True, slots=True)
class FaultEvent:
    """A fault of a timeline, and what became of it."""

    number: int
    fault: str
    target: str
    """The host on which it was to be begun."""
    begin_s: int
    """When it was to begin, in seconds after the timeline began."""
    lasts_s: int
    begun_at: str = ""
    """When it was begun (ISO 8601, UTC); empty when it was not, because the timeline was over."""
    undone_at: str = ""
    held: bool = False
    evidence: str = ""
    """What was seen when it was begun."""
    undone: bool = False
    after: str = ""
    """What was seen when it was undone."""
    error: str = ""
    """What a command said that begins it or undoes it."""

    @classmethod
    def of(cls, document: Json) -> FaultEvent:
        return cls(**{entry.name: document[entry.name] for entry in dataclasses.fields(cls)})


@dataclass(frozen=True, slots=True)
class FaultsRecord:
    """The faults that were begun while a cell was measured."""

    seed: int
    """What the timeline was drawn from."""
    duration_s: int
    timeline: list[FaultEvent]
    recover_limit_s: int
    recovered: bool | None = None
    """Whether the service answered again when the last fault was undone; None when that is not known."""
    recover_seconds: float | None = None
    answer: str = ""
    """What the probe of the service said when it failed last."""
    failure: str = ""
    """Why it is not known what happened."""

    @classmethod
    def of(cls, document: Json) -> FaultsRecord:
        return cls(
            seed=document["seed"],
            duration_s=document["duration_s"],
            timeline=[FaultEvent.of(event) for event in document["timeline"]],
            recover_limit_s=document["recover_limit_s"],
            recovered=document.get("recovered"),
            recover_seconds=document.get("recover_seconds"),
            answer=document["answer"],
            failure=document["failure"],
        )

    def document(self) -> Json:
        return known({**fields_of(self), "timeline": [fields_of(event) for event in self.timeline]})


@dataclass(frozen=True, slots=True)
class CellRecord:
    """One cell as it was measured. What is None was not measured, and is left out of the document."""

    id: str
    name: SeriesName
    trial: int
    status: str
    """``ok``, or what is wrong: ``failed``, ``corrupt``, ``not-cold``; of a suite also ``failing``."""
    reason: str
    """Empty for ``ok``."""
    metrics: dict[str, float]
    """Flat, with units in the names."""
    provenance: Provenance
    started: str = UNKNOWN
    """ISO 8601, UTC."""
    ended: str = UNKNOWN
    seconds: Seconds = Seconds()
    raw: str = UNKNOWN
    """Where fio's own output lies in the run directory."""
    raw_sha256: str = UNKNOWN
    steady: Steadiness | None = None
    cold: ColdProof | None = None
    verified: str | None = None
    """How the content was checked after the measured time, when it was right."""
    counters: dict[str, dict[str, float]] | None = None
    """By node: ``cpu_percent``, and others with their units in their names."""
    server_counters: dict[str, float] | None = None
    """By how much the server's own counters grew, those that did."""
    client_bound: bool | None = None
    """Whether the client's CPU was above 90 %."""
    silent: list[str] | None = None
    """The nodes that were lost while the cell was measured."""
    suite: SuiteResult | None = None
    """What a suite found; None for what is none, and where it did not run."""
    faults: FaultsRecord | None = None
    """What was done to nodes meanwhile; None where nothing was to be."""

    @classmethod
    def of(cls, document: Json, provenance: Provenance | None = None) -> CellRecord:
        """A record from its document.

        :param provenance: that of the document, where other cells have an equal one: it is kept once.
        """
        steady, cold, verified = (document.get(name) for name in ("steady", "cold", "verified"))
        counters, served, bound = (document.get(name) for name in ("counters", "server_counters", "client_bound"))
        return cls(
            id=document["id"],
            name=SeriesName(*(sys.intern(document[axis]) for axis in AXES)),
            trial=document["trial"],
            status=sys.intern(document["status"]),
            reason=sys.intern(document["reason"]),
            metrics=numbers(document["metrics"]),
            provenance=provenance or Provenance.of(document["provenance"]),
            started=document.get("started", UNKNOWN),
            ended=document.get("ended", UNKNOWN),
            seconds=Seconds.of(document.get("seconds", {})),
            raw=document.get("raw", UNKNOWN),
            raw_sha256=document.get("raw_sha256", UNKNOWN),
            steady=Steadiness.of(steady) if isinstance(steady, dict) else None,
            cold=ColdProof.of(cold) if isinstance(cold, dict) else None,
            verified=sys.intern(verified["what"]) if isinstance(verified, dict) else None,
            counters=(
                {sys.intern(node): numbers(object_of(kept)) for node, kept in counters.items()}
                if isinstance(counters, dict)
                else None
            ),
            server_counters=numbers(served) if isinstance(served, dict) else None,
            client_bound=bound if isinstance(bound, bool) else None,
            silent=document.get("silent"),
            suite=SuiteResult.of(document["suite"]) if "suite" in document else None,
            faults=FaultsRecord.of(document["faults"]) if "faults" in document else None,
        )

    def document(self) -> Json:
        return known(
            {
                "schema": CELL_SCHEMA,
                "id": self.id,
                **self.name.labels,
                "trial": self.trial,
                "status": self.status,
                "reason": self.reason,
                "metrics": self.metrics,
                "provenance": self.provenance.recorded,
                "started": self.started,
                "ended": self.ended,
                "seconds": known(fields_of(self.seconds)),
                "raw": self.raw,
                "raw_sha256": self.raw_sha256,
                "steady": fields_of(self.steady) if self.steady else None,
                "cold": fields_of(self.cold) if self.cold else None,
                "verified": None if self.verified is None else {"what": self.verified},
                "counters": self.counters,
                "server_counters": self.server_counters,
                "client_bound": self.client_bound,
                "silent": self.silent,
                "suite": self.suite.document() if self.suite else None,
                "faults": self.faults.document() if self.faults else None,
            }
        )


@dataclass(frozen=True, slots=True)
class CeilingRecord:
    """One value of a ceiling: what disk, network or client did by themselves in one trial."""

    name: str
    trial: int
    what: str
    status: str
    """``ok`` or ``failed``."""
    reason: str
    """Empty for ``ok``."""
    metric: str
    value: float | None
    """None when it could not be measured."""
    started: str = UNKNOWN
    """ISO 8601, UTC."""
    seconds: float = 0.0
    fio_version: str = UNKNOWN
    command: str = UNKNOWN
    raw: str = UNKNOWN
    """Where fio's own output lies in the run directory."""
    raw_sha256: str = UNKNOWN

    @classmethod
    def of(cls, document: Json) -> CeilingRecord:
        value = document["value"]
        return cls(
            name=document["name"],
            trial=document["trial"],
            what=document.get("what", UNKNOWN),
            status=document["status"],
            reason=document["reason"],
            metric=document.get("metric", UNKNOWN),
            value=value if isinstance(value, (int, float)) else None,
            started=document.get("started", UNKNOWN),
            seconds=document.get("seconds", 0.0),
            fio_version=document.get("fio_version", UNKNOWN),
            command=document.get("command", UNKNOWN),
            raw=document.get("raw", UNKNOWN),
            raw_sha256=document.get("raw_sha256", UNKNOWN),
        )

    def document(self) -> Json:
        value = UNKNOWN if self.value is None else self.value
        return {"schema": CEILING_SCHEMA, **fields_of(self), "value": value}


@dataclass(frozen=True, slots=True)
class Ceiling:
    """What disk, network or client can do by themselves, in units of a metric, and which series cannot be faster."""

    what: str
    metric: str
    values: list[float]
    why: str = ""
    """Why there are no values."""
    systems: list[str] | None = None
    """The systems that it bounds; None for all, and so for workloads and pass."""
    workloads: list[str] | None = None
    pass_: str | None = None

    @classmethod
    def of(cls, document: Json) -> Ceiling:
        return cls(
            what=document["what"],
            metric=document["metric"],
            values=document["values"],
            why=document.get("why", ""),
            systems=document.get("systems"),
            workloads=document.get("workloads"),
            pass_=document.get("pass"),
        )

    def bounds(self, name: SeriesName, metric: str) -> bool:
        """Whether a series cannot be faster, as far as that was measured."""
        return (
            bool(self.values)
            and self.metric == metric
            and (self.systems is None or name.system in self.systems)
            and (self.workloads is None or name.workload in self.workloads)
            and self.pass_ in (None, name.pass_)
        )


@dataclass(frozen=True, slots=True)
class Instance:
    """What a provider says of a node that is one of its instances."""

    instance_type: str
    market: str
    zone: str
    baseline_gbps: float | str
    """What its network carries for long."""
    burst_gbps: float | str
    """What it carries for a while."""

    @classmethod
    def of(cls, document: Json) -> Instance:
        return cls(*(document[entry.name] for entry in dataclasses.fields(cls)))


@dataclass(frozen=True, slots=True)
class Node:
    """A host that a run ran on, as far as it is known."""

    node: str
    """Which node of the plan it was, such as ``client``."""
    kind: str
    kernel_kind: str
    """Whose kernel it ran on, as the plan says it."""
    cpus: float | str
    memory: str
    instance: Instance | None
    recorded: Json
    """All that was recorded, in its order: a kind of node may say more than has a name here."""

    @classmethod
    def of(cls, document: Json) -> Node:
        return cls(
            node=document.get("node", UNKNOWN),
            kind=document.get("kind", UNKNOWN),
            kernel_kind=document.get("kernel_kind", UNKNOWN),
            cpus=document.get("cpus", UNKNOWN),
            memory=document.get("memory", UNKNOWN),
            instance=Instance.of(document) if "instance_type" in document else None,
            recorded=document,
        )


@dataclass(frozen=True, slots=True)
class RunRecord:
    """What a run ran on. A run that was killed has none yet, and nothing is known of it."""

    run: str = UNKNOWN
    nodes: dict[str, Node] = field(default_factory=dict)
    """By host."""
    ansible_core: str = UNKNOWN
    ceilings: list[Ceiling] = field(default_factory=list)
    """Those that were not measured by the plan."""

    @classmethod
    def of(cls, document: Json) -> RunRecord:
        return cls(
            run=document.get("run", UNKNOWN),
            nodes={host: Node.of(node) for host, node in document.get("nodes", {}).items()},
            ansible_core=document.get("ansible_core", UNKNOWN),
            ceilings=[Ceiling.of(ceiling) for ceiling in document.get("ceilings", [])],
        )

    def document(self) -> Json:
        """What a run records of itself: ceilings are added by whoever has them."""
        return {
            "schema": RUN_SCHEMA,
            "run": self.run,
            "nodes": {host: node.recorded for host, node in self.nodes.items()},
            "ansible_core": self.ansible_core,
        }

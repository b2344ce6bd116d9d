# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a plan is made of: what was asked for, what can be asked for, and the systems that were chosen.

Everything here is pure.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.netfs.bench.plugins.module_utils._files import Json
from ansible_collections.netfs.bench.plugins.plugin_utils import _deployment, _profiles

# the file system that the kernel of a client must know, by protocol
CLIENT_FILESYSTEM = {
    "nfs3": "nfs",
    "nfs4.0": "nfs4",
    "nfs4.1": "nfs4",
    "nfs4.2": "nfs4",
    "smb3": "cifs",
    "fuse": "fuse",
}

TURN_OVERHEAD_S = 15


class PlanError(Exception):
    """What was asked for cannot be planned; the message says what to change."""


def split(value: str | list[str] | None) -> list[str]:
    """Names from ``a,b`` or ``[a, b]``, each once, in the order given."""
    parts = value.split(",") if isinstance(value, str) else value or []
    return list(dict.fromkeys(part.strip() for part in parts if part.strip()))


@dataclasses.dataclass(frozen=True)
class Request:
    """What was asked for; what is empty is as the effort and the profiles say."""

    systems: list[str]
    protocols: list[str]
    workloads: list[str]
    effort: str
    trials: int
    passes: list[str]
    seed: str
    variables: Json
    """They override those of the effort."""
    node_kind: str
    node_kernel: str
    server_kernel: str
    run: str
    created: str
    collection_version: str
    aa: bool
    """Whether the first system is measured a second time under another label."""
    budget: str
    """As :func:`minutes_of` reads it."""
    ceilings: bool | None
    """Whether they are measured; None: as the effort says."""
    server_group: str = ""
    """On a topology, the group on whose first host systems of one server stand; empty for the usual one."""
    suites: list[str] = dataclasses.field(default_factory=list)
    """What is run instead of workloads; empty for workloads."""
    references: list[str] = dataclasses.field(default_factory=list)
    """What suites run on besides, to tell what fails everywhere from what one system fails."""
    faults: list[str] = dataclasses.field(default_factory=list)
    """What is done to servers while suites run; empty for nothing."""

    @classmethod
    def of(cls, args: Json) -> Request:
        """From the arguments of a task, in which names may be lists or ``a,b``."""
        return cls(
            systems=split(args["system"]),
            protocols=split(args["protocol"]),
            workloads=split(args["workload"]) or ["all"],
            effort=args["effort"],
            trials=int(args["trials"]),
            passes=split(args.get("passes")),
            seed=str(args["seed"]),
            variables=args["variables"],
            node_kind=args["node_kind"],
            node_kernel=args["node_kernel"],
            server_kernel=args["server_kernel"],
            run=args["run"],
            created=args["created"],
            collection_version=args["collection_version"],
            aa=bool(args.get("aa")),
            budget=str(args.get("budget", "")),
            ceilings=args.get("ceilings"),
            server_group=args.get("server_group", ""),
            suites=split(args.get("suite")),
            references=split(args.get("reference")),
            faults=split(args.get("faults")),
        )


@dataclasses.dataclass(frozen=True)
class Placement:
    """Where the systems of a run stand on the nodes of a topology, instead of on nodes of their own."""

    nodes: Json
    """Every group that a service or a client of the run stands on: ``{group: {"kernel", "why"}}``."""
    deployment: Json
    copied: dict[str, str]
    """The systems of which another site has a copy, with the protocol over which both can be mounted."""
    topology: Json
    """What a plan keeps of it; ``schemas/plan.schema.json`` describes each field."""

    @property
    def replicated(self) -> dict[str, str]:
        """Those of them of which it is measured how far the copy is behind."""
        return {system: replica["protocol"] for system, replica in self.topology["replicas"].items()}


class Catalog(t.NamedTuple):
    """What can be asked for."""

    profiles: dict[str, Json]
    """Every profile by the name of its system."""
    workloads: dict[str, str]
    """The text of every workload's job file by name."""
    layouts: dict[str, str]
    """The text of every layout job by name."""
    efforts: dict[str, Json]
    """``{name: {"trials": int, "passes": [name, ...], "extend": bool, "variables": {name: value}}}``"""
    checks: dict[str, str]
    """The text of the job that verifies the files of a layout, by the layout's name."""
    ceilings: dict[str, str]
    """The text of every job that measures what disk or network do by themselves, by name."""
    roles: t.Mapping[str, _deployment.Role] = {}
    """What every role says of its variables, by name."""
    clusters: t.Mapping[str, t.Any] = {}
    """The profile of every cluster by the name of its system."""
    lags: t.Mapping[str, Json] = {}
    """Every workload that measures how far another site is behind, by name."""
    topologies: t.Sequence[str] = ()
    """The names of the topologies."""
    suites: t.Mapping[str, t.Any] = {}
    """What stands in the file of every suite, by name."""
    faults: t.Mapping[str, t.Any] = {}
    """What stands in the file of every fault, by name."""


class Systems(t.NamedTuple):
    """The systems of a run by their labels, and over what each is measured."""

    profiles: dict[str, Json]
    protocols: dict[str, list[str]]
    not_served: list[Json]
    """The pairs of a system and a wanted protocol that are not measured."""


def choose(kind: str, wanted: list[str], known: t.Iterable[str]) -> list[str]:
    """The wanted names (``all`` means every known one), or a PlanError with the closest name and all that exist."""
    names = list(known)
    if wanted == ["all"]:
        return names
    for name in wanted:
        if name not in names:
            hint = _profiles.meant(name, names, cutoff=0.5)
            raise PlanError(f"Unknown {kind} '{name}'.{hint} Known: {', '.join(names)}.")
    return wanted


def served_of(profile: Json, wanted: list[str]) -> list[str]:
    """The protocols over which a system is measured: those that are wanted and served, or its own choice."""
    served: list[str] = profile["protocols"]
    if not wanted:
        return t.cast("list[str]", profile.get("measured", served))
    return [protocol for protocol in wanted if protocol in served]

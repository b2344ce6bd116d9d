# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a file of a topology may say: which nodes stand at which sites, how many, and how big."""

from __future__ import annotations

import dataclasses
import math
import re
import typing as t

from ansible_collections.netfs.bench.plugins.module_utils._files import Json
from ansible_collections.netfs.bench.plugins.plugin_utils._plan import (
    size_bytes,
)
from ansible_collections.netfs.bench.plugins.plugin_utils._plan_request import (
    PlanError,
)
from ansible_collections.netfs.bench.plugins.plugin_utils._profiles import faults_of_keys, unknown

KEYS: dict[str, type] = {"description": str, "sites": list, "wan": dict, "nodes": list}
REQUIRED = ("description", "sites", "nodes")
WAN_KEYS: dict[str, type] = {"delay_ms": float, "jitter_ms": float, "loss_percent": float, "rate_mbit": float}
NODE_KEYS: dict[str, type] = {
    "name": str,
    "count": int,
    "group": str,
    "site": str,
    "sites": list,
    "kernel": str,
    "filesystems": list,
    "cpus": float,
    "memory": str,
    "disk": str,
    "data": bool,
    "ec2": dict,
}
NODE_REQUIRED = ("name", "group", "memory")
EC2_KEYS: dict[str, type] = {"type": str, "market": str, "root_gb": int, "protected": bool}
EC2_REQUIRED = ("type", "market", "root_gb")

KERNELS = ("host", "own", "auto")
MARKETS = ("spot", "on-demand")
FILESYSTEMS = ("nfs", "nfs4", "cifs", "nfsd")
STORAGE = "storage"
"""The group whose nodes hold the data of a site."""
RESERVED = ("all", "ungrouped", "localhost", "netfs_nodes")
"""Names that mean something to an inventory already."""

SITE_NAME = re.compile(r"[a-z][a-z0-9]*")
GROUP_NAME = re.compile(r"[a-z][a-z0-9_]*")
NODE_NAME = re.compile(r"[a-z]([a-z0-9-]{0,40}[a-z0-9])?")

DEFAULT_DISK = "1g"
DEFAULT_CPUS = 1.0
COUNT_MAX = 50


class TopologyError(Exception):
    """A topology that no cluster can be created from; a sentence for each thing that is wrong, and what to do."""

    def __init__(self, name: str, faults: t.Sequence[str]) -> None:
        self.faults = list(faults)
        super().__init__(f"Topology {name} cannot be used. {' '.join(faults)}")


@dataclasses.dataclass(frozen=True)
class Changes:
    """The nodes that a cluster got and lost since its topology was written, by name."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()

    def with_node(self, name: str) -> Changes:
        """The same with one node more."""
        if name in self.removed:
            return Changes(self.added, tuple(other for other in self.removed if other != name))
        return Changes((*self.added, name), self.removed)

    def without_node(self, name: str) -> Changes:
        """The same with one node fewer."""
        if name in self.added:
            return Changes(tuple(other for other in self.added if other != name), self.removed)
        return Changes(self.added, (*self.removed, name))

    def record(self) -> Json:
        """The changes as plain data."""
        return {"added": list(self.added), "removed": list(self.removed)}


UNCHANGED = Changes()


@dataclasses.dataclass(frozen=True)
class Wan:
    """What lies between the sites, each way; nothing of it where all is 0."""

    delay_ms: float = 0
    jitter_ms: float = 0
    loss_percent: float = 0
    rate_mbit: float = 0

    def __bool__(self) -> bool:
        return any(dataclasses.astuple(self))


@dataclasses.dataclass(frozen=True)
class Ec2:
    """What a node is on EC2; a protected one is only ended by who takes the protection away."""

    type: str
    market: str
    root_gb: int
    protected: bool = False


@dataclasses.dataclass(frozen=True)
class Node:
    """One node; sizes in bytes. A node with legs in several sites is the conduit between them."""

    name: str
    group: str
    sites: tuple[str, ...]
    kernel: str
    filesystems: tuple[str, ...]
    cpus: float
    memory: int
    disk: int
    data: bool
    ec2: Ec2 | None

    @property
    def site(self) -> str:
        """The site it stands at; nothing for the conduit, which stands at none."""
        return self.sites[0] if len(self.sites) == 1 else ""

    @property
    def groups(self) -> list[str]:
        """The inventory groups it is in."""
        return [self.group, *([f"site_{self.site}", f"{self.group}_{self.site}"] if self.site else [])]


@dataclasses.dataclass(frozen=True)
class Topology:
    """Which nodes stand at which sites, and what lies between these."""

    name: str
    description: str
    sites: tuple[str, ...]
    wan: Wan
    nodes: tuple[Node, ...]

    @property
    def conduits(self) -> list[Node]:
        """The nodes with a leg in more than one site."""
        return [node for node in self.nodes if len(node.sites) > 1]

    def storage_at(self, site: str) -> list[Node]:
        """The nodes that hold the data of a site."""
        return [node for node in self.nodes if node.group == STORAGE and node.site == site]


def sentence(clause: str) -> str:
    """A clause as a sentence of its own."""
    return f"{clause[0].upper()}{clause[1:]}."


def size_fault(value: t.Any, key: str, where: str) -> list[str]:
    """What is wrong with a size."""
    try:
        if size_bytes(str(value)) > 0:
            return []
    except PlanError:
        pass
    return [f"'{key}' of {where} is {value!r}, which is no size: write a number with m or g, such as 1536m."]


def faults_of_wan(wan: Json) -> list[str]:
    """What is wrong with what lies between the sites."""
    faults = [sentence(fault) for fault in faults_of_keys(wan, WAN_KEYS, (), "'wan'")]
    if faults:
        return faults
    faults = [
        f"'{key}' of 'wan' is {value}: write 0 or more." for key, value in wan.items() if not 0 <= value < math.inf
    ]
    if wan.get("loss_percent", 0) >= 100:
        faults.append("'loss_percent' of 'wan' is 100 or more, and nothing would arrive: write less.")
    if wan.get("jitter_ms", 0) > wan.get("delay_ms", 0):
        faults.append("'jitter_ms' of 'wan' is more than 'delay_ms', around which it varies: write at most as much.")
    return faults


def faults_of_place(node: Json, sites: t.Collection[str], where: str) -> list[str]:
    """What is wrong with the sites of a node."""
    if ("site" in node) == ("sites" in node):
        return [
            f"The place of {where} is said twice or not at all: give it either 'site', or 'sites' for legs in several."
        ]
    named = node.get("sites", [node.get("site")])
    faults = [sentence(unknown(f"site of {where}", str(name), sites)) for name in named if name not in sites]
    if not named or len(set(map(str, named))) < len(named):
        faults.append(f"'sites' of {where} is empty or names a site twice: name each once.")
    return faults


def faults_of_node(node: t.Any, sites: t.Collection[str], where: str) -> list[str]:
    """What is wrong with one entry of the list of nodes."""
    faults = [sentence(fault) for fault in faults_of_keys(node, NODE_KEYS, NODE_REQUIRED, where)]
    if faults:
        return faults
    for key, pattern, may in (
        ("name", NODE_NAME, "small letters, digits and -, a letter first"),
        ("group", GROUP_NAME, "small letters, digits and _, a letter first"),
    ):
        if not pattern.fullmatch(node[key]) or node[key] in RESERVED:
            faults.append(f"'{key}' of {where} is '{node[key]}': write another name, of {may}.")
    if not 1 <= node.get("count", 1) <= COUNT_MAX:
        faults.append(f"'count' of {where} is {node['count']}: write 1 to {COUNT_MAX}, or leave the node out.")
    if not 0 < node.get("cpus", DEFAULT_CPUS) < math.inf:
        faults.append(f"'cpus' of {where} is {node['cpus']}: write a number above 0.")
    for key in ("memory", "disk"):
        faults += size_fault(node[key], key, where) if key in node else []
    if node.get("kernel", "auto") not in KERNELS:
        faults.append(sentence(unknown(f"kernel of {where}", node["kernel"], KERNELS)))
    faults += [
        sentence(unknown(f"file system of {where}", str(name), FILESYSTEMS))
        for name in node.get("filesystems", [])
        if name not in FILESYSTEMS
    ]
    return [*faults, *faults_of_place(node, sites, where), *faults_of_ec2(node.get("ec2"), where)]


def faults_of_ec2(ec2: t.Any, where: str) -> list[str]:
    """What is wrong with what a node shall be on EC2."""
    if ec2 is None:
        return []
    faults = [sentence(fault) for fault in faults_of_keys(ec2, EC2_KEYS, EC2_REQUIRED, f"'ec2' of {where}")]
    if faults:
        return faults
    if ec2["market"] not in MARKETS:
        faults.append(sentence(unknown(f"market of {where}", ec2["market"], MARKETS)))
    if ec2.get("protected") and ec2["market"] == "spot":
        faults.append(
            f"'protected' of {where} is true, and AWS protects no spot instance: write market on-demand, or leave it "
            "out."
        )
    if ec2["root_gb"] < 8:
        faults.append(f"'root_gb' of {where} is {ec2['root_gb']}: write 8 or more, which the image needs.")
    if not ec2["type"]:
        faults.append(f"'type' of {where} is empty: name a type of instance, such as c7a.xlarge.")
    return faults


def faults_of_sites(sites: list[t.Any]) -> list[str]:
    """What is wrong with the names of the sites."""
    faults = [
        f"A site is called '{name}': write another name, of small letters and digits, a letter first."
        for name in sites
        if not isinstance(name, str) or not SITE_NAME.fullmatch(name)
    ]
    if not sites or len(set(map(str, sites))) < len(sites):
        faults.append("'sites' is empty or names a site twice: name each once.")
    return faults


def faults_of_data(data: t.Any) -> list[str]:
    """What is wrong with a file of a topology: keys, types, names and sizes."""
    faults = [sentence(fault) for fault in faults_of_keys(data, KEYS, REQUIRED, "the topology")]
    if faults:
        return faults
    faults = [*faults_of_sites(data["sites"]), *faults_of_wan(data.get("wan", {}))]
    if not data["nodes"]:
        faults.append("'nodes' is empty: name at least one.")
    sites = [str(site) for site in data["sites"]]
    for number, node in enumerate(data["nodes"], 1):
        name = node.get("name") if isinstance(node, dict) else None
        faults += faults_of_node(node, sites, f"node '{name}'" if name else f"node {number}")
    return faults


def counted(nodes: list[Json], counts: t.Mapping[str, t.Any]) -> tuple[list[Json], list[str]]:
    """The entries with other counts, and which of these belong to none."""
    known = [node["name"] for node in nodes if "count" in node]
    faults = [sentence(unknown("name in the counts", str(name), known)) for name in counts if name not in known]
    return [
        {**node, "count": counts.get(node["name"], node["count"])} if "count" in node else node for node in nodes
    ], faults


def numbers_of(entry: str, count: int, changes: Changes) -> list[int]:
    """The numbers of the nodes of an entry with a count: 1 to the count, and what changed since."""
    added = (re.fullmatch(f"{re.escape(entry)}-([1-9][0-9]*)", name) for name in changes.added)
    numbers = {*range(1, count + 1), *(int(found[1]) for found in added if found)}
    return sorted(number for number in numbers if f"{entry}-{number}" not in changes.removed)


def names_of(node: Json, changes: Changes) -> list[str]:
    """The names of the nodes of an entry: numbered where it has a count."""
    if "count" not in node:
        return [node["name"]] if node["name"] not in changes.removed else []
    return [f"{node['name']}-{number}" for number in numbers_of(node["name"], node["count"], changes)]


def topology_of(name: str, data: t.Any, counts: t.Mapping[str, t.Any], changes: Changes = UNCHANGED) -> Topology:
    """Return the topology that a file describes, or raise a TopologyError with all that is wrong with the file.

    :param name: what it is called in messages.
    :param data: what stands in the file.
    :param counts: other numbers of nodes than the file's, by the name of the entry.
    :param changes: nodes that were added to what the file describes, and removed from it.
    """
    faults = faults_of_data(data)
    if not faults and counts:
        nodes, faults = counted(data["nodes"], counts)
        data = {**data, "nodes": nodes}
        faults += faults_of_data(data)
    if faults:
        raise TopologyError(name, faults)
    return Topology(
        name=name,
        description=data["description"],
        sites=tuple(data["sites"]),
        wan=Wan(**data.get("wan", {})),
        nodes=tuple(
            Node(
                name=each,
                group=node["group"],
                sites=tuple(node.get("sites") or [node["site"]]),
                kernel=node.get("kernel", "auto"),
                filesystems=tuple(node.get("filesystems", ())),
                cpus=float(node.get("cpus", DEFAULT_CPUS)),
                memory=size_bytes(node["memory"]),
                disk=size_bytes(node.get("disk", DEFAULT_DISK)),
                data=node.get("data", False),
                ec2=Ec2(**node["ec2"]) if "ec2" in node else None,
            )
            for node in data["nodes"]
            for each in names_of(node, changes)
        ),
    )

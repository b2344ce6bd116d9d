# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a topology to the nodes of a cluster, or sentences that say why it cannot be one.

Everything here is pure: the topology, what its engine asks of it and what the machine has come in as data.
"""

from __future__ import annotations

import dataclasses
import ipaddress
import math
import re
import typing as t
from collections import Counter

from ansible_collections.netfs.bench.plugins.module_utils._files import Json
from ansible_collections.netfs.bench.plugins.plugin_utils._plan import (
    choose_kernel,
)
from ansible_collections.netfs.bench.plugins.plugin_utils._plan_request import (
    PlanError,
)
from ansible_collections.netfs.bench.plugins.plugin_utils._profiles import faults_of_keys, unknown
from ansible_collections.netfs.bench.plugins.plugin_utils._topology import Topology, TopologyError, sentence

DEMAND_KEYS: dict[str, type] = {
    "voters": dict,
    "erasure_coding": dict,
    "conduit_port": int,
    "replication_target": str,
    "linearizable_sites": list,
}
NETEM = "netem"
"""What a kernel needs to delay, lose and throttle packets."""
MACHINE_MEMORY_BYTES = 2 << 30
"""What the machine keeps for itself beside the nodes: its services, the container engine, Ansible."""
NODE_WATCHERS = 6
"""Inotify instances that systemd and its services take on a node; without one, systemd does not start."""
UNITS = {"delay_ms": "ms of delay", "jitter_ms": "ms of jitter", "loss_percent": "% lost", "rate_mbit": "Mbit/s"}
"""How what lies between the sites is read out."""


@dataclasses.dataclass(frozen=True)
class Demands:
    """What an engine asks of a topology, and who may log in."""

    voters: t.Mapping[str, int] = dataclasses.field(default_factory=dict)
    """By site, the number of those that vote there."""
    erasure_coding: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    """By site, data and coding chunks as ``2+1``."""
    conduit_port: int | None = None
    replication_target: str = ""
    """Where storage nodes send what they replicate, as ``conduit-1:9402``."""
    linearizable_sites: tuple[str, ...] = ()
    """Sites whose clients must all see one order of operations."""
    ssh_sources: tuple[str, ...] = ()
    """Networks from which ssh is open."""


@dataclasses.dataclass(frozen=True)
class Machine:
    """The machine that containers run on; sizes in bytes."""

    memory: int
    free_disk: int
    cpus: int
    features: frozenset[str]
    """File systems that its kernel knows, and ``netem`` where it has that."""
    image: int = 0
    """What the image of the nodes takes of the disk."""
    free_watchers: int | None = None
    """Inotify instances that root may still have; None where this cannot be told."""


def mib(size: float) -> str:
    """A size as people read it."""
    return f"{math.ceil(size / (1 << 20))} MiB"


def demands_of(given: Json, ssh_sources: t.Sequence[str], sites: t.Collection[str]) -> tuple[Demands, list[str]]:
    """What an engine asks, and what is wrong with how it asks."""
    faults = [sentence(fault) for fault in faults_of_keys(given, DEMAND_KEYS, (), "what the engine asks")]
    if faults:
        return Demands(), faults
    for key in ("voters", "erasure_coding", "linearizable_sites"):
        faults += [
            sentence(unknown(f"site in {key}", str(name), sites)) for name in given.get(key, ()) if name not in sites
        ]
    for site, number in given.get("voters", {}).items():
        if not isinstance(number, int) or isinstance(number, bool) or number < 0:
            faults.append(f"The voters at site {site} are {number!r}: write a whole number.")
    for site, code in given.get("erasure_coding", {}).items():
        if not re.fullmatch(r"[1-9]\d?\+[1-9]\d?", str(code)):
            faults.append(f"The erasure coding at site {site} is {code!r}: write data+coding chunks, such as 2+1.")
    if faults:
        return Demands(), faults
    values: Json = {**given, "linearizable_sites": tuple(given.get("linearizable_sites", ()))}
    return Demands(**values, ssh_sources=tuple(ssh_sources)), []


def faults_of_names(topology: Topology) -> list[str]:
    """Which names two nodes, or two kinds of group, would share."""
    faults = [
        f"Two nodes are called '{name}': give one of them another name or count."
        for name, number in Counter(node.name for node in topology.nodes).items()
        if number > 1
    ]
    groups = {node.group for node in topology.nodes}
    derived = {f"site_{site}" for site in topology.sites} | {
        f"{group}_{site}" for group in groups for site in topology.sites
    }
    faults += [
        f"The group '{name}' has the name of another one, which consists of a group and a site: rename it."
        for name in sorted(groups & derived)
    ]
    return faults


def faults_of_conduit(topology: Topology) -> list[str]:
    """Whether exactly one node joins the sites, and all of them."""
    names = [node.name for node in topology.conduits]
    if len(topology.sites) == 1:
        return [] if not topology.wan else ["There is one site, and 'wan' lies between sites: leave it out."]
    if not names:
        sites = ", ".join(topology.sites)
        return [f"No node joins the sites {sites}: give one node 'sites: [{sites}]', and it is the conduit."]
    if len(names) > 1:
        return [f"{' and '.join(names)} all join sites: leave 'sites' to one of them, and give the others 'site'."]
    missing = [site for site in topology.sites if site not in topology.conduits[0].sites]
    return [
        f"{names[0]} has no leg in site {site}, which nothing would reach: add it to its 'sites'." for site in missing
    ]


def faults_of_voters(topology: Topology, demands: Demands) -> tuple[list[str], list[str]]:
    """What is wrong with the numbers of voters, and what is only worth a warning."""
    faults, warnings = [], []
    for site, number in demands.voters.items():
        there = len(topology.storage_at(site))
        if number > there:
            faults.append(
                f"Site {site} shall have {number} voters, and has {there} storage nodes: raise the count, or ask for "
                "fewer voters."
            )
        elif number and number % 2 == 0:
            warnings.append(
                f"Site {site} has {number} voters, which survive the loss of {(number - 1) // 2}, as {number - 1} "
                "would: an odd number is better."
            )
    return faults, warnings


def faults_of_erasure_coding(topology: Topology, demands: Demands) -> list[str]:
    """Whether every site has a storage node for each chunk."""
    faults = []
    for site, code in demands.erasure_coding.items():
        data, coding = (int(part) for part in str(code).split("+"))
        there = len(topology.storage_at(site))
        if there < data + coding:
            instead = "use 2+1" if there >= 3 else "keep copies instead"
            faults.append(
                f"Erasure coding {code} at site {site} needs {data + coding} storage nodes, and the site has {there}: "
                f"{instead}, or raise their count to {data + coding}."
            )
    return faults


def faults_of_replication(topology: Topology, demands: Demands) -> list[str]:
    """Whether replication goes to where the conduit listens, and what must be in one order stays at one site."""
    faults = []
    if demands.replication_target:
        host, _colon, port = demands.replication_target.rpartition(":")
        names = [node.name for node in topology.conduits]
        if not host or not port.isdecimal():
            faults.append(f"The replication target is '{demands.replication_target}': write it as NODE:PORT.")
        elif host not in names and names:
            faults.append(
                f"The storage nodes replicate to '{host}', and the conduit is {names[0]}: name that as their target."
            )
        elif int(port) != demands.conduit_port:
            faults.append(
                f"The storage nodes replicate to port {port} of {host}, and it listens on port "
                f"{demands.conduit_port or 'none'}: nothing would connect. Give both the same port."
            )
    if len(demands.linearizable_sites) > 1:
        faults.append(
            f"The sites {' and '.join(demands.linearizable_sites)} shall be linearizable together, and what crosses "
            "the conduit arrives later: name one site, and judge the other by its lag."
        )
    return faults


def faults_of_ssh(sources: t.Iterable[str]) -> list[str]:
    """Whether ssh would be open to the world, by one network or by several that add up to it."""
    faults: list[str] = []
    four: list[ipaddress.IPv4Network] = []
    six: list[ipaddress.IPv6Network] = []
    for source in sources:
        try:
            network = ipaddress.ip_network(source, strict=False)
        except ValueError:
            faults.append(f"'{source}' is no network that ssh can be open to: write it as 203.0.113.7/32.")
            continue
        if isinstance(network, ipaddress.IPv4Network):
            four.append(network)
        else:
            six.append(network)
    open_to = [str(network) for network in ipaddress.collapse_addresses(four)]
    open_to += [str(network) for network in ipaddress.collapse_addresses(six)]
    return faults + [
        f"ssh would be open to the world ({network}): name the networks that you come from."
        for network in open_to
        if network.endswith("/0")
    ]


def faults_of_machine(topology: Topology, machine: Machine, present: t.Collection[str]) -> list[str]:
    """What the nodes together need more than this machine has.

    :param present: nodes that are there already, whose disk is taken already.
    """
    faults = []
    memory = sum(node.memory for node in topology.nodes)
    if memory + MACHINE_MEMORY_BYTES > machine.memory:
        faults.append(
            f"The {len(topology.nodes)} nodes need {mib(memory)} of memory, with {mib(MACHINE_MEMORY_BYTES)} for the "
            f"machine itself {mib(memory + MACHINE_MEMORY_BYTES)}, and this machine has {mib(machine.memory)}: lower "
            "'memory' or 'count' in a topology of your own, or use a smaller one, such as mini."
        )
    new = [node for node in topology.nodes if node.name not in present]
    disk = sum(node.disk for node in new)
    if new and disk + machine.image > machine.free_disk:
        faults.append(
            f"The {len(new)} nodes to create need {mib(disk)} of disk, and their image {mib(machine.image)}; "
            f"{mib(machine.free_disk)} are free: free some, or lower 'disk' or 'count' in a topology of your own."
        )
    watchers = len(new) * NODE_WATCHERS
    if machine.free_watchers is not None and watchers > machine.free_watchers:
        faults.append(
            f"The {len(new)} nodes to create need {watchers} inotify instances, and this machine has "
            f"{machine.free_watchers} left: allow more of them, with sysctl -w fs.inotify.max_user_instances=1024."
        )
    faults += [
        f"{node.name} shall have {node.cpus:g} CPUs, and this machine has {machine.cpus}: lower 'cpus' of it."
        for node in topology.nodes
        if node.cpus > machine.cpus
    ]
    return faults


def kernels(topology: Topology, machine: Machine) -> tuple[dict[str, Json], list[str]]:
    """Whose kernel each node runs on and why, and which cannot run on the one that was asked for."""
    chosen, faults = {}, []
    for node in topology.nodes:
        carries = bool(topology.wan) and len(node.sites) > 1
        needs = [*node.filesystems, *([NETEM] if carries else [])]
        try:
            chosen[node.name] = choose_kernel(node.kernel, needs, machine.features)
        except PlanError as error:
            also = " It carries 'wan', which can also be left out." if carries else ""
            faults.append(f"{node.name}: {error}{also}")
    return chosen, faults


def faults_of_kind(topology: Topology, kind: str) -> list[str]:
    """What nodes of a kind lack, and what cannot be done for them."""
    faults = []
    if topology.wan and kind != "docker":
        between = {"ec2": "what AWS has between its zones", "existing": "what there is"}[kind]
        faults.append(f"Between nodes of kind {kind} lies {between}, and 'wan' cannot change that: leave it out.")
    if kind == "ec2":
        faults += [
            f"{node.name} has no key 'ec2': name its type, market and root_gb there."
            for node in topology.nodes
            if not node.ec2
        ]
    return faults


@dataclasses.dataclass(frozen=True)
class ClusterPlan:
    """The nodes of a cluster, and what is worth knowing before they are created."""

    topology: Topology
    kind: str
    kernels: dict[str, Json]
    warnings: list[str]

    def groups(self) -> dict[str, list[str]]:
        """The names of the nodes of every inventory group."""
        found: dict[str, list[str]] = {}
        for node in self.topology.nodes:
            for group in node.groups:
                found.setdefault(group, []).append(node.name)
        return found

    def record(self) -> Json:
        """The plan as plain data."""
        topology = self.topology
        return {
            "topology": topology.name,
            "node_kind": self.kind,
            "description": topology.description,
            "sites": list(topology.sites),
            "wan": dataclasses.asdict(topology.wan) if topology.wan else {},
            "conduit": topology.conduits[0].name if topology.conduits else "",
            "nodes": {
                node.name: {
                    "group": node.group,
                    "groups": node.groups,
                    "site": node.site,
                    "sites": list(node.sites),
                    **self.kernels[node.name],
                    "filesystems": list(node.filesystems),
                    "cpus": node.cpus,
                    "memory": f"{node.memory >> 20}m",
                    "disk": node.disk,
                    "data": node.data,
                    "ec2": dataclasses.asdict(node.ec2) if node.ec2 else {},
                }
                for node in topology.nodes
            },
            "groups": self.groups(),
            "memory": sum(node.memory for node in topology.nodes),
            "disk": sum(node.disk for node in topology.nodes),
            "warnings": self.warnings,
        }


def plan_cluster(
    topology: Topology,
    demands: Demands,
    kind: str,
    machine: Machine | None = None,
    present: t.Collection[str] = (),
) -> ClusterPlan:
    """Return the plan of a cluster, or raise a TopologyError with everything that speaks against it.

    :param kind: who creates the nodes: ``docker``, ``ec2`` or ``existing``.
    :param machine: the one that containers run on; without it nothing is asked of it.
    :param present: names of nodes that are there already.
    """
    faults, warnings = faults_of_voters(topology, demands)
    faults = [
        *faults_of_names(topology),
        *faults_of_conduit(topology),
        *faults,
        *faults_of_erasure_coding(topology, demands),
        *faults_of_replication(topology, demands),
        *faults_of_ssh(demands.ssh_sources),
        *faults_of_kind(topology, kind),
    ]
    chosen: dict[str, Json] = {
        node.name: {"kernel": "its own", "why": f"nodes of kind {kind}"} for node in topology.nodes
    }
    if machine:
        chosen, lacking = kernels(topology, machine)
        faults += [*faults_of_machine(topology, machine, present), *lacking]
    if faults:
        raise TopologyError(topology.name, faults)
    return ClusterPlan(topology, kind, chosen, warnings)


def machine_of(node: Json, kind: str) -> str:
    """What a node runs on, as a person reads it."""
    if kind == "ec2":
        ec2 = node["ec2"]
        guarded = ", protected against termination" if ec2["protected"] else ""
        return f"{ec2['type']}, {ec2['market']}, {ec2['root_gb']} GB root volume{guarded}"
    if kind == "existing":
        return "a host of the inventory"
    return f"kernel {node['kernel']} ({node['why']})"


def describe(plan: Json) -> list[str]:
    """The plan as a person reads it, a line each."""
    wan = [f"{plan['wan'][key]:g} {unit}" for key, unit in UNITS.items() if plan["wan"].get(key)]
    kind = plan["node_kind"]
    sums = f"; {mib(plan['memory'])} of memory, {mib(plan['disk'])} of disk" if kind == "docker" else ""
    lines = [f"topology {plan['topology']}: {len(plan['nodes'])} nodes at {', '.join(plan['sites'])}{sums}"]
    lines += [f"  between the sites, each way: {', '.join(wan)}"] if wan else []
    lines += [
        f"  node {name}: group {node['group']}, site {node['site'] or 'between ' + ' and '.join(node['sites'])}, "
        f"{machine_of(node, kind)}"
        for name, node in plan["nodes"].items()
    ]
    return lines

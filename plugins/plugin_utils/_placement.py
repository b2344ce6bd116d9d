# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the systems of a run stand on a topology, and which of its nodes load them.

A cluster stands on the groups that its profile names. A system of one server stands on the first host of the group that
clients reach the cluster at, so that both are measured on the same nodes and by the same clients; one that needs a
kernel of its own stands on a host that keeps no data of the cluster. Everything here is pure: profiles, topology, and
what the machine has come in as data.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.netfs.bench.plugins.module_utils._files import Json
from ansible_collections.netfs.bench.plugins.plugin_utils import _clusters, _deployment
from ansible_collections.netfs.bench.plugins.plugin_utils._cluster_plan import (
    UNITS,
    Demands,
    Machine,
    demands_of,
    plan_cluster,
)
from ansible_collections.netfs.bench.plugins.plugin_utils._plan import (
    refuse_faulty_profiles,
    refuse_secrets,
)
from ansible_collections.netfs.bench.plugins.plugin_utils._plan_request import (
    CLIENT_FILESYSTEM,
    Catalog,
    Placement,
    PlanError,
    Request,
    choose,
    served_of,
)
from ansible_collections.netfs.bench.plugins.plugin_utils._profiles import unknown
from ansible_collections.netfs.bench.plugins.plugin_utils._topology import (
    STORAGE,
    Topology,
    TopologyError,
    sentence,
)

CLIENT = "client"
"""How the name of a group begins whose nodes load servers."""


@dataclasses.dataclass(frozen=True)
class Ground:
    """A topology as the systems of one run find it."""

    topology: Topology
    groups: dict[str, list[str]]
    """The names of the nodes of every group."""
    clusters: dict[str, Json]
    """The profiles of the clusters of the run."""
    servers: dict[str, Json]
    """The profiles of its systems of one server."""
    wanted: list[str]
    """The protocols that were asked for; none for those of the profiles."""
    lags: bool
    """Whether it was asked how far another site is behind."""
    server_group: str = ""
    """The group on whose first host systems of one server stand; empty for the usual one."""
    features: frozenset[str] | None = None
    """What the kernel of this machine has, where nodes share it; None where they do not."""

    def mounts(self, cluster: str) -> list[Json]:
        """The mounts of a cluster through which it is loaded: those that were asked for."""
        return [
            mount
            for mount in self.clusters[cluster]["mounts"]
            if "replica_of" not in mount and (not self.wanted or mount["protocol"] in self.wanted)
        ]

    @property
    def serving(self) -> str:
        """The group that clients reach systems at: that of the first cluster, or the storage of the first site."""
        reached = [mount["node"] for profile in self.clusters.values() for mount in profile["mounts"]]
        return reached[0] if reached else f"{STORAGE}_{self.topology.sites[0]}"

    @property
    def server(self) -> str:
        """The group on whose first host systems of one server stand: the serving one, unless a cluster stands there and
        the host would get another kernel than the others, and lose what it has."""
        strange = bool(self.clusters) and self.features is not None and not self.required <= self.features
        return self.server_group or (self.idle if strange else "") or self.serving

    @property
    def required(self) -> set[str]:
        """What systems of one server need of the kernel."""
        requires = [features for profile in self.servers.values() for features in profile.get("requires", {}).values()]
        return {feature for features in requires for feature in features}

    @property
    def idle(self) -> str:
        """The last group of the site that neither keeps data nor loads; empty when there is none."""
        groups = [
            node.group
            for node in self.topology.nodes
            if node.site == self.site and node.group != STORAGE and not node.group.startswith(CLIENT)
        ]
        return groups[-1] if groups else ""

    @property
    def site(self) -> str:
        """The site of that group."""
        return next(node.site for node in self.topology.nodes if self.serving in node.groups)

    @property
    def clients(self) -> dict[str, str]:
        """The group that loads systems over each protocol: the one that mounts a cluster, or whose nodes know it."""
        found: dict[str, str] = {}
        for cluster in self.clusters:
            for mount in self.mounts(cluster):
                if mount["group"] in self.groups:
                    found.setdefault(mount["protocol"], mount["group"])
        for node in self.topology.nodes:
            if node.group.startswith(CLIENT) and node.site == self.site:
                for protocol, filesystem in CLIENT_FILESYSTEM.items():
                    if filesystem in node.filesystems:
                        found.setdefault(protocol, node.group)
        return found

    def first(self, group: str) -> str:
        """The node of a group that speaks for it."""
        return min(self.groups[group])


def groups_of(topology: Topology) -> dict[str, list[str]]:
    """The names of the nodes of every group of a topology."""
    found: dict[str, list[str]] = {}
    for node in topology.nodes:
        for group in node.groups:
            found.setdefault(group, []).append(node.name)
    return found


def refuse_options(request: Request) -> None:
    """Raise a PlanError for what a topology says, or makes pointless."""
    if request.node_kind == "ec2":
        raise PlanError(
            "On instances of EC2 no topology is measured yet: leave out topology, or measure on containers or hosts of "
            "your own."
        )
    if (request.node_kernel, request.server_kernel) != ("auto", "auto"):
        raise PlanError(
            "Whose kernel a node of a topology runs on stands in the topology: write 'kernel' there, and leave out "
            "node_kernel and server_kernel."
        )
    if request.ceilings:
        raise PlanError(
            "Ceilings are not measured on a topology, where no single disk or network bounds a system on several "
            "hosts: leave out ceilings."
        )


def refuse_ground(ground: Ground) -> None:
    """Raise a PlanError for a topology that has no place for the systems."""
    if ground.serving not in ground.groups:
        names = ", ".join([*ground.clusters, *ground.servers])
        raise PlanError(
            f"Topology {ground.topology.name} has no node in group {ground.serving}, on which {names} would stand: add "
            "one, or use another topology."
        )
    if ground.server not in ground.groups:
        raise PlanError(sentence(unknown("server_group", ground.server, sorted(ground.groups))))
    if ground.servers and {node.site for node in ground.topology.nodes if ground.server in node.groups} != {
        ground.site
    }:
        raise PlanError(
            f"The nodes of group {ground.server} do not all stand at site {ground.site}, where the clients are: name a "
            "group of that site as server_group."
        )


def clientless(ground: Ground, name: str, protocols: t.Iterable[str]) -> list[str]:
    """A sentence for each protocol over which a system was to be measured, and that no client of the topology has."""
    mounts = {mount["protocol"]: mount["group"] for mount in ground.mounts(name)} if name in ground.clusters else {}
    return [
        f"Topology {ground.topology.name} has no client for {protocol}, over which {name} was to be measured: add a "
        + (
            f"node in group {mounts[protocol]}"
            if protocol in mounts
            else f"node in a group {CLIENT}_NAME at site {ground.site} with 'filesystems: "
            f"[{CLIENT_FILESYSTEM[protocol]}]'"
        )
        + ", or use another topology."
        for protocol in protocols
    ]


def placed_server(ground: Ground, name: str) -> tuple[Json, list[str]]:
    """The profile of a system of one server on the serving group, and what stands in the way of it."""
    profile, clients = ground.servers[name], ground.clients
    served: list[str] = [protocol for protocol in profile["protocols"] if protocol in clients]
    usual = served_of(profile, [])
    measured = [protocol for protocol in usual if protocol in clients]
    asked = [protocol for protocol in ground.wanted if protocol in profile["protocols"]]
    lacking = [protocol for protocol in asked if protocol not in clients]
    if not ground.wanted and not measured:
        lacking = list(usual)
    requires = sorted({feature for features in profile.get("requires", {}).values() for feature in features})
    placed = {
        **{key: value for key, value in profile.items() if key != "requires"},
        "services": [
            {**service, "node": ground.server, "hosts": 1} for service in _deployment.named(profile)["services"]
        ],
        # a protocol that is not asked for can be one that no client has; one that is served is never left unsaid
        "protocols": served or profile["protocols"],
        "measured": measured or usual,
        **({"requires": {ground.server: requires}} if requires else {}),
    }
    return placed, clientless(ground, name, lacking)


def of_each(lists: list[list[str]], wanted: t.Collection[str]) -> list[list[str]]:
    """What every list has of the wanted ones, without those that have nothing."""
    found = ([place for place in one if place in wanted] for one in lists)
    return [one for one in found if one]


def placed_cluster(ground: Ground, name: str, roles: t.Mapping[str, _deployment.Role]) -> tuple[Json, list[str]]:
    """The profile of a cluster on the groups that it names, and what stands in the way of it."""
    loaded = ground.mounts(name)
    profile = ground.clusters[name]
    if not measured_replica(ground, name):
        profile = without_replication(profile)
    replicas = [mount for mount in profile["mounts"] if "replica_of" in mount]
    mounts = [*loaded, *replicas] if loaded else profile["mounts"]
    deployed = _clusters.deploy(name, {**profile, "mounts": mounts}, ground.groups, roles)
    there = [mount["protocol"] for mount in loaded if mount["group"] in ground.groups]
    lacking = [mount["protocol"] for mount in loaded if mount["protocol"] not in there]
    hosts = len(ground.groups[ground.serving])
    durability = _clusters.durability_of(profile, hosts)
    if not durability:
        raise PlanError(
            f"playbooks/clusters/{name}.yml does not say what an acknowledged write promises on {hosts} "
            f"host{'s' * (hosts > 1)}: add it to 'durability', such as {{1: local-durable}}."
        )
    places = {_deployment.place_of(service) for service in deployed.services}
    services = [
        service for service in _deployment.named(profile)["services"] if _deployment.place_of(service) in places
    ]
    copying = {_deployment.place_of(service) for service in services if service.get("replication")}
    placed = {
        "description": profile["description"],
        "services": [
            {key: value for key, value in service.items() if key not in ("optional", "replication")}
            for service in services
        ],
        "protocols": list(dict.fromkeys(there))
        or list(dict.fromkeys(mount["protocol"] for mount in profile["mounts"] if "replica_of" not in mount)),
        "durability": durability,
        "together": deployed.together,
        # what is started while others load, and what only while the lag is measured
        "serving": of_each(deployed.together, places - copying),
        "replicating": of_each(deployed.together, copying),
    }
    return placed, clientless(ground, name, lacking if ground.wanted or not there else [])


def places_of_cluster(ground: Ground, name: str) -> dict[str, Json]:
    """By protocol, who loads a cluster and at whom: ``client`` and ``node``, which are groups, and ``service``."""
    found: dict[str, Json] = {}
    for mount in ground.mounts(name):
        if mount["group"] in ground.groups:
            place = {"client": mount["group"], "node": mount["node"], "service": mount["service"]}
            found.setdefault(mount["protocol"], place)
    return found


def places_of(ground: Ground, name: str, profile: Json) -> dict[str, Json]:
    """By protocol, who loads a system and at whom, as for a cluster."""
    if name in ground.clusters:
        return places_of_cluster(ground, name)
    clients = ground.clients
    return {
        protocol: {"client": clients[protocol], "node": ground.server, "service": profile["services"][-1]["name"]}
        for protocol in served_of(profile, ground.wanted)
        if protocol in clients
    }


def replica_of(ground: Ground, name: str) -> Json | None:
    """What another site has of a cluster, and the node that can see both; None where there is no such thing."""
    if name not in ground.clusters or not ground.topology.conduits:
        return None
    mounts = ground.clusters[name]["mounts"]
    for copy in (mount for mount in mounts if "replica_of" in mount):
        for mount in (mount for mount in mounts if "replica_of" not in mount):
            if mount["node"] == copy["replica_of"] and mount["protocol"] == copy["protocol"]:
                return {
                    "protocol": copy["protocol"],
                    "watcher": ground.topology.conduits[0].group,
                    "source": {"node": mount["node"], "service": mount["service"]},
                    "copy": {"node": copy["node"], "service": copy["service"]},
                }
    return None


def measured_replica(ground: Ground, name: str) -> Json | None:
    """The same where it is measured how far it is behind: it was asked for, and the system is loaded over its
    protocol."""
    found = replica_of(ground, name)
    return found if found and ground.lags and found["protocol"] in places_of_cluster(ground, name) else None


def without_replication(profile: Json) -> Json:
    """The profile of a cluster without what only keeps or carries a copy, and who mounts that."""
    return {
        **profile,
        "services": [service for service in profile["services"] if not service.get("replication")],
        "mounts": [mount for mount in profile["mounts"] if "replica_of" not in mount],
    }


def with_needs(ground: Ground, profiles: dict[str, Json], places: dict[str, dict[str, Json]]) -> Topology:
    """The topology with what its nodes need for the systems beside what it names: file systems that they must know, and
    the volume of a server."""
    needs: dict[str, set[str]] = {}
    for profile in profiles.values():
        for group, features in profile.get("requires", {}).items():
            needs.setdefault(ground.first(group), set()).update(features)
    for by_protocol in places.values():
        for protocol, place in by_protocol.items():
            # a client in user space brings its own
            if protocol != "fuse":
                needs.setdefault(ground.first(place["client"]), set()).add(CLIENT_FILESYSTEM[protocol])
    # as on a node of its own, a server keeps what it serves on a volume
    carrier = ground.first(ground.server) if ground.servers else ""
    nodes = tuple(
        dataclasses.replace(
            node,
            filesystems=tuple(sorted({*node.filesystems, *needs.get(node.name, ())})),
            data=node.data or node.name == carrier,
        )
        for node in ground.topology.nodes
    )
    return dataclasses.replace(ground.topology, nodes=nodes)


def protocols_of_clients(places: dict[str, dict[str, Json]], replicas: dict[str, Json]) -> dict[str, list[str]]:
    """By group, the protocols over which its nodes mount something."""
    found: dict[str, set[str]] = {}
    for by_protocol in places.values():
        for protocol, place in by_protocol.items():
            found.setdefault(place["client"], set()).add(protocol)
    for replica in replicas.values():
        found.setdefault(replica["watcher"], set()).add(replica["protocol"])
    return {group: sorted(protocols) for group, protocols in sorted(found.items())}


def kernel_of(nodes: t.Iterable[Json]) -> Json:
    """Whose kernel the nodes of a group run on, and why, each said once."""
    kernels = {node["kernel"]: node["why"] for node in nodes}
    return {"kernel": " and ".join(sorted(kernels)), "why": "; ".join(dict.fromkeys(kernels.values()))}


def network_of(record: Json) -> str:
    """What lies between the nodes of a topology, in words: who made it, and what was added between the sites."""
    if len(record["sites"]) == 1:
        return f"nodes of kind {record['node_kind']}"
    wan = [f"{record['wan'][key]:g} {unit}" for key, unit in UNITS.items() if record["wan"].get(key)]
    return f"nodes of kind {record['node_kind']}, between the sites {', '.join(wan) or 'nothing added'}"


def placed(ground: Ground, roles: t.Mapping[str, _deployment.Role]) -> dict[str, Json]:
    """The profiles of the systems as they stand on the ground; a PlanError when some cannot be measured there."""
    profiles: dict[str, Json] = {}
    faults: list[str] = []
    for name in ground.clusters:
        profiles[name], lacking = placed_cluster(ground, name, roles)
        faults += lacking
    for name in ground.servers:
        profiles[name], lacking = placed_server(ground, name)
        faults += lacking
    if faults:
        raise PlanError(" ".join(faults))
    return profiles


def demands(ground: Ground) -> Demands:
    """What the engines of the clusters ask of the topology; a TopologyError when they ask what cannot be."""
    asked = {key: value for profile in ground.clusters.values() for key, value in profile.get("engine", {}).items()}
    found, faults = demands_of(asked, (), ground.topology.sites)
    if faults:
        raise TopologyError(ground.topology.name, faults)
    return found


def place(
    request: Request,
    catalog: Catalog,
    topology: Topology,
    machine: Machine | None = None,
    present: t.Collection[str] = (),
) -> tuple[Catalog, Placement]:
    """The catalog with the profiles of the systems as they stand on a topology, and their placement; a PlanError when
    they cannot.

    :param machine: the one that containers run on; without it nothing is asked of it.
    :param present: names of nodes that are there already.
    """
    refuse_options(request)
    names = choose("system", request.systems, [*catalog.profiles, *catalog.clusters])
    wanted = choose("protocol", request.protocols, CLIENT_FILESYSTEM)
    servers = {name: catalog.profiles[name] for name in names if name not in catalog.clusters}
    refuse_faulty_profiles(servers, catalog.profiles, catalog.roles)
    clusters = {name: catalog.clusters[name] for name in names if name in catalog.clusters}
    for name, profile in clusters.items():
        if faults := _clusters.faults_of(profile):
            raise PlanError(f"Cluster {name} cannot be deployed. {' '.join(faults)}")
        refuse_secrets(f"clusters/{name}.yml", profile, catalog.roles)
    lags = any(name == "all" or name in catalog.lags for name in request.workloads)
    features = machine.features if machine else None
    ground = Ground(topology, groups_of(topology), clusters, servers, wanted, lags, request.server_group, features)
    refuse_ground(ground)
    try:
        profiles = placed(ground, catalog.roles)
        places = {name: places_of(ground, name, profile) for name, profile in profiles.items()}
        record = plan_cluster(
            with_needs(ground, profiles, places), demands(ground), request.node_kind, machine, present
        ).record()
        deployment = _deployment.deployment_on_groups(profiles, catalog.roles)
    except (_clusters.ClusterError, TopologyError) as error:
        raise PlanError(str(error)) from error
    except _deployment.ConflictError as error:
        raise PlanError(f"{error}.") from error
    replicas = {name: found for name in profiles if (found := measured_replica(ground, name))}
    used = {service["node"] for service in deployment["services"]}
    used |= {place["client"] for by_protocol in places.values() for place in by_protocol.values()}
    used |= {replica["watcher"] for replica in replicas.values()}
    placement = Placement(
        nodes={group: kernel_of(record["nodes"][name] for name in ground.groups[group]) for group in sorted(used)},
        deployment=deployment,
        copied={name: found["protocol"] for name in profiles if (found := replica_of(ground, name))},
        topology={
            **record,
            "network": network_of(record),
            "site": ground.site,
            "serving": ground.serving if ground.clusters else ground.server,
            "stands_for": {
                service["node"]: ground.server for profile in servers.values() for service in profile["services"]
            },
            "places": places,
            "clients": protocols_of_clients(places, replicas),
            "replicas": replicas,
            "directories": sorted(
                {mount["directory"] for profile in ground.clusters.values() for mount in profile["mounts"]}
            ),
        },
    )
    # in the order in which they were named
    return catalog._replace(profiles={name: profiles[name] for name in names}), placement

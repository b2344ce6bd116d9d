# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is deployed on the nodes of a cluster, and who mounts it."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.netfs.bench.plugins.module_utils._files import Json
from ansible_collections.netfs.bench.plugins.plugin_utils import _deployment
from ansible_collections.netfs.bench.plugins.plugin_utils._ports import ports_of
from ansible_collections.netfs.bench.plugins.plugin_utils._profiles import (
    DURABILITY,
    SERVICE_KEYS,
    faults_of_keys,
    unknown,
)
from ansible_collections.netfs.bench.plugins.plugin_utils._topology import sentence

KEYS: dict[str, type] = {
    "description": str,
    "engine": dict,
    "certificates": bool,
    "services": list,
    "mounts": list,
    "durability": dict,
}
REQUIRED = ("description", "services", "mounts")
# How many hosts of its group a service stands on, all of them if it does not say; whether it is there for mounts alone,
# so that it is left out where the topology has nobody who mounts it; and whether it only carries or keeps the copy.
CLUSTER_SERVICE_KEYS: dict[str, type] = {**SERVICE_KEYS, "hosts": int, "optional": bool, "replication": bool}
MOUNT_KEYS: dict[str, type] = {
    "group": str,
    "node": str,
    "service": str,
    "protocol": str,
    "directory": str,
    "replica_of": str,
}
MOUNT_REQUIRED = ("group", "node", "service", "protocol", "directory")


class ClusterError(Exception):
    """A cluster that cannot be deployed; the message says what to change."""


@dataclasses.dataclass(frozen=True)
class Deployment:
    """What runs on which group of nodes, in the order in which it is brought up, and who mounts what."""

    system: str
    services: list[Json]
    """With ``spans_hosts``, whether it is one service on all hosts of its node."""
    together: list[list[str]]
    """The same services, those in one list that are brought up at the same time: they are of one role, stand on
    different nodes, and none needs another one. By their places, such as ``ceph@storage_a``."""
    mounts: list[Json]
    """The nodes of ``group`` mount the endpoint that ``service`` published on the first node of ``node``. With
    ``replica_of`` they only read: what clients of that node write arrives there, later."""
    ports: list[Json]
    """On which ports the nodes of which ``group`` are reached by others."""
    certificates: bool = False
    """Whether every node has a certificate of the cluster's own authority before anything is deployed."""

    def record(self) -> Json:
        """The deployment as plain data."""
        return dataclasses.asdict(self)


def faults_of(profile: t.Any) -> list[str]:
    """What is wrong with the profile of a cluster, a sentence each."""
    faults = faults_of_keys(profile, KEYS, REQUIRED, "the profile")
    if faults:
        return [sentence(fault) for fault in faults]
    for number, service in enumerate(profile["services"], 1):
        faults += faults_of_keys(service, CLUSTER_SERVICE_KEYS, ("role", "node"), f"service {number}")
        if isinstance(service, dict) and service.get("hosts", 1) == 0:
            faults.append(f"'hosts' of service {number} is 0: leave it out for all hosts of the group")
    for number, mount in enumerate(profile["mounts"], 1):
        faults += faults_of_keys(mount, MOUNT_KEYS, MOUNT_REQUIRED, f"mount {number}")
    faults += faults_of_durability(profile.get("durability", {}))
    return [sentence(fault) for fault in faults]


def faults_of_durability(durability: Json) -> list[str]:
    """What is wrong with what an acknowledged write promises, by the least number of hosts that keep it."""
    faults = [
        f"'durability' has the key {hosts!r}: write a number of hosts"
        for hosts in durability
        if not isinstance(hosts, int) or isinstance(hosts, bool) or hosts < 1
    ]
    return faults + [
        unknown("durability", str(tier), DURABILITY) for tier in durability.values() if tier not in DURABILITY
    ]


def durability_of(profile: Json, hosts: int) -> str:
    """What an acknowledged write promises where so many hosts keep it; empty where the profile does not say."""
    tiers: dict[int, str] = profile.get("durability", {})
    return next((tiers[least] for least in sorted(tiers, reverse=True) if least <= hosts), "")


def faults_of_groups(profile: Json, groups: t.Collection[str]) -> list[str]:
    """Which services would stand on a group that the topology does not have."""
    return [
        f"{service.get('name', service['role'])} needs nodes in group '{service['node']}', and the topology has none: "
        "add them, or use another topology."
        for service in profile["services"]
        if service["node"] not in groups
    ]


def faults_of_mounts(profile: Json) -> list[str]:
    """Which mounts name an endpoint that nothing publishes, or are replicas of what nobody mounts."""
    places = [_deployment.place_of(service) for service in _deployment.named(profile)["services"]]
    wanted = [_deployment.place_of({"name": mount["service"], "node": mount["node"]}) for mount in profile["mounts"]]
    written = [mount["node"] for mount in profile["mounts"] if "replica_of" not in mount]
    copied = [mount["replica_of"] for mount in profile["mounts"] if "replica_of" in mount]
    return [
        *(sentence(unknown("service of a mount", place, places)) for place in wanted if place not in places),
        *(sentence(unknown("node in replica_of", node, written)) for node in copied if node not in written),
    ]


def deploy(
    system: str,
    profile: t.Any,
    groups: t.Mapping[str, t.Collection[str]],
    roles: t.Mapping[str, _deployment.Role],
    *,
    ports_must_be_known: bool = False,
) -> Deployment:
    """What is deployed on a cluster, or a ClusterError with everything that speaks against it.

    :param profile: what stands in a file of ``playbooks/clusters/``.
    :param groups: the names of the nodes of each group of the topology that has some. Mounts of other groups are left
        out: who has no node of a kind has nothing to mount there.
    :param ports_must_be_known: whether a port that is a template is refused, because something has to let it through
        before it is rendered.
    """
    faults = faults_of(profile) or [*faults_of_groups(profile, groups), *faults_of_mounts(profile)]
    if faults:
        raise ClusterError(f"Cluster {system} cannot be deployed. {' '.join(faults)}")
    mounts = [mount for mount in profile["mounts"] if mount["group"] in groups]
    mounted = {_deployment.place_of({"name": mount["service"], "node": mount["node"]}) for mount in mounts}
    named = _deployment.named(profile)
    wanted = [
        service
        for service in named["services"]
        if not service.get("optional") or _deployment.place_of(service) in mounted
    ]
    services = _deployment.deployment_of({system: {**named, "services": wanted}}, roles)["services"]
    ports, unknown_ports = ports_of(
        services,
        {name: role.ports for name, role in roles.items()},
        {name: role.defaults for name, role in roles.items()},
    )
    if unknown_ports and ports_must_be_known:
        raise ClusterError(f"Cluster {system} cannot be deployed. {' '.join(unknown_ports)}")
    services = _deployment.with_hosts(
        [
            {
                **service,
                "spans_hosts": service["role"] in roles and spans_hosts(service["role"], roles[service["role"]]),
            }
            for service in services
        ],
        {system: {"services": wanted}},
    )
    return Deployment(system, services, together(services, groups), mounts, ports, profile.get("certificates", False))


def together(services: list[Json], groups: t.Mapping[str, t.Collection[str]]) -> list[list[str]]:
    """The places of services in the order in which they are brought up, those in one list at the same time."""
    lists: list[list[Json]] = []
    for service in services:
        if lists and all(are_independent(other, service, groups) for other in lists[-1]):
            lists[-1].append(service)
        else:
            lists.append([service])
    return [[_deployment.place_of(service) for service in one] for one in lists]


def are_independent(one: Json, other: Json, groups: t.Mapping[str, t.Collection[str]]) -> bool:
    """Whether two services can be brought up by one run of their role: they share no host, and what one publishes the
    other does not read."""
    return (
        one["role"] == other["role"]
        and one["name"] == other["name"]
        and not set(groups[one["node"]]) & set(groups[other["node"]])
        and one["variables"].keys() == other["variables"].keys()
        and "endpoints" not in str(other["variables"])
    )


def spans_hosts(name: str, role: _deployment.Role) -> bool:
    """Whether a role's service is one service on several hosts, which hosts join and leave."""
    return f"{name}_hosts" in role.options

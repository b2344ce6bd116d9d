# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which hosts of an inventory stand for the nodes of a plan.

Several hosts in the groups of a plan are several node sets: the first host of each group, by name, is in the first one,
and so on; a group with a single host takes part in all. On a topology, all hosts of its groups are one node set.
"""

from __future__ import annotations

import typing as t

from ansible_collections.netfs.bench.plugins.module_utils._files import Json
from ansible_collections.netfs.bench.plugins.plugin_utils._run import UNKNOWN
from ansible_collections.netfs.bench.plugins.plugin_utils._series import original

CLIENT = "client"
"""The node of a plan without a topology that loads all systems."""


def node_set(nodes: t.Iterable[str], groups: t.Mapping[str, t.Sequence[str]], number: int | str) -> dict[str, str]:
    """The host of each node of one node set, counted from 0; after the last one comes the first again."""
    return {node: sorted(groups[node])[int(number) % len(groups[node])] for node in nodes}


def turn_service(plan: Json, turn: Json) -> dict[str, str]:
    """What is mounted in a turn of a plan: ``name`` of a service, the ``node`` that has it, and the ``client``.

    That is the last service of the profile, the others being what it stands on; on a topology, as the plan has it for
    the protocol. Without a system, of anything that the plan measures.
    """
    topology = plan.get("topology")
    if not topology:
        services = plan["systems"][turn["system"]]["services"] if "system" in turn else [{"name": "", "node": ""}]
        if not services:  # the client's own disk
            return {"name": "", "node": CLIENT, "client": CLIENT}
        return {"name": services[-1]["name"], "node": services[-1]["node"], "client": CLIENT}
    system = original(turn["system"]) if "system" in turn else next(iter(topology["places"]))
    places = topology["places"][system]
    place = places[turn["protocol"]] if "protocol" in turn else next(iter(places.values()))
    return {"name": place["service"], "node": place["node"], "client": place["client"]}


def turn_hosts(plan: Json, groups: t.Mapping[str, t.Sequence[str]], number: int | str, turn: Json) -> Json:
    """The hosts of a turn.

    :param number: that of the node set, which a topology has only one of.
    :returns: ``nodes``, the host that stands for each node; ``hosts``, all that take part; ``client`` and ``loaded``,
        the client and the hosts of the node that it loads, which tell their counters.
    """
    topology = plan.get("topology")
    found = node_set(plan["nodes"], groups, 0 if topology else number)
    service = turn_service(plan, turn)
    client = found[service["client"]]
    if not topology:
        hosts = list(dict.fromkeys(found.values()))
        return {"nodes": found, "hosts": hosts, "client": client, "loaded": hosts}
    alias = {node: found[group] for node, group in topology["stands_for"].items()}
    hosts = list(dict.fromkeys(host for node in plan["nodes"] for host in sorted(groups[node])))
    loaded = [client, *(host for host in sorted(groups[service["node"]]) if host != client)]
    return {"nodes": {**alias, **found}, "hosts": hosts, "client": client, "loaded": loaded}


def redundancy_text(redundancy: Json) -> str:
    """How often a service keeps what it was given, in words."""
    if redundancy.get("k"):
        return f"erasure coding {redundancy['k']}+{redundancy['m']}"
    copies = redundancy["replicas"]
    return f"{copies} cop{'y' if copies == 1 else 'ies'}"


def turn_place(plan: Json, turn: Json, endpoints: t.Mapping[str, t.Mapping[str, t.Any]]) -> dict[str, str]:
    """Under which conditions of a topology a turn is measured: ``topology``, ``site``, ``redundancy``, ``network`` and
    ``client``, the group that loads; nothing without a topology.

    :param endpoints: what the services of the host that is loaded have published, by their names.
    """
    topology = plan.get("topology")
    if not topology:
        return {}
    place = turn_service(plan, turn)
    services = [one for one in plan["systems"][turn["system"]]["services"] if one["node"] == place["node"]]
    published = [endpoints.get(one["name"], {}).get("redundancy") for one in services]
    spanning = any("hosts" not in one for one in services)
    said = next((redundancy_text(one) for one in published if one), UNKNOWN if spanning else "1 copy")
    return {
        "topology": topology["topology"],
        "site": topology["site"],
        "redundancy": said,
        "network": topology["network"],
        "client": place["client"],
    }


def identities(hosts: t.Iterable[str], hostvars: t.Mapping[str, t.Mapping[str, t.Any]]) -> dict[str, str]:
    """What each host is, by its name: one that was made anew under its old name is another machine."""
    return {host: str(hostvars[host].get("node_machine") or host) for host in hosts}

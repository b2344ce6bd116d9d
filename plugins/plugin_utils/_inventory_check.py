# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether hosts are the nodes of a topology: their groups, their names, and what they reach of one another.

Everything here is pure: the plan, the inventory's groups and variables, and what the hosts answered come in as data.
"""

from __future__ import annotations

import typing as t

from ansible_collections.netfs.bench.plugins.module_utils._files import Json

SHOWN = 3
"""How many pairs of hosts a sentence names that all have the same fault."""


def leaf_groups(plan: Json) -> dict[str, list[str]]:
    """The groups in which every node is once, as the nodes of each: ``storage_a``, and ``conduit``."""
    found: dict[str, list[str]] = {}
    for name, node in plan["nodes"].items():
        found.setdefault(node["groups"][-1], []).append(name)
    return found


def counted(number: int, word: str) -> str:
    """A number with its word."""
    return f"{number} {word}{'' if number == 1 else 's'}"


def inventory_faults(plan: Json, groups: t.Mapping[str, t.Sequence[str]]) -> list[str]:
    """What is wrong with the groups of an inventory, a sentence each: none when its hosts can be the nodes of the plan.

    :param plan: what the module ``cluster_plan`` returned.
    :param groups: the hosts of every inventory group.
    """
    faults = []
    leaves = leaf_groups(plan)
    places: dict[str, list[str]] = {}
    for group, nodes in leaves.items():
        hosts = list(groups.get(group, ()))
        for host in hosts:
            places.setdefault(host, []).append(group)
        if len(hosts) != len(nodes):
            named = f" ({', '.join(hosts)})" if hosts else ""
            remedy = (
                f"Add {len(nodes) - len(hosts)}"
                if len(hosts) < len(nodes)
                else f"Take {len(hosts) - len(nodes)} out of it, or raise the count in the topology"
            )
            faults.append(
                f"The topology {plan['topology']} has {counted(len(nodes), 'node')} in group '{group}', and the "
                f"inventory has {counted(len(hosts), 'host')} there{named}. {remedy}."
            )
    for host, found in places.items():
        if len(found) > 1:
            faults.append(
                f"{host} is in the groups {' and '.join(found)}. Give each node of the topology its own host."
            )
    for group, nodes in plan["groups"].items():
        if group in leaves:
            continue
        parts = [leaf for leaf, members in leaves.items() if set(members) <= set(nodes)]
        wanted = [host for part in parts for host in groups.get(part, ())]
        missing = [host for host in wanted if host not in groups.get(group, ())]
        surplus = [host for host in groups.get(group, ()) if host not in wanted]
        if missing or surplus:
            what = [f"lacks {', '.join(missing)}"] if missing else []
            what += [f"has {', '.join(surplus)} besides"] if surplus else []
            faults.append(f"Group '{group}' {' and '.join(what)}. Give it the groups {', '.join(parts)} as children.")
    return faults


def inventory_nodes(
    plan: Json, groups: t.Mapping[str, t.Sequence[str]], variables: t.Mapping[str, t.Mapping[str, t.Any]]
) -> dict[str, Json]:
    """The hosts that are the nodes of a plan, with what is known of them.

    :param variables: by host, its variables and facts: ``node_name`` where it is not called as in the inventory,
        ``service_address`` where that is not the address of its default route.
    :returns: by host its ``name``, its ``sites``, the ``address`` at which others use it, and all of its ``addresses``.
    """
    nodes = {}
    for group, members in leaf_groups(plan).items():
        for host in groups.get(group, ()):
            known = variables[host]
            facts = known.get("ansible_facts", {})
            routed = [(facts.get(f"default_ipv{version}") or {}).get("address") for version in (4, 6)]
            own = list(known.get("node_addresses", {}).values())
            said = [address for address in (known.get("service_address"), *own, *routed) if address]
            every = [*said, *(facts.get("all_ipv4_addresses") or []), *(facts.get("all_ipv6_addresses") or [])]
            nodes[host] = {
                "name": known.get("node_name") or host,
                "sites": plan["nodes"][members[0]]["sites"],
                "address": said[0] if said else "",
                "addresses": sorted(set(every)),
            }
    return nodes


def share_a_site(one: Json, other: Json) -> bool:
    """Whether two nodes have legs in one site."""
    return bool(set(one["sites"]) & set(other["sites"]))


def faults_of_names(host: str, nodes: t.Mapping[str, Json], resolved: t.Mapping[str, t.Sequence[str]]) -> list[str]:
    """Which names of the nodes that it meets a host does not know, or takes for somebody else's."""
    met = [node for other, node in nodes.items() if other != host and share_a_site(nodes[host], node)]
    unknown = [node["name"] for node in met if not resolved.get(node["name"])]
    faults = []
    if unknown:
        faults.append(f"{host} does not know the names {', '.join(unknown)}. Add them to its /etc/hosts or to its DNS.")
    for node in met:
        found = resolved.get(node["name"]) or []
        if found and not set(found) & set(node["addresses"]):
            faults.append(
                f"{host} takes {node['name']} for {', '.join(found)}, which is no address of it "
                f"({', '.join(node['addresses'])}). Correct its /etc/hosts or its DNS."
            )
    return faults


def crossings(nodes: t.Mapping[str, Json], answers: t.Mapping[str, Json]) -> dict[tuple[str, str], list[str]]:
    """By pair of sites, who reaches whom of the other though neither is between them."""
    found: dict[tuple[str, str], list[str]] = {}
    for host, answer in answers.items():
        for node in nodes.values():
            ports = answer["reached"].get(node["address"], [])
            if ports and not share_a_site(nodes[host], node):
                pair = sorted((nodes[host]["sites"][0], node["sites"][0]))
                who = f"{host} reaches {node['name']} ({node['address']}, port {ports[0]})"
                found.setdefault((pair[0], pair[1]), []).append(who)
    return found


def reach_faults(nodes: t.Mapping[str, Json], answers: t.Mapping[str, Json]) -> list[str]:
    """What is wrong with what hosts know and reach of one another, a sentence each.

    :param nodes: what :func:`inventory_nodes` returned.
    :param answers: by host, what the module ``reach_info`` returned, with every name and address asked of every host. A
        host that could not be asked has no ``resolved``.
    """
    asked = {host: answers[host] for host in nodes if "resolved" in answers.get(host, {})}
    faults = []
    silent = [host for host in nodes if host not in asked]
    if silent:
        faults.append(
            f"{', '.join(silent)} could not be asked. See the messages above, and give Ansible a way to each."
        )
    faults += [
        f"{host} has no address that others could use. Set service_address of it."
        for host in asked
        if not nodes[host]["address"]
    ]
    for host, answer in asked.items():
        faults += faults_of_names(host, nodes, answer["resolved"])
    for (one, other), pairs in crossings(nodes, asked).items():
        more = f" and {len(pairs) - SHOWN} more" if len(pairs) > SHOWN else ""
        faults.append(
            f"Sites {one} and {other} reach each other past the conduit: {', '.join(pairs[:SHOWN])}{more}. Close that "
            "route, or make them one site in the topology."
        )
    return faults


def reach_lines(nodes: t.Mapping[str, Json], ports: t.Sequence[int]) -> list[str]:
    """What was found out when nothing was wrong, as a person reads it."""
    lines = [f"every node knows the names of those that it meets ({counted(len(nodes), 'node')} asked)"]
    sites = sorted({site for node in nodes.values() for site in node["sites"]})
    if len(sites) > 1:
        tried = ", ".join(str(port) for port in ports)
        lines.append(f"sites {', '.join(sites)} do not reach each other (tried: TCP ports {tried} of every node)")
    return lines

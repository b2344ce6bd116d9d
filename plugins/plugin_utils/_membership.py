# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A cluster gets a node more or loses one: which node that is, and why it cannot be."""

from __future__ import annotations

import typing as t

from ansible_collections.netfs.bench.plugins.module_utils._files import Json
from ansible_collections.netfs.bench.plugins.plugin_utils._profiles import unknown
from ansible_collections.netfs.bench.plugins.plugin_utils._topology import (
    COUNT_MAX,
    Changes,
    Topology,
    numbers_of,
    sentence,
)


class MembershipError(Exception):
    """A node that cannot be added or removed; the message says what to do."""


def changes_of(record: Json, topology: str) -> Changes:
    """The changes that the plan of a cluster keeps, none where the plan is of another topology or there is none."""
    kept = record.get("changes", {}) if record.get("topology") == topology else {}
    return Changes(tuple(kept.get("added", ())), tuple(kept.get("removed", ())))


def entries_of(nodes: t.Iterable[Json], group: str) -> list[Json]:
    """The entries of a topology's list of nodes that have nodes in an inventory group."""
    return [node for node in nodes if group in (node["group"], f"{node['group']}_{node.get('site', '')}")]


def added(nodes: list[Json], changes: Changes, group: str) -> tuple[Changes, str]:
    """The changes with one node more in a group, and its name: the lowest number that is free.

    :param nodes: the entries of the topology's file.
    """
    groups = {node["group"] for node in nodes} | {f"{node['group']}_{node['site']}" for node in nodes if "site" in node}
    entries = entries_of(nodes, group)
    if not entries:
        raise MembershipError(sentence(unknown("group", group, sorted(groups))))
    if len(entries) > 1:
        places = sorted({f"{node['group']}_{node['site']}" for node in entries if "site" in node} - {group})
        raise MembershipError(
            f"Group {group} has nodes of {len(entries)} kinds ({', '.join(node['name'] for node in entries)}), and a "
            f"node more is of one: name {' or '.join(places) or 'another group'}."
        )
    (entry,) = entries
    if "count" not in entry:
        raise MembershipError(
            f"Group {group} is the single node {entry['name']}: give its entry a 'count' in a topology of your own, "
            "and its nodes are numbered."
        )
    numbers = numbers_of(entry["name"], entry["count"], changes)
    if len(numbers) >= COUNT_MAX:
        raise MembershipError(f"Group {group} has {COUNT_MAX} nodes, which is the most that it can have.")
    number = next(number for number in range(1, COUNT_MAX + 1) if number not in numbers)
    name = f"{entry['name']}-{number}"
    return changes.with_node(name), name


def removed(topology: Topology, changes: Changes, name: str) -> Changes:
    """The changes with one node fewer.

    :param topology: the nodes that the cluster has now.
    """
    nodes = {node.name: node for node in topology.nodes}
    if name not in nodes:
        raise MembershipError(sentence(unknown("node", name, nodes)))
    if len(nodes[name].sites) > 1:
        raise MembershipError(f"{name} is the conduit, without which the sites do not meet. It stays.")
    others = [node.name for node in topology.nodes if node.groups == nodes[name].groups and node.name != name]
    if not others:
        raise MembershipError(
            f"{name} is the only node of group {nodes[name].groups[-1]}. It stays; make destroy removes the cluster."
        )
    return changes.without_node(name)


def refuse_carrier(topology: Topology, services: t.Iterable[Json], name: str) -> None:
    """Refuse to remove a node that carries a service of its group which the others do not have.

    :param topology: the nodes that the cluster has now.
    :param services: those of its deployment; ``hosts`` is how many nodes of its group carry one, the first by name.
    """
    for service in services:
        group = sorted(node.name for node in topology.nodes if service["node"] in node.groups)
        if name in group[: service.get("hosts", 0)]:
            raise MembershipError(
                f"{name} carries {service['name']}, which other nodes of group {service['node']} do not. It stays: "
                "remove another one."
            )

# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the definition of nodes to containers: their networks, addresses and names, and who knows whom by name."""

from __future__ import annotations

import hashlib
import ipaddress
import math
import re
import typing as t

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.netfs.bench.plugins.module_utils._files import Json
from ansible_collections.netfs.bench.plugins.plugin_utils._names import names_at_sites
from ansible_collections.netfs.bench.plugins.plugin_utils._profiles import unknown
from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import RefusedValueError
from ansible_collections.netfs.bench.plugins.plugin_utils._topology import GROUP_NAME, SITE_NAME, faults_of_wan

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

NODE_SPEC: Json = {
    "kernel": {"type": "str", "required": True, "choices": ["host", "own"]},
    "root": {"type": "str", "choices": ["hostfs", "ext4"]},
    "data": {"type": "bool"},
    "cpus": {"type": "float"},
    "memory": {"type": "str"},
    "address": {"type": "str"},
    "groups": {"type": "list", "elements": "str"},
    "site": {"type": "str"},
    "sites": {"type": "list", "elements": "str"},
}
"""What a node may say about itself."""
NODE_NAME = re.compile(r"[a-z]([a-z0-9_-]*[a-z0-9])?")
SUBNET = re.compile(r"\d+\.\d+\.\d+\.0/24")

HOST_NUMBERS = {"server": 10, "client": 20, "object_store": 30, "database": 40}
"""The last numbers of addresses that are easy to remember."""
FIRST_NUMBER = 50
NUMBERS = 200
"""Others get one of so many, which their name decides."""

PACKET_BYTES = 1500
QUEUE_MS = 100
"""How much more than the delay a line holds back before it drops."""
FAST_MBIT = 10_000
"""What a line without a rate is taken for, when its queue is measured."""


def subnet_of(text: str, where: str) -> ipaddress.IPv4Network:
    """An IPv4 network with room for 254 nodes."""
    try:
        if SUBNET.fullmatch(text):
            return ipaddress.IPv4Network(text)
    except ValueError:
        pass
    raise RefusedValueError(f"{where} is '{text}': write an IPv4 network that ends in .0/24, such as 198.18.77.0/24.")


def subnet6_of(subnet: ipaddress.IPv4Network) -> ipaddress.IPv6Network:
    """The IPv6 network that stands for an IPv4 one, in the range that RFC 5180 sets aside for benchmarks."""
    numbers = subnet.network_address.packed
    return ipaddress.IPv6Network(f"2001:2:0:{numbers[1] * 256 + numbers[2]:x}::/64")


def docker_networks(
    sites: t.Mapping[str, str], *, installation: str, subnet: str, ip_version: int | str = 4
) -> list[Json]:
    """The networks of an installation: one for each site, or a single one for all.

    :param sites: the IPv4 subnet of each site; an empty one follows ``subnet``, as the site follows the first.
    :returns: ``{"site", "name", "subnets"}`` each; the nodes have their addresses from the last subnet.
    """
    first = subnet_of(subnet, "nodes_docker_subnet")
    six = int(ip_version) == 6
    if not sites:
        subnets = [str(first), *([str(subnet6_of(first))] if six else [])]
        return [{"site": "", "name": installation, "subnets": subnets}]
    if six:
        raise RefusedValueError(
            "nodes_docker_sites needs nodes_docker_ip_version 4: Docker does not keep networks apart in IPv6."
        )
    networks = []
    for number, (site, given) in enumerate(sites.items()):
        if not SITE_NAME.fullmatch(site):
            raise RefusedValueError(f"nodes_docker_sites names a site '{site}': write small letters and digits.")
        own = subnet_of(given, f"The subnet of site {site}") if given else following(first, number)
        networks.append({"site": site, "name": f"{installation}-{site}", "subnets": [str(own)]})
    taken = [network["subnets"][0] for network in networks]
    if len(set(taken)) < len(taken):
        raise RefusedValueError(f"Sites of nodes_docker_sites share a subnet ({', '.join(taken)}): give each its own.")
    return networks


def following(subnet: ipaddress.IPv4Network, number: int) -> ipaddress.IPv4Network:
    """The subnet so many further."""
    return ipaddress.IPv4Network((int(subnet.network_address) + number * subnet.num_addresses, subnet.prefixlen))


def line_of(wan: t.Mapping[str, float]) -> str:
    """What lies between two sites, as arguments of ``tc``'s netem; empty where nothing does."""
    delay, jitter, loss, rate = (
        float(wan.get(key) or 0) for key in ("delay_ms", "jitter_ms", "loss_percent", "rate_mbit")
    )
    words = [f"delay {delay:g}ms {jitter:g}ms" if jitter else f"delay {delay:g}ms"] if delay else []
    words += [f"loss {loss:g}%"] if loss else []
    words += [f"rate {rate:g}mbit"] if rate else []
    if not words:
        return ""
    # a line holds what is on its way; by default netem drops what is more than a thousand packets
    waiting = (rate or FAST_MBIT) * 1e6 / 8 * (delay + jitter + QUEUE_MS) / 1000
    return " ".join([f"limit {max(1000, math.ceil(waiting / PACKET_BYTES))}", *words])


def sites_of(name: str, node: Json, known: t.Collection[str]) -> list[str]:
    """The sites in which a node has a leg: none where there are no sites."""
    if "site" in node and "sites" in node:
        raise RefusedValueError(f"Node {name} has both site and sites: leave one of them out.")
    named: list[str] = node.get("sites", [node["site"]] if "site" in node else [])
    if named and not known:
        raise RefusedValueError(f"Node {name} stands at a site, and nodes_docker_sites has none: list the sites there.")
    for site in named:
        if site not in known:
            raise RefusedValueError(f"Node {name}: {unknown('site', site, known)}. nodes_docker_sites lists the sites.")
    if known and not named:
        raise RefusedValueError(f"Node {name} stands at no site: give it site, one of {', '.join(known)}.")
    if len(set(named)) < len(named):
        raise RefusedValueError(f"Node {name} names a site twice: name each once.")
    return named


def read(name: str, node: t.Mapping[str, t.Any]) -> Json:
    """What a node says about itself, in the types that it is meant to have."""
    found = ArgumentSpecValidator(NODE_SPEC).validate(dict(node))
    if found.error_messages:
        raise RefusedValueError(f"Node {name}: {'; '.join(found.error_messages)}")
    return {key: value for key, value in found.validated_parameters.items() if value is not None}


def refuse_names(name: str, node: Json) -> None:
    """Refuse what is no name of a container, or none of a group."""
    groups = node.get("groups", [])
    if not NODE_NAME.fullmatch(name):
        raise RefusedValueError(f"A node is called '{name}': write small letters, digits, _ and -, a letter first.")
    if not groups and not GROUP_NAME.fullmatch(name):
        raise RefusedValueError(f"Node {name} is in a group of its own name, which may have no -: give it groups.")
    for group in groups:
        if not GROUP_NAME.fullmatch(group):
            raise RefusedValueError(f"Node {name} is in group '{group}': write small letters, digits and _.")


def address_of(text: str, network: Network) -> Address | None:
    """An address of a network; None when it is none."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return address if address in network else None


def numbered(number: int, network: Network) -> Address:
    """The address of a network that ends in a number, as people read it."""
    return network[int(str(number), 16 if network.version == 6 else 10)]


def places_of(
    nodes: t.Mapping[str, Json], legs: t.Mapping[str, list[Network]], existing: t.Mapping[str, str]
) -> dict[str, int]:
    """How far into each of its networks every node has its address.

    What is given holds, then the numbers that are easy to remember, then what a node that exists has; the others have
    a number that their name decides, or the next free one. So a node more moves no other.
    """
    places: dict[str, int] = {}

    def take(name: str, address: Address) -> None:
        places[name] = int(address) - int(legs[name][0].network_address)

    for name, node in nodes.items():
        network = legs[name][0]
        if "address" in node:
            address = address_of(node["address"], network)
            if address is None or len(legs[name]) > 1:
                raise RefusedValueError(
                    f"Node {name} has address {node['address']}: write one of {network}, and none where it has legs in "
                    "several sites."
                )
            take(name, address)
        elif name in HOST_NUMBERS:
            take(name, numbered(HOST_NUMBERS[name], network))
        elif address := address_of(existing.get(name, ""), network):
            take(name, address)
    for name in nodes:
        number = int(hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()[:4], 16) % NUMBERS
        for step in range(NUMBERS if name not in places else 0):
            take(name, numbered(FIRST_NUMBER + (number + step) % NUMBERS, legs[name][0]))
            if list(places.values()).count(places[name]) == 1:
                break
    return places


def refuse_doubles(
    places: t.Mapping[str, int], sites: t.Mapping[str, list[str]], hostnames: t.Mapping[str, str]
) -> None:
    """Refuse two nodes that share an address or a name in one network."""
    for name in sites:
        near = [other for other in sites if set(sites[other]) & set(sites[name]) and other != name]
        for other in near:
            if places[other] == places[name]:
                raise RefusedValueError(f"Nodes {name} and {other} share an address: give one of them another address.")
            if hostnames[other] == hostnames[name]:
                raise RefusedValueError(f"Nodes {name} and {other} share the host name {hostnames[name]}: rename one.")


def docker_nodes(
    nodes: t.Mapping[str, Json],
    *,
    installation: str,
    networks: list[Json],
    cpus: object,
    memory: object,
    wan: t.Mapping[str, float],
    existing: list[Json],
) -> list[Json]:
    """The nodes as they are wanted, with every default filled in.

    :param nodes: what each node is asked to be, by name.
    :param networks: what :func:`docker_networks` returned.
    :param wan: what lies between the sites.
    :param existing: nodes that are there, with ``name``, ``address`` and ``peers``, what they know since they were
        created.
    :returns: for each node ``name``, ``container``, ``hostname``, ``kernel``, ``root``, ``data``, ``cpus``, ``memory``,
        its ``address`` in its first network, ``networks`` as the container has them, ``groups``, ``sites`` and
        ``addresses`` with commas, ``hosts`` (the addresses by name that it knows), ``line`` (what lies behind its legs,
        as netem takes it), ``later`` (the ``name:address`` of nodes that were created after it) and the ``labels`` that
        tell others.
    """
    nodes = {name: read(name, nodes[name]) for name in sorted(nodes)}
    names = list(nodes)
    known = {network["site"]: network for network in networks}
    for name in names:
        refuse_names(name, nodes[name])
    sites = {name: sites_of(name, nodes[name], [site for site in known if site]) or [""] for name in names}
    if faults := faults_of_wan(dict(wan)):
        raise RefusedValueError(f"nodes_docker_wan: {' '.join(faults)}")
    line = line_of(wan)
    if line and not any(len(named) > 1 for named in sites.values()):
        raise RefusedValueError("nodes_docker_wan lies between sites, and no node has legs in two: leave it out.")
    legs = {name: [ipaddress.ip_network(known[site]["subnets"][-1]) for site in sites[name]] for name in names}
    places = places_of(
        {name: nodes[name] for name in names}, legs, {each["name"]: each["address"] for each in existing}
    )
    prefix = f"{installation}-" if "" in known else ""
    hostnames = {name: f"{prefix}{name}".replace("_", "-") for name in names}
    refuse_doubles(places, sites, hostnames)
    addresses = {
        name: dict(zip(sites[name], (str(network[places[name]]) for network in legs[name]), strict=True))
        for name in names
    }

    known_names = names_at_sites(addresses, hostnames)
    key = f"ipv{legs[names[0]][0].version}_address" if names else ""
    wanted: list[Json] = [
        {
            **container_of(name, nodes[name], cpus, memory),
            "name": name,
            "container": f"{installation}-{name}",
            "hostname": hostnames[name],
            "address": addresses[name][sites[name][0]],
            "networks": [{"name": known[site]["name"], key: addresses[name][site]} for site in sites[name]],
            "groups": ",".join(nodes[name].get("groups", [])),
            "sites": ",".join(sites[name]),
            "addresses": ",".join(addresses[name].values()),
            "hosts": known_names[name],
            "line": line if len(sites[name]) > 1 else "",
        }
        for name in names
    ]
    created_with = {each["name"]: each["peers"].split() for each in existing if each.get("peers")}
    for node in wanted:
        peers = [f"{host}:{address}" for host, address in node["hosts"].items()]
        node["labels"] = labels_of(node, created_with.get(node["name"], peers))
        node["later"] = [peer for peer in peers if peer not in node["labels"]["netfs.bench.peers"].split()]
    return wanted


def labels_of(node: Json, peers: list[str]) -> dict[str, str]:
    """What a container says of its node; groups and sites only where it has some.

    :param peers: ``name:address`` of each node that it knows since it was created: a node more is no other label.
    """
    labels = {"netfs.bench.node": node["name"], "netfs.bench.peers": " ".join(peers)}
    labels |= {f"netfs.bench.{key}": node[key] for key in ("kernel", "address", "cpus", "memory")}
    labels |= {"netfs.bench.groups": node["groups"]} if node["groups"] else {}
    return labels | ({f"netfs.bench.{key}": node[key] for key in ("sites", "addresses")} if node["sites"] else {})


def container_of(name: str, node: Json, cpus: object, memory: object) -> Json:
    """The kind of a node and its limits.

    Whoever serves keeps data, on a complete file system (User Mode Linux cannot export hostfs); a client needs neither.
    """
    data = bool(node.get("data", not name.startswith("client")))
    limit = node.get("cpus", cpus)
    return {
        "kernel": node["kernel"],
        "root": node.get("root", "ext4" if data else "hostfs"),
        "data": data,
        "cpus": f"{limit:g}" if isinstance(limit, float) else str(limit),
        "memory": str(node.get("memory", memory)),
    }

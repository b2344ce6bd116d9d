# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the nodes of a topology to instances, and from sites and ports to subnets and security groups.

All subnets of a VPC are routed to one another, so what keeps sites apart is the security group of each: it lets in what
comes from a node that shares the site, and nothing else.
"""

from __future__ import annotations

import ipaddress
import typing as t

from ansible_collections.netfs.bench.plugins.module_utils._files import Json
from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import RefusedValueError

SSH_PORT = 22
SUBNETS_MAX = 256


def network_name(sites: t.Sequence[str]) -> str:
    """The network of the nodes that have legs in these sites: ``a``, or ``a-b`` for the conduit."""
    return "-".join(sites)


def ec2_groups(nodes: t.Mapping[str, Json]) -> list[Json]:
    """The nodes of a plan as groups of equal instances, as the module ``cloud_spot_group`` takes them.

    :param nodes: what the plan of a cluster has in ``nodes``.
    """
    found: list[Json] = []
    for name, node in nodes.items():
        ec2 = node["ec2"]
        group = {
            "role": node["group"],
            "site": node["site"],
            "sites": node["sites"],
            "types": [ec2["type"]],
            "market": ec2["market"],
            "volume_gb": ec2["root_gb"],
            "protected": ec2["protected"],
            "instance_store": node["data"],
        }
        alike = next((each for each in found if group.items() <= each.items()), None)
        if alike is None:
            found.append({**group, "names": [name], "count": 1})
        else:
            alike["names"].append(name)
            alike["count"] += 1
    return found


def inventory_groups(group: Json) -> set[str]:
    """The inventory groups of the nodes of a group."""
    site = group.get("site", "")
    return {group["role"], *([f"site_{site}", f"{group['role']}_{site}"] if site else [])}


def placed(groups: t.Iterable[Json], sites: t.Collection[str]) -> list[Json]:
    """The groups, each with its sites and the network in which it stands: none where there are no sites."""
    found = []
    for group in groups:
        own = group.get("sites") or ([group["site"]] if group.get("site") else [])
        if sites and (not own or set(own) - set(sites)):
            raise RefusedValueError(
                f"The group of role {group['role']} stands at {' and '.join(own) or 'no site'}, and nodes_ec2_sites "
                f"has {', '.join(sites)}: give it one of these as its site."
            )
        found.append({**group, "sites": own, "network": network_name(own)} if sites else group)
    return found


def subnets_of(block: str, number: int) -> list[str]:
    """So many /24 of a network."""
    try:
        network = ipaddress.IPv4Network(block)
    except ValueError as error:
        raise RefusedValueError(f"nodes_ec2_cidr is '{block}': write an IPv4 network that ends in .0.0/16.") from error
    if network.prefixlen != 16 or number > SUBNETS_MAX:
        raise RefusedValueError(f"nodes_ec2_cidr is '{block}': write an IPv4 network that ends in .0.0/16.")
    return [str(subnet) for subnet, _number in zip(network.subnets(new_prefix=24), range(number), strict=False)]


def rule(entry: Json, source: Json) -> Json:
    """One rule as the module ``ec2_security_group`` takes it."""
    first = int(entry["port"])
    return {
        "proto": entry["protocol"],
        "from_port": first,
        "to_port": int(entry.get("last") or first),
        **source,
    }


def ec2_network(
    groups: list[Json],
    *,
    name: str,
    sites: list[str],
    zones: list[str],
    block: str,
    ports: list[Json],
    ssh_sources: list[str],
) -> Json:
    """Subnets and security groups of a cluster.

    Without sites there is a subnet in each zone, and one security group in which all nodes reach one another. With
    sites each has a subnet in one zone and a security group, and the nodes between them have one more; who shares a
    site reaches what is served there, and ssh is open to its sources alone.

    :param groups: the groups of instances, with ``role`` and ``site``, or ``sites`` for nodes between these.
    :param name: how everything of the cluster is called, or begins.
    :param zones: where subnets may be.
    :param block: the network of the cluster, a /16.
    :param ports: ``protocol``, ``port``, ``last`` for a range, and ``group``, the inventory group that serves there:
        all where it is missing.
    :param ssh_sources: networks from which ssh is open.
    :returns: ``subnets`` (``name``, ``zone``, ``cidr``), ``security_groups`` (``name``, ``rules``), ``networks`` (which
        ``subnet``, ``zone`` and ``security_group`` the nodes of each have) and ``groups``, which say their network.
    """
    if not zones:
        raise RefusedValueError("nodes_ec2_zones is empty: name at least one zone.")
    ssh = {"protocol": "tcp", "port": SSH_PORT}
    from_outside = [rule(ssh, {"cidr_ip": source}) for source in ssh_sources]
    if not sites:
        within = [rule(entry, {"group_name": name}) for entry in [*ports, ssh]]
        blocks = subnets_of(block, len(zones))
        return {
            "subnets": [
                {"name": f"{name}-{zone}", "zone": zone, "cidr": cidr} for zone, cidr in zip(zones, blocks, strict=True)
            ],
            "security_groups": [{"name": name, "rules": unique([*within, *from_outside])}],
            "networks": {},
            "groups": groups,
        }
    if not ssh_sources:
        raise RefusedValueError(
            "nodes_ec2_ssh_from is empty, and nodes at sites let ssh in from nowhere else, so Ansible would not reach "
            "them: list the addresses that you come from, such as 203.0.113.7/32."
        )
    groups = placed(groups, sites)
    subnets = {
        site: {"name": f"{name}-{site}", "zone": zones[number % len(zones)], "cidr": cidr}
        for number, (site, cidr) in enumerate(zip(sites, subnets_of(block, len(sites)), strict=True))
    }
    legs = {network_name([site]): [site] for site in sites}
    for group in groups:
        legs.setdefault(group["network"], group["sites"])
    served = {
        network: set().union(*(inventory_groups(each) for each in groups if each["network"] == network))
        for network in legs
    }

    def rules(network: str) -> list[Json]:
        """What is let in: ports of what is served there, from each network that shares a site."""
        near = [other for other in legs if set(legs[other]) & set(legs[network])]
        here = [entry for entry in ports if not entry.get("group") or entry["group"] in served[network]]
        within = [rule(entry, {"group_name": f"{name}-{other}"}) for entry in here for other in near]
        return unique([*within, *from_outside])

    return {
        "subnets": list(subnets.values()),
        "security_groups": [{"name": f"{name}-{network}", "rules": rules(network)} for network in legs],
        "networks": {
            network: {
                "subnet": subnets[of[0]]["name"],
                "zone": subnets[of[0]]["zone"],
                "security_group": f"{name}-{network}",
            }
            for network, of in legs.items()
        },
        "groups": groups,
    }


def unique(rules: list[Json]) -> list[Json]:
    """The rules, each once."""
    found: list[Json] = []
    for each in rules:
        found += [each] if each not in found else []
    return found

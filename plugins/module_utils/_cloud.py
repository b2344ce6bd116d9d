# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Instances, their names and their life, as plain data."""

from __future__ import annotations

import hashlib
import ipaddress
import re
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from ansible_collections.netfs.bench.plugins.module_utils._files import Json

PROJECT = "netfs-bench"
MANAGED_BY = "netfs.bench"
ORCHESTRATOR = "orchestrator"
LIVE = ("pending", "running", "stopping", "stopped")
# Answers that say "not here, not now": the next type or zone may do. Names from AWS's list of error codes.
NO_CAPACITY = frozenset(
    {
        "InsufficientInstanceCapacity",
        "MaxSpotInstanceCountExceeded",
        "SpotMaxPriceTooLow",
        "UnfulfillableCapacity",
    }
)
# One group of equal nodes, as the modules take it; documented in doc_fragments/cloud_groups.py
GROUP_OPTIONS: Json = {
    "role": {"type": "str", "required": True},
    "site": {"type": "str", "default": ""},
    "count": {"type": "int", "default": 1},
    "types": {"type": "list", "elements": "str", "required": True},
    "market": {"type": "str", "choices": ["spot", "on-demand"], "default": "spot"},
    "on_demand_allowed": {"type": "bool", "default": False},
    "volume_gb": {"type": "int", "default": 50},
    "public_address": {"type": "bool", "default": True},
    "names": {"type": "list", "elements": "str", "default": []},
    "sites": {"type": "list", "elements": "str", "default": []},
    "network": {"type": "str", "default": ""},
    "protected": {"type": "bool", "default": False},
    "instance_store": {"type": "bool", "default": False},
}
REAL_KEY = re.compile(r"A[KS]IA[A-Z0-9]{16}")


class CloudError(Exception):
    """What was asked of the cloud, what it said, and its code when it gave one."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


def is_loopback(url: str) -> bool:
    """Whether a URL can only lead to this machine."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def refuse_endpoint(access_key: str, endpoint: str) -> None:
    """Raise a CloudError for credentials that are none of AWS's, unless the endpoint is on this machine."""
    if not access_key:
        raise CloudError("There are no AWS credentials. Give them as docs/ec2.md says, for example with AWS_PROFILE.")
    fake = not REAL_KEY.fullmatch(access_key) or access_key.endswith("EXAMPLE")
    if fake and not is_loopback(endpoint):
        raise CloudError(
            f"These are not AWS credentials, so they may only be used with an endpoint on the loopback interface, "
            f"not with {endpoint or 'AWS itself'}. Set endpoint_url (AWS_ENDPOINT_URL) or use real credentials."
        )


def moment(text: str) -> datetime:
    """Read a time of ISO 8601 with its zone; anything else is an error."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError as error:
        raise CloudError(f"'{text}' is not an ISO 8601 time, such as 2026-11-24T12:00:00Z.") from error
    if read.tzinfo is None:
        raise CloudError(f"The time '{text}' has no zone. Write it as 2026-11-24T12:00:00Z.")
    return read


def instance(raw: Json) -> Json:
    """Return what is needed of one instance that EC2 described."""
    return {
        "id": raw["InstanceId"],
        "state": raw["State"]["Name"],
        "type": raw["InstanceType"],
        # EC2 names the market only where it is not on demand
        "market": raw.get("InstanceLifecycle", "on-demand"),
        "image": raw.get("ImageId", "unknown"),
        "zone": raw["Placement"]["AvailabilityZone"],
        "launched": raw["LaunchTime"].isoformat(),
        "private_address": raw.get("PrivateIpAddress", ""),
        "public_address": raw.get("PublicIpAddress", ""),
        "tags": {tag["Key"]: tag["Value"] for tag in raw.get("Tags", [])},
    }


def refuse_groups(groups: list[Json]) -> None:
    """Raise a CloudError for groups that no instances can be made of."""
    for group in groups:
        names = group.get("names", [])
        if names and len(names) != group["count"]:
            raise CloudError(
                f"A group of role {group['role']} has {len(names)} names and count {group['count']}: name each."
            )
        if group.get("protected") and group["market"] == "spot":
            raise CloudError(
                f"The nodes of role {group['role']} are protected against termination, and AWS protects no spot "
                "instance: buy them on demand, or leave the protection out."
            )


def names_of(groups: list[Json]) -> list[Json]:
    """Return a name and its tags for every wanted node, such as ``storage-a-1``."""
    refuse_groups(groups)
    wanted = [
        {
            "name": name,
            "role": group["role"],
            "site": group["site"],
            "node": str(number),
            "group": group,
        }
        for group in groups
        for number, name in enumerate(group.get("names") or numbered(group), 1)
    ]
    names = [node["name"] for node in wanted]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise CloudError(f"Two groups produce the same node names: {', '.join(twice)}. Give one of them another site.")
    return wanted


def numbered(group: Json) -> list[str]:
    """Return the names of the nodes of a group that gives none."""
    stem = [part for part in (group["role"].replace("_", "-"), group["site"]) if part]
    return ["-".join([*stem, str(number)]) for number in range(1, group["count"] + 1)]


def differences(wanted: list[Json], live: dict[str, Json], volumes: dict[str, int]) -> list[str]:
    """Return a sentence for each instance that is not what is wanted, and that no change can make so.

    :param wanted: what :func:`names_of` returned.
    :param live: the live instance of each name.
    :param volumes: the size of the root volume of each, in GB, by name; one that is not there is not compared.
    """
    found = []
    nodes = {node["name"]: node for node in wanted}
    for name, node in sorted(nodes.items()):
        if name not in live:
            continue
        group, each = node["group"], live[name]
        markets = [group["market"], *(["on-demand"] if group["on_demand_allowed"] else [])]
        for what, is_now, may_be in (
            ("type", each["type"], group["types"]),
            ("market", each["market"], markets),
            ("role", each["tags"].get("role", ""), [group["role"]]),
            ("site", each["tags"].get("site", "") or "none", [group["site"] or "none"]),
            ("root volume", f"{volumes.get(name, group['volume_gb'])} GB", [f"{group['volume_gb']} GB"]),
        ):
            if is_now not in may_be:
                found.append(f"{name} has {what} {is_now}, and {' or '.join(may_be)} is wanted.")
    if found:
        found.append(
            "An instance keeps what it was made with: terminate it, which loses the data on it, and it is made anew; "
            "or ask for what it is."
        )
    surplus = sorted(set(live) - set(nodes))
    if surplus:
        found.append(
            f"{', '.join(surplus)}: these instances of the cluster are wanted no more. Take them out of the service "
            "that runs there and terminate them, or ask for them again."
        )
    return found


def by_name(instances: list[Json]) -> dict[str, Json]:
    """Return the live instance of each name; a name that is there twice is an error."""
    found: dict[str, Json] = {}
    for each in (each for each in instances if each["state"] in LIVE):
        name = each["tags"].get("Name", "")
        if not name:
            raise CloudError(f"Instance {each['id']} has the tags of this cluster but no Name.")
        if name in found:
            raise CloudError(
                f"Instances {found[name]['id']} and {each['id']} are both called {name}. Terminate one of them."
            )
        found[name] = each
    return found


def generation_of(each: Json) -> int:
    """Return the generation in an instance's tags; a missing or odd one is an error."""
    text = each["tags"].get("generation", "")
    if not re.fullmatch(r"[1-9]\d*", text):
        raise CloudError(f"Instance {each['id']} has no generation in its tags, but '{text}'.")
    return int(text)


def next_generation(name: str, instances: list[Json]) -> int:
    """Return the generation of a new instance: one more than that of any which EC2 still remembers."""
    return 1 + max((generation_of(each) for each in instances if each["tags"].get("Name") == name), default=0)


def attempts(group: Json, zones: list[str]) -> list[Json]:
    """Return what to try, in order: each type in each zone on the wanted market, then on demand where allowed."""
    markets = [group["market"], *(["on-demand"] if group["market"] == "spot" and group["on_demand_allowed"] else [])]
    return [
        {"market": market, "type": type_name, "zone": zone}
        for market in markets
        for type_name in group["types"]
        for zone in zones
    ]


def client_token(*parts: str) -> str:
    """Return the token that makes a repeated call one launch, and another call another."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:64]


def overdue(instances: list[Json], now: datetime, max_age_hours: float) -> list[Json]:
    """Return the instances of ours that are past their time, each with the reason. Only tags and EC2's times count."""
    found = []
    for each in instances:
        if each["tags"].get("managed-by") != MANAGED_BY or each["state"] not in LIVE:
            continue
        expires = each["tags"].get("expires-at", "")
        age = now - moment(each["launched"])
        if age < timedelta(0):
            raise CloudError(f"Instance {each['id']} was launched in the future, so the clock of this host is wrong.")
        try:
            expired = bool(expires) and moment(expires) <= now
        except CloudError:
            # a broken limit limits nothing: the age decides
            expired = False
        if expired:
            found.append({**each, "reason": f"it expired at {expires}"})
        elif each["tags"].get("role") != ORCHESTRATOR and age >= timedelta(hours=max_age_hours):
            found.append({**each, "reason": f"it is older than {max_age_hours:g} hours"})
    return found

#!/usr/bin/python
# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: cloud_spot_group
short_description: Make the instances of a cluster that are missing, on the spot market or on demand
version_added: 0.1.0
description:
  - Instances are found by their tags, never by a file. What is there stays; for each name that is missing one instance
    is made, with a generation one higher than the last.
  - Every instance asks for IMDSv2, has an encrypted gp3 root, and is terminated when it powers itself off.
  - When a type cannot be had in a zone, the next one is tried; the failure says all that were.
  - A node that is protected is not terminated by anybody who does not lift the protection first, and is only stopped
    when it powers itself off.
options:
  state:
    description:
      - Whether the instances are there. V(absent) ends every instance of the cluster, and names those that are
        protected.
    type: str
    choices: [present, absent]
    default: present
  cluster:
    description: Value of the tag V(cluster).
    type: str
    required: true
  image:
    description: Image that a node is made of. Needed for V(present).
    type: str
    default: ""
  key_name:
    description: Key pair. Needed for V(present).
    type: str
    default: ""
  subnets:
    description: Subnet of each zone, in the order in which zones are tried. Needed for V(present).
    type: dict
    default: {}
  security_groups:
    description: Security groups by role; V(default) holds for roles that are not named.
    type: dict
    default: {}
  networks:
    description:
      - By the name of a network, C(zone), C(subnet) and C(security_groups) of the nodes in it. Groups without a network
        use O(subnets) and O(security_groups).
    type: dict
    default: {}
  exact:
    description:
      - Whether the cluster has these instances and no others. Then an instance of another type, market, role, site or
        size than its group's, and one that no group has, is a failure before anything is made.
    type: bool
    default: false
  lift_protection:
    description: Whether V(absent) ends nodes that are protected too.
    type: bool
    default: false
  instance_profile:
    description: Name of the instance profile.
    type: str
    default: ""
  user_data:
    description: What cloud-init gets.
    type: str
    default: ""
  expires_at:
    description: When the life of a new node ends, in ISO 8601. Needed for V(present).
    type: str
    default: ""
  tags:
    description: More tags, such as V(phase).
    type: dict
    default: {}
  timeout:
    description: Seconds that instances may take until they run, or are gone.
    type: int
    default: 300
extends_documentation_fragment:
  - netfs.bench.cloud
  - netfs.bench.cloud.project
  - netfs.bench.cloud_groups
attributes:
  check_mode:
    description: Says what it would make or end.
    support: full
  diff_mode:
    description: Shows the names, and the generation of each.
    support: full
author:
  - netfs.bench contributors (@netfs)
"""

EXAMPLES = r"""
- name: Make a server and a client
  netfs.bench.cloud_spot_group:
    region: us-west-2
    cluster: mine
    groups:
      - {role: server, types: [i4i.2xlarge, i4i.4xlarge]}
      - {role: client, types: [c7a.xlarge], on_demand_allowed: true}
    image: ami-0123456789abcdef0
    key_name: netfs-bench-mine
    subnets: {us-west-2a: subnet-1, us-west-2b: subnet-2}
    security_groups: {default: [sg-1]}
    expires_at: "2026-11-24T20:00:00Z"
"""

RETURN = r"""
created:
  description: Names that were made, or would be.
  returned: success
  type: list
  elements: str
kept:
  description: Names that were there.
  returned: success
  type: list
  elements: str
replaced:
  description: Names of those made that were there before and had ended.
  returned: success
  type: list
  elements: str
tried:
  description: What was asked of EC2, in order, and what it said.
  returned: always
  type: list
  elements: str
instances:
  description: The instances of the cluster that live.
  returned: success
  type: list
  elements: dict
lines:
  description: What is there and what is made, as a person reads it.
  returned: success
  type: list
  elements: str
"""

import time

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.netfs.bench.plugins.module_utils._cloud import (
    GROUP_OPTIONS,
    LIVE,
    MANAGED_BY,
    NO_CAPACITY,
    CloudError,
    attempts,
    by_name,
    client_token,
    differences,
    moment,
    names_of,
    next_generation,
)
from ansible_collections.netfs.bench.plugins.module_utils._cloud_aws import OPTIONS_OF_PROJECT, connect
from ansible_collections.netfs.bench.plugins.module_utils._settle import settle

PROFILE_SECONDS = 30


def network_of(params, group):
    """The subnet of each zone in which the nodes of a group may be made, and their security groups."""
    if not group["network"]:
        by_role = params["security_groups"]
        return params["subnets"], by_role.get(group["role"], by_role.get("default", []))
    network = params["networks"][group["network"]]
    return {network["zone"]: network["subnet"]}, network["security_groups"]


def request_of(params, node, attempt, generation):
    """The arguments of run_instances for one node."""
    tags = {
        **params["tags"],
        "Name": node["name"],
        "project": params["project"],
        "cluster": params["cluster"],
        "managed-by": MANAGED_BY,
        "role": node["role"],
        "site": node["site"],
        "node": node["node"],
        "generation": str(generation),
        "expires-at": params["expires_at"],
    }
    if node["group"]["sites"]:
        tags["sites"] = " ".join(node["group"]["sites"])
    kinds = ["instance", "volume", *(["spot-instances-request"] if attempt["market"] == "spot" else [])]
    subnets, groups = network_of(params, node["group"])
    protected = node["group"]["protected"]
    request = {
        "ImageId": params["image"],
        "InstanceType": attempt["type"],
        "KeyName": params["key_name"],
        "MinCount": 1,
        "MaxCount": 1,
        "ClientToken": client_token(
            params["cluster"], node["name"], str(generation), params["expires_at"], *attempt.values()
        ),
        "InstanceInitiatedShutdownBehavior": "stop" if protected else "terminate",
        "MetadataOptions": {
            "HttpTokens": "required",
            "HttpPutResponseHopLimit": 1,
            "InstanceMetadataTags": "enabled",
        },
        "NetworkInterfaces": [
            {
                "DeviceIndex": 0,
                "SubnetId": subnets[attempt["zone"]],
                "Groups": groups,
                "DeleteOnTermination": True,
                "AssociatePublicIpAddress": node["group"]["public_address"],
            }
        ],
        "BlockDeviceMappings": [
            {
                "DeviceName": params["root_device"],
                "Ebs": {
                    "VolumeSize": node["group"]["volume_gb"],
                    "VolumeType": "gp3",
                    "Encrypted": True,
                    "DeleteOnTermination": True,
                },
            }
        ],
        "TagSpecifications": [
            {"ResourceType": kind, "Tags": [{"Key": key, "Value": value} for key, value in sorted(tags.items())]}
            for kind in kinds
        ],
        "UserData": params["user_data"],
    }
    if protected:
        request["DisableApiTermination"] = True
    if attempt["market"] == "spot":
        request["InstanceMarketOptions"] = {
            "MarketType": "spot",
            "SpotOptions": {"SpotInstanceType": "one-time", "InstanceInterruptionBehavior": "terminate"},
        }
    if params["instance_profile"]:
        request["IamInstanceProfile"] = {"Name": params["instance_profile"]}
    return request


def root_device_of(cloud, image):
    """Return the name of an image's root device; under another name the size and the encryption would be another's."""
    found = cloud("ec2", "describe_images", ImageIds=[image])["Images"]
    if not found or not found[0].get("RootDeviceName"):
        raise CloudError(f"Image {image} has no root device in {cloud.region}.")
    return found[0]["RootDeviceName"]


def ask(cloud, request):
    """Ask for one instance. AWS may not know an instance profile for some seconds after it was made."""
    until = time.monotonic() + PROFILE_SECONDS
    while True:
        try:
            return cloud("ec2", "run_instances", **request)
        except CloudError as error:
            if "IAM Instance Profile" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(2)


def launch(cloud, params, node, generation, tried):
    """Make one node, of the first type in the first zone that can be had."""
    for attempt in attempts(node["group"], list(network_of(params, node["group"])[0])):
        words = f"{node['name']}: {attempt['type']} in {attempt['zone']}, {attempt['market']}"
        try:
            ask(cloud, request_of(params, node, attempt, generation))
        except CloudError as error:
            tried.append(f"{words}: {error.code or error}")
            if error.code not in NO_CAPACITY:
                raise
        else:
            tried.append(f"{words}: made")
            return
    raise CloudError(f"{node['name']} could not be launched. Tried: {'; '.join(tried)}. Name more types or zones.")


def wait(cloud, params, wanted, states=LIVE):
    """Wait until the instances are as wanted says."""
    until = time.monotonic() + params["timeout"]
    while True:
        instances = cloud.instances(params["project"], params["cluster"], states)
        if wanted(instances):
            return instances
        if time.monotonic() > until:
            states = ", ".join(f"{each['id']} {each['state']}" for each in instances) or "none"
            raise CloudError(f"The instances are not in the wanted state after {params['timeout']} s: {states}.")
        time.sleep(1)


def refuse_types(cloud, wanted):
    """Raise a CloudError for types that bring no disk where one is needed; those that EC2 does not know it names."""
    known = cloud.types(sorted({name for node in wanted for name in node["group"]["types"]}))
    lacking = sorted(
        {
            f"{node['name']}: {name}"
            for node in wanted
            for name in node["group"]["types"]
            if node["group"]["instance_store"] and not known[name]["instance_store"]
        }
    )
    if lacking:
        raise CloudError(
            f"These nodes keep data, and their types bring no disk of their own ({', '.join(lacking)}): name types "
            "with an instance store, such as i4i.2xlarge."
        )


def settled(cloud, node, seen, make, dry_run):
    """Make one node, or protect it, where that is still to be done; return what `settle` says of it."""
    there = by_name(seen).get(node["name"])
    generation = next_generation(node["name"], seen) - bool(there)
    guarded = {"protected": True} if node["group"]["protected"] else {}
    wanted = {"name": node["name"], "generation": generation, **guarded}
    now = {"name": node["name"], "generation": generation} if there else None
    if there and guarded:
        now["protected"] = cloud.is_protected(there["id"])
    return settle(
        now,
        wanted,
        create=lambda _after: make(node, generation),
        update=lambda _changes: cloud.protect(there["id"], True),
        delete=lambda: None,
        dry_run=dry_run,
    )


def present(cloud, params, dry_run, tried):
    """Make what is missing."""
    wanted = names_of(params["groups"])
    seen = cloud.instances(params["project"], params["cluster"], (*LIVE, "shutting-down", "terminated"))
    live = by_name(seen)
    odd = [name for name, each in live.items() if each["state"] in ("stopping", "stopped")]
    if odd:
        raise CloudError(f"These instances are stopped: {', '.join(odd)}. Start or terminate them.")
    if params["exact"]:
        found = differences(wanted, live, cloud.volumes(params["project"], params["cluster"]))
        if found:
            raise CloudError(f"{' '.join(found)} Nothing was changed.")
    missing = [node for node in wanted if node["name"] not in live]
    if missing:
        refuse_types(cloud, missing)
    if missing and not dry_run:
        params = {**params, "root_device": root_device_of(cloud, params["image"])}

    def make(node, generation):
        launch(cloud, params, node, generation, tried)

    results = [settled(cloud, node, seen, make, dry_run) for node in wanted]
    made = [result["diff"]["after"] for result in results if result["changed"] and not result["diff"]["before"]]
    names = {node["name"] for node in wanted}
    instances = list(live.values())
    if made and not dry_run:
        instances = wait(
            cloud,
            params,
            lambda found: names <= {each["tags"].get("Name") for each in found if each["state"] == "running"},
        )
        guarded = {node["name"] for node in missing if node["group"]["protected"]}
        for each in instances:
            # asked for at launch; an instance that could be ended by a slip is no protected one, so it is looked at
            if each["tags"].get("Name") in guarded and not cloud.is_protected(each["id"]):
                cloud.protect(each["id"], True)
    kept = sorted(names & set(live))
    created = [each["name"] for each in made]
    replaced = [each["name"] for each in made if each["generation"] > 1]
    return {
        "changed": any(result["changed"] for result in results),
        "created": created,
        "kept": kept,
        "replaced": replaced,
        "instances": instances,
        "lines": [
            *([f"  there already: {', '.join(kept)}"] if kept else []),
            *([f"  {'to create' if dry_run else 'created'}: {', '.join(created)}"] if created else []),
            *([f"  of these again, because they ended: {', '.join(replaced)}"] if replaced else []),
        ],
        "diff": {
            "before": {
                "nodes": {
                    result["diff"]["before"].get("name"): result["diff"]["before"]
                    for result in results
                    if result["diff"]["before"]
                }
            },
            "after": {"nodes": {result["diff"]["after"]["name"]: result["diff"]["after"] for result in results}},
        },
    }


def absent(cloud, params, dry_run):
    """End everything of the cluster."""
    found = cloud.instances(params["project"], params["cluster"], LIVE)
    before = {"nodes": {each["id"]: each["tags"].get("Name", "") for each in found}}

    def delete():
        for each in found if params["lift_protection"] else []:
            if cloud.is_protected(each["id"]):
                cloud.protect(each["id"], False)
        cloud.terminate([each["id"] for each in found])
        # until it is gone for good an instance holds its network interface, and with it the group and the subnet
        wait(cloud, params, lambda left: not left, (*LIVE, "shutting-down"))

    result = settle(
        before if found else None,
        None,
        create=lambda _after: None,
        update=lambda _changes: None,
        delete=delete,
        dry_run=dry_run,
    )
    left = {"instances": found if dry_run else []}
    return {**result, **left, "created": [], "kept": [], "replaced": [], "lines": []}


def refuse(params):
    """Raise a CloudError for what cannot be made."""
    anywhere = [group for group in params["groups"] if not group["network"]]
    needed = ["image", "key_name", "expires_at", *(["subnets", "security_groups"] if anywhere else [])]
    lacks = [name for name in needed if not params[name]]
    if lacks:
        raise CloudError(f"To create instances, give {', '.join(lacks)}.")
    unheard = sorted({group["network"] for group in params["groups"] if group["network"]} - set(params["networks"]))
    if unheard:
        raise CloudError(f"Groups stand in networks that are not given: {', '.join(unheard)}. Give networks.")
    moment(params["expires_at"])


def main():
    module = AnsibleModule(
        argument_spec={
            **OPTIONS_OF_PROJECT,
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "groups": {"type": "list", "elements": "dict", "required": True, "options": GROUP_OPTIONS},
            "cluster": {"type": "str", "required": True},
            "image": {"type": "str", "default": ""},
            "key_name": {"type": "str", "default": "", "no_log": False},
            "subnets": {"type": "dict", "default": {}},
            "security_groups": {"type": "dict", "default": {}},
            "networks": {"type": "dict", "default": {}},
            "exact": {"type": "bool", "default": False},
            "lift_protection": {"type": "bool", "default": False},
            "instance_profile": {"type": "str", "default": ""},
            "user_data": {"type": "str", "default": ""},
            "expires_at": {"type": "str", "default": ""},
            "tags": {"type": "dict", "default": {}},
            "timeout": {"type": "int", "default": 300},
        },
        supports_check_mode=True,
    )
    params, tried = module.params, []
    try:
        if params["state"] == "absent":
            result = absent(connect(params), params, module.check_mode)
        else:
            refuse(params)
            result = present(connect(params), params, module.check_mode, tried)
    except CloudError as error:
        module.fail_json(msg=str(error), tried=tried)
    module.exit_json(**result, tried=tried)


if __name__ == "__main__":
    main()

# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A moto server on the loopback interface; the modules and plays run against it with credentials that are made up."""

from __future__ import annotations

import json
import os
import sys
import urllib.request
from pathlib import Path

import boto3
import pytest

ROOT = Path(__file__).resolve().parents[3]
REGION = "us-west-2"
IMAGE = {
    "ami_id": "ami-0debian13",
    "state": "available",
    "public": True,
    "owner_id": "136693071363",
    "image_location": "amazon/debian-13-amd64-20260101-1",
    "name": "debian-13-amd64-20260101-1",
    "creation_date": "2026-01-01T00:00:00.000Z",
    "architecture": "x86_64",
    "image_type": "machine",
    "platform": None,
    "description": "Debian 13",
    "root_device_name": "/dev/xvda",
    "root_device_type": "ebs",
    "sriov": "simple",
    "virtualization_type": "hvm",
    "hypervisor": "xen",
}


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory: pytest.TempPathFactory):
    """The server's address; what it would wave through by default, it checks."""
    images = tmp_path_factory.mktemp("moto") / "images.json"
    images.write_text(json.dumps([IMAGE]))
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            "MOTO_AMIS_PATH": str(images),
            "MOTO_ENABLE_AMI_VALIDATION": "true",
            "MOTO_EC2_ENABLE_INSTANCE_TYPE_VALIDATION": "true",
            "MOTO_ENABLE_KEYPAIR_VALIDATION": "true",
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
        }.items():
            patch.setenv(name, value)
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "http_proxy", "HTTP_PROXY"):
            patch.delenv(name, raising=False)
        from moto.ec2.exceptions import DependencyViolationError
        from moto.ec2.models.security_groups import SecurityGroupBackend
        from moto.server import ThreadedMotoServer

        remove = SecurityGroupBackend._delete_security_group

        def remove_unless_named(backend: SecurityGroupBackend, vpc: str | None, group_id: str) -> None:
            """AWS keeps a security group that a rule of another one names."""
            every = [each for groups in backend.groups.values() for each in groups.values() if each.id != group_id]
            rules = [rule for each in every for rule in [*each.ingress_rules, *each.egress_rules]]
            if any(rule.source_group.get("GroupId") == group_id for rule in rules):
                raise DependencyViolationError(f"resource {group_id} has a dependent object")
            remove(backend, vpc, group_id)

        patch.setattr(SecurityGroupBackend, "_delete_security_group", remove_unless_named)
        server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
        server.start()
        host, port = server.get_host_and_port()
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        yield f"http://{host}:{port}"
        server.stop()


@pytest.fixture
def ec2(endpoint: str):
    """An account in which there is nothing yet, and its EC2."""
    urllib.request.urlopen(urllib.request.Request(f"{endpoint}/moto-api/reset", method="POST")).read()
    return boto3.client("ec2", region_name=REGION, endpoint_url=endpoint)


@pytest.fixture
def given(ec2) -> dict:
    """What role nodes_ec2 gives the module that makes instances."""
    ec2.create_key_pair(KeyName="mine")
    network = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = {
        zone: ec2.create_subnet(VpcId=network, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=zone)["Subnet"]
        for number, zone in enumerate((f"{REGION}a", f"{REGION}b"))
    }
    group = ec2.create_security_group(GroupName="mine", Description="mine", VpcId=network)["GroupId"]
    return {
        "cluster": "mine",
        "groups": [
            {"role": "server", "site": "a", "count": 2, "types": ["i4i.2xlarge"]},
            {"role": "client", "types": ["c7a.xlarge"], "market": "on-demand"},
        ],
        "image": IMAGE["ami_id"],
        "key_name": "mine",
        "subnets": {zone: subnet["SubnetId"] for zone, subnet in subnets.items()},
        "security_groups": {"default": [group]},
        "expires_at": "2099-01-01T00:00:00Z",
    }


@pytest.fixture
def live(ec2):
    """Return the instances of the account that live, by name."""

    def look() -> dict[str, dict]:
        states = {"Name": "instance-state-name", "Values": ["pending", "running", "stopping", "stopped"]}
        found = ec2.describe_instances(Filters=[states])["Reservations"]
        tagged = [
            ({tag["Key"]: tag["Value"] for tag in each.get("Tags", [])}, each)
            for reservation in found
            for each in reservation["Instances"]
        ]
        return {tags.get("Name", each["InstanceId"]): {**each, "tags": tags} for tags, each in tagged}

    return look


@pytest.fixture
def settings(tmp_path: Path):
    """The environment of Ansible here."""
    return {
        **os.environ,
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_STDOUT_CALLBACK": "default",
        "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
        "NETFS_BENCH_INSTALLATION": "mine",
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "ANSIBLE_ASYNC_DIR": str(tmp_path / "async"),
    }

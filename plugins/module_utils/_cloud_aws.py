# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one place that calls AWS."""

from __future__ import annotations

import os
import typing as t
from collections.abc import Callable
from datetime import datetime

from ansible_collections.netfs.bench.plugins.module_utils._cloud import (
    LIVE,
    MANAGED_BY,
    PROJECT,
    CloudError,
    instance,
    refuse_endpoint,
)
from ansible_collections.netfs.bench.plugins.module_utils._files import Json

try:
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError

    MISSING = ""
    FAILURES: tuple[type[Exception], ...] = (BotoCoreError, ClientError, ResponseParserError)
except ImportError as import_error:
    MISSING = str(import_error)
    FAILURES = ()

OPTIONS: Json = {
    "region": {"type": "str", "default": ""},
    "endpoint_url": {"type": "str", "default": ""},
}
OPTIONS_OF_PROJECT: Json = {**OPTIONS, "project": {"type": "str", "default": PROJECT}}
"""For modules that look at what carries the tag ``project``."""


def connect(params: Json) -> Cloud:
    """Return a Cloud for the options of a module; credentials come the way boto3 finds them, and are never shown."""
    if MISSING:
        raise CloudError(f"boto3 is missing on this host: {MISSING}. Install the Python package boto3.")
    region = params["region"] or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or ""
    endpoint = params["endpoint_url"] or os.environ.get("AWS_ENDPOINT_URL") or ""
    if not region:
        raise CloudError("No region is set. Set region (AWS_REGION).")
    session = boto3.session.Session(region_name=region)
    try:
        credentials = session.get_credentials()
        key = credentials.get_frozen_credentials().access_key if credentials else ""
    except FAILURES as error:
        raise CloudError(f"The AWS credentials cannot be read: {error}") from error
    settings = Config(connect_timeout=10, read_timeout=30, retries={"total_max_attempts": 3, "mode": "standard"})

    def client(service: str) -> t.Any:
        made = session.client(service, endpoint_url=endpoint or None, config=settings)
        # what boto3 will really talk to: a service may have an endpoint of its own in the environment
        refuse_endpoint(key, made.meta.endpoint_url)
        return made

    refuse_endpoint(key, endpoint or client("ec2").meta.endpoint_url)
    # Other modules of a play, and the inventory, heed these
    for name in sorted(name for name in os.environ if name.startswith("AWS_ENDPOINT_URL_")):
        refuse_endpoint(key, os.environ[name])
    return Cloud(client, region)


class Cloud:
    """Calls to AWS; whatever goes wrong is a CloudError, and nothing is ever taken for an empty answer."""

    def __init__(self, client: Callable[[str], t.Any], region: str) -> None:
        self.client = client
        self.region = region

    def __call__(self, service: str, operation: str, **arguments: t.Any) -> Json:
        """Do one call."""
        try:
            answer: Json = getattr(self.client(service), operation)(**arguments)
        except FAILURES as error:
            code = str(getattr(error, "response", {}).get("Error", {}).get("Code", ""))
            raise CloudError(f"{service} {operation} failed: {error}", code) from error
        return answer

    def pages(self, service: str, operation: str, key: str, **arguments: t.Any) -> list[Json]:
        """Do one call that answers in pages, and return all of them."""
        try:
            pages = self.client(service).get_paginator(operation).paginate(**arguments)
            return [item for page in pages for item in page[key]]
        except FAILURES as error:
            code = str(getattr(error, "response", {}).get("Error", {}).get("Code", ""))
            raise CloudError(f"{service} {operation} failed: {error}", code) from error
        except KeyError as error:
            raise CloudError(f"{service} {operation} answered without {error}") from error

    def account(self) -> str:
        """Return the number of the account that the credentials belong to."""
        return str(self("sts", "get_caller_identity")["Account"])

    def instances(self, project: str, cluster: str = "", states: tuple[str, ...] = LIVE) -> list[Json]:
        """Return the instances with our tags, of one cluster or of all."""
        filters = [
            {"Name": "tag:project", "Values": [project]},
            {"Name": "tag:managed-by", "Values": [MANAGED_BY]},
            {"Name": "instance-state-name", "Values": list(states)},
        ]
        if cluster:
            filters.append({"Name": "tag:cluster", "Values": [cluster]})
        found = self.pages("ec2", "describe_instances", "Reservations", Filters=filters)
        return [instance(raw) for reservation in found for raw in reservation["Instances"]]

    def terminate(self, ids: list[str]) -> None:
        """End instances one by one, so that one that is protected keeps no other alive; then say which are left."""
        refused = []
        for each in ids:
            try:
                self("ec2", "terminate_instances", InstanceIds=[each])
            except CloudError as error:
                refused.append(str(error))
        if refused:
            raise CloudError(f"Some instances could not be terminated: {'; '.join(refused)}", "TerminateRefused")

    def volumes(self, project: str, cluster: str) -> dict[str, int]:
        """Return the size in GB of the volume of each node, by the tag ``Name``."""
        filters = [
            {"Name": "tag:project", "Values": [project]},
            {"Name": "tag:managed-by", "Values": [MANAGED_BY]},
            {"Name": "tag:cluster", "Values": [cluster]},
            {"Name": "attachment.status", "Values": ["attaching", "attached"]},
        ]
        return {
            tag["Value"]: int(each["Size"])
            for each in self.pages("ec2", "describe_volumes", "Volumes", Filters=filters)
            for tag in each.get("Tags", [])
            if tag["Key"] == "Name"
        }

    def is_protected(self, name: str) -> bool:
        """Return whether EC2 refuses to terminate an instance."""
        answer = self("ec2", "describe_instance_attribute", InstanceId=name, Attribute="disableApiTermination")
        return bool(answer["DisableApiTermination"]["Value"])

    def protect(self, name: str, protected: bool) -> None:
        """Have EC2 refuse to terminate an instance, or do it again."""
        self("ec2", "modify_instance_attribute", InstanceId=name, DisableApiTermination={"Value": protected})

    def types(self, names: list[str]) -> dict[str, Json]:
        """Return what EC2 says of instance types; None where it says nothing."""
        if not names:
            return {}
        answer = self("ec2", "describe_instance_types", InstanceTypes=names)["InstanceTypes"]
        return {
            each["InstanceType"]: {
                "cpus": each["VCpuInfo"]["DefaultVCpus"],
                "memory_mib": each["MemoryInfo"]["SizeInMiB"],
                "baseline_gbps": card.get("BaselineBandwidthInGbps"),
                "burst_gbps": card.get("PeakBandwidthInGbps"),
                "instance_store": each["InstanceStorageSupported"],
            }
            for each in answer
            for card in each["NetworkInfo"].get("NetworkCards", [{}])[:1]
        }

    def spot_prices(self, types: list[str], since: datetime) -> list[Json]:
        """Return the history of spot prices of Linux instances."""
        return self.pages(
            "ec2",
            "describe_spot_price_history",
            "SpotPriceHistory",
            InstanceTypes=types,
            ProductDescriptions=["Linux/UNIX"],
            StartTime=since,
        )

# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is in a bucket, asked with Amazon's own client."""

from __future__ import annotations

from typing import Any

import boto3
from botocore.config import Config


def listed(endpoint: dict[str, Any], keys: list[str], bucket: str, prefix: str = "") -> dict[str, int]:
    """Return the objects of a bucket of the scenario's store, which is where the endpoint is, with their sizes."""
    store = boto3.client(
        "s3",
        endpoint_url=f"http://{endpoint['host']}:9000",
        region_name="us-east-1",
        aws_access_key_id=keys[0],
        aws_secret_access_key=keys[1],
        config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}),
    )
    pages = store.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return {found["Key"]: found["Size"] for page in pages for found in page.get("Contents", [])}

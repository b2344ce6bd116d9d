# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the S3 modules share: their connection options, and the way over the wire."""

from __future__ import annotations

import ssl
import typing as t
from collections.abc import Mapping
from http.client import HTTPException
from urllib.error import HTTPError, URLError

from ansible.module_utils.urls import open_url

from ansible_collections.netfs.bench.plugins.module_utils._s3 import Bucket, Keys, S3Error, message_for

OPTIONS: dict[str, dict[str, t.Any]] = {
    "endpoint": {"type": "str", "required": True},
    "region": {"type": "str", "default": "us-east-1"},
    "access_key": {"type": "str", "required": True, "no_log": True},
    "secret_key": {"type": "str", "required": True, "no_log": True},
    "addressing": {"type": "str", "default": "path", "choices": ["path", "virtual"]},
    "ca_file": {"type": "path"},
    "timeout": {"type": "int", "default": 10},
}


def bucket_of(params: Mapping[str, t.Any]) -> Bucket:
    """Return the bucket that a module's options describe."""

    def send(method: str, url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        try:
            answer = open_url(
                url,
                method=method,
                data=body or None,
                headers={name: value for name, value in headers.items() if name != "host"},
                timeout=params["timeout"],
                ca_path=params["ca_file"],
                follow_redirects="none",
            )
            return answer.status, answer.read()
        except HTTPError as error:
            return error.code, error.read()
        except (URLError, OSError, HTTPException, ValueError) as error:
            reason = getattr(error, "reason", error)
            untrusted = isinstance(reason, ssl.SSLCertVerificationError)
            raise S3Error("Untrusted" if untrusted else "Unreachable", str(reason)) from error

    keys = Keys(params["access_key"], params["secret_key"], params["region"])
    return Bucket(send, params["endpoint"], params["name"], keys=keys, addressing=params["addressing"])


def explain(error: S3Error, params: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Return what fail_json gets."""
    return {
        "msg": message_for(error, params["endpoint"], params["name"], params["region"]),
        "code": error.code,
        "status": error.status,
    }

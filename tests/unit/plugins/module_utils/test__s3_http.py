# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is said of a store that did not answer."""

from __future__ import annotations

import ssl
from urllib.error import URLError

import pytest

from ansible_collections.netfs.bench.plugins.module_utils import _s3, _s3_http

PARAMS = {
    "endpoint": "https://h:9000",
    "name": "b",
    "region": "us-east-1",
    "access_key": "a",
    "secret_key": "s",
    "addressing": "path",
    "ca_file": None,
    "timeout": 1,
}


@pytest.mark.parametrize(
    "reason, code, says",
    [
        (ssl.SSLCertVerificationError(1, "self-signed certificate"), "Untrusted", "is not trusted"),
        (ssl.SSLError(1, "wrong version number"), "Unreachable", "cannot be reached"),
        (ConnectionRefusedError(111, "Connection refused"), "Unreachable", "cannot be reached"),
    ],
)
def test_why_there_was_no_answer(monkeypatch: pytest.MonkeyPatch, reason: OSError, code: str, says: str) -> None:
    def refuse(*_args: object, **_options: object) -> None:
        raise URLError(reason)

    monkeypatch.setattr(_s3_http, "open_url", refuse)
    with pytest.raises(_s3.S3Error) as error:
        _s3_http.bucket_of(PARAMS)("GET")
    said = _s3_http.explain(error.value, PARAMS)
    assert said["code"] == code
    assert says in said["msg"]

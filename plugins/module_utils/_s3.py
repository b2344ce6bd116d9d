# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""As much S3 as a role needs to prove a store, with nothing but Python's own library: nodes have no boto3."""

from __future__ import annotations

import hashlib
import hmac
import re
import typing as t
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit
from xml.etree import ElementTree

Send = Callable[[str, str, Mapping[str, str], bytes], tuple[int, bytes]]


class S3Error(Exception):
    """An answer that is no success: the code of S3, or a word of ours when nothing answered."""

    def __init__(self, code: str, message: str = "", status: int = 0) -> None:
        super().__init__(f"{code}: {message}" if message else code)
        self.code = code
        self.message = message
        self.status = status


@dataclass(frozen=True)
class Keys:
    """What signs a request."""

    access: str
    secret: str
    region: str = "us-east-1"


def encode(text: str, safe: str = "") -> str:
    """Percent-encode as signature version 4 wants it."""
    return quote(text, safe=f"-_.~{safe}")


def query_string(query: Mapping[str, str]) -> str:
    """Return the canonical query, which is also the one that is sent."""
    return "&".join(f"{encode(name)}={encode(query[name])}" for name in sorted(query))


def sign(
    method: str, url: str, headers: Mapping[str, str], body: bytes, *, keys: Keys, now: datetime
) -> dict[str, str]:
    """Return the headers of a request with its signature (AWS signature version 4, whole body signed).

    The path and the query of the url are encoded already, the query in canonical order.
    """
    parts = urlsplit(url)
    moment = now.strftime("%Y%m%dT%H%M%SZ")
    digest = hashlib.sha256(body).hexdigest()
    signed = {name.lower(): value.strip() for name, value in headers.items()}
    signed |= {"host": parts.netloc, "x-amz-content-sha256": digest, "x-amz-date": moment}
    names = ";".join(sorted(signed))
    lines = (f"{name}:{signed[name]}" for name in sorted(signed))
    request = "\n".join([method, parts.path or "/", parts.query, *lines, "", names, digest])
    scope = f"{moment[:8]}/{keys.region}/s3/aws4_request"
    summary = hashlib.sha256(request.encode()).hexdigest()
    key = f"AWS4{keys.secret}".encode()
    for word in scope.split("/"):
        key = hmac.digest(key, word.encode(), "sha256")
    signature = hmac.digest(key, f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{summary}".encode(), "sha256").hex()
    credential = f"Credential={keys.access}/{scope},SignedHeaders={names},Signature={signature}"
    return {**signed, "authorization": f"AWS4-HMAC-SHA256 {credential}"}


def address(endpoint: str, bucket: str, key: str, query: Mapping[str, str], addressing: str) -> str:
    """Return the URL of a bucket or an object, with the bucket in the path or in front of the host's name."""
    parts = urlsplit(endpoint.rstrip("/"))
    host, path = parts.netloc, f"{parts.path}/{encode(bucket)}"
    if addressing == "virtual":
        host, path = f"{bucket}.{host}", parts.path
    if key or addressing == "virtual":
        path += f"/{encode(key, '/')}"
    return f"{parts.scheme}://{host}{path}" + (f"?{query_string(query)}" if query else "")


def elements(body: bytes, name: str) -> list[str]:
    """Return the texts of all elements of that name, whatever name space the store uses; none if it is no XML."""
    try:
        root = ElementTree.fromstring(body)
    except ElementTree.ParseError:
        return []
    return [node.text or "" for node in root.iter() if node.tag.rpartition("}")[2] == name]


def error_of(status: int, body: bytes) -> S3Error:
    """Turn an answer into an error; a store that gives no code is named by its status."""
    code = (elements(body, "Code") or [f"HTTP {status}"])[0]
    message = (elements(body, "Message") or [""])[0]
    return S3Error(code, message, status)


# One sentence per thing that people get wrong; all of them end with what to do.
HINTS = {
    "InvalidAccessKeyId": "{endpoint} does not know this access key. Check the access key.",
    # versitygw has a word of its own for the same thing
    "XAdminUserNotFound": "{endpoint} does not know this access key. Check the access key.",
    "SignatureDoesNotMatch": "{endpoint} knows the access key but refuses the secret key. Check the secret key.",
    "AccessDenied": "{endpoint} denies access to bucket '{bucket}'. Check the keys and their permissions.",
    "NoSuchBucket": "{endpoint} has no bucket '{bucket}'. Create it, or name another one.",
    "RequestTimeTooSkewed": "The clocks of {endpoint} and of this host differ too much. Synchronize both.",
    "AuthorizationHeaderMalformed": "{endpoint} refuses region '{region}'. Set the region of the bucket.",
    "PermanentRedirect": "Bucket '{bucket}' is in another region or at another endpoint. Use those of the bucket.",
    "Untrusted": "{endpoint} has a certificate that is not trusted. Name the one that it is to be checked with.",
    "Unreachable": "{endpoint} cannot be reached. Check address, port and network.",
    "NotS3": "{endpoint} answers, but not with the S3 protocol. Check the address.",
}


def message_for(error: S3Error, endpoint: str, bucket: str, region: str) -> str:
    """Return one sentence that says what is wrong and what to do, and what the store said."""
    denied = {401: "AccessDenied", 403: "AccessDenied", 404: "NoSuchBucket"}
    code = error.code if error.code in HINTS else denied.get(error.status, "")
    hint = HINTS.get(code, "{endpoint} rejected a request for bucket '{bucket}'.")
    return f"{hint.format(endpoint=endpoint, bucket=bucket, region=region)} Its answer: {error}"


class Bucket:
    """One bucket: what can be asked of it, and done with it."""

    def __init__(
        self,
        send: Send,
        endpoint: str,
        name: str,
        *,
        keys: Keys,
        addressing: str = "path",
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.send = send
        self.endpoint = endpoint
        self.name = name
        self.keys = keys
        self.addressing = addressing
        self.clock = clock

    def __call__(self, method: str, key: str = "", body: bytes = b"", **query: str) -> bytes:
        """Do one signed request and return the body of the answer; everything but a success is an S3Error."""
        named = {name.replace("_", "-"): value for name, value in query.items()}
        url = address(self.endpoint, self.name, key, named, self.addressing)
        headers = sign(method, url, {}, body, keys=self.keys, now=self.clock())
        status, answer = self.send(method, url, headers, body)
        if not 200 <= status < 300:
            raise error_of(status, answer)
        return answer

    def names(self, prefix: str = "", most: int = 1) -> list[str]:
        """List keys that begin with prefix."""
        answer = self("GET", list_type="2", max_keys=str(most), prefix=prefix)
        if not re.search(rb"<(\w+:)?ListBucketResult", answer):
            raise S3Error("NotS3", answer[:80].decode("utf-8", "replace"))
        return elements(answer, "Key")

    def exists(self) -> bool:
        """Say whether the bucket is there and these keys may list it. HEAD would be shorter, but it gives no reason."""
        try:
            self.names()
        except S3Error as error:
            if error.code == "NoSuchBucket":
                return False
            raise
        return True

    def create(self) -> None:
        """Create the bucket where its region is; one that is there and may be listed is as good."""
        place = f"<CreateBucketConfiguration><LocationConstraint>{self.keys.region}</LocationConstraint>"
        body = b"" if self.keys.region == "us-east-1" else f"{place}</CreateBucketConfiguration>".encode()
        try:
            self("PUT", body=body)
        except S3Error as error:
            if error.code not in ("BucketAlreadyExists", "BucketAlreadyOwnedByYou"):
                raise
            self.names()

    def delete(self) -> None:
        """Delete the bucket, which must be empty."""
        self("DELETE")

    def prove(self, key: str, content: bytes) -> dict[str, t.Any]:
        """Put, get, list and delete one object; the error says which of the four failed."""
        step = "put"
        try:
            self("PUT", key, content)
            try:
                step = "get"
                if self("GET", key) != content:
                    raise S3Error("WrongContent", "the object that was read differs from the one that was written")
                step = "list"
                if key not in self.names(prefix=key):
                    raise S3Error("NotListed", "the object that was written is not listed")
            finally:
                last, step = step, "delete"
                self("DELETE", key)
                step = last
            step = "list"
            if key in self.names(prefix=key):
                raise S3Error("StillListed", "the object that was deleted is listed")
        except S3Error as error:
            raise S3Error(error.code, f"{error.message} (at: {step} an object)".strip(), error.status) from error
        return {"bytes": len(content), "steps": ["put", "get", "list", "delete"]}

"""Signatures against the examples that AWS publishes; the rest against a store of a few lines."""

from __future__ import annotations

import urllib.parse
from datetime import UTC, datetime

import pytest

from ansible_collections.netfs.bench.plugins.module_utils import _s3

# "Signature Calculations for the Authorization Header", Amazon S3 API Reference
KEYS = _s3.Keys("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "us-east-1")
NOW = datetime(2013, 5, 24, tzinfo=UTC)
HOST = "https://examplebucket.s3.amazonaws.com"


@pytest.mark.parametrize(
    "method, path, headers, body, signature",
    [
        (
            "GET",
            "/test.txt",
            {"Range": "bytes=0-9"},
            b"",
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        ),
        (
            "PUT",
            "/test%24file.text",
            {"Date": "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY"},
            b"Welcome to Amazon S3.",
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
        ),
        ("GET", "/?lifecycle=", {}, b"", "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
        (
            "GET",
            "/?max-keys=2&prefix=J",
            {},
            b"",
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
        ),
    ],
)
def test_signature_is_the_published_one(
    method: str, path: str, headers: dict[str, str], body: bytes, signature: str
) -> None:
    signed = _s3.sign(method, HOST + path, headers, body, keys=KEYS, now=NOW)
    assert signed["authorization"].endswith(f"Signature={signature}")
    assert KEYS.secret not in str(signed)


@pytest.mark.parametrize(
    "endpoint, key, query, addressing, url",
    [
        ("http://h:9000", "", {}, "path", "http://h:9000/b"),
        ("http://h:9000/", "a b/ü", {}, "path", "http://h:9000/b/a%20b/%C3%BC"),
        ("https://h", "", {"prefix": "x/y", "list-type": "2"}, "path", "https://h/b?list-type=2&prefix=x%2Fy"),
        ("https://h", "k", {}, "virtual", "https://b.h/k"),
        ("https://h", "", {}, "virtual", "https://b.h/"),
        ("https://h/base", "k", {}, "path", "https://h/base/b/k"),
    ],
)
def test_address(endpoint: str, key: str, query: dict[str, str], addressing: str, url: str) -> None:
    assert _s3.address(endpoint, "b", key, query, addressing) == url


NAMESPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'


class Store:
    """An S3 store in memory that can be told to misbehave."""

    def __init__(self, *buckets: str, **broken: tuple[int, str]) -> None:
        self.buckets: dict[str, dict[str, bytes]] = {name: {} for name in buckets}
        self.broken = broken
        self.bodies: list[bytes] = []
        self.forget = False
        self.spoil = False

    def send(self, method: str, url: str, headers: object, body: bytes) -> tuple[int, bytes]:
        assert "authorization" in dict(headers)  # type: ignore[call-overload]
        parts = urllib.parse.urlsplit(url)
        name, *rest = parts.path.split("/", 2)[1:]
        if method in self.broken:
            status, code = self.broken[method]
            return status, f"<Error><Code>{code}</Code><Message>because</Message></Error>".encode()
        bucket = self.buckets.get(name)
        if method == "PUT" and not rest:
            self.bodies.append(body)
            self.buckets[name] = {}
            return 200, b""
        if bucket is None:
            return 404, f"<Error {NAMESPACE}><Code>NoSuchBucket</Code></Error>".encode()
        return self.inside(method, rest, body, urllib.parse.parse_qs(parts.query))

    def inside(self, method: str, rest: list[str], body: bytes, query: dict[str, list[str]]) -> tuple[int, bytes]:
        bucket = next(iter(self.buckets.values()))
        if method == "PUT":
            bucket[rest[0]] = b"?" if self.spoil else body
        elif method == "DELETE":
            bucket.pop(rest[0], None)
        elif rest:
            return 200, bucket[rest[0]]
        else:
            prefix = query.get("prefix", [""])[0]
            keys = [] if self.forget else [key for key in bucket if key.startswith(prefix)]
            listed = "".join(f"<Contents><Key>{key}</Key></Contents>" for key in keys)
            return 200, f"<ListBucketResult {NAMESPACE}>{listed}</ListBucketResult>".encode()
        return 200, b""


def bucket(store: Store, region: str = "us-east-1") -> _s3.Bucket:
    return _s3.Bucket(store.send, "http://h:9000", "b", keys=_s3.Keys("a", "s", region), clock=lambda: NOW)


def test_bucket_is_created_once() -> None:
    store = Store()
    assert not bucket(store).exists()
    bucket(store).create()
    assert bucket(store).exists()
    assert store.bodies == [b""]


def test_bucket_elsewhere_names_its_region() -> None:
    store = Store()
    bucket(store, "eu-west-1").create()
    assert b"<LocationConstraint>eu-west-1<" in store.bodies[0]


@pytest.mark.parametrize("code", ["BucketAlreadyExists", "BucketAlreadyOwnedByYou"])
def test_bucket_that_is_there_by_now_is_fine(code: str) -> None:
    bucket(Store("b", PUT=(409, code))).create()


def test_bucket_of_somebody_else_is_not_ours() -> None:
    with pytest.raises(_s3.S3Error, match="NoSuchBucket"):
        bucket(Store(PUT=(409, "BucketAlreadyExists"))).create()


def test_proof_leaves_nothing() -> None:
    store = Store("b")
    assert bucket(store).prove("k", b"content")["steps"] == ["put", "get", "list", "delete"]
    assert store.buckets == {"b": {}}


@pytest.mark.parametrize("flaw, code", [("spoil", "WrongContent"), ("forget", "NotListed")])
def test_proof_notices_a_store_that_lies(flaw: str, code: str) -> None:
    store = Store("b")
    setattr(store, flaw, True)
    with pytest.raises(_s3.S3Error, match=code):
        bucket(store).prove("k", b"content")
    assert store.buckets == {"b": {}}


@pytest.mark.parametrize("method, step", [("PUT", "put"), ("DELETE", "delete"), ("GET", "get")])
def test_proof_says_which_step_failed(method: str, step: str) -> None:
    with pytest.raises(_s3.S3Error, match=rf"AccessDenied: because \(at: {step} an object\)"):
        bucket(Store("b", **{method: (403, "AccessDenied")})).prove("k", b"content")


def test_something_else_that_answers_is_no_store() -> None:
    def send(*_request: object) -> tuple[int, bytes]:
        return 200, b"<html>Welcome</html>"

    with pytest.raises(_s3.S3Error, match="NotS3"):
        _s3.Bucket(send, "http://h", "b", keys=KEYS).exists()


@pytest.mark.parametrize(
    "error, words",
    [
        (_s3.S3Error("InvalidAccessKeyId", "", 403), "Check the access key"),
        (_s3.S3Error("SignatureDoesNotMatch", "", 403), "Check the secret key"),
        (_s3.S3Error("NoSuchBucket", "", 404), "http://h has no bucket 'b'"),
        (_s3.S3Error("HTTP 403", "", 403), "denies access to bucket 'b'"),
        (_s3.S3Error("AuthorizationHeaderMalformed", "", 400), "refuses region 'r'"),
        (_s3.S3Error("Unreachable", "Connection refused"), "cannot be reached"),
        (_s3.S3Error("Untrusted", "self-signed certificate"), "not trusted"),
        (_s3.S3Error("SlowDown", "later", 503), "Its answer: SlowDown: later"),
    ],
)
def test_advice(error: _s3.S3Error, words: str) -> None:
    assert words in _s3.message_for(error, "http://h", "b", "r")


def test_answer_that_is_no_xml_is_named_by_its_status() -> None:
    assert _s3.error_of(502, b"Bad gateway").code == "HTTP 502"

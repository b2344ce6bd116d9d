# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Role object_store: real clients of S3, keys that nobody sees, a store that is there already."""

from __future__ import annotations

import configparser
import hashlib
import io
import os
import ssl
import stat
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import boto3
import pytest
import secrets_of
from botocore.config import Config
from botocore.exceptions import ClientError
from testinfra.host import Host

UNIT = "netfs-object-store.service"
DIRECTORY = "/export/object store/100%é;#'\""


@pytest.fixture(scope="module")
def keys(endpoint: dict[str, Any]) -> dict[str, str]:
    """Return the keys as any tool of S3 reads them: from the file that the endpoint names."""
    file = configparser.ConfigParser(interpolation=None)
    file.read(endpoint["credentials_file"])
    return dict(file["default"])


def connect(endpoint: dict[str, Any], keys: dict[str, str]) -> Any:
    """Return a client that is known to be strict: Amazon's own."""
    return boto3.client(
        "s3",
        endpoint_url=endpoint["url"],
        region_name=endpoint["region"],
        verify=endpoint["ca_file"],
        config=Config(s3={"addressing_style": endpoint["addressing"]}, retries={"max_attempts": 1}),
        **keys,
    )


@pytest.fixture(scope="module")
def store(endpoint: dict[str, Any], keys: dict[str, str]) -> Any:
    return connect(endpoint, keys)


def test_unit_runs_and_survives_a_reboot(node: Host) -> None:
    service = node.service(UNIT)
    assert service.is_running, node.check_output("journalctl --no-pager --lines=50 --unit=%s", UNIT)
    assert service.is_enabled


def test_unit_is_hardened(node: Host) -> None:
    said = node.check_output("systemd-analyze security --no-pager %s | tail -n 1", UNIT)
    assert float(said.split(": ")[1].split()[0]) < 2


def test_server_has_an_account_of_its_own(node: Host) -> None:
    assert node.file(DIRECTORY).user == "object-store"
    pid = node.check_output("systemctl show --property=MainPID --value %s", UNIT)
    assert node.check_output("ps -o user:20= -p %s", pid).strip() == "object-store"


def test_endpoint(endpoint: dict[str, Any]) -> None:
    assert (endpoint["service"], endpoint["protocol"], endpoint["port"]) == ("object_store", "s3", 9000)
    assert endpoint["url"] == f"https://{endpoint['host']}:9000"
    assert endpoint["buckets"] == ["netfs-bench", "second"]
    assert endpoint["durability"] == "volatile"


def test_buckets_are_there(store: Any) -> None:
    assert [bucket["Name"] for bucket in store.list_buckets()["Buckets"]] == ["netfs-bench", "second"]


def test_bytes_reach_the_disk_of_the_server(node: Host, store: Any) -> None:
    content = os.urandom(1 << 20)
    store.put_object(Bucket="netfs-bench", Key="folder/object", Body=content)
    on_disk = node.file(f"{DIRECTORY}/netfs-bench/folder/object").sha256sum
    assert on_disk == hashlib.sha256(content).hexdigest()
    assert store.get_object(Bucket="netfs-bench", Key="folder/object")["Body"].read() == content
    part = store.get_object(Bucket="netfs-bench", Key="folder/object", Range="bytes=1000-1999")["Body"].read()
    assert part == content[1000:2000]
    store.delete_object(Bucket="netfs-bench", Key="folder/object")
    assert "Contents" not in store.list_objects_v2(Bucket="netfs-bench")


def test_large_objects_come_in_parts(store: Any) -> None:
    content = os.urandom(20 << 20)
    store.upload_fileobj(io.BytesIO(content), "netfs-bench", "large")
    back = io.BytesIO()
    store.download_fileobj("netfs-bench", "large", back)
    store.delete_object(Bucket="netfs-bench", Key="large")
    assert back.getvalue() == content


@pytest.mark.parametrize(
    "wrong, code",
    [
        ({"aws_access_key_id": "NOBODY"}, "XAdminUserNotFound|InvalidAccessKeyId"),
        ({"aws_secret_access_key": "guessed"}, "SignatureDoesNotMatch"),
    ],
)
def test_wrong_keys_are_refused(
    endpoint: dict[str, Any], keys: dict[str, str], wrong: dict[str, str], code: str
) -> None:
    with pytest.raises(ClientError, match=code):
        connect(endpoint, {**keys, **wrong}).list_buckets()


@pytest.mark.parametrize("path", ["", "/netfs-bench", "/netfs-bench?list-type=2"])
def test_nobody_gets_in_without_keys(endpoint: dict[str, Any], path: str) -> None:
    trusted = ssl.create_default_context(cafile=endpoint["ca_file"])
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(endpoint["url"] + path, timeout=10, context=trusted)
    assert 400 <= error.value.code < 500


def test_nobody_is_trusted_who_lacks_the_certificate(endpoint: dict[str, Any]) -> None:
    with pytest.raises(urllib.error.URLError, match="CERTIFICATE_VERIFY_FAILED"):
        urllib.request.urlopen(f"{endpoint['url']}/health", timeout=10)


def test_keys_are_for_one_person_on_the_controller(endpoint: dict[str, Any]) -> None:
    file = Path(endpoint["credentials_file"])
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_keys_are_nowhere_to_be_seen(node: Host, keys: dict[str, str]) -> None:
    shown = secrets_of.shown_by(node, UNIT)
    assert "versitygw" in shown["processes"]
    assert [place for place, text in shown.items() if keys["aws_secret_access_key"] in text] == []
    assert [place for place, text in shown.items() if keys["aws_access_key_id"] in text] == []
    assert [place for place, text in shown.items() if "PRIVATE KEY" in text] == []
    assert node.file("/etc/netfs-object-store/tls.key").mode == 0o400
    assert node.file("/etc/netfs-object-store/environment").mode == 0o600


def test_keys_are_in_no_diff(keys: dict[str, str], tmp_path: Path) -> None:
    """Without the file of keys check mode would write other ones on the node: old and new keys are in that diff."""
    said = secrets_of.play(
        "--check",
        "--diff",
        "-vvv",
        "--limit=server",
        *secrets_of.inventory(),
        f"--extra-vars=object_store_secrets={tmp_path}",
        "molecule/shared/converge.yml",
    )
    assert "environment" in said
    assert not secrets_of.told(keys["aws_secret_access_key"], said)


def test_store_that_is_there_already(endpoint: dict[str, Any], keys: dict[str, str], tmp_path: Path) -> None:
    said = secrets_of.play(
        "-vvv",
        "--inventory=localhost,",
        "molecule/object_store/external.yml",
        NETFS_SCRATCH=str(tmp_path),
        S3_ENDPOINT=endpoint["url"],
        S3_BUCKET=endpoint["bucket"],
        S3_REGION=endpoint["region"],
        **{name.upper(): value for name, value in keys.items()},
    )
    assert not secrets_of.told(keys["aws_secret_access_key"], said)
    assert endpoint["url"] in said


def test_server_comes_back_after_a_kill(node: Host, store: Any) -> None:
    store.put_object(Bucket="second", Key="kept", Body=b"kept")
    node.check_output("systemctl kill --signal=SIGKILL %s", UNIT)
    node.check_output("timeout 20 sh -c 'sleep 1; until curl -skf https://127.0.0.1:9000/health; do sleep 0.2; done'")
    assert store.get_object(Bucket="second", Key="kept")["Body"].read() == b"kept"
    store.delete_object(Bucket="second", Key="kept")

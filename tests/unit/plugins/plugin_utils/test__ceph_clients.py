# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Clients of CephFS: whose keys a server needs, and what their rights do not cover. Servers are asked in
tests/testinfra/test_ceph.py."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.netfs.bench.plugins.plugin_utils._ceph_clients import (
    ceph_clients,
    to_ceph_client_conf,
    to_ceph_keyring,
)
from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import RefusedValueError

ENDPOINT = {
    "monitors": "[v2:192.0.2.1:3300]",
    "fsid": "8a1c",
    "filesystem": "cephfs",
    "secret_host": "storage-1",
    "clients": [
        {"name": "nfs", "path": "/data", "access": "rw", "keyring": "/etc/ceph/ceph.client.nfs.keyring"},
        {"name": "reader", "path": "/", "access": "r", "keyring": "/etc/ceph/ceph.client.reader.keyring"},
        {"name": "plain", "keyring": "/etc/ceph/ceph.client.plain.keyring"},
    ],
}
KEY = "AQBsUYJnAAAAABAAq8nVTQ8iVDYWbPhpr1v2xw=="


def use(client: str = "nfs", path: str = "/data", access: str = "rw") -> dict[str, str]:
    return {"client": client, "path": path, "access": access}


def test_each_client_has_one_keyring() -> None:
    wanted = [use(), use(path="/data/a"), use("reader", "/x", "ro"), use("plain", "/")]
    keyring = "/etc/ceph/ceph.client.{}.keyring"
    assert ceph_clients(ENDPOINT, wanted) == [
        {"name": name, "keyring": keyring.format(name), "host": "storage-1"} for name in ("nfs", "reader", "plain")
    ]


def test_nothing_is_asked_of_an_endpoint_that_nobody_uses() -> None:
    assert ceph_clients({}, []) == []


@pytest.mark.parametrize(
    "endpoint, wanted, reason",
    [
        ({}, use(), r"it has no monitors, which a client of CephFS needs"),
        ({"clients": []}, use(), r"it has no clients"),
        ({"clients": [{"name": "nfs"}]}, use(), r"'nfs' cannot be used: the endpoint does not say where the keyring"),
        ({}, use("nsf"), r"'nsf' cannot be used: the endpoint has no such client, only nfs, plain, reader"),
        ({}, use(path="/database"), r"'/database' cannot be used: client nfs may use /data and what is below it"),
        ({}, use(path="/"), r"client nfs may use /data"),
        ({}, use("reader", "/x", "rw"), r"'reader' cannot be used: this client may only read, and /x is to be written"),
    ],
)
def test_what_the_rights_do_not_cover_is_refused(endpoint: Any, wanted: dict[str, str], reason: str) -> None:
    known = {} if "no monitors" in reason else {**ENDPOINT, **endpoint}
    with pytest.raises(RefusedValueError, match=f"^ganesha_ceph_endpoint: .*{reason}"):
        ceph_clients(known, [wanted], "ganesha_ceph_endpoint")


def test_configuration_of_a_client() -> None:
    lines = to_ceph_client_conf(ENDPOINT, "/etc/nas/ceph.keyring").splitlines()
    assert {"fsid = 8a1c", "mon_host = [v2:192.0.2.1:3300]", "keyring = /etc/nas/ceph.keyring"} <= set(lines)


def test_a_keyring_has_the_keys_that_are_needed_and_no_more() -> None:
    several = f'[client.admin]\n\tkey = OTHER=\n[client.nfs]\n\tcaps mds = "allow rw"\n\tkey = {KEY}\n'
    said = to_ceph_keyring({"nfs": several, "smb": f"[client.smb]\nkey={KEY}"})
    assert said == f"[client.nfs]\n\tkey = {KEY}\n[client.smb]\n\tkey = {KEY}"


@pytest.mark.parametrize("text", ["", f"[client.other]\n\tkey = {KEY}", f"key = {KEY}", "[client.nfs]\n\tkey = a b\n"])
def test_a_keyring_without_the_key_is_refused_and_not_shown(text: str) -> None:
    with pytest.raises(RefusedValueError, match=r"it is no keyring with a key of client\.nfs") as refused:
        to_ceph_keyring({"nfs": text}, "ganesha_ceph_endpoint")
    assert KEY not in str(refused.value)

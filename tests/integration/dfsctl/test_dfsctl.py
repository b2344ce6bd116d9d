# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every module against a real server: create, again, change, check mode, diff, remove, remove again; and its errors."""

from __future__ import annotations

import json
import os
import socket
import subprocess

import pytest
from conftest import PASSWORD, free_ports
from conftest import program as program_of
from running import FailedError

BASE = {"metadata_store": "meta", "local_store": "disk"}


@pytest.fixture(scope="module", autouse=True)
def stage(server):
    """A store of each kind and a share, which most tests stand on."""
    from running import call

    to = {"api_url": server.url, "api_password": PASSWORD}
    call("dfsctl_adapter", type="smb", port=server.smb, **to)
    call("dfsctl_adapter", type="nfs", port=server.nfs, **to)
    call("dfsctl_metadata_store", name="meta", type="badger", path=str(server.home / "meta"), **to)
    call("dfsctl_block_store", name="disk", kind="local", type="fs", path=str(server.home / "disk"), **to)
    call("dfsctl_block_store", name="far", kind="remote", type="memory", **to)
    call("dfsctl_share", name="stage", default_permission="read-write", **BASE, **to)
    call("dfsctl_share", name="staged", remote_store="far", default_permission="read-write", **BASE, **to)
    call("dfsctl_user", name="alice", password="alice-password", uid=1001, gid=1001, **to)


# One noun after the other


def test_metadata_store(both, server):
    store = {"name": "m1", "type": "badger", "path": str(server.home / "m1"), "relaxed_durability": False}
    made = both("dfsctl_metadata_store", **store)
    assert made["changed"]
    assert made["diff"] == {"before": {}, "after": {key: store[key] for key in ("type", "path", "relaxed_durability")}}
    changed = both("dfsctl_metadata_store", **store, block_cache_mb=8)
    assert (changed["changed"], changed["diff"]["after"]["block_cache_mb"]) == (True, 8)
    assert changed["store"]["config"]["relaxed_durability"] is False
    assert both("dfsctl_metadata_store", name="m1", state="absent")["changed"]


@pytest.mark.parametrize("kind", ["sqlite", "memory"])
def test_metadata_store_of_other_types(both, server, kind):
    path = {} if kind == "memory" else {"path": str(server.home / "m.db")}
    assert both("dfsctl_metadata_store", name="m2", type=kind, **path)["changed"]
    assert both("dfsctl_metadata_store", name="m2", state="absent")["changed"]


def test_block_store(both, server):
    store = {"name": "b1", "kind": "local", "type": "fs", "path": str(server.home / "b1")}
    assert both("dfsctl_block_store", **store, durability="writeback")["changed"]
    changed = both("dfsctl_block_store", **store, durability="remote", max_size="1.5GiB")
    assert changed["changed"]
    assert changed["restart_required"]
    assert changed["diff"]["before"]["durability"] == "writeback"
    assert changed["diff"]["after"]["max_size"] == 3 << 29
    assert both("dfsctl_block_store", name="b1", kind="local", state="absent")["changed"]


def test_block_store_in_a_bucket(both, run, bucket):
    store = {"name": "b2", "kind": "remote", **bucket, "allow_private_endpoint": True}
    assert both("dfsctl_block_store", **store)["changed"]
    changed = both("dfsctl_block_store", **store, prefix="nas/")
    assert changed["changed"]
    assert changed["diff"]["before"]["secret_access_key"] == changed["diff"]["after"]["secret_access_key"] == "********"
    assert bucket["secret_access_key"] not in json.dumps([changed, run("dfsctl_info")])
    assert both("dfsctl_block_store", name="b2", kind="remote", state="absent")["changed"]


@pytest.mark.parametrize(
    "wrong, words",
    [
        ({"bucket": "missing"}, "b3.*does not work"),
        ({"access_key_id": "NOBODY"}, "b3.*does not work"),
        ({"secret_access_key": "another-secret-key"}, "b3.*does not work"),
        ({"allow_private_endpoint": False}, "private/internal address"),
    ],
)
def test_a_remote_store_that_does_not_work(run, bucket, wrong, words):
    store = {"name": "b3", "kind": "remote", **bucket, "allow_private_endpoint": True, "wait": 1, **wrong}
    with pytest.raises(FailedError, match=words) as caught:
        run("dfsctl_block_store", **store)
    run("dfsctl_block_store", name="b3", kind="remote", state="absent")
    assert store["secret_access_key"] not in json.dumps(caught.value.result)


def test_share(both):
    made = both("dfsctl_share", name="/s1", **BASE, default_permission="read", quota="2GiB", squash="none")
    assert made["changed"]
    assert made["share"]["nfs"]["squash"] == "none"
    for wanted in (
        {"default_permission": "read-write"},
        {"quota": "3072MiB"},
        {"quota": "0"},
        {"squash": "all_to_guest"},
        {"enabled": False},
        {"enabled": True},
        {"read_only": True},
        {"remote_store": "far"},
        {"remote_store": ""},
        {"retention_policy": "ttl", "retention_ttl": "72h"},
        {"trash_enabled": True, "trash_retention_days": 3},
        {"blocked_operations": ["rename", "LINK"]},
        {"blocked_operations": []},
        {"local_size": "2GiB", "read_buffer_size": "128MiB"},
    ):
        assert both("dfsctl_share", name="s1", **wanted)["changed"], wanted
    assert both("dfsctl_share", name="s1", state="absent")["changed"]


def test_share_permission(both, run):
    run("dfsctl_group", name="g1", gid=2001)
    grant = {"share": "stage", "user": "alice"}
    assert both("dfsctl_share_permission", **grant, level="read")["changed"]
    assert both("dfsctl_share_permission", **grant, level="read-write")["permissions"] == [
        {"type": "user", "name": "alice", "level": "read-write"}
    ]
    assert both("dfsctl_share_permission", share="stage", group="g1", level="admin")["changed"]
    assert both("dfsctl_share_permission", share="stage", group="g1", state="absent")["changed"]
    assert both("dfsctl_share_permission", **grant, state="absent")["changed"]
    run("dfsctl_group", name="g1", state="absent")


def test_check_mode_of_what_an_earlier_task_would_make(run):
    for module, params, gone in (
        ("dfsctl_share_permission", {"share": "stage", "group": "later", "level": "read"}, "group later"),
        ("dfsctl_share_permission", {"share": "later", "user": "alice", "level": "read"}, "share /later"),
        ("dfsctl_quota", {"share": "later", "scope": "default-user", "limit": "1GiB"}, "share /later"),
    ):
        foretold = run(module, check=True, **params)
        assert foretold["changed"]
        assert [warning for warning in foretold["warnings"] if f"There is no {gone} yet" in str(warning)], foretold
        with pytest.raises(FailedError, match=f"no {gone}"):
            run(module, **params)


def test_user(both, run):
    account = {"name": "bob", "password": "bobs-first-password"}
    assert both("dfsctl_user", **account, uid=1002, gid=1002)["changed"]
    assert both("dfsctl_user", **account, uid=1003, display_name="Bob")["user"]["uid"] == 1003
    assert both("dfsctl_user", name="bob", groups=["users"])["changed"]
    changed = both("dfsctl_user", name="bob", password="bobs-next-password")
    assert changed["changed"]
    assert "password" in changed["diff"]["after"]
    assert not run("dfsctl_user", name="bob", password="another-password", update_password="on_create")["changed"]
    assert both("dfsctl_user", name="bob", enabled=False)["changed"]
    with pytest.raises(FailedError, match="cannot be checked"):
        run("dfsctl_user", name="bob", password="bobs-next-password")
    assert both("dfsctl_user", name="bob", state="absent")["changed"]


def test_own_password(both, run, tmp_path):
    """An administrator who was given a password by somebody else must change it, and can, to the same one."""
    run("dfsctl_user", name="carol", password="carols-password", role="admin", uid=1004)
    mine = {"api_username": "carol", "api_password": "carols-password"}
    with pytest.raises(FailedError, match="must change it first"):
        run("dfsctl_info", **mine)
    assert run("dfsctl_user", name="carol", password="carols-password", **mine)["changed"]
    assert not run("dfsctl_user", name="carol", password="carols-password", **mine)["changed"]
    old = tmp_path / "password"
    old.write_text("carols-password\n")
    mine = {"api_username": "carol", "api_password_file": str(old)}
    assert both("dfsctl_user", name="carol", password="carols-new-password", **mine)["changed"]
    run("dfsctl_user", name="carol", state="absent")


def test_group(both):
    assert both("dfsctl_group", name="g2", gid=2002, description="first")["changed"]
    assert both("dfsctl_group", name="g2", gid=2003, description="second")["changed"]
    assert both("dfsctl_group", name="g2", members=["alice"])["group"]["members"] == ["alice"]
    assert both("dfsctl_group", name="g2", members=[])["changed"]
    assert both("dfsctl_group", name="g2", state="absent")["changed"]


def test_adapter(both, server):
    assert both("dfsctl_adapter", type="nfs", settings={"max_read_size": "65536"})["changed"]
    assert both("dfsctl_adapter", type="nfs", settings={"max_read_size": 1048576, "lease_time": 60})["changed"]
    other = free_ports(1)[0]
    changed = both("dfsctl_adapter", type="nfs", port=other)
    assert changed["diff"]["before"]["port"] == server.nfs
    socket.create_connection(("127.0.0.1", other), 5).close()
    assert both("dfsctl_adapter", type="nfs", port=server.nfs)["changed"]
    assert both("dfsctl_adapter", type="smb", enabled=False)["changed"]
    assert both("dfsctl_adapter", type="smb", enabled=True, settings={"signing": "required"})["changed"]
    assert both("dfsctl_adapter", type="smb", state="absent")["changed"]
    assert both("dfsctl_adapter", type="smb", port=server.smb)["changed"]


def test_quota(both):
    quota = {"share": "stage", "scope": "user", "id": 1001}
    assert both("dfsctl_quota", **quota, limit="1GiB")["changed"]
    changed = both("dfsctl_quota", **quota, soft_limit="512MiB", grace_seconds=3600)
    assert changed["quota"]["limit_bytes"] == "1.00GiB"
    assert both("dfsctl_quota", **quota, limit="0")["changed"]
    assert both("dfsctl_quota", share="stage", scope="default-user", limit_files=100)["changed"]
    assert both("dfsctl_quota", share="stage", scope="default-user", state="absent")["changed"]
    assert both("dfsctl_quota", **quota, state="absent")["changed"]


def test_snapshot(both):
    assert both("dfsctl_snapshot", share="staged", name="one")["snapshot"]["state"] == "ready"
    assert both("dfsctl_snapshot", share="staged", name="one", state="absent")["changed"]


def test_info(run):
    said = run("dfsctl_info")
    assert not said["changed"]
    assert {share["name"] for share in said["shares"]} >= {"/stage", "/staged"}
    assert said["server_version"] == "0.28 or newer"


def test_drain_and_evict(run):
    assert run("dfsctl_drain", check=True)["changed"] is False
    assert run("dfsctl_drain")["uploaded_bytes"] == 0
    assert run("dfsctl_evict", share="staged", check=True)["changed"] is False
    assert run("dfsctl_evict", share="staged")["changed"] is False


def test_cli(run):
    program = {"executable": str(program_of("dfsctl"))}
    said = run("dfsctl", argv=["share", "list"], **program)
    assert (said["changed"], {share["name"] for share in said["json"]} >= {"/stage"}) == (False, True)
    make = {"argv": ["group", "create", "--name", "g3"], **program}
    assert run("dfsctl", check=True, **make)["changed"]
    assert run("dfsctl", **make)["changed"]
    with pytest.raises(FailedError, match="already exists"):
        run("dfsctl", **make)
    with pytest.raises(FailedError, match="--force"):
        run("dfsctl", argv=["group", "remove", "g3"], **program)
    assert run("dfsctl", argv=["group", "remove", "g3", "--force"], **program)["changed"]
    with pytest.raises(FailedError, match="secret must not"):
        run("dfsctl", argv=["user", "create", "-u", "x", "-p", "y"], **program)


# What goes wrong, one clear error each


@pytest.mark.parametrize(
    "module, params, words",
    [
        ("dfsctl_info", {"api_password": "wrong-password"}, "does not let admin in: the password is wrong"),
        ("dfsctl_info", {"api_url": "http://127.0.0.1:1", "api_retries": 0}, "cannot be reached.*refused"),
        ("dfsctl_info", {"api_token": "not.a.token"}, "The token is invalid"),
        ("dfsctl_metadata_store", {"name": "x", "type": "oracle"}, "must be one of: badger"),
        ("dfsctl_metadata_store", {"name": "meta", "type": "memory"}, "cannot become memory"),
        ("dfsctl_metadata_store", {"name": "x", "type": "postgres", "host": "127.0.0.1", "port": 1, "database": "d",
                                   "user": "u", "password": "postgres-secret"}, "Failed to create metadata store"),
        ("dfsctl_block_store", {"name": "x", "kind": "local", "type": "fs", "path": "/proc/no"}, "Invalid block store"),
        ("dfsctl_block_store", {"name": "x", "kind": "local", "type": "fs", "path": "/x", "durability": "bogus"},
         "must be one of: local"),
        ("dfsctl_block_store", {"name": "x", "kind": "local", "type": "fs", "path": "/x", "bucket": "b"}, "no bucket"),
        ("dfsctl_block_store", {"name": "x", "kind": "local", "type": "s3", "bucket": "b", "access_key_id": "a"},
         "cannot be of type s3"),
        ("dfsctl_share", {"name": "x"}, "needs metadata_store and local_store"),
        ("dfsctl_share", {"name": "x", **BASE, "local_store": "gone"}, "no store gone; there is disk"),
        ("dfsctl_share", {"name": "stage", "quota": "many"}, "'many' is not a size"),
        ("dfsctl_share", {"name": "stage", "retention_policy": "ttl"}, "needs retention_ttl"),
        ("dfsctl_share", {"name": "stage", "blocked_operations": ["FROBNICATE"]}, "Unknown blocked operation"),
        ("dfsctl_share_permission", {"share": "stage", "user": "alice", "level": "bogus"}, "must be one of: none"),
        ("dfsctl_share_permission", {"share": "stage", "user": "nobody", "level": "read"}, "no user nobody"),
        ("dfsctl_share_permission", {"share": "gone", "user": "alice", "level": "read"}, "no share /gone"),
        ("dfsctl_user", {"name": "x"}, "needs a password"),
        ("dfsctl_user", {"name": "x", "password": "short"}, "must be between 8 and 72"),
        ("dfsctl_user", {"name": "x", "password": "long-enough", "uid": 1001}, "409"),
        ("dfsctl_user", {"name": "x", "password": "long-enough", "groups": ["gone"]}, "groups do not exist"),
        ("dfsctl_user", {"name": "admin", "state": "absent"}, "Cannot delete admin user"),
        ("dfsctl_group", {"name": "x", "members": ["gone"]}, "no account gone"),
        ("dfsctl_adapter", {"type": "nfs", "port": 99999}, "must be between 1 and 65535"),
        ("dfsctl_adapter", {"type": "nfs", "settings": {"bogus": 1}}, "no such setting; it has"),
        ("dfsctl_adapter", {"type": "nfs", "settings": {"max_read_size": 1}}, "must be between 4096 and 16777216"),
        ("dfsctl_adapter", {"type": "nfs", "settings": {"max_read_size": "big"}}, "not of the type"),
        ("dfsctl_adapter", {"type": "smb", "settings": {"signing": "perhaps"}}, "422|must be"),
        ("dfsctl_quota", {"share": "gone", "scope": "default-user", "limit": "1GiB"}, "no share /gone"),
        ("dfsctl_quota", {"share": "stage", "scope": "user", "limit": "1GiB"}, "needs its id"),
        ("dfsctl_quota", {"share": "stage", "scope": "user", "id": 1, "limit": "1GiB", "soft_limit": "2GiB"},
         "must not exceed"),
        ("dfsctl_snapshot", {"share": "gone", "name": "x"}, "no share /gone"),
        ("dfsctl_evict", {"share": "stage"}, "no remote store"),
        ("dfsctl_evict", {"share": "gone"}, "no share /gone"),
    ],
)  # fmt: skip
def test_refusals(run, module, params, words):
    before = run("dfsctl_info")
    for check in (True, False):
        try:
            with pytest.raises(FailedError, match=words) as caught:
                run(module, check=check, **params)
        except pytest.fail.Exception:
            # What only the server can tell, check mode cannot.
            assert check, "it was not refused"
            continue
        assert "postgres-secret" not in json.dumps(caught.value.result)
    after = run("dfsctl_info")
    for noun in ("metadata_stores", "local_stores", "shares", "users", "groups"):
        assert [item.get("id") for item in before[noun]] == [item.get("id") for item in after[noun]], noun


def test_port_taken(run, server):
    """The server goes on, and calls itself healthy."""
    with socket.socket() as taker:
        taker.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taker.bind(("", 0))
        taker.listen()
        with pytest.raises(FailedError, match=r"adapter for smb .*does not work"):
            run("dfsctl_adapter", type="smb", port=taker.getsockname()[1], wait=6)
    run("dfsctl_adapter", type="smb", port=server.smb)


def test_no_secret_is_shown(run, server):
    """Not in results, not in the log of the server, not on a command line."""
    program = str(program_of("dfsctl"))
    run("dfsctl_user", name="dave", password="daves-secret-password")
    results = [
        run("dfsctl_user", name="dave", password="daves-other-password"),
        run("dfsctl_info"),
        run("dfsctl", argv=["user", "list"], executable=program),
    ]
    run("dfsctl_user", name="dave", state="absent")
    log = server.log.read_text()
    shown = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    for secret in ("daves-secret-password", "daves-other-password", PASSWORD, os.environ.get("NETFS_SECRET", PASSWORD)):
        assert secret not in json.dumps(results)
        assert secret not in log
        assert secret not in shown
    assert '"access_token"' not in json.dumps(results)

# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is mirrored, by answers of Ceph 18.2 cut short, and which commands lie between that and what should be."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.netfs.bench.plugins.module_utils._ceph import filesystem_of, filesystem_settings_commands
from ansible_collections.netfs.bench.plugins.module_utils._ceph_mirror import (
    Mirror,
    Peer,
    mirror_of,
    mirroring_commands,
    removing_commands,
)
from ansible_collections.netfs.bench.plugins.module_utils._command import FailureError

PEER = Peer("client.far", "target", "fs2")
STRANGER = Peer("client.x", "elsewhere", "fs2")
REMOTE = {"client_name": "client.far", "cluster_name": "target", "fs_name": "fs2"}


def dump(*mirrored: str, **info: Any) -> dict[str, Any]:
    """Return what is said of the file systems `one` and `two`."""
    said: list[dict[str, Any]] = [
        {"mdsmap": {"fs_name": name, "session_autoclose": 300, "max_mds": 1}, "id": 1} for name in ("one", "two")
    ]
    for entry in said:
        if entry["mdsmap"]["fs_name"] in mirrored:
            entry["mirror_info"] = info or {"peers": {}}
    return {"filesystems": said}


ON, OFF = {"enabled_modules": ["mirroring", "prometheus"]}, {"enabled_modules": ["prometheus"]}


@pytest.mark.parametrize(
    "said, modules, found",
    [
        (dump(), OFF, Mirror(others=[])),
        (dump(), ON, Mirror(module=True, others=[])),
        (dump("two"), ON, Mirror(module=True, others=["two"])),
        (dump("one"), ON, Mirror(module=True, enabled=True, others=[])),
        (dump("one", peers={"u": {"remote": REMOTE}}), ON, Mirror(True, True, {"u": PEER}, [])),
        (
            dump("one", peers={"u": {"remote": REMOTE | {"client_name": "far"}}}),
            ON,
            Mirror(True, True, {"u": PEER}, []),
        ),
    ],
)
def test_what_is_mirrored(said: dict[str, Any], modules: dict[str, Any], found: Mirror) -> None:
    assert mirror_of(said, modules, "one") == found


@pytest.mark.parametrize(
    "said, message",
    [
        (dump(), "There is no file system none"),
        ({}, "The cluster does not say filesystems"),
        ({"filesystems": [{}]}, "The cluster does not say mdsmap.fs_name"),
    ],
)
def test_what_a_cluster_does_not_say(said: dict[str, Any], message: str) -> None:
    with pytest.raises(FailureError, match=message):
        filesystem_of(said, "none")


MODULE = "mgr module enable mirroring"
ENABLE = "fs snapshot mirror enable one"
PEER_ADD = "fs mirror peer_add one U client.far@target fs2"


@pytest.mark.parametrize(
    "found, tracked, commands",
    [
        (Mirror(), [], [MODULE, ENABLE, PEER_ADD, "fs snapshot mirror add one /a", "fs snapshot mirror add one /b"]),
        (Mirror(module=True, others=["two"]), ["/a"], [ENABLE, PEER_ADD, "fs snapshot mirror add one /b"]),
        (Mirror(True, True), ["/a", "/b"], [PEER_ADD]),
        (Mirror(True, True, {"v": PEER}), ["/a", "/b", "/c"], []),
    ],
)
def test_commands_that_mirror(found: Mirror, tracked: list[str], commands: list[str]) -> None:
    given = mirroring_commands(found, tracked, "one", PEER, ["/a", "/b"], uuid="U")
    assert [" ".join(words) for words in given] == commands


def test_another_peer_is_refused() -> None:
    with pytest.raises(FailureError, match=r"one is mirrored to client\.x@elsewhere already.*peer_remove one UUID"):
        mirroring_commands(Mirror(True, True, {"v": PEER, "w": STRANGER}), [], "one", PEER, ["/a"], uuid="U")


REMOVE, DISABLE = "fs mirror peer_remove one v", "fs snapshot mirror disable one"


@pytest.mark.parametrize(
    "found, tracked, commands",
    [
        (Mirror(), [], []),
        (Mirror(module=True), [], []),
        (
            Mirror(True, True, {"v": PEER}),
            ["/a", "/c"],
            ["fs snapshot mirror remove one /a", REMOVE, DISABLE, "mgr module disable mirroring"],
        ),
        (Mirror(True, True, {"v": PEER}, ["two"]), [], [REMOVE, DISABLE]),
        (Mirror(True, True, {"v": PEER, "w": STRANGER}), [], [REMOVE]),
        (Mirror(True, True, {"w": STRANGER}), [], []),
        (Mirror(True, True), [], [DISABLE, "mgr module disable mirroring"]),
    ],
)
def test_commands_that_end_it(found: Mirror, tracked: list[str], commands: list[str]) -> None:
    given = removing_commands(found, tracked, "one", PEER, ["/a"])
    assert [" ".join(words) for words in given] == commands


@pytest.mark.parametrize(
    "settings, commands",
    [
        ({"session_autoclose": 300}, []),
        ({"session_autoclose": "300"}, []),
        ({"session_autoclose": 7200, "max_mds": 1}, [["fs", "set", "one", "session_autoclose", "7200"]]),
    ],
)
def test_commands_that_set(settings: dict[str, object], commands: list[list[str]]) -> None:
    assert filesystem_settings_commands(dump(), "one", settings) == commands


def test_a_setting_that_is_not_there_is_refused() -> None:
    with pytest.raises(FailureError, match="no setting session_autoclse that can be read back"):
        filesystem_settings_commands(dump(), "one", {"session_autoclse": 1})

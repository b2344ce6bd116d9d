# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is mirrored of a CephFS file system, what should be, and the commands that lie between. Pure functions.

A peer is added by the command of the monitors: that of the manager would connect to the peer's cluster from there, and
only the host of the mirror daemon reaches both.
"""

from __future__ import annotations

import typing as t
from collections.abc import Collection, Mapping, Sequence

from ansible_collections.netfs.bench.plugins.module_utils._ceph import filesystem_of, said_by
from ansible_collections.netfs.bench.plugins.module_utils._command import FailureError
from ansible_collections.netfs.bench.plugins.module_utils._files import Json

MODULE = "mirroring"


class Peer(t.NamedTuple):
    """Where a file system is mirrored to."""

    client: str  # such as client.mirror_remote
    cluster: str  # the name of its configuration, /etc/ceph/CLUSTER.conf where the mirror daemon runs
    filesystem: str

    @property
    def spec(self) -> str:
        """Client and cluster as commands take them."""
        return f"{self.client}@{self.cluster}"


class Mirror(t.NamedTuple):
    """What is mirrored of a file system."""

    module: bool = False  # whether the managers' module runs
    enabled: bool = False
    peers: Mapping[str, Peer] = {}  # by UUID
    others: Sequence[str] = ()  # other file systems of the cluster that are mirrored


def mirror_of(dump: Json, modules: Json, filesystem: str) -> Mirror:
    """Return what is mirrored, by what ``ceph fs dump`` and ``ceph mgr module ls`` answer."""
    info = filesystem_of(dump, filesystem).get("mirror_info")
    peers = {
        uuid: Peer(f"client.{remote['client_name'].removeprefix('client.')}", remote["cluster_name"], remote["fs_name"])
        for uuid, remote in ((uuid, said_by(one, "remote")) for uuid, one in ((info or {}).get("peers") or {}).items())
    }
    names = [said_by(one, "mdsmap", "fs_name") for one in said_by(dump, "filesystems") if "mirror_info" in one]
    return Mirror(
        module=MODULE in said_by(modules, "enabled_modules"),
        enabled=info is not None,
        peers=peers,
        others=[name for name in names if name != filesystem],
    )


def mirroring_commands(
    found: Mirror, tracked: Collection[str], filesystem: str, peer: Peer, directories: Sequence[str], *, uuid: str
) -> list[list[str]]:
    """Return the commands that mirror directories to a peer; none when they are.

    tracked: directories that are mirrored already; uuid: what a new peer is called. Raises FailureError for a file
    system with another peer: its mirror daemon would have to reach that one too.
    """
    strangers = sorted(one.spec for one in found.peers.values() if one != peer)
    if strangers:
        raise FailureError(
            f"File system {filesystem} is mirrored to {', '.join(strangers)} already, and one mirror daemon takes all"
            f" peers. Remove that one first (ceph fs mirror peer_remove {filesystem} UUID)."
        )
    mirror = ["fs", "snapshot", "mirror"]
    return [
        *([] if found.module else [["mgr", "module", "enable", MODULE]]),
        *([] if found.enabled else [[*mirror, "enable", filesystem]]),
        *([] if found.peers else [["fs", "mirror", "peer_add", filesystem, uuid, peer.spec, peer.filesystem]]),
        *([*mirror, "add", filesystem, path] for path in directories if path not in tracked),
    ]


def removing_commands(
    found: Mirror, tracked: Collection[str], filesystem: str, peer: Peer, directories: Sequence[str]
) -> list[list[str]]:
    """Return the commands after which nothing is mirrored to a peer. What others mirror goes on."""
    mine = [uuid for uuid, one in found.peers.items() if one == peer]
    last = found.enabled and len(mine) == len(found.peers)
    mirror = ["fs", "snapshot", "mirror"]
    return [
        *([*mirror, "remove", filesystem, path] for path in directories if path in tracked),
        *(["fs", "mirror", "peer_remove", filesystem, uuid] for uuid in mine),
        *([[*mirror, "disable", filesystem]] if last else []),
        *([["mgr", "module", "disable", MODULE]] if found.module and last and not found.others else []),
    ]

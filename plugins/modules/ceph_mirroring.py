#!/usr/bin/python
# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: ceph_mirroring
short_description: Directories of a CephFS file system that are mirrored to another cluster
version_added: 0.2.0
description:
  - Enables the mirroring of a file system, adds its peer and the directories, or takes them away again. What is
    mirrored are the snapshots of the directories; who makes them, and the mirror daemon, are somebody else's.
  - The peer's cluster is not asked, so that only the host of the mirror daemon has to reach it.
  - A file system with another peer is refused, because its mirror daemon would have to reach that one too.
options:
  filesystem:
    description: Name of the file system.
    type: str
    required: true
  peer:
    description: Where it is mirrored to.
    type: dict
    required: true
    suboptions:
      client:
        description: Who the mirror daemon is there, such as V(client.mirror_remote).
        type: str
        required: true
      cluster:
        description: Name of the other cluster; the mirror daemon reads C(/etc/ceph/CLUSTER.conf) on its own host.
        type: str
        required: true
      filesystem:
        description: Name of the file system there.
        type: str
        required: true
  directories:
    description: Directories, absolute within the file system. Others that are mirrored stay so.
    type: list
    elements: str
    required: true
  state:
    description: >-
      Whether they should be mirrored. With V(absent) the mirroring of the file system, and the managers' module, end
      too when nobody else needs them.
    type: str
    choices: [present, absent]
    default: present
  seconds:
    description: Seconds that the managers may take until they know what was changed.
    type: int
    default: 60
extends_documentation_fragment: [netfs.bench.ceph]
author:
  - netfs.bench contributors (@netfs)
"""

EXAMPLES = r"""
- name: Mirror a directory
  netfs.bench.ceph_mirroring:
    filesystem: cephfs
    peer: {client: client.mirror_remote, cluster: far, filesystem: cephfs}
    directories: [/data]
"""

RETURN = r"""
commands:
  description: The commands that it ran, or would run in check mode.
  returned: success
  type: list
  elements: list
"""

import errno
import json
import time
import uuid

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.netfs.bench.plugins.module_utils._ceph import Ceph, reason_of
from ansible_collections.netfs.bench.plugins.module_utils._ceph_mirror import (
    Peer,
    mirror_of,
    mirroring_commands,
    removing_commands,
)
from ansible_collections.netfs.bench.plugins.module_utils._command import FailureError

# What a command fails with when it has nothing left to do: a try before it came through
DONE = {"add": errno.EEXIST, "remove": errno.ENOENT}


class Managers:
    """The cluster, whose managers learn a moment later what its monitors know. Commands are tried until then."""

    def __init__(self, ceph, seconds):
        self.ceph = ceph
        self.seconds = seconds

    def answer(self, words, *accepted):
        """Return how a command ended that ended with 0 or an accepted status. Raises FailureError."""
        until = time.monotonic() + self.seconds
        while True:
            answer = self.ceph.answer(*words)
            if answer.rc in {0, *accepted}:
                return answer
            if time.monotonic() > until:
                raise FailureError(f"'ceph {' '.join(words)}' failed: {reason_of(answer)}")
            time.sleep(1)

    def tracks(self, filesystem, path):
        """Whether a directory is mirrored; one that is just being given up is not."""
        answer = self.answer(["fs", "snapshot", "mirror", "dirmap", filesystem, path], errno.ENOENT)
        try:
            return not answer.rc and json.loads(answer.stdout)["state"] != "unmapping"
        except (ValueError, KeyError, TypeError) as error:
            raise FailureError(f"The cluster does not say whether {path} is mirrored.") from error

    def forget(self, filesystem, path):
        """Wait until a directory that was removed is given up by the mirror daemon, or its time is over."""
        until = time.monotonic() + self.seconds
        words = ["fs", "snapshot", "mirror", "dirmap", filesystem, path]
        while self.ceph.answer(*words).rc == 0 and time.monotonic() < until:
            time.sleep(1)

    def run(self, commands):
        """Run commands in their order."""
        for words in commands:
            verb = words[3] if words[:3] == ["fs", "snapshot", "mirror"] else ""
            self.answer(words, *([DONE[verb]] if verb in DONE else []))
            if verb == "remove":
                self.forget(*words[4:])


def main():
    module = AnsibleModule(
        argument_spec={
            "filesystem": {"type": "str", "required": True},
            "peer": {
                "type": "dict",
                "required": True,
                "options": {
                    "client": {"type": "str", "required": True},
                    "cluster": {"type": "str", "required": True},
                    "filesystem": {"type": "str", "required": True},
                },
            },
            "directories": {"type": "list", "elements": "str", "required": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "seconds": {"type": "int", "default": 60},
        },
        supports_check_mode=True,
    )
    params, ceph = module.params, Ceph()
    filesystem, directories, peer = params["filesystem"], params["directories"], Peer(**params["peer"])
    managers = Managers(ceph, params["seconds"])
    try:
        found = mirror_of(ceph.ask("fs", "dump"), ceph.ask("mgr", "module", "ls"), filesystem)
        asked = directories if found.module and found.enabled else []
        tracked = [path for path in asked if managers.tracks(filesystem, path)]
        if params["state"] == "absent":
            commands = removing_commands(found, tracked, filesystem, peer, directories)
        else:
            commands = mirroring_commands(found, tracked, filesystem, peer, directories, uuid=str(uuid.uuid4()))
        if not module.check_mode:
            managers.run(commands)
    except FailureError as error:
        module.fail_json(msg=error.msg)
    told = "".join(f"ceph {' '.join(words)}\n" for words in commands)
    module.exit_json(changed=bool(commands), commands=commands, diff={"before": "", "after": told})


if __name__ == "__main__":
    main()

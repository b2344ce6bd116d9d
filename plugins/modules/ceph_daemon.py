#!/usr/bin/python
# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: ceph_daemon
short_description: The data of one daemon of a Ceph cluster
version_added: 0.2.0
description:
  - Makes what a daemon needs in its own directory before it starts for the first time. It starts nothing.
  - A directory that is whole is left alone. What an interrupted run of this module left in it is removed.
options:
  kind:
    description: Kind of daemon.
    type: str
    choices: [mon, mgr, osd, mds]
    required: true
  name:
    description: Its name; the number of an OSD.
    type: str
    required: true
  path:
    description: Its directory.
    type: path
    required: true
  key:
    description: Its key; not for a monitor.
    type: str
    default: ""
  fsid:
    description: UUID of the cluster that a first monitor begins. Another one asks the cluster for its map.
    type: str
    default: ""
  addresses:
    description: Addresses of a first monitor, such as V([v2:192.0.2.1:3300,v1:192.0.2.1:6789]).
    type: str
    default: ""
  keyring:
    description: File with the keys of C(mon.) and C(client.admin), for a monitor.
    type: path
    default: /etc/ceph/ceph.mon.keyring
  uuid:
    description: UUID of an OSD.
    type: str
    default: ""
  block:
    description: File or block device that an OSD keeps its data in. A file is made, and is sparse.
    type: path
    default: ""
  bytes:
    description: Size of that file; V(0) for a device.
    type: int
    default: 0
requirements:
  - the programs of the daemon on the host
attributes:
  check_mode:
    description: Can run in check mode and say whether something would be made.
    support: full
  diff_mode:
    description: Has no difference to show.
    support: none
author:
  - netfs.bench contributors (@netfs)
"""

EXAMPLES = r"""
- name: Make the data of a metadata server
  netfs.bench.ceph_daemon: {kind: mds, name: one, path: /var/lib/ceph/mds/ceph-one, key: "{{ made.key }}"}
  no_log: true
"""

RETURN = r"""
"""

import os
import shutil
import tempfile
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.netfs.bench.plugins.module_utils._ceph import (
    WHOLE,
    Ceph,
    keyring,
    monitor_map,
    osd_made,
    reason_of,
)
from ansible_collections.netfs.bench.plugins.module_utils._command import FailureError
from ansible_collections.netfs.bench.plugins.module_utils._files import write_text
from ansible_collections.netfs.bench.plugins.module_utils._service_info import said

ACCOUNT = ["--setuser", "ceph", "--setgroup", "ceph"]
MAKING_SECONDS = 300.0


def run(argv):
    """Run a program. Raises FailureError when it fails."""
    answer = said(argv, MAKING_SECONDS)
    if answer.rc:
        raise FailureError(f"'{argv[0]}' failed: {reason_of(answer)}", cmd=argv)


def write(path, text):
    """Write a file that the account of the daemons alone reads."""
    os.umask(0o077)
    write_text(path, text)
    shutil.chown(path, "ceph", "ceph")


def make_monitor(params, path):
    """Make the store of a monitor, with the map of the monitors that there are."""
    with tempfile.TemporaryDirectory() as folder:
        monmap = f"{folder}/monmap"
        if params["fsid"]:
            run(monitor_map(params["name"], params["addresses"], params["fsid"], monmap))
        else:
            Ceph().do("mon", "getmap", "-o", monmap)
        shutil.chown(folder, "ceph", "ceph")
        copy = f"{folder}/keyring"
        write(Path(copy), Path(params["keyring"]).read_text(encoding="utf-8"))
        run(["ceph-mon", "--mkfs", "-i", params["name"], "--monmap", monmap, "--keyring", copy, *ACCOUNT])
    write(path / "done", "")


def make_osd(params, path):
    """Make the store of an OSD."""
    write(path / "keyring", keyring(f"osd.{params['name']}", params["key"]))
    if not params["bytes"]:
        shutil.chown(params["block"], "ceph", "ceph")
    run([*osd_made(params["name"], params["uuid"], params["block"], params["bytes"]), *ACCOUNT])


def main():
    module = AnsibleModule(
        argument_spec={
            "kind": {"type": "str", "choices": ["mon", "mgr", "osd", "mds"], "required": True},
            "name": {"type": "str", "required": True},
            "path": {"type": "path", "required": True},
            "key": {"type": "str", "default": "", "no_log": True},
            "fsid": {"type": "str", "default": ""},
            "addresses": {"type": "str", "default": ""},
            "keyring": {"type": "path", "default": "/etc/ceph/ceph.mon.keyring", "no_log": False},
            "uuid": {"type": "str", "default": ""},
            "block": {"type": "path", "default": ""},
            "bytes": {"type": "int", "default": 0},
        },
        supports_check_mode=True,
    )
    params = module.params
    kind, path = params["kind"], Path(params["path"])
    if (path / WHOLE[kind]).exists():
        module.exit_json(changed=False)
    if module.check_mode:
        module.exit_json(changed=True)
    try:
        # An interrupted run made what nobody has used: a daemon starts only from a directory that is whole.
        if path.exists():
            shutil.rmtree(path)
        path.mkdir(mode=0o750, parents=True)
        shutil.chown(path, "ceph", "ceph")
        if kind == "mon":
            make_monitor(params, path)
        elif kind == "osd":
            make_osd(params, path)
        else:
            write(path / "keyring", keyring(f"{kind}.{params['name']}", params["key"]))
    except FailureError as error:
        module.fail_json(msg=error.msg, **error.facts)
    module.exit_json(changed=True)


if __name__ == "__main__":
    main()

#!/usr/bin/python
# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: ceph_directory
short_description: A directory of a CephFS file system
version_added: 0.2.0
description:
  - Makes a directory and what is missing above it, and says in which pool files are that are made below it from now
    on.
  - With O(probe) a file is written there, made durable, read back and removed, as a client does it.
  - It speaks to the cluster through libcephfs, without a mount and without the kernel.
options:
  filesystem:
    description: Name of the file system.
    type: str
    required: true
  path:
    description: Absolute path.
    type: str
    required: true
  mode:
    description: Mode in octal digits. Another mode of a directory that is there stays.
    type: str
    default: "0755"
  pool:
    description: Pool of its files; that of the directory above if empty.
    type: str
    default: ""
  probe:
    description: Whether to write and read a file; not in check mode.
    type: bool
    default: false
  seconds:
    description: Seconds that all of it may take.
    type: int
    default: 60
requirements:
  - python3-cephfs and the key of C(client.admin) on the host
attributes:
  check_mode:
    description: Can run in check mode and say what it would change.
    support: full
  diff_mode:
    description: Shows the pool of the directory.
    support: full
author:
  - netfs.bench contributors (@netfs)
"""

EXAMPLES = r"""
- name: Make a directory, and prove that files can be written there
  netfs.bench.ceph_directory: {filesystem: cephfs, path: /projects, probe: true}
"""

RETURN = r"""
"""

import os
from functools import partial

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.netfs.bench.plugins.module_utils._command import FailureError, ask
from ansible_collections.netfs.bench.plugins.module_utils._settle import settle

LAYOUT = "ceph.dir.layout.pool"
PROBE_BYTES = 65536


def state_of(reached, cephfs, path):
    """Return the pool of a directory ("" for that of the one above); None when it is not there."""
    try:
        reached.stat(path.encode())
    except cephfs.ObjectNotFound:
        return None
    try:
        return {"pool": reached.getxattr(path.encode(), LAYOUT).decode()}
    except cephfs.NoData:
        return {"pool": ""}


def write_and_read(reached, path):
    """Write a file, make it durable, read it back and remove it. Raises ValueError when it is not the same."""
    name = f"{path.rstrip('/')}/.netfs-bench-probe-{os.getpid()}-{os.urandom(4).hex()}".encode()
    wrote = os.urandom(PROBE_BYTES)
    file = reached.open(name, "w", 0o600)
    try:
        reached.write(file, wrote, 0)
        reached.fsync(file, 0)
        reached.close(file)
        file = reached.open(name, "r")
        if reached.read(file, 0, PROBE_BYTES) != wrote:
            raise ValueError("what was read back is not what was written")
    finally:
        reached.close(file)
        reached.unlink(name)


def make(reached, params, mode):
    """Make the directory."""
    reached.mkdirs(params["path"].encode(), mode)
    place(reached, params, {"pool": params["pool"]})


def place(reached, params, differing):
    """Say in which pool its files are."""
    if differing["pool"]:
        reached.setxattr(params["path"].encode(), LAYOUT, differing["pool"].encode(), 0)


def worked(params, mode, dry_run):
    """Do all of it, in a process that may be left alone; return what became of it."""
    try:
        import cephfs  # noqa: PLC0415 - it comes with a package that not every host has
    except ImportError:
        return {"failed": "The package python3-cephfs is not installed."}
    try:
        reached = cephfs.LibCephFS(conffile="/etc/ceph/ceph.conf", auth_id="admin")
        try:
            reached.conf_set("client_mount_timeout", str(params["seconds"]))
            reached.mount(filesystem_name=params["filesystem"].encode())
            result = settle(
                state_of(reached, cephfs, params["path"]),
                {"pool": params["pool"] or None},
                create=lambda _wanted: make(reached, params, mode),
                update=partial(place, reached, params),
                delete=lambda: None,
                dry_run=dry_run,
            )
            if params["probe"] and not dry_run:
                write_and_read(reached, params["path"])
        finally:
            reached.shutdown()
    except (cephfs.Error, ValueError) as error:
        return {"failed": f"{params['filesystem']}:{params['path']} does not serve: {error}"}
    return result


def main():
    module = AnsibleModule(
        argument_spec={
            "filesystem": {"type": "str", "required": True},
            "path": {"type": "str", "required": True},
            "mode": {"type": "str", "default": "0755"},
            "pool": {"type": "str", "default": ""},
            "probe": {"type": "bool", "default": False},
            "seconds": {"type": "int", "default": 60},
        },
        supports_check_mode=True,
    )
    params = module.params
    where = f"{params['filesystem']}:{params['path']}"
    try:
        result = ask(partial(worked, params, int(params["mode"], 8), module.check_mode), params["seconds"])
    except (FailureError, OSError, ValueError) as error:
        module.fail_json(msg=f"{where} does not serve: {error}")
    if "failed" in result:
        module.fail_json(msg=result["failed"])
    module.exit_json(**result)


if __name__ == "__main__":
    main()

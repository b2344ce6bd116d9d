#!/usr/bin/python
# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: ceph_host_info
short_description: What a host has of a Ceph cluster
version_added: 0.2.0
description:
  - Reads C(/etc/ceph/ceph.conf) and the directories below C(/var/lib/ceph). Asks nobody.
options:
  config:
    description: Configuration of the cluster.
    type: path
    default: /etc/ceph/ceph.conf
  data:
    description: Directory of the daemons' own directories.
    type: path
    default: /var/lib/ceph
extends_documentation_fragment: [netfs.bench.modes.reads]
author:
  - netfs.bench contributors (@netfs)
seealso:
  - module: netfs.bench.ceph_cluster_info
"""

EXAMPLES = r"""
- name: Read which daemons of Ceph the host has
  netfs.bench.ceph_host_info:
  register: found
"""

RETURN = r"""
fsid:
  description: UUID of the cluster, as the configuration says it; empty where there is none.
  returned: always
  type: str
mon_host:
  description: Addresses of the monitors, as the configuration says them.
  returned: always
  type: str
managed:
  description: Whether role C(ceph) of this collection wrote the configuration.
  returned: always
  type: bool
daemons:
  description: Names of the daemons that have a directory with something in it, by their kind.
  returned: always
  type: dict
  sample: {mon: [one], mgr: [], osd: ["0"], mds: []}
whole:
  description: Those of them that can be started.
  returned: always
  type: dict
outdated:
  description: Kinds of daemons that run a program which is no longer the one that is installed.
  returned: always
  type: list
  elements: str
"""

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.netfs.bench.plugins.module_utils._ceph import KINDS, WHOLE, outdated, parse_conf

MARK = "# netfs.bench.ceph"  # the first line of what role ceph writes


def content_of(path):
    """Return the text of a file; "" when it is not there."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, NotADirectoryError):
        return ""


def directories_of(data):
    """Return the directories of daemons that hold something, by their kind."""
    return {
        kind: sorted(path for path in data.glob(f"{kind}/ceph-*") if path.is_dir() and any(path.iterdir()))
        for kind in KINDS
    }


def programs():
    """Return what the processes of the host run."""
    found = []
    for process in Path("/proc").glob("[0-9]*/exe"):
        try:
            found.append(str(process.readlink()))
        except OSError:  # it has ended
            continue
    return found


def main():
    module = AnsibleModule(
        argument_spec={
            "config": {"type": "path", "default": "/etc/ceph/ceph.conf"},
            "data": {"type": "path", "default": "/var/lib/ceph"},
        },
        supports_check_mode=True,
    )
    text = content_of(Path(module.params["config"]))
    found = directories_of(Path(module.params["data"]))
    names = {kind: [path.name.removeprefix("ceph-") for path in paths] for kind, paths in found.items()}
    whole = {kind: [path for path in paths if (path / WHOLE[kind]).exists()] for kind, paths in found.items()}
    module.exit_json(
        changed=False,
        **parse_conf(text),
        managed=text.startswith(MARK),
        daemons=names,
        whole={kind: [path.name.removeprefix("ceph-") for path in paths] for kind, paths in whole.items()},
        outdated=outdated(programs()),
    )


if __name__ == "__main__":
    main()

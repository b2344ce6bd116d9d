#!/usr/bin/python
# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: dfsctl_metadata_store
short_description: A metadata store of a DittoFS server
version_added: 0.1.0
description:
  - Creates, changes and removes the place where a DittoFS server keeps the names, sizes and attributes of files.
  - After a change the module asks the server whether the store works, and fails when it does not.
extends_documentation_fragment:
  - netfs.bench.dfsctl
  - netfs.bench.dfsctl.attributes
  - netfs.bench.dfsctl.store
options:
  type:
    description:
      - What the store is made of; required with O(state=present).
      - A store cannot change its type. V(memory) loses everything with a restart.
    type: str
    choices: [badger, sqlite, postgres, memory]
  path:
    description: Absolute path on the server, a directory for V(badger) and a file for V(sqlite), which need it.
    type: path
  host:
    description: Address of the PostgreSQL server; V(postgres) needs it.
    type: str
  port:
    description: Port of the PostgreSQL server; the server takes 5432 if it is not given.
    type: int
  database:
    description: Name of the database, which must exist; V(postgres) needs it. The server makes its tables itself.
    type: str
  user:
    description: Account in PostgreSQL; V(postgres) needs it.
    type: str
  password:
    description:
      - Password of that account; V(postgres) needs it when the store is made.
      - The server never shows it. A salted hash of it is kept beside it, in the key C(netfs_bench_seal) of the store's
        configuration, and tells the next run whether the password is still the same. A store that somebody else made
        has no such hash; then the password is sent once more, which counts as a change.
    type: str
  sslmode:
    description: TLS towards PostgreSQL.
    type: str
    choices: [disable, allow, prefer, require, verify-ca, verify-full]
  relaxed_durability:
    description:
      - Whether changes of names (create, rename, remove) may be acknowledged before they are on disk.
      - The server itself takes V(true) if it is not given. Say V(false) where an acknowledged change must last.
    type: bool
  block_cache_mb:
    description: Cache of V(badger) for data, in MiB; 0 lets the server choose.
    type: int
  index_cache_mb:
    description: Cache of V(badger) for indexes, in MiB; 0 lets the server choose.
    type: int
author:
  - netfs.bench contributors (@netfs)
seealso:
  - module: netfs.bench.dfsctl_block_store
  - module: netfs.bench.dfsctl_share
"""

EXAMPLES = r"""
- name: Keep metadata in a local database that survives a power cut
  netfs.bench.dfsctl_metadata_store:
    name: meta
    type: badger
    path: /var/lib/dittofs/metadata
    relaxed_durability: false
    api_password_file: /etc/netfs-dittofs/admin-password

- name: Keep metadata in PostgreSQL
  netfs.bench.dfsctl_metadata_store:
    name: meta
    type: postgres
    host: 198.51.100.20
    database: dittofs
    user: dittofs
    password: "{{ vault_dittofs_database_password }}"
    sslmode: require
    api_password_file: /etc/netfs-dittofs/admin-password

- name: Remove the store
  netfs.bench.dfsctl_metadata_store:
    name: meta
    state: absent
    api_password_file: /etc/netfs-dittofs/admin-password
"""

RETURN = r"""
store:
  description: The store as the server shows it, secrets masked.
  returned: when the store exists
  type: dict
  sample:
    name: meta
    type: badger
    config: {path: /var/lib/dittofs/metadata, relaxed_durability: false}
    status: {status: healthy}
restart_required:
  description: Whether a changed setting takes effect only when the server is restarted.
  returned: success
  type: bool
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.netfs.bench.plugins.module_utils._dfsctl import run, settle_store, store_arguments, within

KEYS = [
    "path",
    "host",
    "port",
    "database",
    "user",
    "password",
    "sslmode",
    "relaxed_durability",
    "block_cache_mb",
    "index_cache_mb",
]


def work(module, api):
    """Bring the store to its wanted state."""
    wanted = module.params
    within(wanted["port"], 1, 65535, "port")
    within(wanted["block_cache_mb"], 0, 1 << 20, "block_cache_mb")
    within(wanted["index_cache_mb"], 0, 1 << 20, "index_cache_mb")
    return settle_store(module, api, "/store/metadata", KEYS, "password")


def main():
    """The module."""
    module = AnsibleModule(
        argument_spec=store_arguments(
            type={"type": "str", "choices": ["badger", "sqlite", "postgres", "memory"]},
            host={"type": "str"},
            port={"type": "int"},
            database={"type": "str"},
            user={"type": "str"},
            password={"type": "str", "no_log": True},
            sslmode={
                "type": "str",
                "choices": ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"],
            },
            relaxed_durability={"type": "bool"},
            block_cache_mb={"type": "int"},
            index_cache_mb={"type": "int"},
        ),
        required_if=[
            ("state", "present", ["type"]),
            ("type", "badger", ["path"]),
            ("type", "sqlite", ["path"]),
            ("type", "postgres", ["host", "database", "user"]),
        ],
        supports_check_mode=True,
    )
    run(module, work)


if __name__ == "__main__":
    main()

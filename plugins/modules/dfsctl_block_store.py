#!/usr/bin/python
# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: dfsctl_block_store
short_description: A block store of a DittoFS server
version_added: 0.1.0
description:
  - Creates, changes and removes a place where a DittoFS server keeps the content of files.
  - Every share has a local block store. With a remote one as well, the local store is a cache in front of it.
  - The server answers that a store was created before it has tried its bucket or keys. So the module then asks whether
    the store works, and fails with the server's reason when it does not.
extends_documentation_fragment:
  - netfs.bench.dfsctl
  - netfs.bench.dfsctl.attributes
  - netfs.bench.dfsctl.store
options:
  kind:
    description: Whether the store is on the server or behind it.
    type: str
    choices: [local, remote]
    required: true
  type:
    description:
      - What the store is made of; required with O(state=present). V(fs) is local, V(s3) is remote, V(memory) either.
      - A store cannot change its type.
    type: str
    choices: [fs, s3, memory]
  path:
    description: Absolute path of a directory on the server; V(fs) needs it.
    type: path
  durability:
    description:
      - What an acknowledged write promises, for the shares on this local store. The server takes any other word too,
        and then silently promises V(local).
      - V(local) means written and flushed on the server, V(writeback) the same for content while names and sizes follow
        within a tenth of a second, V(remote) means that the remote store has it.
    type: str
    choices: [local, writeback, remote]
  max_size:
    description:
      - Most that one share keeps locally, such as V(10GiB). In front of a remote store it is the size of the cache.
    type: str
  max_log_bytes:
    description: Estimate of the size of the write log, such as V(512MiB); by default a quarter of the machine's memory.
    type: str
  bucket:
    description: Bucket, which must exist; V(s3) needs it.
    type: str
  endpoint:
    description: Address of a service other than AWS, such as V(http://198.51.100.30:9000).
    type: str
  region:
    description: Region of the bucket.
    type: str
  prefix:
    description: Beginning of the names of all objects, such as V(nas/).
    type: str
  access_key_id:
    description: Access key; V(s3) needs it.
    type: str
  secret_access_key:
    description:
      - Secret key; V(s3) needs it when the store is made.
      - The server never shows it. A salted hash of it is kept beside it, in the key C(netfs_bench_seal) of the store's
        configuration, and tells the next run whether the key is still the same. A store that somebody else made has no
        such hash; then the key is sent once more, which counts as a change.
    type: str
  force_path_style:
    description: Whether the bucket is named in the path and not in the host name.
    type: bool
  allow_private_endpoint:
    description: Whether O(endpoint) may be a private or a loopback address, which the server otherwise refuses.
    type: bool
  parallel_uploads:
    description: Uploads at the same time; 0 lets the server choose.
    type: int
author:
  - netfs.bench contributors (@netfs)
seealso:
  - module: netfs.bench.dfsctl_metadata_store
  - module: netfs.bench.dfsctl_share
"""

EXAMPLES = r"""
- name: Keep content on the server
  netfs.bench.dfsctl_block_store:
    name: disk
    kind: local
    type: fs
    path: /var/lib/dittofs/blocks
    durability: local
    max_size: 20GiB
    api_password_file: /etc/netfs-dittofs/admin-password

- name: Keep content in a bucket, too
  netfs.bench.dfsctl_block_store:
    name: s3
    kind: remote
    type: s3
    endpoint: http://198.51.100.30:9000
    allow_private_endpoint: true
    force_path_style: true
    bucket: nas
    access_key_id: "{{ nas_access_key }}"
    secret_access_key: "{{ vault_nas_secret_key }}"
    api_password_file: /etc/netfs-dittofs/admin-password
"""

RETURN = r"""
store:
  description: The store as the server shows it, secrets masked.
  returned: when the store exists
  type: dict
  sample:
    name: s3
    kind: remote
    type: s3
    config: {bucket: nas, access_key_id: AKEXAMPLE, secret_access_key: "********"}
    status: {status: healthy}
restart_required:
  description: Whether a changed setting takes effect only when the server is restarted.
  returned: success
  type: bool
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.netfs.bench.plugins.module_utils._dfsctl import (
    DfsctlError,
    run,
    settle_store,
    size_bytes,
    store_arguments,
    within,
)

KEYS = {
    "local": ["path", "durability", "max_size", "max_log_bytes"],
    "remote": [
        "bucket",
        "endpoint",
        "region",
        "prefix",
        "access_key_id",
        "secret_access_key",
        "force_path_style",
        "allow_private_endpoint",
        "parallel_uploads",
    ],
}
OTHER = {"local": "remote", "remote": "local"}


def work(module, api):
    """Bring the store to its wanted state."""
    wanted = module.params
    kind = wanted["kind"]
    if wanted["type"] == {"local": "s3", "remote": "fs"}[kind]:
        raise DfsctlError(f"A {kind} store cannot be of type {wanted['type']}.")
    odd = [key for key in KEYS[OTHER[kind]] if wanted[key] is not None]
    if odd:
        raise DfsctlError(f"A {kind} store has no {', '.join(odd)}.")
    within(wanted["parallel_uploads"], 0, 256, "parallel_uploads")
    for key in ("max_size", "max_log_bytes"):
        if wanted[key] is not None:
            wanted[key] = size_bytes(wanted[key], key)
            within(wanted[key], 1, 1 << 53, key)
    return settle_store(module, api, f"/store/block/{kind}", KEYS[kind], "secret_access_key")


def main():
    """The module."""
    module = AnsibleModule(
        argument_spec=store_arguments(
            kind={"type": "str", "choices": ["local", "remote"], "required": True},
            type={"type": "str", "choices": ["fs", "s3", "memory"]},
            durability={"type": "str", "choices": ["local", "writeback", "remote"]},
            max_size={"type": "str"},
            max_log_bytes={"type": "str"},
            bucket={"type": "str"},
            endpoint={"type": "str"},
            region={"type": "str"},
            prefix={"type": "str"},
            access_key_id={"type": "str", "no_log": False},
            secret_access_key={"type": "str", "no_log": True},
            force_path_style={"type": "bool"},
            allow_private_endpoint={"type": "bool"},
            parallel_uploads={"type": "int"},
        ),
        required_if=[
            ("state", "present", ["type"]),
            ("type", "fs", ["path"]),
            ("type", "s3", ["bucket", "access_key_id"]),
        ],
        supports_check_mode=True,
    )
    run(module, work)


if __name__ == "__main__":
    main()

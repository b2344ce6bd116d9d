# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Clients of a CephFS file system, as its endpoint names them: who may use which directory, and where the keys are.

The endpoint is what role ceph publishes, or a dictionary of the same keys for a cluster that somebody else runs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.netfs.bench.plugins.plugin_utils._ceph_conf import to_ceph_conf
from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import refuse

REQUIRED = ("monitors", "fsid", "filesystem", "secret_host", "clients")
MOUNT_SECONDS = 30
"""How long a client waits for a cluster that does not answer; Ceph's own 300 outlast every probe."""


def ceph_clients(
    endpoint: Mapping[str, Any], wanted: Sequence[Mapping[str, str]], variable: str = ""
) -> list[dict[str, str]]:
    """Return each client that is wanted, once, with its ``name``, its ``keyring`` and the ``host`` that has that file.

    wanted has ``client``, ``path`` (absolute, within the file system) and ``access`` (``rw`` or ``ro``). Raises
    RefusedValueError for an endpoint that lacks a key, a client that it does not name, a path that the rights of the
    client do not cover, and writing where it may only read.
    """
    for key in REQUIRED:
        if wanted and not endpoint.get(key):
            refuse(dict(endpoint), f"it has no {key}, which a client of CephFS needs", variable)
    known = {client["name"]: client for client in endpoint.get("clients", [])}
    for use in wanted:
        name = use["client"]
        if name not in known:
            refuse(name, f"the endpoint has no such client, only {', '.join(sorted(known))}", variable)
        client = {"path": "/", "access": "rw", **known[name]}
        if not client.get("keyring"):
            refuse(name, "the endpoint does not say where the keyring of this client is", variable)
        if not within(use["path"], client["path"]):
            refuse(use["path"], f"client {name} may use {client['path']} and what is below it", variable)
        if use["access"] == "rw" and client["access"] != "rw":
            refuse(name, f"this client may only read, and {use['path']} is to be written", variable)
    return [
        {"name": name, "keyring": known[name]["keyring"], "host": endpoint["secret_host"]}
        for name in dict.fromkeys(use["client"] for use in wanted)
    ]


def within(path: str, directory: str) -> bool:
    """Whether an absolute path is this directory or below it."""
    return f"{path.rstrip('/')}/".startswith(f"{directory.rstrip('/')}/")


def to_ceph_client_conf(endpoint: Mapping[str, Any], keyring: str, variable: str = "") -> str:
    """Return the ceph.conf of a client whose keys are in the file ``keyring``."""
    return to_ceph_conf(
        {
            "global": {
                "fsid": endpoint["fsid"],
                "mon_host": endpoint["monitors"],
                "keyring": keyring,
                "log_to_file": False,
            },
            "client": {"client_mount_timeout": MOUNT_SECONDS},
        },
        variable,
    )


def to_ceph_keyring(keyrings: Mapping[str, str], variable: str = "") -> str:
    """Return one keyring with the key of each client, from the text of a keyring for each by its name.

    Raises RefusedValueError, which shows no key, for a keyring that has none of its client.
    """
    lines = []
    for name, text in keyrings.items():
        key = key_of(f"client.{name}", text)
        if not key:
            refuse(text, f"it is no keyring with a key of client.{name}", variable, secret=True)
        lines += [f"[client.{name}]", f"\tkey = {key}"]
    return "\n".join(lines)


def key_of(entity: str, keyring: str) -> str:
    """Return the key that a keyring has for an entity such as client.nfs; nothing where it has none."""
    section, keys = "", {}
    for line in map(str.strip, keyring.splitlines()):
        if header := re.fullmatch(r"\[(.*)\]", line):
            section = header[1]
        elif found := re.fullmatch(r"key\s*=\s*([A-Za-z0-9+/=]+)", line):
            keys[section] = found[1]
    return keys.get(entity, "")

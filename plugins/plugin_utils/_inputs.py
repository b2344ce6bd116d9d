# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One hash of all that decides what is deployed on a host."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from ansible_collections.netfs.bench.plugins.module_utils._files import Json, digest

CODE = ("roles", "plugins", "playbooks")
"""Folders of the collection that hold what is run."""
OF_A_NODE = ("node_name", "node_site", "node_addresses", "ansible_host")
"""Variables of the inventory that say who a node is, and where."""
ENVIRONMENT = ("BENCH_", "NETFS_")
"""How names of variables of the environment begin that this collection reads."""


def code_of(root: Path) -> Iterator[tuple[str, str]]:
    """Each file of the collection that is run, by its name, with its SHA-256."""
    for folder in CODE:
        for path in sorted((root / folder).rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                yield str(path.relative_to(root)), digest(path)


def options_of(specifications: Collection[Json]) -> list[str]:
    """The names of the public variables of roles, from their argument specifications."""
    entries = [entry for one in specifications for entry in one["argument_specs"].values()]
    return sorted({name for entry in entries for name in entry.get("options", {})})


def sha256_of(
    deployment: Json, code: Collection[tuple[str, str]], variables: Mapping[str, Any], environment: Mapping[str, str]
) -> str:
    """The hash; ``variables`` are those that are set for the host, of the environment what this collection reads."""
    read = {name: value for name, value in environment.items() if name.startswith(ENVIRONMENT)}
    text = json.dumps([deployment, list(code), variables, read], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()

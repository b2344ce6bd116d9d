#!/usr/bin/python
# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: service_logs
short_description: Copy what the services of a host logged, without their secrets
version_added: 0.2.0
description:
  - Finds the services that roles of this collection run on a host, and writes for each the journal of its units and
    the logs that it writes itself into a directory that only root can read.
  - Masks what stands in files of the services that only their owner reads, and what looks like a secret.
options:
  services:
    description: Names of services; all that the host has if empty. One that the host does not have is left out.
    type: list
    elements: str
    default: []
  since:
    description: From when on, as C(journalctl --since) takes it, such as V(-1h) or V(2026-11-30 10:00).
    type: str
    default: ""
  lines:
    description: How many lines of a journal, the last ones.
    type: int
    default: 100000
  size_bytes:
    description: How much of a file that a service writes itself, its end.
    type: int
    default: 10485760
attributes:
  check_mode:
    description: Names the files that it would write, and writes none.
    support: full
  diff_mode:
    description: Has no difference to show.
    support: none
author:
  - netfs.bench contributors (@netfs)
"""

EXAMPLES = r"""
- name: Copy what the services logged in the last hour
  netfs.bench.service_logs:
    since: -1h
  register: logs
"""

RETURN = r"""
directory:
  description: Directory with the copies, for whoever takes them to remove; empty in check mode.
  returned: success
  type: str
files:
  description:
    - The copies, each with its C(path) and a C(name) for where they are taken. C(SERVICE.log) is the journal of a
      service, C(SERVICE/FILE) what it wrote itself, and C(host.log) the warnings of the whole host.
  returned: success
  type: list
  elements: dict
  sample: [{name: ceph.log, path: /root/netfs-logs-k3v/ceph.log}]
"""

import os
import tempfile
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.netfs.bench.plugins.module_utils._command import FailureError
from ansible_collections.netfs.bench.plugins.module_utils._service_info import said
from ansible_collections.netfs.bench.plugins.module_utils._service_logs import (
    journal_command,
    last,
    masked,
    secrets_of,
    unit_of,
)

UNITS = Path("/etc/systemd/system")
LOGS = Path("/var/log")
JOURNAL_SECONDS = 120
SECRET_BYTES = 1 << 20  # a larger file is data


def units():
    """The units of services on this host, by the service."""
    found = {}
    for path in sorted([*UNITS.glob("*.service"), *UNITS.glob("*.service.d/*.conf")]):
        try:
            unit = unit_of(path.read_text(encoding="utf-8", errors="replace"))
        except OSError:
            continue
        if unit:
            found.setdefault(unit.service, []).append(unit)
    return found


def secrets(named):
    """What stands in those files of services that only their owner reads."""
    found = set()
    for name in {name for units_of in named.values() for unit in units_of for name in unit.files}:
        path = Path(name)
        try:
            status = path.stat()
            if not status.st_mode & 0o077 and status.st_size <= SECRET_BYTES:
                found |= secrets_of(path.read_text(encoding="utf-8", errors="replace"))
        except OSError:
            continue
    return found


def journal(module, names):
    """What the journal has of units."""
    answer = said(journal_command(names, module.params["since"], module.params["lines"]), JOURNAL_SECONDS)
    if answer.rc and "timestamp" in answer.stderr:
        module.fail_json(
            msg=f"since: '{module.params['since']}' cannot be used: it is no time. Write for example -1h, today or "
            "2026-11-30 10:00."
        )
    if answer.rc:
        module.fail_json(msg=f"The journal cannot be read: {answer.stderr.strip()}")
    return answer.stdout


def written(service, size):
    """The files that a service writes itself: name and content of each."""
    found = {}
    for directory in (LOGS / service, LOGS / f"netfs-{service}"):
        for path in sorted(path for path in directory.rglob("*") if path.is_file() and not path.is_symlink()):
            text = last(path.read_bytes(), size).decode("utf-8", "replace")
            found[f"{service}/{path.relative_to(directory)}"] = text
    return found


def collect(module):
    """The texts, by the names of their copies."""
    named = units()
    chosen = [name for name in sorted(named) if not module.params["services"] or name in module.params["services"]]
    texts = {} if module.params["services"] else {"host.log": journal(module, [])}
    for service in chosen:
        texts[f"{service}.log"] = journal(module, [unit.name for unit in named[service]])
        texts |= written(service, module.params["size_bytes"])
    known = secrets(named)
    return {name: masked(text, known) for name, text in texts.items()}


def main():
    module = AnsibleModule(
        argument_spec={
            "services": {"type": "list", "elements": "str", "default": []},
            "since": {"type": "str", "default": ""},
            "lines": {"type": "int", "default": 100000},
            "size_bytes": {"type": "int", "default": 10 << 20},
        },
        supports_check_mode=True,
    )
    try:
        texts = collect(module)
    except FailureError as error:
        module.fail_json(msg=error.msg, **error.facts)
    if module.check_mode:
        module.exit_json(changed=False, directory="", files=[{"name": name, "path": ""} for name in texts])
    directory = Path(tempfile.mkdtemp(prefix="netfs-logs-", dir=Path.home()))
    files = []
    for name, text in texts.items():
        path = directory / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        files.append({"name": name, "path": str(path)})
    module.exit_json(changed=False, directory=str(directory), files=files)


if __name__ == "__main__":
    main()

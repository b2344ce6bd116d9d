#!/usr/bin/python
# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: bootstrap_record
short_description: A file that says what was set up on a host, and when
version_added: 0.2.0
description:
  - Writes a record as JSON, whole or not at all, with the time as C(completed). A file that says the same already
    stays as it is, with its time.
options:
  path:
    description: The file, of mode 0644.
    type: path
    required: true
  record:
    description: What was set up, without secrets.
    type: dict
    required: true
attributes:
  check_mode:
    description: Can run in check mode and say what would change.
    support: full
  diff_mode:
    description: Shows the record.
    support: full
author:
  - netfs.bench contributors (@netfs)
"""

EXAMPLES = r"""
- name: Record what was set up
  netfs.bench.bootstrap_record:
    path: /var/lib/ours/bootstrap.json
    record: {system: cephfs, topology: mini}
"""

RETURN = r"""
completed:
  description: When what the record says was set up, in UTC.
  returned: always
  type: str
  sample: '2026-11-30T12:00:00Z'
"""

import datetime
import json
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.netfs.bench.plugins.module_utils._files import write_json


def recorded(path):
    """Return what the file says, nothing when there is none, or when it is no record."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def settle(path, record, dry_run):
    """Bring the file to a record; return what changed."""
    before = recorded(path)
    changed = {key: value for key, value in before.items() if key != "completed"} != record or not before
    now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    after = {**record, "completed": now} if changed else before
    if changed and not dry_run:
        write_json(path, after)
        path.chmod(0o644)
    return {"changed": changed, "completed": after["completed"], "diff": {"before": before, "after": after}}


def main():
    module = AnsibleModule(
        argument_spec={"path": {"type": "path", "required": True}, "record": {"type": "dict", "required": True}},
        supports_check_mode=True,
    )
    try:
        result = settle(Path(module.params["path"]), module.params["record"], module.check_mode)
    except OSError as error:
        module.fail_json(msg=f"What was set up cannot be recorded: {error}")
    module.exit_json(**result)


if __name__ == "__main__":
    main()

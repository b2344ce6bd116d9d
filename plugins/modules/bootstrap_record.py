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
    description: The file, of mode 0600.
    type: path
    required: true
  record:
    description: What was set up, without secrets.
    type: dict
    required: true
  footprints:
    description:
      - Services by their names, each with its C(units) and its C(files), as C(service_footprints) of role C(service)
        has them. What is there of them is added to the record as C(footprints), so that module
        M(netfs.bench.bootstrap_info) sees what differs later.
    type: dict
    default: {}
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
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.netfs.bench.plugins.module_utils._bootstrap import look, recorded
from ansible_collections.netfs.bench.plugins.module_utils._command import FailureError
from ansible_collections.netfs.bench.plugins.module_utils._files import write_json


def settle(path, record, dry_run):
    """Bring the file to a record; return what changed."""
    before = recorded(path)
    changed = {key: value for key, value in before.items() if key != "completed"} != record or not before
    now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    after = {**record, "completed": now} if changed else before
    if changed and not dry_run:
        write_json(path, after)
        path.chmod(0o600)
    return {"changed": changed, "completed": after["completed"], "diff": {"before": before, "after": after}}


def main():
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path", "required": True},
            "record": {"type": "dict", "required": True},
            "footprints": {"type": "dict", "default": {}},
        },
        supports_check_mode=True,
    )
    params = module.params
    try:
        record = {**params["record"], "footprints": look(params["footprints"])}
        result = settle(Path(params["path"]), record, module.check_mode)
    except FailureError as error:
        module.fail_json(msg=error.msg, **error.facts)
    except OSError as error:
        module.fail_json(msg=f"What was set up cannot be recorded: {error}")
    module.exit_json(**result)


if __name__ == "__main__":
    main()

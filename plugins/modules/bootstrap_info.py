#!/usr/bin/python
# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: bootstrap_info
short_description: What differs on a host from what was set up there
version_added: 0.2.0
description:
  - Reads the record that M(netfs.bench.bootstrap_record) wrote, and compares units, files and mounts with it, where
    what decides what is deployed is the same.
options:
  path:
    description: File of the record.
    type: path
    required: true
  inputs_sha256:
    description: Hash of all that decides what is deployed, as the record has it under the same name.
    type: str
    required: true
  mounts:
    description: Directories at which something has to be mounted.
    type: list
    elements: path
    default: []
extends_documentation_fragment: [netfs.bench.modes.reads]
author:
  - netfs.bench contributors (@netfs)
"""

EXAMPLES = r"""
- name: Compare the host with what was set up
  netfs.bench.bootstrap_info:
    path: /var/lib/ours/bootstrap.json
    inputs_sha256: "{{ inputs.sha256 }}"
  register: found
"""

RETURN = r"""
record:
  description: What the record says, empty when there is none.
  returned: always
  type: dict
differences:
  description: What is not as it was when the record was written, a sentence each.
  returned: always
  type: list
  elements: str
"""

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.netfs.bench.plugins.module_utils._bootstrap import differences, look, recorded
from ansible_collections.netfs.bench.plugins.module_utils._command import FailureError
from ansible_collections.netfs.bench.plugins.module_utils._mounts import mount_points


def main():
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path", "required": True},
            "inputs_sha256": {"type": "str", "required": True},
            "mounts": {"type": "list", "elements": "path", "default": []},
        },
        supports_check_mode=True,
    )
    params = module.params
    record = recorded(Path(params["path"]))
    if not record:
        module.exit_json(changed=False, record=record, differences=["It was never set up to the end."])
    found = []
    if record.get("inputs_sha256") != params["inputs_sha256"]:
        # another version of this collection may have another form of record, too
        found.append("What decides what is deployed has changed.")
    else:
        try:
            found += differences(record["footprints"], look(record["footprints"]))
        except FailureError as error:
            module.fail_json(msg=error.msg, **error.facts)
    targets = mount_points() if params["mounts"] else set()
    found += [f"Nothing is mounted at {path}." for path in params["mounts"] if path not in targets]
    module.exit_json(changed=False, record=record, differences=found)


if __name__ == "__main__":
    main()

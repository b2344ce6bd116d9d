#!/usr/bin/python
# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: running_units_info
short_description: Read which units of systemd run
version_added: 0.2.0
description:
  - Names the units that run, start or stop, of those whose names match a pattern.
options:
  patterns:
    description: Names of units, with C(*) for any characters.
    type: list
    elements: str
    required: true
extends_documentation_fragment:
  - netfs.bench.modes.reads
author:
  - netfs.bench contributors (@netfs)
seealso:
  - module: netfs.bench.service_info
"""

EXAMPLES = r"""
- name: Find servers that an earlier run left
  netfs.bench.running_units_info:
    patterns: [netfs-*.service]
  register: left
"""

RETURN = r"""
units:
  description: Their names, sorted.
  returned: success
  type: list
  elements: str
  sample: [netfs-ganesha.service]
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.netfs.bench.plugins.module_utils._command import FailureError
from ansible_collections.netfs.bench.plugins.module_utils._service_info import parse_show, running, said_well


def main():
    module = AnsibleModule(
        argument_spec={"patterns": {"type": "list", "elements": "str", "required": True}}, supports_check_mode=True
    )
    try:
        words = ["systemctl", "show", "--property=Id,ActiveState", *module.params["patterns"]]
        shown = said_well(words, "systemctl cannot list the running units")
    except FailureError as error:
        module.fail_json(msg=error.msg, **error.facts)
    module.exit_json(changed=False, units=running(parse_show(shown)))


if __name__ == "__main__":
    main()

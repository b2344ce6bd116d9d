#!/usr/bin/python
# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: history_verdicts_info
short_description: Check whether a history of several clients is what models of consistency allow
version_added: 0.2.0
description:
  - Runs the checker of this collection (C(playbooks/suites/checker)) on a history that
    M(netfs.bench.client_history) has recorded. It searches for an order of the operations that the model allows.
  - Meant to run on the controller.
options:
  history:
    description: The file of the history.
    type: path
    required: true
  checker:
    description: The program.
    type: path
    required: true
  models:
    description: The models.
    type: list
    elements: str
    required: true
    choices: [linearizable, sequential, close-to-open]
  seconds:
    description: How many seconds the search may take, for each kind and model. What is not found by then is unknown.
    type: int
    default: 60
attributes:
  check_mode:
    description: Changes nothing.
    support: full
  diff_mode:
    description: Has no difference to show.
    support: none
author:
  - netfs.bench contributors (@netfs)
seealso:
  - module: netfs.bench.client_history
"""

EXAMPLES = r"""
- name: Check a history
  netfs.bench.history_verdicts_info:
    history: results/run/raw/history.jsonl.gz
    checker: /home/user/.cache/netfs.bench/go/checker
    models: [close-to-open, linearizable]
  delegate_to: localhost
"""

RETURN = r"""
verdicts:
  description: >-
    An entry for each kind and model, with C(kind), C(model), C(result) (V(valid), V(invalid) or V(unknown)), how many
    C(operations) there were, of how many it is C(unknown) whether they took effect, and C(counter_example), as few
    operations as show what is not allowed.
  returned: success
  type: list
  elements: dict
"""

import json

from ansible.module_utils.basic import AnsibleModule


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "history": {"type": "path", "required": True},
            "checker": {"type": "path", "required": True},
            "models": {
                "type": "list",
                "elements": "str",
                "required": True,
                "choices": ["linearizable", "sequential", "close-to-open"],
            },
            "seconds": {"type": "int", "default": 60},
        },
        supports_check_mode=True,
    )
    p = module.params
    argv = [p["checker"], "-models", ",".join(p["models"]), "-seconds", str(p["seconds"]), p["history"]]
    code, out, error = module.run_command(argv)
    if code:
        module.fail_json(msg=f"The history {p['history']} was not checked: {error.strip() or out.strip()}")
    module.exit_json(changed=False, verdicts=json.loads(out))


if __name__ == "__main__":
    main()

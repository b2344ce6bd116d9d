#!/usr/bin/python
# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: durable_writer_info
short_description: Wait until a writer has noted an acknowledgement
version_added: 0.2.0
description:
  - Reads the log of M(netfs.bench.durable_writer), and nothing on the file system that is tested, so it answers while
    that hangs.
  - Once a power cut was noted, acknowledgements before it do not count.
options:
  work:
    description: Directory of the log.
    type: path
    required: true
  then_ms:
    description: Milliseconds to wait after the first acknowledgement.
    type: int
    default: 0
  time_limit:
    description: Seconds to wait for the first acknowledgement.
    type: int
    default: 60
  required:
    description: Whether to fail when none comes, or the writer ends, with what the writer was told.
    type: bool
    default: true
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
  - module: netfs.bench.durable_writer
"""

EXAMPLES = r"""
- name: Wait until the writer is at work, and two and a half seconds more
  netfs.bench.durable_writer_info:
    work: /var/lib/durable
    then_ms: 2500
"""

RETURN = r"""
acknowledged:
  description: How many acknowledgements there are.
  returned: success
  type: int
  sample: 412
running:
  description: Whether the writer is at work.
  returned: success
  type: bool
"""

import time
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.netfs.bench.plugins.module_utils._durable_writer import (
    acknowledged_since,
    is_running,
    troubles_of,
    wait_for,
)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "work": {"type": "path", "required": True},
            "then_ms": {"type": "int", "default": 0},
            "time_limit": {"type": "int", "default": 60},
            "required": {"type": "bool", "default": True},
        },
        supports_check_mode=True,
    )
    p = module.params
    work = Path(p["work"])
    if wait_for(lambda: acknowledged_since(work) > 0, p["time_limit"]):
        time.sleep(p["then_ms"] / 1000)
    acknowledged, running = acknowledged_since(work), is_running(work)
    if p["required"] and not (acknowledged and running):
        told = "; ".join(troubles_of(work)) or "no error"
        module.fail_json(
            msg=f"The writer {'is at work' if running else 'has ended'} with {acknowledged} acknowledged operations; "
            f"what it was told: {told}"
        )
    module.exit_json(changed=False, acknowledged=acknowledged, running=running)


if __name__ == "__main__":
    main()

# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file holds the documentation of an action plugin of the same name, which runs on the controller.

from __future__ import annotations

DOCUMENTATION = r"""
---
module: clock_info
short_description: How far the clock of a host is from that of the controller
version_added: 0.2.0
description:
  - Asks the host for its time, and takes the quickest answer. What an answer takes is how far it may be wrong, so it
    tells hosts whose clocks were never set, and not those that are some milliseconds off.
options:
  questions:
    description: How often to ask.
    type: int
    default: 5
extends_documentation_fragment: [netfs.bench.modes.reads]
author:
  - netfs.bench contributors (@netfs)
"""

EXAMPLES = r"""
- name: Read the clock
  netfs.bench.clock_info:
  register: clock
"""

RETURN = r"""
offset_seconds:
  description: By how much the host is ahead of the controller; negative when it is behind.
  returned: success
  type: float
uncertainty_seconds:
  description: How much more or less that may be.
  returned: success
  type: float
"""

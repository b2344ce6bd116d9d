# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file holds the documentation of an action plugin of the same name, which runs on the controller.

from __future__ import annotations

DOCUMENTATION = r"""
---
module: cluster_lock
short_description: Let one playbook at a time work on a cluster
version_added: 0.2.0
description:
  - Takes a lock for the process of Ansible that runs the play, and fails when another one has it.
  - The lock ends with that process, however it ends. It is known by its number and its start, so that another process
    that got the number later holds nothing.
  - Runs on the controller.
options:
  path:
    description: File that says who holds the lock. It and its directory are made where they are missing.
    type: path
    required: true
attributes:
  check_mode:
    description: Takes nothing and refuses nothing.
    support: full
  diff_mode:
    description: Has no difference to show.
    support: none
author:
  - netfs.bench contributors (@netfs)
"""

EXAMPLES = r"""
- name: Refuse to work on a cluster that another playbook works on
  netfs.bench.cluster_lock:
    path: /var/lib/cluster.lock
"""

RETURN = r""" # """

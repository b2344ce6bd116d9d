# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file holds the documentation of an action plugin of the same name, which runs on the controller.

from __future__ import annotations

DOCUMENTATION = r"""
---
module: deployment_inputs
short_description: One hash of all that decides what is deployed on a host
version_added: 0.2.0
description:
  - Hashes a deployment, the files of this collection, the variables of its roles that the inventory or the command line
    set for the host, the names and addresses of the host, and what of the environment this collection reads.
  - Two runs with the same hash deploy the same. Touches no host.
options:
  deployment:
    description: What is deployed, as M(netfs.bench.cluster_plan) returns it.
    type: dict
    required: true
extends_documentation_fragment: [netfs.bench.modes.reads]
author:
  - netfs.bench contributors (@netfs)
"""

EXAMPLES = r"""
- name: Hash what decides what is deployed
  netfs.bench.deployment_inputs:
    deployment: "{{ planned.plan.deployment }}"
  register: inputs
"""

RETURN = r"""
sha256:
  description: The hash.
  returned: always
  type: str
"""

# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Groups of equal nodes, as the cloud modules take them."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  groups:
    description: Groups of equal nodes.
    type: list
    elements: dict
    required: true
    suboptions:
      role:
        description: Value of the tag V(role); the name of a node begins with it.
        type: str
        required: true
      site:
        description: Value of the tag V(site), such as V(a); may be empty.
        type: str
        default: ""
      count:
        description: How many nodes the group has.
        type: int
        default: 1
      types:
        description: Instance types, in the order in which they are tried.
        type: list
        elements: str
        required: true
      market:
        description: How they are bought.
        type: str
        choices: [spot, on-demand]
        default: spot
      on_demand_allowed:
        description: Whether a node is bought on demand when no type in any zone can be had on the spot market.
        type: bool
        default: false
      volume_gb:
        description: Size of the root volume, which is encrypted gp3.
        type: int
        default: 50
      public_address:
        description: Whether a node gets a public address.
        type: bool
        default: true
"""

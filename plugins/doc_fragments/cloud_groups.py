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
      names:
        description: Names of the nodes, C(count) of them. Made of role, site and number when empty.
        type: list
        elements: str
        default: []
      sites:
        description: Sites in which a node has a leg; its tag V(sites), with blanks.
        type: list
        elements: str
        default: []
      network:
        description: Name of the network in which the nodes stand, where there are several.
        type: str
        default: ""
      protected:
        description: Whether EC2 refuses to terminate the nodes. There are no such spot instances.
        type: bool
        default: false
      instance_store:
        description: Whether a type must bring a disk of its own, on which the nodes keep data.
        type: bool
        default: false
"""

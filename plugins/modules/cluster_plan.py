# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file holds the documentation of an action plugin of the same name, which runs on the controller.

from __future__ import annotations

DOCUMENTATION = r"""
---
module: cluster_plan
short_description: Plan the nodes of a cluster
version_added: 0.2.0
description:
  - Turns a topology into nodes with their names, groups, sites and sizes, or refuses with everything that speaks
    against it, such as more memory than this machine has, or ssh that is open to the world.
  - Touches no node. Runs on the controller, and writes only into O(directory).
options:
  topology:
    description:
      - Name of a file in C(topologies) of O(catalog), or the path of one, which ends in C(.yml) or C(.yaml).
    type: str
    required: true
  catalog:
    description: Directory that holds C(topologies) and C(clusters); the roles stand beside it.
    type: path
    required: true
  system:
    description:
      - What is deployed on the nodes. Name of a file in C(clusters) of O(catalog), or the path of one.
      - Empty for the nodes alone.
    type: str
    default: ""
  directory:
    description:
      - Directory of the cluster on the controller, which is made where it is missing. The plan is written there, and
        into C(services) a file of tasks for each service, which is all that deploying reads.
      - Nodes that were added to the topology and removed from it stay so, as the plan in this directory has them.
    type: path
  counts:
    description: "Other numbers of nodes than the topology's, by the name of its entry, such as C({storage-a: 4})."
    type: dict
    default: {}
  added_to:
    description:
      - An inventory group that gets one node more, with the lowest number that is free. O(directory) keeps this for all
        later plans of the topology.
      - The group has a C(count) in the topology.
    type: str
    default: ""
  removed:
    description:
      - A node that is no longer in the plan, by its name. O(directory) keeps this for all later plans of the topology.
      - Refused for the conduit and for the only node of a group. Nothing is done to the node.
    type: str
    default: ""
  node_kind:
    description:
      - Who creates the nodes. For V(docker), memory, disk, processors and kernel of this machine are looked at.
    type: str
    choices: [docker, ec2, existing]
    required: true
  engine:
    description:
      - What the engine of the cluster asks of the topology, beside what O(system) asks.
      - What is left out is not checked.
    type: dict
    default: {}
    suboptions:
      voters:
        description: By site, how many nodes vote there. An even number is a warning.
        type: dict
      erasure_coding:
        description: By site, data and coding chunks, such as V(2+1). Each chunk needs a storage node of its own.
        type: dict
      conduit_port:
        description: TCP port on which the conduit listens.
        type: int
      replication_target:
        description: Where the storage nodes send what they replicate, as C(NODE:PORT).
        type: str
      linearizable_sites:
        description: Sites whose clients must all see one order of operations; more than one is refused.
        type: list
        elements: str
  ssh_sources:
    description: Networks from which ssh is open. All of the world is refused.
    type: list
    elements: str
    default: []
  present:
    description: Names of nodes that are there already. They have taken their part of the disk.
    type: list
    elements: str
    default: []
  quiet:
    description: Whether C(lines) are left out, for a plan that was shown before.
    type: bool
    default: false
attributes:
  check_mode:
    description: Plans the same, and writes nothing.
    support: full
  diff_mode:
    description: Has no difference to show.
    support: none
author:
  - netfs.bench contributors (@netfs)
"""

EXAMPLES = r"""
- name: Plan the ten nodes of two sites
  netfs.bench.cluster_plan:
    topology: phase2
    catalog: playbooks
    node_kind: docker
    engine:
      voters: {a: 3, b: 1}
      erasure_coding: {a: 2+1}
      linearizable_sites: [a]
  register: planned

- name: Plan the same with a fourth storage node at site a
  netfs.bench.cluster_plan:
    topology: phase2
    catalog: playbooks
    node_kind: docker
    counts: {storage-a: 4}

- name: Plan a cluster with one storage node more than it has
  netfs.bench.cluster_plan:
    topology: phase2
    catalog: playbooks
    node_kind: docker
    directory: /var/lib/cluster
    added_to: storage_a
"""

RETURN = r"""
plan:
  description: The nodes, and what they are together.
  returned: success
  type: dict
  contains:
    topology:
      description: Name of the topology.
      type: str
      returned: always
      sample: phase2
    node_kind:
      description: Who creates the nodes, as O(node_kind).
      type: str
      returned: always
    description:
      description: What its file says of it.
      type: str
      returned: always
    sites:
      description: Names of the sites.
      type: list
      elements: str
      returned: always
      sample: [a, b]
    wan:
      description:
        - What lies between the sites, each way, as C(delay_ms), C(jitter_ms), C(loss_percent) and C(rate_mbit).
        - Empty when it is nothing.
      type: dict
      returned: always
    conduit:
      description: Name of the node with a leg in every site; empty when there is one site.
      type: str
      returned: always
      sample: conduit-1
    nodes:
      description:
        - Every node by its name.
        - C(group) is what the topology says, C(groups) all its inventory groups, C(site) the site it stands at (empty
          for the conduit), C(sites) the sites it has a leg in.
        - C(kernel) is V(host), V(own) or, where others create the nodes, V(its own); C(why) is the reason for it.
        - C(cpus) and C(memory) (MiB, as C(2048m)) are its limits, C(disk) the bytes that it may take of the machine's
          disk, C(data) whether it keeps data, C(filesystems) what its kernel must know.
        - C(ec2) has C(type), C(market), C(root_gb) and C(protected).
      type: dict
      returned: always
    groups:
      description: Names of the nodes of every inventory group.
      type: dict
      returned: always
      sample: {storage: [storage-a-1, storage-b-1], storage_a: [storage-a-1], site_a: [storage-a-1]}
    memory:
      description: Bytes of memory of all nodes together.
      type: int
      returned: always
    disk:
      description: Bytes of disk of all nodes together.
      type: int
      returned: always
    changes:
      description: The nodes that were C(added) to the topology and C(removed) from it, by name.
      type: dict
      returned: always
      sample: {added: [storage-a-4], removed: []}
    sources:
      description: C(topology) and C(system) as they can be given again from any directory.
      type: dict
      returned: always
      sample: {topology: phase2, system: cephfs}
    deployment:
      description:
        - What is deployed. C(system) is its name, C(services) what runs on which group (C(node)) with its role and its
          variables, in order, C(mounts) which group mounts the endpoint of which service, and C(ports) on which ports
          (C(port) to C(last), C(protocol)) a C(service) on a C(group) is reached by other nodes.
        - With C(replica_of) a mount only reads what clients of that node wrote.
        - C(together) has the same services as C(NAME@GROUP), those in one list that are brought up at the same time.
        - C(spans_hosts) of a service says whether it is one service on all hosts of its group.
      type: dict
      returned: with O(system)
    warnings:
      description: What is allowed, and better otherwise.
      type: list
      elements: str
      returned: always
node:
  description: Name of the node that was added or removed; empty where none was.
  returned: success
  type: str
  sample: storage-a-4
lines:
  description: The plan as a person reads it. Empty with O(quiet).
  returned: success
  type: list
  elements: str
"""

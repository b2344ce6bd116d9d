# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file holds the documentation of an action plugin of the same name, which runs on the controller.

from __future__ import annotations

DOCUMENTATION = r"""
---
module: measure_cell
short_description: Measure one cell of a run and keep its record
version_added: 0.1.0
description:
  - Runs one fio job on the client through M(netfs.bench.fio) and writes raw output and record into the run directory
    on the controller. The same task runs on all other nodes of the play, which read their counters (CPU, memory,
    network, disk, context switches) while the client loads the server. The server's own metrics are read, too.
  - With more nodes in the play than Ansible has forks, only the counters of the client are kept, and no cold pass is
    proven; raise C(forks) in C(ansible.cfg).
  - Outside the measured time the content is verified. Wrong bytes make the cell C(corrupt), however fast they came.
  - A cold pass of which disks and stores delivered less than 95 % is C(not-cold).
  - A service of the collection's roles that ended meanwhile, on any node, makes the cell V(failed) and is named in the
    reason, also when it runs again and the client noticed nothing.
  - A node that does not tell its counters within 15 seconds is not waited for. The record names it as C(silent), and so
    does the reason when the cell failed. A client that never answers has failed the cell a minute after O(time_limit).
  - A cell that fails does not fail the task. It becomes a record with status V(failed) and a reason, so that the other
    cells still run.
options:
  client:
    description: Name in the inventory of the node that runs fio.
    type: str
    required: true
  server:
    description: Name in the inventory of the node whose service is mounted.
    type: str
    required: true
  job:
    description: Text of the fio job file.
    type: str
    required: true
  check:
    description: Text of the fio job that verifies the files afterwards. Empty verifies nothing.
    type: str
    default: ""
  metric:
    description: The main metric, which is also kept for five equal windows where the job runs by the clock.
    type: str
    required: true
  extend:
    description: Whether a measurement that was not steady is made once more for as long, which then counts.
    type: bool
    default: false
  directory:
    description: Directory on the client that is loaded.
    type: path
    required: true
  variables:
    description: Values of the variables in the job file.
    type: dict
    required: true
  time_limit:
    description: Seconds after which fio is killed and the cell has failed.
    type: int
    required: true
  metrics:
    description:
      - Where the server has its own metrics, as C(service_endpoint.metrics) says. By how much its counters grew is kept
        in the record as C(server_counters).
      - Empty for a server that has none. A server that does not answer there has none in the record.
    type: dict
    default: {}
    suboptions:
      url:
        description: Address, as the server's node sees it.
        type: str
        required: true
      netrc:
        description: File on that node with name and password, in the form that C(curl --netrc-file) takes.
        type: path
  network_is_proof:
    description:
      - Whether what reaches the server over the network counts as delivered by a store, in a cold pass. It does not
        where the hosts that keep the data are among the nodes of a topology; then their disks tell.
    type: bool
    default: true
  place:
    description: The conditions of a topology, as P(netfs.bench.turn_place#filter) gives them.
    type: dict
    default: {}
  failure_reason:
    description: Why the cell cannot run. When it is not empty, fio is not started and the cell fails with this reason.
    type: str
    default: ""
extends_documentation_fragment:
  - netfs.bench.cells
  - netfs.bench.modes.measures
author:
  - netfs.bench contributors (@netfs)
seealso:
  - module: netfs.bench.fio
  - module: netfs.bench.bench_plan
"""

EXAMPLES = r"""
- name: Measure one cell
  netfs.bench.measure_cell:
    run_directory: results/20261124T060000Z-ganesha-smoke
    cell: "{{ bench_plan.cells[0] }}"
    client: bench-client
    server: bench-server
    job: "{{ lookup('ansible.builtin.file', 'seq-read-1m.fio') }}"
    metric: read_bandwidth_bytes_per_s
    directory: /mnt/netfs-bench
    variables: {SIZE: 64m, RUNTIME: 2, RAMP: 0, JOBS: 1, FILES: 100}
    time_limit: 60
"""

RETURN = r"""
cell:
  description: The record as it was written; its JSON Schema is C(schemas/cell.schema.json).
  returned: always
  type: dict
"""

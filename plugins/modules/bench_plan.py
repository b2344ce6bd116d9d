#!/usr/bin/python
# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: bench_plan
short_description: Plan a benchmark run
version_added: 0.1.0
description:
  - Turns names of systems, protocols and workloads into an ordered list of cells, or refuses with what exists.
  - Touches nothing; meant to run on the controller.
options:
  system:
    description: Names of systems, as a list or separated by commas, or V(all).
    type: raw
  protocol:
    description: Protocols to measure. Empty means those that each system's profile measures by default.
    type: raw
  workload:
    description: Names of workloads. Empty means all.
    type: raw
  effort:
    description: Name of an effort, which sets sizes, durations and the number of trials.
    type: str
    required: true
  trials:
    description: Number of trials; V(0) takes the effort's.
    type: int
    default: 0
  seed:
    description: What the order of the cells is drawn from. Empty draws one, which is kept in the plan.
    type: str
    default: ""
  variables:
    description: Values of workload variables that override the effort's, such as C(SIZE).
    type: dict
    default: {}
  node_kind:
    description: Who makes the nodes.
    type: str
    choices: [docker, ec2, existing]
    required: true
  node_kernel:
    description: Whose kernel the client runs on.
    type: str
    choices: [auto, host, own]
    default: auto
  server_kernel:
    description: Whose kernel the other nodes run on.
    type: str
    choices: [auto, host, own]
    default: auto
  aa:
    description:
      - Measure the first system a second time under another label, such as C(ganesha#2), in turns like any other.
      - Every C(faster) or C(slower) of a system against itself is a false alarm; the report counts them.
    type: bool
    default: false
  passes:
    description:
      - The passes to measure, V(warm) and V(cold), as a list or with commas; empty means those of the effort.
      - Only workloads that read what was laid out before have a cold pass.
    type: raw
  ceilings:
    description:
      - Whether every trial also measures what disk, network and client can do by themselves, so that a series at its
        ceiling is not ranked and one above it is rejected. Without it, as the effort says.
    type: bool
  budget:
    description:
      - Time that measuring may take, such as C(90m) or C(1.5h); empty means as long as it takes.
      - Trials that do not fit are left out, and the plan says so. A run that was to give verdicts is refused when fewer
        than six trials fit.
    type: str
    default: ""
  catalog:
    description: Directory that holds C(efforts.yml), C(systems) and C(workloads).
    type: path
    required: true
  results:
    description: Directory that holds the run directories.
    type: path
    required: true
  run:
    description:
      - Name of a run. One that exists is taken up again with the plan that it has; a new name is given to the new run.
    type: str
    default: ""
  rerun:
    description:
      - V(failed) takes up the run of O(run), without a name the latest one, to measure again what failed in it, and
        nothing else. Refused when there is no such run.
    type: str
    choices: ["", failed]
    default: ""
  collection_version:
    description: Version that is recorded with the run.
    type: str
    default: unknown
extends_documentation_fragment:
  - netfs.bench.modes.reads
author:
  - netfs.bench contributors (@netfs)
"""

EXAMPLES = r"""
- name: Plan a comparison of two servers over NFSv4.2
  netfs.bench.bench_plan:
    system: [ganesha, kernel-nfs]
    protocol: nfs4.2
    effort: quick
    node_kind: docker
    catalog: playbooks
    results: results
  register: planned
"""

RETURN = r"""
plan:
  description: The plan, as it is kept in C(plan.json); its JSON Schema is C(schemas/plan.schema.json).
  returned: success
  type: dict
  contains:
    cells:
      description: Every cell in the order in which it is measured.
      type: list
      elements: dict
      returned: always
run_directory:
  description: Where the results of the run are kept.
  returned: success
  type: str
  sample: results/20261124T060000Z-ganesha-smoke
lines:
  description: The plan as a person reads it.
  returned: success
  type: list
  elements: str
"""

import datetime
import secrets
import shutil
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.common.yaml import yaml_load

from ansible_collections.netfs.bench.plugins.module_utils._compare import original
from ansible_collections.netfs.bench.plugins.module_utils._plan import Catalog, PlanError, describe, make_plan, split
from ansible_collections.netfs.bench.plugins.module_utils._run import RunError, read_json

# what a node image and its containers need beside the data, in bytes
IMAGE_BYTES = 3 << 30


def host_filesystems(run_command):
    """File systems that this kernel mounts or serves: the loaded ones, and those it has as modules."""
    loaded = {line.split()[-1] for line in Path("/proc/filesystems").read_text(encoding="utf-8").splitlines()}
    modules = {"nfs": "nfsv3", "nfs4": "nfsv4", "cifs": "cifs", "nfsd": "nfsd"}
    modprobe = shutil.which("modprobe", path="/usr/sbin:/sbin:/usr/bin:/bin")
    return loaded | {
        name
        for name, module in modules.items()
        if modprobe and run_command([modprobe, "--dry-run", "--quiet", module])[0] == 0
    }


def read_catalog(catalog):
    """Profiles, workloads, layout jobs and efforts of a catalog directory."""

    def texts(folder, suffix):
        return {path.stem: path.read_text(encoding="utf-8") for path in sorted((catalog / folder).glob(f"*{suffix}"))}

    profiles = {name: yaml_load(text) for name, text in texts("systems", ".yml").items()}
    efforts = yaml_load((catalog / "efforts.yml").read_text(encoding="utf-8"))
    return Catalog(
        profiles,
        texts("workloads", ".fio"),
        texts("workloads/layouts", ".fio"),
        efforts,
        texts("workloads/checks", ".fio"),
        texts("workloads/ceilings", ".fio"),
    )


def refuse_small_disk(plan, directory):
    """Raise a PlanError when the data set cannot fit on the disk of this machine."""
    sets = len({original(name) for name in plan["systems"]}) + bool(plan["ceilings"])
    needed = plan["dataset_bytes"] * sets + IMAGE_BYTES
    free = shutil.disk_usage(directory).free
    if free < needed:
        raise PlanError(
            f"The disk is too small: nodes and data set need {needed >> 20} MiB, and {free >> 20} MiB are free on the "
            f"disk of {directory}. Free some, or make the data set smaller with -e effort=smoke or -e SIZE=16m."
        )


def plan_run(module):
    """The wanted run: one that exists, or a new plan."""
    params = module.params
    results = Path(params["results"])
    name = params["run"]
    if params["rerun"] and not name:
        name = max((path.parent.name for path in results.glob("*/plan.json")), default="")
    existing = results / name / "plan.json"
    if name and existing.exists():
        return read_json(existing)
    if params["rerun"]:
        raise PlanError(
            f"rerun={params['rerun']} takes up a run that exists, and {existing.parent} is none. Name another with "
            "run=NAME, or measure without rerun."
        )
    now = datetime.datetime.now(datetime.UTC)
    request = {
        **params,
        "created": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "seed": params["seed"] or secrets.token_hex(4),
        "run": params["run"]
        or "-".join([now.strftime("%Y%m%dT%H%M%SZ"), *split(params["system"])[:3], params["effort"]]),
    }
    plan = make_plan(request, read_catalog(Path(params["catalog"])), host_filesystems(module.run_command))
    if params["node_kind"] == "docker":
        refuse_small_disk(plan, "/")
    return plan


def main():
    module = AnsibleModule(
        argument_spec={
            "system": {"type": "raw"},
            "protocol": {"type": "raw"},
            "workload": {"type": "raw"},
            "effort": {"type": "str", "required": True},
            "trials": {"type": "int", "default": 0},
            "seed": {"type": "str", "default": "", "no_log": False},
            "variables": {"type": "dict", "default": {}},
            "node_kind": {"type": "str", "required": True, "choices": ["docker", "ec2", "existing"]},
            "node_kernel": {"type": "str", "default": "auto", "choices": ["auto", "host", "own"]},
            "server_kernel": {"type": "str", "default": "auto", "choices": ["auto", "host", "own"]},
            "aa": {"type": "bool", "default": False},
            "budget": {"type": "str", "default": ""},
            "ceilings": {"type": "bool"},
            "passes": {"type": "raw", "no_log": False},
            "catalog": {"type": "path", "required": True},
            "results": {"type": "path", "required": True},
            "run": {"type": "str", "default": ""},
            "rerun": {"type": "str", "default": "", "choices": ["", "failed"]},
            "collection_version": {"type": "str", "default": "unknown"},
        },
        supports_check_mode=True,
    )
    try:
        plan = plan_run(module)
    except (PlanError, RunError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(
        changed=False, plan=plan, lines=describe(plan), run_directory=str(Path(module.params["results"]) / plan["run"])
    )


if __name__ == "__main__":
    main()

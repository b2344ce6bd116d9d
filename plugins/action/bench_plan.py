# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import secrets
import typing as t
from datetime import UTC, datetime
from pathlib import Path

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.netfs.bench.plugins.module_utils._files import Json
from ansible_collections.netfs.bench.plugins.plugin_utils._catalog import (
    host_features,
    host_filesystems,
    path_of,
    read_catalog,
    read_file,
    refuse_missing_packages,
    refuse_small_disk,
    this_machine,
)
from ansible_collections.netfs.bench.plugins.plugin_utils._durability import lines_of
from ansible_collections.netfs.bench.plugins.plugin_utils._durability_proofs import proofs_of
from ansible_collections.netfs.bench.plugins.plugin_utils._placement import place
from ansible_collections.netfs.bench.plugins.plugin_utils._plan import (
    describe,
    make_plan,
)
from ansible_collections.netfs.bench.plugins.plugin_utils._plan_request import (
    Catalog,
    PlanError,
    Request,
    split,
)
from ansible_collections.netfs.bench.plugins.plugin_utils._results import read_run
from ansible_collections.netfs.bench.plugins.plugin_utils._run import RunError, read_json
from ansible_collections.netfs.bench.plugins.plugin_utils._runs import latest_run
from ansible_collections.netfs.bench.plugins.plugin_utils._series import original
from ansible_collections.netfs.bench.plugins.plugin_utils._topology import TopologyError, topology_of

KERNELS = ["auto", "host", "own"]


class ActionModule(ActionBase):
    """Plan a run, or read the plan of one that exists, on the controller: that is where catalog and results are."""

    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: t.Any = None, task_vars: Json | None = None) -> Json:
        super().run(tmp, task_vars)
        args = self.validate_argument_spec(
            {
                "system": {"type": "raw"},
                "protocol": {"type": "raw"},
                "workload": {"type": "raw"},
                "suite": {"type": "raw"},
                "reference": {"type": "raw"},
                "faults": {"type": "raw"},
                "effort": {"type": "str", "required": True},
                "trials": {"type": "int", "default": 0},
                "seed": {"type": "str", "default": ""},
                "variables": {"type": "dict", "default": {}},
                "node_kind": {"type": "str", "required": True, "choices": ["docker", "ec2", "existing"]},
                "node_kernel": {"type": "str", "default": "auto", "choices": KERNELS},
                "server_kernel": {"type": "str", "default": "auto", "choices": KERNELS},
                "aa": {"type": "bool", "default": False},
                "budget": {"type": "str", "default": ""},
                "ceilings": {"type": "bool"},
                "passes": {"type": "raw"},
                "topology": {"type": "str", "default": ""},
                "server_group": {"type": "str", "default": ""},
                "present": {"type": "list", "elements": "str", "default": []},
                "catalog": {"type": "path", "required": True},
                "results": {"type": "path", "required": True},
                "run": {"type": "str", "default": ""},
                "rerun": {"type": "str", "default": "", "choices": ["", "failed"]},
                "durability_run": {"type": "str", "default": ""},
                "collection_version": {"type": "str", "default": "unknown"},
            }
        )[1]
        try:
            refuse_missing_packages()
            plan = existing_plan(args) or new_plan(args)
        except (PlanError, RunError) as error:
            raise AnsibleActionFail(str(error)) from error
        directory = Path(args["results"]) / plan["run"]
        lines = [*describe(plan), *lines_of(plan)]
        return {"changed": False, "plan": plan, "lines": lines, "run_directory": str(directory)}


def existing_plan(args: Json) -> Json | None:
    """The plan of the run that is named, or of the latest one; None when a new run is wanted."""
    results, name = Path(args["results"]), args["run"]
    if args["rerun"] and not name:
        latest = latest_run(results)
        name = latest.name if latest else ""
    existing = results / name / "plan.json"
    if name and existing.exists():
        plan = read_json(existing)
        if "deployment" not in plan:
            raise PlanError(
                f"Run {name} was planned before plans said what they deploy, so it cannot be resumed. It can be "
                "reported and compared; to measure the same again, plan a run with another name."
            )
        return plan
    if args["rerun"]:
        raise PlanError(
            f"rerun={args['rerun']} needs an existing run; {existing.parent} is not one. Name another with "
            "run=NAME, or measure without rerun."
        )
    return None


def new_plan(args: Json) -> Json:
    """The plan of a new run; a PlanError when what was asked for cannot be measured."""
    now = datetime.now(UTC)
    kind = ["suites"] if args["suite"] else []
    name = "-".join([now.strftime("%Y%m%dT%H%M%SZ"), *split(args["system"])[:3], *kind, args["effort"]])
    request = {
        **args,
        "created": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "seed": args["seed"] or secrets.token_hex(4),
        "run": args["run"] or name,
    }
    catalog = read_catalog(Path(args["catalog"]))
    catalog, request["suite"] = with_own_suites(catalog, split(args["suite"]))
    if args["topology"]:
        return with_proofs(plan_on_topology(Request.of(request), catalog, args), args)
    plan = make_plan(Request.of(request), catalog, host_filesystems() | host_features()).record()
    if args["node_kind"] == "docker":
        refuse_small_disk(plan, "/")
    return with_proofs(plan, args)


def with_proofs(plan: Json, args: Json) -> Json:
    """The plan with what power cuts of another run say of the durability of its systems."""
    if not args["durability_run"]:
        return plan
    run = read_run(Path(args["results"]) / args["durability_run"])
    systems = {original(label): profile for label, profile in plan["systems"].items()}
    return {**plan, "durability_proofs": proofs_of(systems, run)}


def with_own_suites(catalog: Catalog, wanted: list[str]) -> tuple[Catalog, list[str]]:
    """The catalog with the suites of a user's own, which are named by the paths of their files; and all names."""
    own = {name: Path(name) for name in wanted if "/" in name or Path(name).suffix in (".yml", ".yaml")}
    taken = [str(path) for path in own.values() if path.stem in catalog.suites]
    if taken:
        raise PlanError(
            f"{', '.join(taken)} has the name of a suite that is in the catalog. Give the file another name."
        )
    suites = {**catalog.suites, **{path.stem: read_file("suite", path) for path in own.values()}}
    return catalog._replace(suites=suites), [own[name].stem if name in own else name for name in wanted]


def plan_on_topology(request: Request, catalog: Catalog, args: Json) -> Json:
    """The plan of a run whose systems stand on a topology; a PlanError when they cannot."""
    path = path_of("topology", args["topology"], Path(args["catalog"]) / "topologies")
    try:
        topology = topology_of(path.stem, read_file("topology", path), {})
    except TopologyError as error:
        raise PlanError(str(error)) from error
    machine = this_machine() if args["node_kind"] == "docker" else None
    placed, placement = place(request, catalog, topology, machine, args["present"])
    return make_plan(request, placed, host_filesystems(), placement).record()

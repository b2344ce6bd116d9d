# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import typing as t
from pathlib import Path

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.netfs.bench.plugins.module_utils._files import Json, write_json
from ansible_collections.netfs.bench.plugins.plugin_utils._catalog import (
    path_of,
    read_catalog,
    read_file,
    source_of,
    this_machine,
)
from ansible_collections.netfs.bench.plugins.plugin_utils._cluster_plan import demands_of, describe, plan_cluster
from ansible_collections.netfs.bench.plugins.plugin_utils._clusters import ClusterError, deploy
from ansible_collections.netfs.bench.plugins.plugin_utils._deployment import write_services
from ansible_collections.netfs.bench.plugins.plugin_utils._membership import (
    MembershipError,
    added,
    changes_of,
    refuse_carrier,
    removed,
)
from ansible_collections.netfs.bench.plugins.plugin_utils._plan_request import (
    PlanError,
)
from ansible_collections.netfs.bench.plugins.plugin_utils._run import RunError, read_json
from ansible_collections.netfs.bench.plugins.plugin_utils._topology import TopologyError, topology_of


class ActionModule(ActionBase):
    """Plan a cluster on the controller: that is where the topologies are, and whose engine makes containers."""

    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: t.Any = None, task_vars: Json | None = None) -> Json:
        super().run(tmp, task_vars)
        args = self.validate_argument_spec(
            {
                "topology": {"type": "str", "required": True},
                "catalog": {"type": "path", "required": True},
                "system": {"type": "str", "default": ""},
                "directory": {"type": "path"},
                "counts": {"type": "dict", "default": {}},
                "added_to": {"type": "str", "default": ""},
                "removed": {"type": "str", "default": ""},
                "node_kind": {"type": "str", "required": True, "choices": ["docker", "ec2", "existing"]},
                "engine": {"type": "dict", "default": {}},
                "ssh_sources": {"type": "list", "elements": "str", "default": []},
                "present": {"type": "list", "elements": "str", "default": []},
                "quiet": {"type": "bool", "default": False},
            }
        )[1]
        try:
            plan, node = planned(args)
        except (TopologyError, ClusterError, MembershipError, PlanError, RunError) as error:
            raise AnsibleActionFail(str(error)) from error
        changed = bool(args["directory"]) and not self._task.check_mode and keep(Path(args["directory"]), plan)
        lines = [] if args["quiet"] else describe(plan)
        return {"changed": changed, "plan": plan, "node": node, "lines": lines, "warnings": plan["warnings"]}


def planned(args: Json) -> tuple[Json, str]:
    """The plan of a cluster and the node that was added or removed; an error of the files above when it cannot be."""
    catalog = Path(args["catalog"])
    path = path_of("topology", args["topology"], catalog / "topologies")
    data = read_file("topology", path)
    changes = changes_of(present_plan(args["directory"]), path.stem)
    present = topology = topology_of(path.stem, data, args["counts"], changes)
    node = args["removed"]
    if args["added_to"]:
        changes, node = added(data["nodes"], changes, args["added_to"])
    elif node:
        changes = removed(present, changes, node)
    if node:
        topology = topology_of(path.stem, data, args["counts"], changes)
    system = path_of("cluster", args["system"], catalog / "clusters") if args["system"] else None
    profile = read_file("cluster", system) if system else {}
    asked = profile.get("engine", {}) if isinstance(profile, dict) else {}
    demands, faults = demands_of({**asked, **args["engine"]}, args["ssh_sources"], topology.sites)
    if faults:
        raise TopologyError(topology.name, faults)
    machine = this_machine() if args["node_kind"] == "docker" else None
    plan = plan_cluster(topology, demands, args["node_kind"], machine, args["present"]).record()
    plan["changes"] = changes.record()
    plan["sources"] = {"topology": source_of(args["topology"], path)}
    if system:
        deployment = deploy(
            system.stem,
            profile,
            plan["groups"],
            read_catalog(catalog).roles,
            # security groups are made before any node is
            ports_must_be_known=args["node_kind"] == "ec2",
        )
        refuse_carrier(present, deployment.services, args["removed"])
        plan["deployment"] = deployment.record()
        plan["sources"]["system"] = source_of(args["system"], system)
    return plan, node


def present_plan(directory: str | None) -> Json:
    """The plan that the directory of a cluster has; empty when it has none."""
    path = Path(directory or "") / "plan.json"
    return read_json(path) if directory and path.exists() else {}


def keep(directory: Path, plan: Json) -> bool:
    """Write a plan and what it deploys into the directory of a cluster; return whether that changed anything."""
    # as other programs read it, without what Ansible notes of the origin of a value
    plain = json.loads(json.dumps(plan))
    changed = write_services(directory, plain.get("deployment", {"services": []}))
    path = directory / "plan.json"
    if path.exists() and read_json(path) == plain:
        return changed
    write_json(path, plain)
    return True

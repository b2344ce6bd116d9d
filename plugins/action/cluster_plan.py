# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import json
import os
import shutil
import typing as t
from pathlib import Path

from ansible.errors import AnsibleActionFail
from ansible.module_utils.common.yaml import yaml_load
from ansible.plugins.action import ActionBase
from yaml import YAMLError

from ansible_collections.netfs.bench.plugins.module_utils._files import Json, write_json
from ansible_collections.netfs.bench.plugins.plugin_utils._catalog import (
    IMAGE_BYTES,
    host_filesystems,
    is_available,
    read_catalog,
)
from ansible_collections.netfs.bench.plugins.plugin_utils._cluster_plan import (
    NETEM,
    Machine,
    demands_of,
    describe,
    plan_cluster,
)
from ansible_collections.netfs.bench.plugins.plugin_utils._clusters import ClusterError, deploy
from ansible_collections.netfs.bench.plugins.plugin_utils._deployment import write_services
from ansible_collections.netfs.bench.plugins.plugin_utils._membership import (
    MembershipError,
    added,
    changes_of,
    refuse_carrier,
    removed,
)
from ansible_collections.netfs.bench.plugins.plugin_utils._profiles import unknown
from ansible_collections.netfs.bench.plugins.plugin_utils._run import RunError, read_json
from ansible_collections.netfs.bench.plugins.plugin_utils._topology import TopologyError, sentence, topology_of

ENGINE_DIRECTORY = Path("/var/lib/docker")
"""Where a Docker engine usually keeps what nodes take of the disk."""


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
        except (TopologyError, ClusterError, MembershipError, RunError) as error:
            raise AnsibleActionFail(str(error)) from error
        changed = bool(args["directory"]) and not self._task.check_mode and keep(Path(args["directory"]), plan)
        lines = [] if args["quiet"] else describe(plan)
        return {"changed": changed, "plan": plan, "node": node, "lines": lines, "warnings": plan["warnings"]}


def planned(args: Json) -> tuple[Json, str]:
    """The plan of a cluster and the node that was added or removed; an error of the files above when it cannot be."""
    catalog = Path(args["catalog"])
    path = path_of("topology", args["topology"], catalog / "topologies")
    data = read("topology", path)
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
    profile = read("cluster", system) if system else {}
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


def path_of(kind: str, name: str, directory: Path) -> Path:
    """The file of a topology or a cluster: one of a directory by its name, any other by its path; an error when it is
    neither."""
    if "/" in name or Path(name).suffix in (".yml", ".yaml"):
        return Path(name)
    known = {path.stem: path for path in sorted(directory.glob("*.yml"))}
    if name not in known:
        raise AnsibleActionFail(
            f"{sentence(unknown(kind, name, known))} A file of your own is named by its path, NAME.yml."
        )
    return known[name]


def source_of(name: str, path: Path) -> str:
    """What names a file from every directory: its name in the catalog, or the whole path of one of a user's own."""
    return name if name == path.stem else str(path.resolve())


def read(kind: str, path: Path) -> t.Any:
    """What stands in a file, or an error that says why it cannot be read."""
    try:
        return yaml_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise AnsibleActionFail(f"The {kind} {path} cannot be read") from error
    except (YAMLError, UnicodeDecodeError) as error:
        raise AnsibleActionFail(f"The {kind} {path} is no YAML") from error


def this_machine() -> Machine:
    """What this machine has for containers."""
    features = host_filesystems() | ({NETEM} if is_available("sch_netem") else set())
    return Machine(
        memory=os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"),
        free_disk=shutil.disk_usage(ENGINE_DIRECTORY if ENGINE_DIRECTORY.is_dir() else "/").free,
        cpus=os.cpu_count() or 1,
        features=frozenset(features),
        image=IMAGE_BYTES,
        free_watchers=free_watchers(),
    )


def free_watchers(proc: Path = Path("/proc")) -> int | None:
    """How many inotify instances root may still have, as far as can be seen; None where there is no such limit."""
    try:
        allowed = int((proc / "sys/fs/inotify/max_user_instances").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
    taken = 0
    for process in proc.glob("[0-9]*"):
        # a process that ends meanwhile, or whose files only others may see
        with contextlib.suppress(OSError):
            if process.stat().st_uid == 0:
                taken += sum(str(file.readlink()) == "anon_inode:inotify" for file in (process / "fd").iterdir())
    return max(0, allowed - taken)

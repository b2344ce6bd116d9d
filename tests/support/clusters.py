# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A cluster of which everything is as it should be, made up: what its hosts answered, as variables of Ansible."""

from __future__ import annotations

import typing as t

from acting import run_action
from collection import ROOT

from ansible_collections.netfs.bench.plugins.action.cluster_plan import ActionModule

Json = dict[str, t.Any]

SET_UP = "2026-11-20T00:00:00Z"


def plan_of(topology: str = "phase2") -> Json:
    """The plan of a cluster of containers."""
    arguments = {"topology": topology, "system": "cephfs", "catalog": str(ROOT / "playbooks")}
    plan: Json = run_action(ActionModule, node_kind="existing", **arguments)["plan"]
    return {**plan, "node_kind": "docker"}


def host_of(node: str) -> str:
    """The host of a node in the inventory."""
    return f"nb-{node}"


def groups_of(plan: Json) -> dict[str, list[str]]:
    """The groups of the inventory."""
    return {group: [host_of(node) for node in nodes] for group, nodes in plan["groups"].items()}


def per_mount(mounts: list[Json], answer: t.Callable[[Json], Json]) -> Json:
    """The results of a task that loops over mounts."""
    return {"results": [{"mount": mount, "ansible_loop_var": "mount", **answer(mount)} for mount in mounts]}


def written_to(mount: Json) -> list[str]:
    """Why a file cannot be written through a mount: a copy takes none."""
    return ["/mnt/replica/x cannot be written: read-only file system."] if "replica_of" in mount else []


def probed(mount: Json) -> Json:
    """What is at a mount."""
    types = {"fstype": mount["protocol"], "statfs_type": "65735546", "statfs_type_above": "794c7630", "faults": []}
    kept = {"bytes": 65536, "uid": 0, "gid": 0, "mode": "0640"}
    return types if "replica_of" in mount else {**types, **kept}


def told_of_members(host: str, hosts: list[str]) -> Json:
    """What a host of Ceph says of its cluster: all of three hosts have a monitor, of two the first."""
    daemons = {"mon": [host], "osd": ["0"]}
    if len(hosts) < 3 and host != hosts[0]:
        return {"daemons": {**daemons, "mon": []}, "answered": False, "reason": "", "faults": [], "cluster": {}}
    return {
        "daemons": daemons,
        "answered": True,
        "reason": "",
        "faults": [],
        "cluster": {
            "monitors": hosts,
            "quorum": hosts,
            "osds": [{"host": host, "up": True} for host in hosts],
            "placement_groups": {"total": 24},
            "clean": True,
        },
    }


def hosts_of(plan: Json) -> dict[str, Json]:
    """What is known of every host of a cluster that is as it should be."""
    groups, deployment = groups_of(plan), plan["deployment"]
    found = {}
    for name, node in plan["nodes"].items():
        host = host_of(name)
        services = [one for one in deployment["services"] if host in groups[one["node"]]]
        mounts = [mount for mount in deployment["mounts"] if host in groups[mount["group"]]]
        found[host] = {
            "node_name": name,
            "node_running": True,
            "group_names": list(node["groups"]),
            "bench_answers": True,
            "bootstrap_compared": {
                "record": {"node": name, "site": node["site"], "completed": SET_UP},
                "differences": [],
            },
            "service_healths": {one["name"]: {"healthy": True, "faults": [], "figures": []} for one in services},
            "acceptance_members": {
                one["name"]: told_of_members(host, sorted(groups[one["node"]]))
                for one in services
                if one["spans_hosts"]
            },
            "acceptance_mounts": per_mount(mounts, probed),
            "cluster_written": per_mount(mounts, lambda mount: {"faults": written_to(mount)}),
            "cluster_read": per_mount(mounts, lambda _mount: {"faults": []}),
        }
        if node["group"] == "conduit":
            refused = {"source": "module ceph_stranger_info", "answer": "refused", "reason": "permission denied"}
            found[host]["acceptance_strangers"] = {"ceph on storage_a": refused, "ceph on storage_b": refused}
    return found

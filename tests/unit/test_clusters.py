# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every profile of a cluster can be deployed on the topologies that come along, and what ClaudeFS gets from its own."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from collection import ROOT
from rendering import rendered

from ansible_collections.netfs.bench.plugins.plugin_utils._cluster_plan import demands_of, plan_cluster
from ansible_collections.netfs.bench.plugins.plugin_utils._clusters import deploy
from ansible_collections.netfs.bench.plugins.plugin_utils._topology import topology_of

PROFILES = sorted(path.stem for path in (ROOT / "playbooks/clusters").glob("*.yml"))
TOPOLOGIES = sorted(path.stem for path in (ROOT / "playbooks/topologies").glob("*.yml"))


def load(name: str) -> Any:
    return yaml.safe_load((ROOT / "playbooks" / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("topology", TOPOLOGIES)
@pytest.mark.parametrize("system", PROFILES)
def test_profile_can_be_deployed(system: str, topology: str) -> None:
    profile = load(f"clusters/{system}.yml")
    nodes = topology_of(topology, load(f"topologies/{topology}.yml"), {})
    demands, faults = demands_of(profile["engine"], [], nodes.sites)
    assert faults == []
    plan = plan_cluster(nodes, demands, "existing")
    deployed = deploy(system, profile, plan.groups(), {})
    wanted = [one["role"] for one in profile["services"] if topology == "phase2" or not one.get("optional")]
    assert [service["role"] for service in deployed.services] == wanted
    assert all((ROOT / "roles" / service["role"] / "tasks/health.yml").is_file() for service in deployed.services)
    assert deployed.mounts


def claudefs(place: str, host: str) -> dict[str, Any]:
    """Return the variables of a service of ClaudeFS on a host, as its role gets them."""
    hosts = {"a": ["x-storage-a-1", "x-storage-a-2"], "b": ["x-storage-b-1"]}
    told = {
        name: {
            "node_name": name.removeprefix("x-"),
            "ansible_facts": {"default_ipv4": {"address": f"192.0.2.{number}"}},
        }
        for number, name in enumerate([*hosts["a"], *hosts["b"]], 1)
    }
    service = next(one for one in load("clusters/claudefs.yml")["services"] if one["node"] == place)
    given = {name: value for name, value in service["variables"].items() if name != "claudefs_secret"}
    groups = {"storage_a": hosts["a"], "storage_b": hosts["b"]}
    known = {"inventory_hostname": host, "hostvars": told, "groups": groups}
    found: dict[str, Any] = {}
    for name in sorted(given, key=lambda name: name != "claudefs_hosts"):  # others are told by it
        found[name] = rendered(given[name], **{**known, **found})
    return found


def test_nodes_of_claudefs_have_the_names_of_the_topology() -> None:
    at_a = claudefs("storage_a", "x-storage-a-2")
    assert at_a["claudefs_node"] == "storage-a-2"
    assert at_a["claudefs_addresses"] == {"x-storage-a-1": "storage-a-1", "x-storage-a-2": "storage-a-2"}
    assert at_a["claudefs_replication_target"] == load("clusters/claudefs.yml")["engine"]["replication_target"]
    at_b = claudefs("storage_b", "x-storage-b-1")
    assert at_b["claudefs_site"] == "site-b"
    assert "claudefs_replication_target" not in at_b


def test_conduit_of_claudefs_knows_the_storage_hosts_of_each_site() -> None:
    found = claudefs("conduit", "x-conduit-1")
    assert found["claudefs_conduit_local"] == {"name": "site-a", "addresses": ["192.0.2.1", "192.0.2.2"]}
    assert found["claudefs_conduit_remote"] == {"name": "site-b", "addresses": ["192.0.2.3"]}
    assert found["claudefs_conduit_version"] == "unversioned"

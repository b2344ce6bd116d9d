# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The nodes of a cluster are asked before anything is installed: the step in a play, with this machine as its nodes."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from collection import ROOT
from local_play import played

from ansible_collections.netfs.bench.plugins.plugin_utils._cluster_plan import Demands, plan_cluster
from ansible_collections.netfs.bench.plugins.plugin_utils._topology import topology_of

HERE = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
# RFC 6666: what is sent there is discarded
NOWHERE = ("100::1", "100::2", "100::3")


@pytest.fixture
def plan() -> dict:
    """One node at each of two sites, and one between them; one service with a port."""
    nodes = [
        {"name": "nas-a", "group": "storage", "site": "a", "memory": "1g"},
        {"name": "nas-b", "group": "storage", "site": "b", "memory": "1g"},
        {"name": "relay", "group": "conduit", "sites": ["a", "b"], "memory": "1g"},
    ]
    topology = topology_of("own", {"description": "Two.", "sites": ["a", "b"], "nodes": nodes}, {})
    record = plan_cluster(topology, Demands(), "existing").record()
    ports = [{"service": "nas", "group": "storage_a", "protocol": "tcp", "port": 3300, "last": 3300}]
    return {**record, "deployment": {"ports": ports}}


@pytest.fixture
def check(tmp_path: Path, plan: dict):
    """Run the step with the variables of three hosts, and return its exit code and what it said."""

    def run(**hosts: dict) -> tuple[int, str]:
        inventory = {
            "storage_a": {"hosts": {"nas-a": {**HERE, **hosts["a"]}}},
            "storage_b": {"hosts": {"nas-b": {**HERE, **hosts["b"]}}},
            "conduit": {"hosts": {"relay": {**HERE, **hosts["between"]}}},
        }
        steps = ROOT / "playbooks/steps/cluster"
        plays = [
            {
                "hosts": "localhost",
                "gather_facts": False,
                "tasks": [{"ansible.builtin.set_fact": {"cluster_planned": {"plan": plan}}}],
            },
            {
                "hosts": "storage_a:storage_b:conduit",
                "gather_facts": False,
                "vars_files": [str(steps / "vars.yml")],
                "tasks": [{"ansible.builtin.include_tasks": str(steps / "reach_check.yml")}],
            },
        ]
        (tmp_path / "hosts.json").write_text(json.dumps(inventory))
        (tmp_path / "play.yml").write_text(json.dumps(plays))
        inventories = ("-i", "localhost,", "-i", str(tmp_path / "hosts.json"))
        return played(tmp_path / "play.yml", *inventories, ANSIBLE_CALLBACK_RESULT_FORMAT="json")

    return run


def test_sites_apart_are_said_to_be_with_what_was_tried(check):
    one, other, between = ({"service_address": address, "node_name": address} for address in NOWHERE)
    code, said = check(a=one, b=other, between=between)
    assert code == 0, said
    assert "every node knows the names of those that it meets (3 nodes asked)" in said
    assert "sites a, b do not reach each other (tried: TCP ports 22, 3300 of every node)" in said


def test_all_that_is_wrong_is_told_at_once(check):
    silent = {
        "ansible_connection": "ssh",
        "ansible_host": "127.0.0.1",
        "ansible_port": 1,
        "ansible_user": "nobody",
        "node_name": "relay.invalid",
    }
    here = {"service_address": "127.0.0.1", "node_name": "127.0.0.1"}
    code, said = check(a=here, b={**here, "ansible_port": 1}, between=silent)
    assert code == 2, said
    for sentence in (
        "relay could not be asked.",
        "nas-a does not know the names relay.invalid.",
        "nas-b does not know the names relay.invalid.",
        "Sites a and b reach each other past the conduit: nas-a reaches 127.0.0.1 (127.0.0.1, port",
    ):
        assert sentence in said
    assert "do not reach each other" not in said

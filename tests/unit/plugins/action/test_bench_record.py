# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import jsonschema
import pytest
from acting import run_action
from ansible.errors import AnsibleActionFail, AnsibleUndefinedVariable

from ansible_collections.netfs.bench.plugins.action.bench_record import ActionModule as Record
from ansible_collections.netfs.bench.plugins.plugin_utils._records import RunRecord

SCHEMA = json.loads((Path(__file__).parents[4] / "schemas" / "run.schema.json").read_text(encoding="utf-8"))
FACTS = {
    "kernel": "6.12",
    "distribution": "Debian",
    "distribution_version": "13",
    "architecture": "x86_64",
    "processor": ["0", "AMD EPYC"],
}
INSTANCE = {"instance_type": "c7a", "market": "spot", "zone": "z1", "baseline_gbps": 1.5, "burst_gbps": 12.5}
CLIENT = {"ansible_facts": FACTS, "node_cpus": 2, "node_memory": "4g", "node_image": "debian:13"}
KNOWN = {"kernel": "6.12", "distribution": "Debian 13", "architecture": "x86_64", "processor": "AMD EPYC"}
UNKNOWN = dict.fromkeys([*KNOWN, "cpus", "memory", "image"], "unknown")


class Broken(Mapping):
    """The variables of a host of which none can be made of what it is made of."""

    def __getitem__(self, key):
        raise AnsibleUndefinedVariable(f"'{key}' is undefined")

    def __iter__(self):
        return iter(["node_cpus"])

    def __len__(self):
        return 1


def record(directory, *, check_mode=False, topology=None, **hosts):
    """Record a run with a client and a server, of which hosts has the variables; return the answer and run.json."""
    plan = {
        "run": "r",
        "nodes": {"client": {"kernel": "own"}, "server": {"kernel": "host"}, "store": {"kernel": "own"}},
        **({"topology": topology} if topology else {}),
    }
    (directory / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    known = {
        "groups": {"client": ["c1"], "server": [name for name in hosts if name != "c1"]},
        "hostvars": {"c1": CLIENT, **hosts},
        "ansible_version": {"full": "2.19.14"},
    }
    answer = run_action(
        Record, check_mode=check_mode, task_vars=known, run_directory=str(directory), node_kind="docker"
    )
    path = directory / "run.json"
    return answer, json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


@pytest.mark.parametrize(
    ("host", "recorded"),
    [
        (CLIENT, {**KNOWN, "cpus": 2, "memory": "4g", "image": "debian:13"}),
        ({**CLIENT, "node_instance": INSTANCE}, {**KNOWN, "cpus": 2, "memory": "4g", "image": "debian:13", **INSTANCE}),
        ({"ansible_facts": FACTS}, {**UNKNOWN, **KNOWN}),
        ({}, UNKNOWN),
        ({"ansible_facts": {"processor": []}}, UNKNOWN),
        (Broken(), UNKNOWN),
    ],
)
def test_what_is_known_of_a_host_is_recorded(tmp_path, host, recorded):
    answer, document = record(tmp_path, s1=host)
    jsonschema.validate(document, SCHEMA)
    assert answer == {"changed": True}
    assert document["nodes"]["s1"] == {"node": "server", "kind": "docker", "kernel_kind": "host", **recorded}
    assert document["nodes"]["c1"]["kernel_kind"] == "own"
    assert (document["run"], document["ansible_core"]) == ("r", "2.19.14")
    read = RunRecord.of(document)
    assert read.document() == document
    assert (read.nodes["s1"].instance is not None) == ("instance_type" in recorded)


def test_a_second_record_changes_nothing_and_check_mode_writes_nothing(tmp_path):
    assert record(tmp_path, check_mode=True) == ({"changed": True}, None)
    assert record(tmp_path)[0] == {"changed": True}
    assert record(tmp_path)[0] == {"changed": False}


def test_what_was_added_to_the_record_of_a_run_stays_and_its_nodes_are_those_of_now(tmp_path):
    document = record(tmp_path, s1=CLIENT)[1]
    proofs = {"durability_proofs": {"ganesha": "killed and read back"}}
    (tmp_path / "run.json").write_text(json.dumps({**document, **proofs}), encoding="utf-8")
    answer, again = record(tmp_path, s2=CLIENT)
    assert answer == {"changed": True}
    assert again == {**document, **proofs, "nodes": {"c1": document["nodes"]["c1"], "s2": document["nodes"]["s1"]}}
    assert record(tmp_path, s2=CLIENT)[0] == {"changed": False}


@pytest.mark.parametrize("text", ["{", "[]"])
def test_a_damaged_record_is_replaced(tmp_path, text):
    (tmp_path / "run.json").write_text(text, encoding="utf-8")
    jsonschema.validate(record(tmp_path)[1], SCHEMA)


def test_a_directory_without_a_plan_is_refused(tmp_path):
    with pytest.raises(AnsibleActionFail, match=f"Is {tmp_path} a run directory"):
        run_action(Record, run_directory=str(tmp_path), node_kind="docker")


def test_on_a_topology_each_host_has_a_kernel_of_its_plan(tmp_path):
    nodes = {"storage-1": {"kernel": "own"}, "storage-2": {"kernel": "host"}}
    hosts = {f"nb-storage-{number}": {"node_name": f"storage-{number}"} for number in (1, 2)}
    _answer, document = record(tmp_path, topology={"nodes": nodes}, **hosts)
    jsonschema.validate(document, SCHEMA)
    found = {host: node["kernel_kind"] for host, node in document["nodes"].items()}
    assert found == {"c1": "own", "nb-storage-1": "own", "nb-storage-2": "host"}

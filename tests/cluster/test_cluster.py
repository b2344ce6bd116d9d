# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ten nodes at two sites from one command, a storage node that loses its power, and that nothing is left of them.

The tests build on each other in the order in which they stand. How the cluster is operated is in test_operation.py.
"""

from __future__ import annotations

import json
import re
import time
from collections import Counter

import pytest
from installation import docker
from two_sites import CLUSTER, NODES, STATE, STORAGE, becomes_healthy, destroy, up, writing

# A name that does not resolve is an error, and no answer.
REACH = """
import socket, sys
address = socket.gethostbyname(sys.argv[1])
try:
    socket.create_connection((address, 22), 5)
except OSError:
    print("no")
else:
    print("yes")
"""


def test_one_command_makes_ten_nodes_at_two_sites(record_property):
    began = time.monotonic()
    code, output = up()
    assert code == 0, output
    record_property("minutes to bring up", (time.monotonic() - began) / 60)
    plan = json.loads((STATE / "cluster/plan.json").read_text(encoding="utf-8"))
    assert sorted(plan["nodes"]) == sorted([*NODES, *STORAGE["a"], *STORAGE["b"]])
    assert len(CLUSTER.ours("container")) == 10


@pytest.mark.parametrize(
    ("node", "other", "answer"),
    [
        ("storage-a-1", "storage-a-2", "yes"),
        ("storage-a-1", "storage-b-1", "no"),
        ("storage-b-2", "storage-a-3", "no"),
        ("conduit-1", "storage-a-1", "yes"),
        ("conduit-1", "storage-b-1", "yes"),
    ],
)
def test_only_the_conduit_reaches_both_sites(node, other, answer):
    assert CLUSTER.on(node, "python3", "-c", REACH, other) == [answer]


def test_storage_nodes_are_not_created_anew():
    before = CLUSTER.ours("container")
    code, output = CLUSTER.play("cluster.yml", "topology=phase2", "nodes_docker_data_directory=/elsewhere")
    assert code != 0
    assert "storage-a-1, storage-a-2, storage-a-3, storage-b-1, storage-b-2: the definition has changed" in output
    assert CLUSTER.ours("container") == before


def test_the_checklist_passes_on_evidence_and_a_paused_node_fails_its_lines(tmp_path):
    docker("pause", f"{CLUSTER.name}-jepsen")
    try:
        code, output = CLUSTER.play("acceptance.yml", f"results={tmp_path}")
    finally:
        docker("unpause", f"{CLUSTER.name}-jepsen")
    document = json.loads((tmp_path / "acceptance/acceptance.json").read_text(encoding="utf-8"))
    lines = {line["name"]: line for line in document["lines"]}
    assert (code, document["exit_code"]) == (2, 20)
    assert {name for name, line in lines.items() if line["state"] == "fail"} == {"provisioned", "controller"}, output
    assert lines["provisioned"]["reason"] == "jepsen is there and does not answer."
    assert len(lines["provisioned"]["evidence"]) == 9
    assert lines["unchanged"]["reason"] == "jepsen does not answer."
    passed = {name for name, line in lines.items() if line["state"] == "pass"}
    assert passed == {"storage-a", "storage-b", "conduit", "conduit-refuses", "mounts"}, output


def test_a_storage_node_that_loses_its_power_loses_no_acknowledged_byte(record_property):
    with writing("power-cut") as writer:
        docker("kill", f"{CLUSTER.name}-storage-a-2")
        died = time.time()
        writer.wrote_after(died + 5, 300)
        docker("start", f"{CLUSTER.name}-storage-a-2")
        output = becomes_healthy()
        writer.wrote_after(time.time(), 60)
    record_property("longest pause in seconds", writer.longest_pause())
    assert writer.lost() == []
    assert Counter(re.findall(r"([\w-]+) on \S+: healthy", output)) == {
        "ceph": 2,
        "ceph-mirror": 1,
        "ganesha": 1,
        "samba": 1,
    }


def test_the_nodes_go_with_all_that_belongs_to_them():
    code, output = destroy()
    assert code == 0, output
    assert CLUSTER.left() == []

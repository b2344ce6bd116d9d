# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ten nodes at two sites from one command, and that nothing is left of them.

The tests build on each other in the order in which they stand.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections import Counter
from pathlib import Path

import pytest
from installation import Installation

INSTALLATION = Installation(
    f"{os.environ.get('NETFS_BENCH_INSTALLATION', 'netfs')}-cluster",
    os.environ.get("NETFS_BENCH_CLUSTER_SUBNET", "198.18.240.0/24"),
)
STATE = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state") / "netfs.bench" / INSTALLATION.name
NODES = ("conduit-1", "fuse-client", "jepsen", "nfs-client", "orchestrator")
STORAGE = {"a": ("storage-a-1", "storage-a-2", "storage-a-3"), "b": ("storage-b-1", "storage-b-2")}
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


@pytest.fixture(scope="module", autouse=True)
def cluster():
    """The nodes go away with the module, as do those that a broken off test left."""
    destroy()
    yield
    destroy()


def destroy():
    return INSTALLATION.play("playbooks/destroy.yml", f"confirm={INSTALLATION.name}")


def up():
    return INSTALLATION.play("cluster.yml", "topology=phase2")


def status():
    return INSTALLATION.play("playbooks/cluster_status.yml")


def test_one_command_makes_ten_nodes_at_two_sites(record_property):
    began = time.monotonic()
    code, output = up()
    assert code == 0, output
    record_property("minutes to bring up", (time.monotonic() - began) / 60)
    plan = json.loads((STATE / "cluster/plan.json").read_text(encoding="utf-8"))
    assert sorted(plan["nodes"]) == sorted([*NODES, *STORAGE["a"], *STORAGE["b"]])
    assert len(INSTALLATION.ours("container")) == 10


def test_every_service_and_every_mount_is_healthy():
    code, output = status()
    assert code == 0, output
    assert Counter(re.findall(r"(ceph) on \S+: healthy", output)) == {"ceph": 2}


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
    assert INSTALLATION.on(node, "python3", "-c", REACH, other) == [answer]


def test_a_second_run_changes_nothing(record_property):
    began = time.monotonic()
    code, output = up()
    record_property("seconds of a second run", time.monotonic() - began)
    assert code == 0, output
    assert re.findall(r"^ *changed .*", output, re.MULTILINE) == []


def test_the_nodes_go_with_all_that_belongs_to_them():
    code, output = destroy()
    assert code == 0, output
    assert INSTALLATION.left() == []

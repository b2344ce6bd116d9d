# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ten nodes at two sites from one command, what they survive, and that nothing is left of them.

The tests build on each other in the order in which they stand.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from installation import Installation, docker

INSTALLATION = Installation(
    f"{os.environ.get('NETFS_BENCH_INSTALLATION', 'netfs')}-cluster",
    os.environ.get("NETFS_BENCH_CLUSTER_SUBNET", "198.18.240.0/24"),
)
STATE = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state") / "netfs.bench" / INSTALLATION.name
NODES = ("conduit-1", "fuse-client", "jepsen", "nfs-client", "orchestrator")
STORAGE = {"a": ("storage-a-1", "storage-a-2", "storage-a-3"), "b": ("storage-b-1", "storage-b-2")}
MOUNT = "/mnt/netfs"
# A file after the other, each noted with its hash when its fsync has returned, and when.
WRITER = f"""
import hashlib, os, pathlib, time
stop = pathlib.Path("/root/stop")
directory = pathlib.Path("{MOUNT}/written")
directory.mkdir()
with open("/root/acknowledged", "w", buffering=1) as acknowledged:
    number = 0
    while not stop.exists():
        content = os.urandom(65536)
        with open(directory / str(number), "xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        acknowledged.write(f"{{hashlib.sha256(content).hexdigest()}}  {{directory / str(number)}} {{time.time()}}\\n")
        number += 1
"""

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


def acknowledged():
    """Return the files of which the writer's fsync has returned: (hash, path, seconds since the epoch)."""
    words = INSTALLATION.on("fuse-client", "sh", "-c", "cat /root/acknowledged || true")  # before there is one, too
    return [(words[i], words[i + 1], float(words[i + 2])) for i in range(0, len(words), 3)]


def wait_for(question, seconds):
    until = time.monotonic() + seconds
    while not (answer := question()):
        assert time.monotonic() < until, "no answer in time"
        time.sleep(1)
    return answer


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
    assert Counter(re.findall(r"([\w-]+) on \S+: healthy", output)) == {
        "ceph": 2,
        "ceph-mirror": 1,
        "ganesha": 1,
        "samba": 1,
    }


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


def test_every_client_reads_what_every_other_one_wrote():
    code, output = INSTALLATION.play("playbooks/cluster_validate.yml")
    assert code == 0, output


def test_logs_are_fetched_without_secrets(tmp_path):
    code, output = INSTALLATION.play("playbooks/cluster_logs.yml", "node=storage-a-1", f"results={tmp_path}")
    assert code == 0, output
    (folder,) = (tmp_path / "cluster-logs").iterdir()
    assert folder.name == "storage-a-1"
    texts = {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}
    assert "ceph-mon" in texts["ceph.log"]
    secret = INSTALLATION.on("storage-a-1", "sed", "-n", "s/.*key = //p", "/etc/ceph/ceph.client.admin.keyring")[0]
    assert len(secret) > 20
    assert [name for name, text in texts.items() if secret in text] == []


def test_a_node_is_added_and_removed_while_data_is_kept_and_clients_stay_mounted(record_property):
    INSTALLATION.on("fuse-client", "dd", "if=/dev/urandom", f"of={MOUNT}/kept", "bs=1M", "count=64", "conv=fsync")

    def kept():
        """The mount, which a new one at the same place would not be, and what is there."""
        return INSTALLATION.on("fuse-client", "sh", "-c", f"findmnt -no ID {MOUNT} && sha256sum {MOUNT}/kept")

    before = kept()
    for playbook, variable, hosts in (("add", "group=storage_a", 4), ("remove", "node=storage-a-4", 3)):
        began = time.monotonic()
        code, output = INSTALLATION.play(f"playbooks/cluster_{playbook}.yml", variable)
        record_property(f"seconds to {playbook} a node", time.monotonic() - began)
        assert code == 0, output
        assert kept() == before
        code, output = status()
        assert code == 0, output
        plan = json.loads((STATE / "cluster/plan.json").read_text(encoding="utf-8"))
        assert len(plan["groups"]["storage_a"]) == hosts
    assert len(INSTALLATION.ours("container")) == 10


def test_a_storage_node_that_loses_its_power_loses_no_acknowledged_byte(record_property):
    INSTALLATION.on("fuse-client", "systemd-run", "--unit=writer", "python3", "-c", WRITER)
    wait_for(lambda: len(acknowledged()) >= 10, 60)
    docker("kill", f"{INSTALLATION.name}-storage-a-2")
    died = time.time()
    wait_for(lambda: acknowledged()[-1][2] > died + 5, 300)
    docker("start", f"{INSTALLATION.name}-storage-a-2")
    wait_for(lambda: status()[0] == 0, 300)
    INSTALLATION.on("fuse-client", "touch", "/root/stop")
    wait_for(lambda: INSTALLATION.on("fuse-client", "systemctl", "list-units", "--quiet", "writer.service") == [], 60)
    written = acknowledged()
    record_property("longest pause in seconds", max(b[2] - a[2] for a, b in pairwise(written)))
    read = INSTALLATION.on("fuse-client", "sh", "-c", f"cd {MOUNT}/written && sha256sum $(ls | sort -n)")
    there = {f"{MOUNT}/written/{name}": wanted for wanted, name in zip(read[::2], read[1::2], strict=True)}
    assert [path for wanted, path, _when in written if there.get(path) != wanted] == []
    assert len(written) > 20


def test_a_cluster_that_misses_a_node_is_not_healthy():
    docker("pause", f"{INSTALLATION.name}-storage-a-3")
    try:
        code, output = status()
    finally:
        docker("unpause", f"{INSTALLATION.name}-storage-a-3")
    assert code != 0
    assert "storage-a-3" in output
    wait_for(lambda: status()[0] == 0, 120)


def test_the_nodes_go_with_all_that_belongs_to_them():
    code, output = destroy()
    assert code == 0, output
    assert INSTALLATION.left() == []

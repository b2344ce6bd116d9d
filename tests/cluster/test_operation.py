# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A cluster in use: each daemon, the conduit and the way between the sites are lost while a client writes; nodes come
and go; what the commands say of it.

The tests build on each other in the order in which they stand.
"""

from __future__ import annotations

import json
import re
import subprocess
import time
from contextlib import contextmanager

import pytest
from installation import docker
from two_sites import CLUSTER, MOUNT, STATE, STORAGE, becomes_healthy, destroy, status, up, wait_for, writing


def test_the_cluster_comes_up():
    code, output = up()
    assert code == 0, output


def test_a_second_run_changes_nothing(record_property):
    began = time.monotonic()
    code, output = up()
    record_property("seconds of a second run", time.monotonic() - began)
    assert code == 0, output
    assert re.findall(r"^ *changed .*", output, re.MULTILINE) == []
    assert "Nothing is deployed." in output


def test_what_somebody_changed_is_named_and_put_right():
    CLUSTER.on("storage-b-1", "sh", "-c", "echo '# by hand' >> /etc/ceph/ceph.conf")
    code, output = up()
    assert code == 0, output
    assert "storage-b-1: /etc/ceph/ceph.conf was changed." in output
    assert "hand" not in CLUSTER.on("storage-b-1", "cat", "/etc/ceph/ceph.conf")


def test_every_client_reads_what_every_other_one_wrote():
    code, output = CLUSTER.play("playbooks/cluster_validate.yml")
    assert code == 0, output


def test_logs_are_fetched_without_secrets(tmp_path):
    code, output = CLUSTER.play("playbooks/cluster_logs.yml", "node=storage-a-1", f"results={tmp_path}")
    assert code == 0, output
    (folder,) = (tmp_path / "cluster-logs").iterdir()
    assert folder.name == "storage-a-1"
    texts = {path.name: path.read_text(encoding="utf-8") for path in folder.rglob("*") if path.is_file()}
    assert "ceph-mon" in texts["ceph.log"]
    secret = CLUSTER.on("storage-a-1", "sed", "-n", "s/.*key = //p", "/etc/ceph/ceph.client.admin.keyring")[0]
    assert len(secret) > 20
    assert [name for name, text in texts.items() if secret in text] == []


def active(kind: str) -> str:
    """The node of site a whose manager or metadata server serves; the first one for what serves on all."""
    field = {"mgr": "['active_name']", "mds": "['fsmap']['by_rank'][0]['name']"}.get(kind)
    if not field:
        return "storage-a-1"
    program = f"import json, sys; print(json.load(sys.stdin){field})"
    asked = "ceph mgr stat --format=json" if kind == "mgr" else "ceph status --format=json"
    (daemon,) = CLUSTER.on("storage-a-1", "sh", "-c", f'{asked} | python3 -c "{program}"')
    return daemon.removeprefix(f"{CLUSTER.name}-")


@pytest.mark.parametrize(
    ("kind", "node"),
    [("mon", ""), ("osd", ""), ("mgr", ""), ("mds", ""), ("mirror", "conduit-1")],
)
def test_a_daemon_that_is_killed_costs_no_acknowledged_byte(kind, node, record_property):
    host = node or active(kind)
    unit = "netfs-ceph-mirror.service" if kind == "mirror" else f"ceph-{kind}@*.service"
    with writing(f"killed-{kind}") as writer:
        CLUSTER.on(host, "systemctl", "kill", "--signal=KILL", "--kill-whom=main", unit)
        died = time.time()
        becomes_healthy()
        record_property(f"seconds until healthy after {kind}", time.time() - died)
        writer.wrote_after(time.time(), 60)
    record_property(f"longest pause in seconds after {kind}", writer.longest_pause())
    assert writer.lost() == []


def test_the_conduit_may_lose_its_power(record_property):
    with writing("no-conduit") as writer:
        docker("kill", f"{CLUSTER.name}-conduit-1")
        died = time.time()
        writer.wrote_after(died + 5, 60)
        code, output = status()
        assert code != 0
        assert "conduit-1" in output
        docker("start", f"{CLUSTER.name}-conduit-1")
        becomes_healthy()
    record_property("longest pause in seconds", writer.longest_pause())
    assert writer.lost() == []


@contextmanager
def sites_apart():
    """Neither site reaches the other through the conduit, and nobody is told so."""
    CLUSTER.on("conduit-1", "apt-get", "install", "--yes", "--no-install-recommends", "nftables")
    there = ", ".join(CLUSTER.on("conduit-1", "getent", "hosts", node)[0] for node in STORAGE["b"])
    rules = (
        "add table inet apart; add chain inet apart in { type filter hook input priority 0; }; "
        "add chain inet apart out { type filter hook output priority 0; }; "
        f"add rule inet apart in ip saddr {{ {there} }} drop; add rule inet apart out ip daddr {{ {there} }} drop"
    )
    CLUSTER.on("conduit-1", "nft", rules)
    try:
        yield
    finally:
        CLUSTER.on("conduit-1", "nft", "delete", "table", "inet", "apart")


def test_replication_goes_on_after_three_minutes_apart(record_property):
    with writing("apart") as writer:
        with sites_apart():
            began = time.time()
            time.sleep(180)
            code, output = status()
            assert code != 0
            assert "not healthy" in output
        met = time.time()
        becomes_healthy()
        record_property("seconds until the copy was whole", time.time() - met)
        writer.wrote_after(time.time(), 60)
    assert [when for _hash, _name, when in writer.acknowledged() if began + 150 < when < began + 180]
    assert writer.lost() == []


def kept() -> list[str]:
    """The mount of the client, which a new one at the same place would not be, and what is there."""
    return CLUSTER.on("fuse-client", "sh", "-c", f"findmnt -no ID {MOUNT} && sha256sum {MOUNT}/kept")


def nodes_in(group: str) -> list[str]:
    """The nodes of a group, as they are planned."""
    nodes: list[str] = json.loads((STATE / "cluster/plan.json").read_text(encoding="utf-8"))["groups"][group]
    return nodes


@pytest.fixture(scope="module")
def before() -> list[str]:
    """What the client has before nodes come and go."""
    CLUSTER.on("fuse-client", "dd", "if=/dev/urandom", f"of={MOUNT}/kept", "bs=1M", "count=64", "conv=fsync")
    return kept()


@pytest.mark.parametrize(
    ("playbook", "variable", "hosts"), [("add", "group=storage_a", 4), ("remove", "node=storage-a-4", 3)]
)
def test_a_node_comes_and_goes_while_data_is_kept_and_clients_stay_mounted(
    playbook, variable, hosts, before, record_property
):
    began = time.monotonic()
    code, output = CLUSTER.play(f"playbooks/cluster_{playbook}.yml", variable)
    record_property(f"seconds to {playbook} a node", time.monotonic() - began)
    assert code == 0, output
    assert kept() == before
    code, output = status()
    assert code == 0, output
    assert len(nodes_in("storage_a")) == hosts
    assert len(CLUSTER.ours("container")) == 7 + hosts


def test_a_node_that_dies_while_it_joins_is_named_and_joins_with_the_next_run(before):
    joining = f"{CLUSTER.name}-storage-a-4"
    configured = ["docker", "exec", joining, "test", "-e", "/etc/ceph/ceph.conf"]
    with CLUSTER.start("playbooks/cluster_add.yml", "group=storage_a") as play:
        wait_for(lambda: subprocess.run(configured, capture_output=True, check=False).returncode == 0, 600)
        docker("kill", joining)
        output, _none = play.communicate()
    assert play.returncode != 0
    assert joining in output
    assert kept() == before
    code, output = up()
    assert code == 0, output
    assert nodes_in("storage_a") == ["storage-a-1", "storage-a-2", "storage-a-3", "storage-a-4"]
    assert kept() == before
    code, output = CLUSTER.play("playbooks/cluster_remove.yml", "node=storage-a-4")
    assert code == 0, output


def test_a_cluster_that_misses_a_node_is_not_healthy():
    docker("pause", f"{CLUSTER.name}-storage-a-3")
    try:
        code, output = status()
    finally:
        docker("unpause", f"{CLUSTER.name}-storage-a-3")
    assert code != 0
    assert "storage-a-3" in output
    becomes_healthy()


def test_the_nodes_go_with_all_that_belongs_to_them():
    code, output = destroy()
    assert code == 0, output
    assert CLUSTER.left() == []

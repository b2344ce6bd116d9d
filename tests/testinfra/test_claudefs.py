# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A ClaudeFS cluster of three hosts, played by a double: what is run, what is believed, how it grows and changes."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import secrets_of
from conftest import reach
from nfs import checksum, put, write
from testinfra.host import Host

from ansible_collections.netfs.bench.plugins.module_utils._claudefs import faults, view_of

ROOT = Path(__file__).parent.parent.parent
FILES = ROOT / "molecule/claudefs/files"
MOUNT = "/mnt/cfs-fuse"
SECRET = "known-to-this-test-alone"
RELEASES = "/opt/netfs/releases"
# The three of the cluster, and the client
*HOSTS, FOURTH = json.loads(os.environ["NETFS_HOSTS"])
FIRST, SECOND, THIRD = HOSTS


@pytest.fixture(scope="session")
def nodes(node: Host, sockets: str) -> dict[str, Host]:
    """Return the hosts of the cluster by their names."""
    return {FIRST: node, SECOND: reach("NETFS_NODE_2", sockets), THIRD: reach("NETFS_NODE_3", sockets)}


def play(*words: str, refused: bool = False) -> str:
    """Run a playbook of the scenario on its hosts."""
    said: str = secrets_of.play(*secrets_of.inventory(), *words, refused=refused)
    return " ".join(said.split())


def apply(refused: bool = False, **variables: object) -> str:
    """Apply the role with other variables."""
    extra = f"--extra-vars={json.dumps(variables)}"
    return play("--limit=!client", extra, "molecule/claudefs/converge.yml", refused=refused)


def enter(entry: str, hosts: str = ":".join(HOSTS), refused: bool = False, **variables: object) -> str:
    """Run an entry point of the role."""
    extra = {"entry": entry, "entry_hosts": hosts, **variables}
    return play(f"--extra-vars={json.dumps(extra)}", "molecule/claudefs/entry.yml", refused=refused)


@contextmanager
def misbehaving(host: Host, how: str) -> Iterator[None]:
    """Let the server of a host misbehave, from its start on, and behave again in the end."""
    put(host, "/run/cfs-double", how)
    host.check_output("systemctl restart cfs-server")
    try:
        yield
    finally:
        host.check_output("rm /run/cfs-double")
        host.check_output("systemctl restart cfs-server")


def wrong(nodes: dict[str, Host], members: int = 3) -> list[str]:
    """Return what is wrong with the cluster."""
    ask = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:9800/metrics', timeout=5).read().decode())"
    views = {name: view_of(host.run("python3 -c %s", ask).stdout) for name, host in nodes.items()}
    return faults(views, members)


def wait_until_whole(nodes: dict[str, Host], seconds: float = 30) -> None:
    began = time.monotonic()
    while found := wrong(nodes):
        assert time.monotonic() - began < seconds, found
        time.sleep(0.3)


def process(host: Host) -> str:
    pid: str = host.check_output("systemctl show --property=MainPID --value cfs-server")
    return pid


def addresses(nodes: dict[str, Host]) -> list[str]:
    return [host.check_output("hostname -I").split()[0] for host in nodes.values()]


# What it is


def test_server_runs_and_survives_a_reboot(nodes: dict[str, Host]) -> None:
    for host in nodes.values():
        service = host.service("cfs-server")
        assert service.is_running, host.check_output("journalctl -n 50 --no-pager -u cfs-server")
        assert service.is_enabled
    assert wrong(nodes) == []


def test_command_lines(nodes: dict[str, Host]) -> None:
    """Those of the guide, with a secret that is named by its file, and the identity of a host that joins."""
    one, two, three = (f"{address}:9400" for address in addresses(nodes))
    shared = "--cluster-id claudefs --node-id {} --listen 0.0.0.0:9400 --data-dir /data/nvme0"
    place = "--site-id site-a --replication-target conduit-1:9402 --token-file /etc/netfs-claudefs/cluster-secret"
    wanted = {
        FIRST: f"server {shared.format(FIRST)} --seed-nodes {one},{two},{three} {place}",
        SECOND: f"server join --seed {one},{three} {shared.format(SECOND)} {place}",
        THIRD: f"server join --seed {one},{two} {shared.format(THIRD)} {place}",
    }
    run = {name: host.check_output("ps -o args= -p %s", process(host)) for name, host in nodes.items()}
    assert {name: words.partition("/cfs ")[2] for name, words in run.items()} == wanted
    assert all(f"{RELEASES}/1.0/cfs " in words for words in run.values())


def test_endpoint(endpoint: dict[str, Any], node: Host) -> None:
    assert (endpoint["service"], endpoint["protocol"], endpoint["port"]) == ("claudefs", "fuse", 9400)
    assert endpoint["durability"] == "volatile"
    assert endpoint["metrics"] == {"url": "http://127.0.0.1:9800/metrics"}
    assert endpoint["program"]["version"] == "1.0"
    assert SECRET not in json.dumps(endpoint)
    assert node.file("/opt/netfs/current").linked_to == f"{RELEASES}/1.0"


def test_client_writes_and_reads_back(client: Host) -> None:
    mount = client.mount_point(MOUNT)
    assert mount.filesystem == "fuse.claudefs"
    wrote = write(client, f"{MOUNT}/file")
    assert checksum(client, f"{MOUNT}/file") == wrote
    words = client.check_output("sh -c %s", "ps -ww -o args= -C bindfs")
    assert words.endswith(MOUNT)


def test_mount_that_only_says_so_is_a_failure(client: Host) -> None:
    put(client, "/tmp/cfs", (FILES / "stub").read_text())
    client.check_output("chmod 0755 /tmp/cfs && mkdir -p /tmp/mnt")
    options = "program=/tmp/cfs,server=192.0.2.1:9400,cache-ttl=5s"
    said = client.run("mount -t claudefs -o %s claudefs /tmp/mnt", options)
    client.check_output("rm -r /tmp/cfs /tmp/mnt")
    assert said.rc == 32
    assert "cfs mount ended without an error, and nothing is mounted" in said.stderr
    assert "ClaudeFS metadata server starting" in said.stderr


# What is believed


def test_servers_that_lie_are_found_out(nodes: dict[str, Host]) -> None:
    """One opens its ports and answers nothing, one has forgotten a member. verify.yml has asked the honest ones."""
    with misbehaving(nodes[SECOND], "silent"), misbehaving(nodes[THIRD], "forgets"):
        said = enter("health", FIRST, refused=True)
    assert f"{SECOND} does not serve: port 9800 tells no metrics: timed out" in said
    assert f"{THIRD} counts 2 nodes, and 3 should be" in said
    wait_until_whole(nodes)


def test_program_that_prints_a_line_and_ends_serves_nothing(nodes: dict[str, Host]) -> None:
    """As upstream's do. The hosts after the first one are not touched."""
    before = [process(nodes[name]) for name in HOSTS[1:]]
    said = apply(refused=True, claudefs_program=str(FILES / "stub"), claudefs_wait_seconds=2)
    assert "claudefs does not work" in said
    assert "nothing serves: port 9400 of 127.0.0.1 cannot be reached" in said
    assert "ClaudeFS metadata server starting..." in said
    assert f"{FIRST} failed, so {SECOND} was not touched" in said
    assert [process(nodes[name]) for name in HOSTS[1:]] == before
    apply()
    assert wrong(nodes) == []


# What it survives


def test_server_that_is_killed_comes_back(nodes: dict[str, Host]) -> None:
    before = process(nodes[FIRST])
    nodes[FIRST].check_output("kill -9 %s", before)
    wait_until_whole(nodes)
    assert process(nodes[FIRST]) not in (before, "0")


def test_start_after_a_stop_does_not_believe_a_host_that_forgot_one(nodes: dict[str, Host]) -> None:
    enter("stop")
    assert [host.service("cfs-server").is_running for host in nodes.values()] == [False] * 3
    put(nodes[SECOND], "/run/cfs-double", "forgets")
    said = enter("start", refused=True, claudefs_wait_seconds=2)
    assert f"The ClaudeFS cluster is not whole after 2 looks (claudefs_wait_seconds): {SECOND} counts 2 nodes" in said
    nodes[SECOND].check_output("sh -c %s", "rm /run/cfs-double && systemctl restart cfs-server")
    wait_until_whole(nodes)


def test_host_more_and_less(nodes: dict[str, Host], client: Host) -> None:
    patience = {"claudefs_hosts": [*HOSTS, FOURTH], "claudefs_wait_seconds": 3}
    said = enter("join", FOURTH, refused=True, claudefs_secret="another secret than theirs", **patience)
    assert f"refused to let {FOURTH} join: the secret is wrong" in said
    assert wrong(nodes) == []

    enter("join", FOURTH, **patience)
    assert wrong({**nodes, FOURTH: client}, 4) == []

    put(client, "/run/cfs-double", "drops")
    said = enter("leave", FOURTH, refused=True, **patience)
    client.check_output("rm /run/cfs-double")
    assert f"{FOURTH} did not leave, and its server runs again with its data" in said
    assert "counts 4 nodes, and 3 should be" in said

    enter("leave", FOURTH, **patience)
    wait_until_whole(nodes)
    assert not client.file("/data/nvme0").exists
    assert not client.file(RELEASES).exists


# What it keeps to itself


def test_secret_is_nowhere_to_be_seen(nodes: dict[str, Host]) -> None:
    for host in nodes.values():
        kept = host.file("/etc/netfs-claudefs/cluster-secret")
        assert (kept.mode, kept.user, kept.content_string.strip()) == (0o600, "netfs-claudefs", SECRET)
        shown = secrets_of.shown_by(host, "cfs-server")
        assert "cfs server" in shown["processes"]
        assert [place for place, text in shown.items() if SECRET in text] == []


def test_refusal_changes_nothing(nodes: dict[str, Host]) -> None:
    """The last of them; the others are in tests/unit/test_claudefs_refusals.py."""
    everything = "find /etc /usr/local /opt /data -xdev -type f -size -1M -exec sha256sum '{}' + | sort"
    before = [host.check_output(everything) for host in nodes.values()]
    assert "is not the file that was pinned" in apply(refused=True, claudefs_sha256="0" * 64)
    assert [host.check_output(everything) for host in nodes.values()] == before


def test_check_mode_changes_nothing_and_shows_no_secret() -> None:
    said = play("--check", "--diff", "-vvv", "--limit=!client", "molecule/claudefs/converge.yml")
    assert said.count("changed=0") == len(HOSTS)
    assert not secrets_of.told(SECRET, said)


# What it becomes; the versions stay until the cluster is removed


def test_upgrade_goes_back_where_the_new_version_does_not_serve(nodes: dict[str, Host]) -> None:
    """And ends at the first host."""
    before = [process(nodes[name]) for name in HOSTS[1:]]
    wanted = {"claudefs_version": "2.0", "claudefs_program": str(FILES / "stub"), "claudefs_wait_seconds": 2}
    said = enter("upgrade", refused=True, **wanted)
    assert f"ClaudeFS 2.0 does not serve on {FIRST}, which runs 1.0 again" in said
    assert [process(nodes[name]) for name in HOSTS[1:]] == before
    wait_until_whole(nodes)


def test_upgrade(nodes: dict[str, Host]) -> None:
    enter("upgrade", claudefs_version="2.0")
    assert wrong(nodes) == []
    for host in nodes.values():
        assert f"{RELEASES}/2.0/cfs" in host.check_output("ps -o args= -p %s", process(host))
        assert host.file("/opt/netfs/current").linked_to == f"{RELEASES}/2.0"
        assert host.file(f"{RELEASES}/1.0/cfs").exists

# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the roles of ClaudeFS refuse, by the steps that they take before they change anything."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from claudefs_double import cluster
from local_play import entered, play

HOSTS = ["n1", "n2", "n3"]


def usual(*hosts: str) -> dict[str, Any]:
    """Return the variables of a cluster of these hosts."""
    return {
        "claudefs_hosts": list(hosts),
        "claudefs_version": "1.0",
        "claudefs_program": "/home/me/cfs",
        "claudefs_secret": "a secret of the test",
        "claudefs_addresses": {host: host for host in hosts},
    }


WRONG = [
    ({}, ""),
    ({"claudefs_secret": ""}, "claudefs_secret is empty. Set it"),
    ({"claudefs_secret": "short"}, "it must have from 16 to 1024 bytes"),
    ({"claudefs_program": ""}, "There is no program of ClaudeFS to install"),
    ({"claudefs_archive_url": "https://192.0.2.1/cfs.tar.gz"}, "an archive is not used without its checksum"),
    ({"claudefs_replication_target": "conduit-1"}, "it is HOST:PORT of the conduit"),
    ({"claudefs_hosts": ["n1", "n2"]}, "each host stands there once, and h6 is one of them"),
    ({"claudefs_addresses": {"n1": "n1"}}, "claudefs_addresses has no address of h7, n2"),
    ({"claudefs_node": "a b"}, "it may contain only letters"),
    ({"claudefs_version": "../1"}, "it names a directory"),
    ({"claudefs_data_directory": "/"}, "it must be an absolute path below /"),
    ({"claudefs_cache_ttl": "5"}, "it is a time such as 5s"),
]
STEPS = ["look", "refuse_hosts", "refuse_version"]


def test_what_cannot_be_is_refused(tmp_path: Path) -> None:
    """Each host gets one thing wrong, but the first."""
    names = [f"h{number}" for number in range(len(WRONG))]
    hosts = {name: {**usual(name, "n1", "n2"), **wrong[0]} for name, wrong in zip(names, WRONG, strict=True)}
    told = play(tmp_path, hosts, [entered("claudefs", "refuse")])
    assert [host for host in hosts if not told[host].failed] == ["h0"], told
    for host, (_variables, sentence) in zip(names, WRONG, strict=True):
        assert sentence in told[host].why


def test_second_cluster_and_another_version_are_refused(tmp_path: Path) -> None:
    """The first host has lost its disk, and the second one is asked for another version than it runs."""
    (tmp_path / "current").symlink_to("/opt/netfs/releases/1.0")
    hosts: dict[str, dict[str, Any]] = {}
    for host in HOSTS:
        (tmp_path / host).mkdir()
        hosts[host] = {**usual(*HOSTS), "claudefs_data_directory": str(tmp_path / host)}
    for host in HOSTS[1:]:
        (tmp_path / host / "members.json").write_text("{}")
    hosts["n2"]["claudefs_version"] = "2.0"
    paths = {"__claudefs_current": str(tmp_path / "current")}
    told = play(tmp_path, hosts, [entered("claudefs", step, **paths) for step in STEPS])
    assert [host for host in HOSTS if told[host].failed] == ["n1", "n2"], told
    assert f"n1 has no data in {tmp_path}/n1, and n2, n3 has: as the first" in told["n1"].why
    assert "n2 runs ClaudeFS 1.0, and claudefs_version is 2.0. Run the entry point upgrade" in told["n2"].why


def test_host_that_is_needed_cannot_leave(tmp_path: Path) -> None:
    with cluster(tmp_path) as nodes:
        given = {**usual(*HOSTS), "claudefs_addresses": nodes.addresses, "claudefs_port": nodes.port}
        given["claudefs_data_directory"] = str(tmp_path / "n3")
        told = play(tmp_path, {"n3": given}, [entered("claudefs", "leave", __claudefs_metrics_port=nodes.metrics_port)])
    assert told["n3"].failed
    assert "n3 cannot leave: 2 would remain, and the data needs 3. Nothing was changed." in told["n3"].why


SITE = {"name": "site-a", "addresses": ["192.0.2.1"]}
CONDUIT = {
    "claudefs_conduit_version": "1.0",
    "claudefs_conduit_program": "/home/me/cfs-conduit",
    "claudefs_conduit_local": SITE,
    "claudefs_conduit_remote": {"name": "site-b", "addresses": ["198.51.100.1"]},
}
WRONG_OF_THE_CONDUIT = [
    ({"claudefs_conduit_program": ""}, "There is no program of the conduit to install"),
    ({"claudefs_conduit_archive_url": "https://192.0.2.1/cfs.tar.gz"}, "with its claudefs_conduit_sha256"),
    ({"claudefs_conduit_local": {**SITE, "addresses": []}}, "site-a must have a list of addresses, at least one"),
    ({"claudefs_conduit_local": {**SITE, "name": "a b"}}, "the name of a host may contain only"),
    ({"claudefs_conduit_remote": SITE}, "have the same name, site-a. Give each site its own"),
    ({"claudefs_conduit_version": "1/0"}, "it names a directory"),
]


def test_what_cannot_be_is_refused_by_the_conduit(tmp_path: Path) -> None:
    names = [f"h{number}" for number in range(len(WRONG_OF_THE_CONDUIT))]
    hosts = {name: {**CONDUIT, **wrong[0]} for name, wrong in zip(names, WRONG_OF_THE_CONDUIT, strict=True)}
    told = play(tmp_path, hosts, [entered("claudefs_conduit", "main")], check_mode=True)
    for host, (_variables, sentence) in zip(names, WRONG_OF_THE_CONDUIT, strict=True):
        assert sentence in told[host].why

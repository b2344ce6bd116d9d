# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a cluster says, and what becomes of it. The answers are those of Ceph 18.2, cut short."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from ansible_collections.netfs.bench.plugins.module_utils import _ceph
from ansible_collections.netfs.bench.plugins.module_utils._ceph import Ceph, Pools
from ansible_collections.netfs.bench.plugins.module_utils._command import FailureError
from ansible_collections.netfs.bench.plugins.module_utils._service_info import Answer

HOSTS = ["one", "two", "three"]
ANSWERS: dict[str, Any] = {
    "status": {
        "fsid": "f",
        "health": {"status": "HEALTH_OK", "checks": {}, "mutes": []},
        "pgmap": {
            "pgs_by_state": [{"state_name": "active+clean", "count": 49}],
            "num_pgs": 49,
            "bytes_used": 10,
            "bytes_total": 1000,
        },
    },
    "quorum": {
        "quorum_names": HOSTS,
        "quorum_leader_name": "one",
        "monmap": {"mons": [{"rank": rank, "name": name} for rank, name in enumerate(HOSTS)]},
    },
    "osds": {
        "nodes": [
            {"id": -1, "name": "default", "type": "root", "children": [-7, -5, -3]},
            *(
                {"id": -3 - 2 * number, "name": name, "type": "host", "children": [number]}
                for number, name in enumerate(HOSTS)
            ),
            *(
                {"id": number, "name": f"osd.{number}", "type": "osd", "status": "up", "reweight": 1.0}
                for number in range(3)
            ),
        ],
        "stray": [],
    },
    "managers": {
        "available": True,
        "active_name": "one",
        "standbys": [{"name": "two"}],
        "modules": ["prometheus"],
        "services": {"prometheus": "http://192.0.2.1:9800/"},
    },
    "filesystems": {
        "standbys": [{"name": "two", "state": "up:standby"}],
        "filesystems": [
            {
                "mdsmap": {
                    "fs_name": "cephfs",
                    "max_mds": 1,
                    "info": {"gid_1": {"name": "one", "rank": 0, "state": "up:active"}},
                }
            }
        ],
    },
    "versions": {"mon": {"ceph version 18.2.7 (6b0e98) reef (stable)": 3}, "overall": {}},
}
EXPECTED = {
    "monitors": HOSTS,
    "managers": ["one", "two"],
    "metadata_servers": ["one", "two"],
    "hosts": HOSTS,
    "filesystem": "cephfs",
}


def changed(*path: Any, value: Any) -> dict[str, Any]:
    """Return the answers with another value at one place."""
    answers = copy.deepcopy(ANSWERS)
    place: Any = answers
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    return answers


def state(answers: dict[str, Any]) -> dict[str, Any]:
    return {"answered": True, "reason": "", "cluster": _ceph.cluster(answers)}


def test_what_a_whole_cluster_says() -> None:
    known = _ceph.cluster(ANSWERS)
    assert known["quorum"] == sorted(HOSTS)
    assert (known["osds_up"], known["osds_in"]) == (3, 3)
    assert known["osds"][1] == {"id": 1, "host": "two", "up": True, "in": True}
    assert known["managers"]["active"] == "one"
    assert known["filesystems"]["cephfs"] == {"wanted": 1, "active": ["one"], "standby_replay": []}
    assert known["versions"] == {"mon": {"18.2.7": 3}}
    assert known["clean"] is True


def test_a_whole_cluster_has_no_faults() -> None:
    assert _ceph.faults(state(ANSWERS), EXPECTED) == []


WARNING = {"severity": "HEALTH_WARN", "summary": {"message": "clocks differ"}}


@pytest.mark.parametrize(
    "answers, fault",
    [
        (changed("quorum", "quorum_names", value=["one", "two"]), "monitors out of quorum: three"),
        (
            changed("quorum", "monmap", "mons", value=[{"name": "one"}, {"name": "two"}]),
            "not among its monitors: three",
        ),
        (changed("managers", "available", value=False), "no manager is active; managers that do not run: one"),
        (changed("managers", "standbys", value=[]), "managers that do not run: two"),
        (changed("osds", "nodes", 4, "status", value="down"), "OSDs down: osd.0 of one"),
        (changed("osds", "nodes", 5, "reweight", value=0), "OSDs that get no data: osd.1 of two"),
        (changed("osds", "nodes", 3, "children", value=[]), "hosts without an OSD: three"),
        (
            changed("status", "pgmap", "pgs_by_state", value=[{"state_name": "active+undersized", "count": 49}]),
            "49 of 49 placement groups are not active+clean: 49 active+undersized",
        ),
        (
            changed("status", "pgmap", "pgs_by_state", value=[{"state_name": "active+clean", "count": 40}]),
            "9 of 49 placement groups are not active+clean: 9 unknown",
        ),
        (changed("status", "pgmap", "num_pgs", value=0), "it has no placement groups"),
        (changed("filesystems", "filesystems", value=[]), "it has no file system cephfs"),
        (
            changed("filesystems", "filesystems", 0, "mdsmap", "info", "gid_1", "state", value="up:rejoin"),
            "0 of 1 metadata servers of cephfs are active; metadata servers that do not run: one",
        ),
        (changed("filesystems", "standbys", value=[]), "metadata servers that do not run: two"),
        (changed("status", "health", "checks", value={"MON_CLOCK_SKEW": WARNING}), "MON_CLOCK_SKEW: clocks differ"),
        (
            changed("status", "health", "checks", value={"X": WARNING | {"severity": "HEALTH_ERR"}}),
            "X: clocks differ",
        ),
    ],
)
def test_a_fault_is_named(answers: dict[str, Any], fault: str) -> None:
    assert "; ".join(_ceph.faults(state(answers), EXPECTED)) == fault


@pytest.mark.parametrize(
    "check", [{"POOL_APP_NOT_ENABLED": WARNING}, {"X": WARNING | {"severity": "HEALTH_ERR", "muted": True}}]
)
def test_what_endangers_no_data_is_no_fault(check: dict[str, Any]) -> None:
    assert _ceph.faults(state(changed("status", "health", "checks", value=check)), EXPECTED) == []


@pytest.mark.parametrize(
    "name, whole",
    [
        ("active+clean", True),
        ("active+clean+scrubbing+deep", True),
        ("active+clean+snaptrim_wait", True),
        ("active+undersized+degraded", False),
        ("active+clean+inconsistent", False),
        ("active+remapped+backfilling", False),
        ("peering", False),
        ("stale+active+clean", False),
        ("unknown", False),
    ],
)
def test_clean(name: str, whole: bool) -> None:
    assert _ceph.is_clean(name) is whole


class Player:
    """Plays the program ceph: gives answers, and remembers what it was asked."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers = {" ".join(words): answers[name] for name, words in _ceph.QUESTIONS.items() if name in answers}
        self.asked: list[str] = []
        self.rc = 0
        self.stdout = ""

    def __call__(self, argv: Sequence[str], seconds: float) -> Answer:
        assert seconds > 0
        self.asked.append(" ".join(argv))
        words = " ".join(word for word in argv[1:] if not word.startswith("--"))
        text = self.stdout or json.dumps(self.answers.get(words, {}))
        return Answer(self.rc, "" if self.rc else text, "\n2026 noise\nError: timed out\n" if self.rc else "")


def test_all_is_asked_with_a_limit() -> None:
    player = Player(ANSWERS)
    assert _ceph.faults(_ceph.asked(Ceph(player)), EXPECTED) == []
    assert all(line.startswith("ceph --connect-timeout=10 --format=json ") for line in player.asked)


def hangs(argv: Sequence[str], seconds: float) -> Answer:
    raise FailureError(f"'{argv[0]}' did not end within {seconds:g} seconds.")


def fails(argv: Sequence[str], _seconds: float) -> Answer:
    return Answer(1, "", f"{argv[0]}: error calling conf_read_file\n")


def says_nothing(_argv: Sequence[str], _seconds: float) -> Answer:
    return Answer(0, "", "")


def says_something_else(_argv: Sequence[str], _seconds: float) -> Answer:
    return Answer(0, "{}", "")


@pytest.mark.parametrize(
    "run, reason",
    [
        (hangs, "did not end within"),
        (fails, "failed: ceph: error calling conf_read_file"),
        (says_nothing, "answered no JSON"),
        (says_something_else, "The cluster does not say"),
    ],
)
def test_what_cannot_be_asked_is_not_healthy(run: Callable[..., Answer], reason: str) -> None:
    found = _ceph.asked(Ceph(run))
    assert found["cluster"] is None
    (fault,) = _ceph.faults(found, {})
    assert fault.startswith("it cannot be asked: ")
    assert reason in fault
    assert reason in _ceph.reasons_against_leaving(found, "one", 2, {"nodes": []})[0]


@pytest.mark.parametrize("missing", sorted(ANSWERS.keys() - {"versions"}))
def test_an_answer_that_lacks_something_is_no_answer(missing: str) -> None:
    answers = {name: answer for name, answer in ANSWERS.items() if name != missing}
    assert _ceph.asked(Ceph(Player(answers)))["answered"] is False


# Leaving

FOUR = copy.deepcopy(ANSWERS)
FOUR["osds"]["nodes"] += [
    {"id": -9, "name": "four", "type": "host", "children": [3]},
    {"id": 3, "name": "osd.3", "type": "osd", "status": "up", "reweight": 1.0},
]
USAGE = {"nodes": [{"id": number, "kb": 10 * 2**20, "kb_used": 2**20} for number in range(4)]}
FULL = {"nodes": [{"id": number, "kb": 10 * 2**20, "kb_used": 7 * 2**20} for number in range(4)]}


@pytest.mark.parametrize(
    "answers, host, usage, reasons",
    [
        (FOUR, "four", USAGE, []),
        (FOUR, "three", USAGE, []),
        (FOUR, "unknown", FULL, []),
        (ANSWERS, "three", USAGE, ["2 hosts would remain, and data is kept on 3"]),
        (FOUR, "four", FULL, ["28672 MiB are used, and the other OSDs hold 26112 MiB"]),
        (
            {**FOUR, "quorum": {**FOUR["quorum"], "quorum_names": ["one", "three"]}},
            "three",
            USAGE,
            ["1 of 2 monitors would remain in quorum"],
        ),
        (
            {**FOUR, "managers": {"available": True, "active_name": "one", "standbys": []}},
            "one",
            USAGE,
            ["no other manager runs"],
        ),
        (
            {**FOUR, "filesystems": {**FOUR["filesystems"], "standbys": []}},
            "one",
            USAGE,
            ["no other metadata server runs"],
        ),
        (
            {**FOUR, "status": changed("status", "pgmap", "num_pgs", value=50)["status"]},
            "four",
            USAGE,
            ["1 of 50 placement groups are not active+clean: 1 unknown"],
        ),
    ],
)
def test_who_may_leave(answers: dict[str, Any], host: str, usage: dict[str, Any], reasons: list[str]) -> None:
    assert _ceph.reasons_against_leaving(state(answers), host, 3, usage) == reasons


def test_width_is_that_of_the_widest_pool() -> None:
    assert _ceph.pool_width([{"size": 2}, {"size": 3}]) == 3
    assert _ceph.pool_width([]) == 0


# Identity


def test_key_is_one_of_cephx() -> None:
    """As `ceph-authtool --gen-key` makes them: 40 characters that begin like this."""
    key = _ceph.new_key(bytes(16), 1700000000)
    assert (len(key), key[:2], key[-4:]) == (40, "AQ", "AA==")
    assert key == "AQAA8VNlAAAAABAAAAAAAAAAAAAAAAAAAAAAAA=="


def test_hosts_get_the_lowest_free_numbers() -> None:
    identity = _ceph.new_identity(bytes, "f", 1)
    assert sorted(identity["keys"]) == ["client.admin", "mon."]
    three = _ceph.with_hosts(identity, {"one": "192.0.2.1", "two": "192.0.2.2", "three": "192.0.2.3"})
    assert {name: one["osd"] for name, one in three["hosts"].items()} == {"one": 0, "two": 1, "three": 2}
    fewer = _ceph.with_hosts(three, {}, without=["two"])
    more = _ceph.with_hosts(fewer, {"four": "192.0.2.4", "one": "192.0.2.9"})
    assert more["hosts"]["four"] == {"address": "192.0.2.4", "osd": 1}
    assert more["hosts"]["one"] == {"address": "192.0.2.9", "osd": 0}
    assert three["hosts"]["one"]["address"] == "192.0.2.1"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"fsid": "f", "keys": {"mon.": "x"}, "hosts": {}}'])
def test_what_is_no_identity_is_refused(text: str) -> None:
    with pytest.raises(FailureError, match="is not the identity of a cluster"):
        _ceph.identity_of(text, "/x")


def test_an_identity_is_read_back() -> None:
    identity = _ceph.with_hosts(_ceph.new_identity(bytes, "f", 1), {"one": "192.0.2.1"})
    assert _ceph.identity_of(json.dumps(identity), "/x") == identity


@pytest.mark.parametrize(
    "text, fsid, mon_host",
    [
        ("", "", ""),
        ("[global]\nfsid = f\nmon host = [v2:192.0.2.1:3300]\n[osd]\nfsid = g\n", "f", "[v2:192.0.2.1:3300]"),
        ("[global]\n\tmon-host=a,b ; x\n\tFSID = f # x\n", "f", "a,b"),
        ("no section", "", ""),
        ("[global]\nfsid\n", "", ""),
    ],
)
def test_ceph_conf_is_read(text: str, fsid: str, mon_host: str) -> None:
    assert _ceph.parse_conf(text) == {"fsid": fsid, "mon_host": mon_host}


@pytest.mark.parametrize(
    "programs, kinds",
    [
        (["/usr/bin/ceph-osd", "/usr/bin/python3.13 (deleted)"], []),
        (["/usr/bin/ceph-mds (deleted)", "/usr/bin/ceph-mon (deleted)"], ["mon", "mds"]),
    ],
)
def test_daemons_that_run_an_older_program(programs: list[str], kinds: list[str]) -> None:
    assert _ceph.outdated(programs) == kinds


# Wanted state


def test_rights_as_words() -> None:
    assert _ceph.caps_words({"osd": "allow r", "mds": "allow"}) == ["mds", "allow", "osd", "allow r"]


@pytest.mark.parametrize("answer", [[], {}, [{"key": "k"}], None])
def test_rights_that_are_not_said(answer: Any) -> None:
    with pytest.raises(FailureError, match="does not say key and rights"):
        _ceph.parse_auth(answer)


REPLICATED = Pools("fs", replicas=3, metadata_groups=16, data_groups=32)
CODED = REPLICATED._replace(k=2, m=1)
POOLS = [
    {"pool_name": "fs_metadata", "size": 3, "pg_num": 16},
    {"pool_name": "fs_data", "size": 3, "pg_num": 32},
]
CODED_POOLS = [
    POOLS[0],
    {"pool_name": "fs_data", "size": 3, "pg_num": 16},
    {"pool_name": "fs_data_ec2_1", "size": 3, "pg_num": 32},
]
FILE_SYSTEM = {"name": "fs", "metadata_pool": "fs_metadata", "data_pools": ["fs_data"]}


def commands(pools: list[Any], systems: list[Any], profiles: list[str], wanted: Pools) -> list[str]:
    return [" ".join(words) for words in _ceph.filesystem_commands(pools, systems, profiles, wanted)]


def test_a_file_system_is_made() -> None:
    assert commands([], [], [], REPLICATED) == [
        "osd pool create fs_metadata 16 16 replicated",
        "osd pool set fs_metadata size 3",
        "osd pool set fs_metadata min_size 2",
        "osd pool create fs_data 32 32 replicated",
        "osd pool set fs_data size 3",
        "osd pool set fs_data min_size 2",
        "fs new fs fs_metadata fs_data",
    ]


def test_an_erasure_coded_one_has_a_pool_more() -> None:
    made = commands([], [], ["default"], CODED)
    assert made[0] == "osd erasure-code-profile set fs_data_ec2_1 k=2 m=1 crush-failure-domain=host"
    assert "osd pool create fs_data 16 16 replicated" in made
    assert made[-4:] == [
        "osd pool create fs_data_ec2_1 32 32 erasure fs_data_ec2_1",
        "osd pool set fs_data_ec2_1 allow_ec_overwrites true",
        "fs new fs fs_metadata fs_data",
        "fs add_data_pool fs fs_data_ec2_1",
    ]


@pytest.mark.parametrize(
    "pools, systems, profiles, wanted, made",
    [
        (POOLS, [FILE_SYSTEM], [], REPLICATED, []),
        (
            CODED_POOLS,
            [{**FILE_SYSTEM, "data_pools": ["fs_data", "fs_data_ec2_1"]}],
            ["fs_data_ec2_1"],
            CODED,
            [],
        ),
        (POOLS, [FILE_SYSTEM], [], REPLICATED._replace(data_groups=64), ["osd pool set fs_data pg_num 64"]),
        (
            POOLS,
            [FILE_SYSTEM],
            [],
            REPLICATED._replace(replicas=1),
            [
                "osd pool set fs_metadata size 1 --yes-i-really-mean-it",
                "osd pool set fs_metadata min_size 1",
                "osd pool set fs_data size 1 --yes-i-really-mean-it",
                "osd pool set fs_data min_size 1",
            ],
        ),
        (CODED_POOLS, [FILE_SYSTEM], ["fs_data_ec2_1"], CODED, ["fs add_data_pool fs fs_data_ec2_1"]),
    ],
)
def test_what_is_there_is_completed(
    pools: list[Any], systems: list[Any], profiles: list[str], wanted: Pools, made: list[str]
) -> None:
    assert commands(pools, systems, profiles, wanted) == made


@pytest.mark.parametrize(
    "pools, system, wanted, reason",
    [
        (POOLS, FILE_SYSTEM, REPLICATED._replace(data_groups=8), "takes none away"),
        (
            CODED_POOLS,
            {**FILE_SYSTEM, "data_pools": ["fs_data", "fs_data_ec2_1"]},
            REPLICATED._replace(data_groups=16),
            "another kind of pool",
        ),
        ([], {**FILE_SYSTEM, "metadata_pool": "x"}, REPLICATED, "pools of other names"),
    ],
)
def test_what_cannot_be_changed_is_refused(pools: list[Any], system: Any, wanted: Pools, reason: str) -> None:
    with pytest.raises(FailureError, match=reason):
        commands(pools, [system], ["fs_data_ec2_1"], wanted)


PORT = {"section": "mgr", "name": "mgr/prometheus/server_port", "value": "9800"}


@pytest.mark.parametrize(
    "dump, enabled, made",
    [
        ([], [], ["config set mgr mgr/prometheus/server_port 9800", "mgr module enable prometheus"]),
        ([PORT], ["prometheus"], []),
        ([PORT], [], ["mgr module enable prometheus"]),
        (
            [{**PORT, "value": "1"}],
            ["prometheus"],
            [
                "config set mgr mgr/prometheus/server_port 9800",
                "mgr module disable prometheus",
                "mgr module enable prometheus",
            ],
        ),
    ],
)
def test_settings(dump: list[Any], enabled: list[str], made: list[str]) -> None:
    found = _ceph.settings_commands(dump, {"enabled_modules": enabled}, [PORT], ["prometheus"])
    assert [" ".join(words) for words in found] == made


@pytest.mark.parametrize("dry_run", [True, False])
def test_commands_are_run_and_told(dry_run: bool) -> None:
    player = Player({})
    result = _ceph.settled(Ceph(player), [["fs", "new", "a"]], dry_run=dry_run)
    assert result == {
        "changed": True,
        "commands": [["fs", "new", "a"]],
        "diff": {"before": "", "after": "ceph fs new a\n"},
    }
    assert player.asked == ([] if dry_run else ["ceph --connect-timeout=10 fs new a"])


def test_a_command_that_fails_says_why() -> None:
    player = Player({})
    player.rc = 22
    with pytest.raises(FailureError, match="'ceph fs new a' failed: Error: timed out"):
        _ceph.settled(Ceph(player), [["fs", "new", "a"]], dry_run=False)


def test_programs() -> None:
    assert _ceph.monitor_map("a", "[v2:192.0.2.1:3300]", "f", "/m")[-5:] == [
        *("a", "[v2:192.0.2.1:3300]", "--fsid", "f", "/m"),
    ]
    assert "--bluestore-block-size=5" in _ceph.osd_made("0", "u", "/b", 5)
    assert not any("size" in word for word in _ceph.osd_made("0", "u", "/dev/b", 0))

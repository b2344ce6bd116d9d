# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a suite may say, and what its cells run."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import yaml

from ansible_collections.netfs.bench.plugins.plugin_utils import _suites
from ansible_collections.netfs.bench.plugins.plugin_utils._plan_request import (
    CLIENT_FILESYSTEM,
)

ROOT = Path(__file__).resolve().parents[4]
FILES = sorted((ROOT / "playbooks/suites").glob("*.yml"))
KNOWN = _suites.Known(["OPERATIONS", "CUTS", "DURATION"], ["ganesha", "kernel-nfs"], CLIENT_FILESYSTEM)
EXPECTED = {
    "systems": ["ganesha"],
    "protocol": "nfs3",
    "cases": ["chmod::*"],
    "reason": "Modes are nothing it keeps.",
    "since": "6.5",
    "evidence": "https://example.org/1",
}
SUITE = {
    "question": "Does it work?",
    "needs": ["mount", "root", "users"],
    "program": {"crate": "fsx", "version": "0.3.2"},
    "command": ["$program", "-S", "$seed", "-N", "$OPERATIONS", "-f", "$config", "$directory/file"],
    "config": 'users = ["$user1"] # costs $$1\n',
    "parser": "fsx",
    "minutes": 5,
    "quiet_seconds": 30,
    "expected": [EXPECTED],
}


SOURCE = {"source": "connectathon_source", "packages": ["make"], "build": [["make"]], "path": "runtests"}


def with_change(**changes):
    """The suite with other values; None takes a key away."""
    made = {**copy.deepcopy(SUITE), **changes}
    return {key: value for key, value in made.items() if value is not None}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_suite_is_valid(path):
    known = KNOWN._replace(systems=[one.stem for one in (ROOT / "playbooks/systems").glob("*.yml")])
    assert _suites.faults_of(path.stem, yaml.safe_load(path.read_text(encoding="utf-8")), known) == []


def test_there_are_suites():
    assert {"fsx", "fsx-calls", "pjdfstest", "smbtorture"} <= {path.stem for path in FILES}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"parts": ["-b", "-l"], "command": ["$program", "$part"]},
        {"second": "smb3", "command": ["$program", "$directory", "$second"]},
        {
            "needs": ["nfs"],
            "command": ["$program", "$host", "$port", "$mount_port", "$export", "$version"],
            "config": "",
        },
        {"program": {"script": "libnfs.py", "packages": ["libnfs14"]}},
        {"program": {"package": "nfstest", "path": "/usr/bin/nfstest_posix", "packages": ["tcpdump"]}},
        {"program": SOURCE, "command": ["/usr/bin/env", "--chdir=$source", "$program"]},
        {"program": {**SOURCE, "source": "/src/cthon04"}},
        {"left_out": {"lock": "It needs a second client."}},
    ],
)
def test_a_suite_without_a_fault(changes):
    assert _suites.faults_of("one", with_change(**changes), KNOWN) == []


def test_the_sources_are_options():
    options = yaml.safe_load((ROOT / "playbooks/options.yml").read_text(encoding="utf-8"))
    assert set(_suites.SOURCES) <= set(options)


def test_programs_of_suites_exist():
    suites = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in FILES]
    scripts = {suite["program"]["script"] for suite in suites if "script" in suite.get("program", {})}
    assert scripts == {path.name for path in (ROOT / "playbooks/suites/programs").iterdir() if path.suffix == ".py"}


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"comand": []}, "unknown key of the suite 'comand'. Did you mean 'command'?"),
        ({"parser": None}, "the suite has no key 'parser'"),
        ({"minutes": "5"}, "'minutes' of the suite is not a whole number"),
        ({"minutes": 0}, "'minutes' of the suite is not at least 1"),
        ({"quiet_seconds": -1}, "'quiet_seconds' of the suite is not at least 1"),
        ({"parser": "fxs"}, "unknown parser 'fxs'. Did you mean 'fsx'?"),
        ({"needs": ["mont"]}, "unknown name in 'needs' 'mont'. Did you mean 'mount'?"),
        ({"needs": ["mount"]}, "for a suite that needs 'users'"),
        ({"command": ["$program", "//$host/$share"]}, "$host, $port, $share, $login are there for a suite that needs"),
        ({"command": ["$program", "$export"]}, "for a suite that needs 'nfs'"),
        ({"command": ["$program", "$part"]}, "$part is there for a suite that has 'parts'"),
        ({"parts": ["-a"]}, "$part is there for a suite that has 'parts', and needed there"),
        ({"parts": []}, "'parts' of the suite is not a list of different strings"),
        ({"parts": ["-a", "-a"]}, "'parts' of the suite is not a list of different strings"),
        ({"left_out": {"lock": " "}}, "'left_out' of the suite does not say why of every case"),
        ({"command": ["$program", "$second"]}, "$second is there for a suite that has 'second'"),
        ({"second": "nfs5"}, "unknown protocol of 'second' 'nfs5'"),
        ({"protocols": ["nfs5"]}, "unknown name in 'protocols' 'nfs5'"),
        ({"protocols": []}, "'protocols' of the suite is empty"),
        ({"program": {}}, "'program' of the suite names none of crate, package, file, script, source"),
        ({"program": {"crate": "fsx"}}, "'program' has no key 'version'"),
        ({"program": {"crate": "fsx", "version": "^0.3"}}, "version '^0.3' of 'program' is not pinned"),
        ({"program": {"crate": "fsx", "version": "0.3.2", "path": "/x"}}, "unknown key of 'program' 'path'"),
        ({"program": {"package": "samba", "path": "bin/x"}}, "path 'bin/x' of 'program' is not absolute"),
        ({"program": {"file": "x", "version": "1"}}, "path 'x' of 'program' is not absolute"),
        ({"program": {"script": "../x.py"}}, "'../x.py' of 'program' is no name of a file in suites/programs"),
        ({"program": {**SOURCE, "source": "cthon"}}, "neither an absolute path nor one of connectathon_source"),
        ({"program": {**SOURCE, "build": []}}, "'build' of 'program' is not a list of commands"),
        ({"program": {**SOURCE, "build": ["make"]}}, "'build' of 'program' is not a list of commands"),
        ({"program": {**SOURCE, "path": "/bin/x"}}, "path '/bin/x' of 'program' is not one below the source"),
        ({"command": []}, "'command' of the suite is not a list of strings"),
        ({"command": ["$program", 3]}, "'command' of the suite is not a list of strings"),
        ({"command": ["$program", "$sed"]}, "unknown placeholder '$sed'. Did you mean '$seed'?"),
        ({"command": ["$program", "costs 1$"]}, "a '$' in 'costs 1$' names no placeholder"),
        ({"config": None}, "'command' uses $config, and the suite has no 'config'"),
        ({"expected": [{}]}, "expected failure 1 has no key 'reason'"),
        ({"expected": [{**EXPECTED, "systems": ["ganehsa"]}]}, "Did you mean 'ganesha'?"),
        ({"expected": [{**EXPECTED, "systems": []}]}, "'systems' of expected failure 1 is empty"),
        ({"expected": [{**EXPECTED, "protocol": "nfs33"}]}, "unknown protocol of expected failure 1 'nfs33'"),
        ({"expected": [{**EXPECTED, "reason": " "}]}, "'reason' of expected failure 1 is empty"),
        ({"expected": [{**EXPECTED, "evidence": ""}]}, "'evidence' of expected failure 1 is empty"),
        ({"expected": [{**EXPECTED, "cases": []}]}, "'cases' of expected failure 1 is not a list of names"),
    ],
)
def test_what_a_suite_cannot_say(changes, fault):
    found = _suites.faults_of("one", with_change(**changes), KNOWN)
    assert any(fault in one for one in found), found


@pytest.mark.parametrize("given", [None, [], "text"])
def test_what_is_no_suite(given):
    assert _suites.faults_of("one", given, KNOWN) == ["the suite is not a dictionary"]


@pytest.mark.parametrize("name", ["Fsx", "a~b", "a/b", ""])
def test_a_name_that_no_cell_could_have(name):
    assert any("cannot be the name of a suite" in one for one in _suites.faults_of(name, SUITE, KNOWN))


def test_a_cell_runs_what_the_suite_says():
    call = _suites.call_of(SUITE, {"program": "/usr/bin/fsx", "directory": "/mnt/one", "seed": 7}, {"OPERATIONS": "20"})
    assert call.command == ["/usr/bin/fsx", "-S", "7", "-N", "20", "-f", f"{_suites.WORK}/config", "/mnt/one/file"]
    assert call.config == 'users = ["netfs-suite-1"] # costs $1\n'


def test_the_accounts_are_those_that_the_client_gets():
    steps = yaml.safe_load((ROOT / "playbooks/steps/deploy/suite_program.yml").read_text(encoding="utf-8"))
    assert next(step["loop"] for step in steps if "ansible.builtin.user" in step) == list(_suites.USERS)


def test_a_program_that_could_not_be_had_still_has_a_command_line():
    of_cell = {"program": "unknown", "directory": "/x", "seed": 7}
    assert _suites.call_of(SUITE, of_cell, {"OPERATIONS": "1"}).command[0] == "unknown"


def test_a_suite_that_connects_is_told_to_what():
    suite = {**SUITE, "needs": ["smb"], "command": ["$program", "//$host/$share", "-p", "$port", "-A", "$login"]}
    share = {"host": "10.0.0.1", "port": 445, "share": "suites"}
    of_cell = {"program": "/usr/bin/smbtorture", "directory": "/x", "seed": 7}
    words = ["//10.0.0.1/suites", "-p", "445", "-A", "/run/netfs-bench.credentials"]
    assert _suites.call_of(suite, {**of_cell, **share}, {}).command[1:] == words
    # a turn that never began knows no share
    assert _suites.call_of(suite, of_cell, {}).command[1] == "//unknown/unknown"


def test_a_suite_has_the_form_of_a_workload():
    work = _suites.work_of(SUITE)
    assert work["metric"] == "passed_cases"
    assert work["question"] == SUITE["question"]
    assert "question" not in work["suite"]
    assert work["sha256"] != _suites.work_of(with_change(minutes=6))["sha256"]
    assert _suites.has_suites({"workloads": {"one": work}})
    assert not _suites.has_suites({"workloads": {"one": {"metric": "read_iops"}}})


def test_every_system_draws_the_same_operations():
    assert _suites.seed_of("a", "fsx", 1) == _suites.seed_of("a", "fsx", 1)
    others = {_suites.seed_of(*parts) for parts in (("a", "fsx", 1), ("b", "fsx", 1), ("a", "fsx", 2), ("a", "x", 1))}
    assert len(others) == 4
    assert all(0 <= seed < 2**28 for seed in others)


@pytest.mark.parametrize("length", range(2, 300))
def test_no_directory_makes_the_arithmetic_of_pjdfstest_underflow(length):
    path = _suites.directory_under("/" + "a" * (length - 1))
    # its own: (PATH_MAX - the temporary directory) mod 127 - 1 must not be below 0
    assert (4095 - len(path) - 22) % 127 - 1 >= 0


def test_a_slash_at_the_end_makes_no_other_directory():
    assert _suites.directory_under("/mnt/") == _suites.directory_under("/mnt") == "/mnt/netfs-bench-suite"


@pytest.mark.parametrize(
    ("system", "protocol", "case", "reason"),
    [
        ("ganesha", "nfs3", "chmod::a", "Modes are nothing it keeps. Since 6.5; https://example.org/1"),
        ("ganesha", "nfs3", "chown::a", ""),
        ("ganesha", "nfs4.2", "chmod::a", ""),
        ("kernel-nfs", "nfs3", "chmod::a", ""),
    ],
)
def test_expected_failures_are_those_of_a_system_over_a_protocol(system, protocol, case, reason):
    assert _suites.reason_of(case, _suites.expected_of(SUITE, system, protocol)) == reason


def test_an_expected_failure_without_a_protocol_is_one_over_all():
    entry = {key: value for key, value in EXPECTED.items() if key != "protocol"}
    assert _suites.expected_of({"expected": [entry]}, "ganesha", "nfs4.2") == [entry]


POWER_CUT = {
    "question": "Is it kept?",
    "needs": ["mount"],
    "power_cut": {"cuts": "$CUTS", "earliest_ms": 500, "latest_ms": 8000, "resume_seconds": 60},
}


def test_a_suite_that_is_no_program_without_a_fault():
    assert _suites.faults_of("one", POWER_CUT, KNOWN) == []


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"command": ["x"]}, "unknown key of the suite 'command'"),
        ({"needs": None}, "the suite has no key 'needs'"),
        ({"protocols": ["nfs5"]}, "unknown name in 'protocols' 'nfs5'"),
        ({"expected": [{}]}, "expected failure 1 has no key 'reason'"),
        ({"power_cut": []}, "'power_cut' of the suite is not a dictionary"),
        ({"power_cut": {}}, "'power_cut' has no key 'cuts'"),
        (
            {"power_cut": {**POWER_CUT["power_cut"], "cut": "1"}},
            "unknown key of 'power_cut' 'cut'. Did you mean 'cuts'?",
        ),
        ({"power_cut": {**POWER_CUT["power_cut"], "cuts": 3}}, "'cuts' of 'power_cut' is not a string"),
        (
            {"power_cut": {**POWER_CUT["power_cut"], "cuts": "$CUT"}},
            "write a number in quotes, or one of $OPERATIONS, $CUTS, $DURATION",
        ),
        ({"power_cut": {**POWER_CUT["power_cut"], "cuts": "many"}}, "'cuts' of 'power_cut' is 'many'"),
        ({"power_cut": {**POWER_CUT["power_cut"], "latest_ms": 499}}, "is below 0, or after 'latest_ms'"),
        ({"power_cut": {**POWER_CUT["power_cut"], "earliest_ms": -1}}, "is below 0, or after 'latest_ms'"),
        ({"power_cut": {**POWER_CUT["power_cut"], "resume_seconds": 0}}, "'resume_seconds' of 'power_cut' is not at"),
    ],
)
def test_what_a_suite_that_is_no_program_cannot_say(changes, fault):
    given = {key: value for key, value in {**POWER_CUT, **changes}.items() if value is not None}
    found = _suites.faults_of("one", given, KNOWN)
    assert any(fault in one for one in found), found


CONSISTENCY = {
    "question": "Is it seen?",
    "needs": ["mount"],
    "consistency": {"mounts": 2, "clients": 4, "seconds": "$DURATION", "without": {"nfs3": ["flock"]}},
}


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({}, None),
        ({"parser": "fsx"}, "unknown key of the suite 'parser'"),
        ({"consistency": {**CONSISTENCY["consistency"], "clients": 1}}, "'clients' of 'consistency' is not 2 to 16"),
        ({"consistency": {**CONSISTENCY["consistency"], "without": {"nfs9": []}}}, "unknown protocol in 'without'"),
    ],
)
def test_a_suite_of_several_clients(changes, fault):
    found = _suites.faults_of("one", {**CONSISTENCY, **changes}, KNOWN)
    assert found == [] if fault is None else any(fault in one for one in found), found


def test_clients_do_the_same_on_every_system_and_are_judged_by_what_that_claims():
    work = _suites.work_of(CONSISTENCY)
    assert "consistency" not in work["suite"]
    systems = {"ganesha": {}, "local": {"consistency": "linearizable"}}
    plan = {"seed": "abc", "variables": {"DURATION": "30"}, "systems": systems}

    def cell(system, protocol, trial=1):
        made = {"workload": "consistency", "trial": trial, "system": system, "protocol": protocol}
        return _suites.history_cell(work, plan, made)

    first, second, local = cell("ganesha", "nfs3"), cell("ganesha", "nfs4.2", 2), cell("local", "local")
    assert first["seed"] == local["seed"] != second["seed"]
    assert first["seconds"] == 30
    assert set(local["kinds"]) - set(first["kinds"]) == {"flock"}
    assert (first["claim"], first["models"]) == ("close-to-open", ["close-to-open", "linearizable"])
    assert (local["claim"], local["models"]) == ("linearizable", ["linearizable"])


def test_every_system_loses_its_power_at_the_same_moments():
    work = _suites.work_of(POWER_CUT)
    assert "power_cut" not in work["suite"]
    cuts = [
        _suites.power_cuts(work, "abc", {"workload": "power-cut", "trial": trial, "system": system}, {"CUTS": "20"})
        for system, trial in (("ganesha", 1), ("kernel-nfs", 1), ("ganesha", 2))
    ]
    assert cuts[0] == cuts[1] != cuts[2]
    assert [cut["number"] for cut in cuts[0]] == list(range(1, 21))
    assert all(500 <= cut["delay_ms"] <= 8000 for cut in cuts[0])
    assert len({(cut["seed"], cut["delay_ms"]) for cut in cuts[0] + cuts[2]}) == 40


@pytest.mark.parametrize(
    ("suite", "protocol", "runs"),
    [
        (SUITE, "smb3", True),
        ({**SUITE, "protocols": ["nfs3"]}, "nfs3", True),
        ({**SUITE, "protocols": ["nfs3"]}, "smb3", False),
        ({**SUITE, "protocols": ["nfs3"]}, "local", True),
        ({**SUITE, "needs": ["smb"], "protocols": ["smb3"]}, "smb3", True),
        ({**SUITE, "needs": ["smb"], "protocols": ["smb3"]}, "local", False),
        ({**SUITE, "needs": ["nfs"], "protocols": ["nfs3"]}, "nfs3", True),
        ({**SUITE, "needs": ["nfs"], "protocols": ["nfs3"]}, "local", False),
        ({**SUITE, "protocols": ["nfs4.2"], "second": "nfs3"}, "nfs4.2", True),
        ({**SUITE, "second": "nfs3"}, "nfs3", False),
        ({**SUITE, "second": "nfs3"}, "local", False),
        ({**SUITE, "second": "smb3"}, "nfs3", False),
        (POWER_CUT, "nfs3", True),
        # it would end the writer as well
        (POWER_CUT, "local", False),
        (CONSISTENCY, "smb3", True),
        (CONSISTENCY, "local", True),
    ],
)
def test_a_suite_says_nothing_of_some_protocols(suite, protocol, runs):
    assert _suites.runs_over(_suites.work_of(suite), protocol, {"protocols": ["nfs3", "nfs4.2"]}) is runs


def test_a_second_protocol_can_be_that_of_another_service():
    profile = {"protocols": ["nfs4.2"], "suites": {"second": {"smb3": {"path": "share"}}}}
    work = _suites.work_of({**SUITE, "second": "smb3"})
    assert _suites.runs_over(work, "nfs4.2", profile)


@pytest.mark.parametrize(
    ("work", "mounts"),
    [
        ({"metric": "read_iops"}, True),
        (_suites.work_of(SUITE), True),
        (_suites.work_of({**SUITE, "needs": ["smb"]}), False),
        (_suites.work_of({**SUITE, "needs": ["nfs"]}), False),
        (_suites.work_of({**SUITE, "needs": ["mount", "nfs"]}), True),
    ],
)
def test_what_connects_by_itself_needs_no_mount(work, mounts):
    assert _suites.mounts(work) is mounts

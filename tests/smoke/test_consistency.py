# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What clients were told is judged as the models say; and faults of a file system that is mounted are found by it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from collection import ROOT
from installation import Installation

from ansible_collections.netfs.bench.plugins.module_utils import _history
from ansible_collections.netfs.bench.plugins.module_utils._history_runner import Settings, run_clients
from ansible_collections.netfs.bench.plugins.plugin_utils import _consistency

SECONDS = 5
GRACE = 30
MODELS = ("linearizable", "sequential", "close-to-open")
SOURCES = {"checker": ROOT / "playbooks/suites/checker", "misbehaving": ROOT / "tests/support/misbehaving"}
FAULTS = {
    "stale-reads": {"register-write"},
    "lost-writes": {"register-write"},
    "reordered-appends": {"append-set"},
    "lock-of-two": {"flock"},
}
BUILD = """
- hosts: localhost
  gather_facts: false
  tasks:
    - ansible.builtin.include_role: {{name: netfs.bench.binary}}
      vars:
        binary_spec: {{name: "{{{{ item.name }}}}", version: "1", source: go, go: "{{{{ item.go }}}}"}}
      loop: {programs}
    - ansible.builtin.copy: {{src: "{{{{ item.value.path }}}}", dest: "{to}/{{{{ item.key }}}}", mode: "0755"}}
      loop: "{{{{ binary_files | dict2items }}}}"
"""


@pytest.fixture(scope="module")
def programs(tmp_path_factory):
    """The checker, and the file system that misbehaves, built as users get them."""
    place = tmp_path_factory.mktemp("programs")
    wanted = [{"name": name, "go": {"directory": str(path), "controller": True}} for name, path in SOURCES.items()]
    book = place / "build.yml"
    book.write_text(BUILD.format(programs=json.dumps(wanted), to=place), encoding="utf-8")
    code, output = Installation("unused", "198.18.9.0/24").play(str(book))
    assert code == 0, output
    return place


def verdicts(programs, history, models=MODELS):
    """What the checker says, by kind and model."""
    argv = [programs / "checker", "-models", ",".join(models), history]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {(one["kind"], one["model"]): one for one in json.loads(done.stdout)}


def operation(number, words):
    """An operation in words: client, operation, value or ``-``, what was answered (``?`` for nothing), call, return."""
    client, op, value, result, call, end = words.split()
    return {
        "id": number,
        "client": int(client),
        "key": "key",
        "op": op,
        "value": int(value) if value != "-" else 0,
        "result": json.loads(result) if result != "?" else 0,
        "call": int(call),
        "return": int(end),
        "outcome": "unknown" if result == "?" else "done",
    }


VALID, INVALID = "valid", "invalid"
HISTORIES = [
    # what is written is read; a read meanwhile may be of before or after
    ("register-write", ["0 write 1 0 1 2", "1 read - 1 3 4"], [VALID, VALID, VALID]),
    ("register-write", ["0 write 1 0 1 5", "1 read - 0 2 3", "1 read - 1 6 7"], [VALID, VALID, VALID]),
    # what was overwritten is read: that is an old order of one client, but what was closed before an open is not seen
    ("register-write", ["0 write 1 0 1 2", "1 read - 0 3 4"], [INVALID, VALID, INVALID]),
    # two clients write at once, and read what the one and the other wrote, in turn
    (
        "register-write",
        ["0 write 1 0 1 5", "1 write 2 0 2 4", "2 read - 1 6 7", "2 read - 2 8 9", "2 read - 1 10 11"],
        [INVALID, INVALID, VALID],
    ),
    # bytes that nobody wrote, while somebody writes and while nobody does; a rename leaves none ever
    ("register-write", ["0 write 1 0 1 5", "1 read - -1 2 3"], [INVALID, INVALID, VALID]),
    ("register-write", ["0 write 1 0 1 2", "1 read - -1 3 4"], [INVALID, INVALID, INVALID]),
    ("register-rename", ["0 write 1 0 1 5", "1 read - -1 2 3"], [INVALID, INVALID, INVALID]),
    # what failed may take effect at any later time, or never; but it undoes nothing that came after
    ("register-write", ["0 write 1 ? 1 2", "1 read - 0 3 4", "1 read - 1 5 6"], [VALID, VALID, VALID]),
    ("register-write", ["0 write 1 0 1 2", "1 write 2 ? 3 4", "0 read - 0 5 6"], [INVALID, INVALID, INVALID]),
    # no read sees the future
    ("register-write", ["1 read - 1 1 2", "0 write 1 0 3 4"], [INVALID, VALID, INVALID]),
    # a lock is held by one; who is told that it is held is told so while it is
    ("flock", ["0 acquire - 1 1 2", "1 acquire - 0 3 4", "0 release - 1 5 6"], [VALID, VALID, VALID]),
    ("flock", ["0 acquire - 1 1 2", "1 acquire - 1 3 4"], [INVALID, INVALID, INVALID]),
    ("lock-excl", ["0 acquire - 1 1 2", "0 release - 1 3 4", "1 acquire - 0 5 6"], [INVALID, VALID, INVALID]),
    ("lock-excl", ["0 acquire - ? 1 2", "1 acquire - 0 3 4"], [VALID, VALID, VALID]),
    ("lock-excl", ["0 acquire - 1 1 2", "0 release - ? 3 4", "1 acquire - 1 5 6"], [VALID, VALID, VALID]),
    # no two raise the same number
    ("counter", ["0 increment - 0 1 2", "1 increment - 1 3 4", "0 read - 2 5 6"], [VALID, VALID, VALID]),
    ("counter", ["0 increment - 0 1 2", "1 increment - 0 3 4"], [INVALID, INVALID, INVALID]),
    # appends at once may overwrite each other where that is all that is promised; one alone is there, in its order
    ("append-set", ["0 append 1 0 1 3", "1 append 2 0 2 4", "0 read - [2] 5 6"], [INVALID, INVALID, VALID]),
    ("append-set", ["0 append 1 0 1 3", "1 append 2 0 2 4", "0 read - [-1,2] 5 6"], [INVALID, INVALID, VALID]),
    ("append-set", ["0 append 1 0 1 3", "1 append 2 0 2 4", "0 read - [1,-1,2] 5 6"], [INVALID, INVALID, INVALID]),
    ("append-set", ["0 append 1 0 1 2", "1 read - [1,-1] 5 6"], [INVALID, INVALID, INVALID]),
    ("append-set", ["0 append 1 0 1 2", "1 append 2 0 3 4", "0 read - [2] 5 6"], [INVALID, INVALID, INVALID]),
    ("append-set", ["0 append 1 0 1 2", "0 append 2 0 3 4", "1 read - [2,1] 5 6"], [INVALID, INVALID, INVALID]),
    ("append-set", ["0 append 1 0 1 2", "1 read - [1,1] 3 4"], [INVALID, INVALID, INVALID]),
    ("append-set", ["0 append 1 0 1 2", "1 read - [1] 3 4"], [VALID, VALID, VALID]),
    # names are the server's; a list may be old
    ("directory", ["0 create 2 1 1 2", "1 list - [] 3 4"], [INVALID, VALID, VALID]),
    ("directory", ["0 create 2 1 1 2", "1 create 2 1 3 4"], [INVALID, INVALID, INVALID]),
    ("directory", ["0 create 2 1 1 2", "1 remove 2 1 3 4", "0 list - [] 5 6"], [VALID, VALID, VALID]),
    ("directory", ["0 list - [2] 1 2"], [INVALID, INVALID, INVALID]),
]


@pytest.mark.parametrize(("kind", "operations", "results"), HISTORIES)
def test_what_each_model_allows(programs, tmp_path, kind, operations, results):
    history = tmp_path / "history.jsonl"
    lines = [json.dumps({"kind": kind, **operation(number, one)}) for number, one in enumerate(operations)]
    history.write_text("\n".join(lines), encoding="utf-8")
    found = verdicts(programs, history)
    assert [found[kind, model]["result"] for model in MODELS] == results
    for model, result in zip(MODELS, results, strict=True):
        assert bool(found[kind, model].get("counter_example")) == (result == INVALID)


@pytest.mark.parametrize(
    "line", ["{", '{"kind": "rope"}', json.dumps({"kind": "flock", **operation(0, "0 write 1 0 1 2")})]
)
def test_a_history_that_is_none_is_refused(programs, tmp_path, line):
    history = tmp_path / "history.jsonl"
    history.write_text(line, encoding="utf-8")
    done = subprocess.run([programs / "checker", history], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "line 1" in done.stderr


@pytest.fixture
def mounted(programs, tmp_path):
    """Mount the file system with a fault."""
    if not Path("/dev/fuse").exists():
        pytest.skip("This host has no FUSE.")
    started = []

    def mount(fault):
        below, at = tmp_path / "below", tmp_path / "at"
        below.mkdir()
        at.mkdir()
        argv = [programs / "misbehaving", fault, below, at]
        process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        started.append(process)
        assert process.stdout.readline() == "mounted\n", process.stdout.read()
        return at

    yield mount
    for process in started:
        process.terminate()
        with process:
            pass


def recorded(directory, history, seed):
    """Let clients share files in a directory, and record it."""
    with history.open("w", encoding="ascii") as file:
        clients = [_history.Calls(directory)] * 4
        ended = run_clients(clients, Settings(list(_history.KINDS), seed, SECONDS, GRACE), file)
    assert ended.killed == 0
    return ended


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found_by_its_name(programs, mounted, tmp_path, fault):
    history = tmp_path / "history.jsonl"
    recorded(mounted(fault), history, 7)
    found = verdicts(programs, history, ["close-to-open", "linearizable"])
    for model in ("close-to-open", "linearizable"):
        for kind in FAULTS[fault]:
            assert found[kind, model]["result"] == INVALID
            # small enough to be understood
            assert len(found[kind, model]["counter_example"]) <= 6
    told = _consistency.results_of(list(found.values()), "close-to-open")
    failed = {case.name for case in _consistency.cases_of(told, list(_history.KINDS)) if case.outcome == "failed"}
    assert failed >= FAULTS[fault]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_file_system_without_a_fault_is_valid(programs, mounted, tmp_path, seed):
    history = tmp_path / "history.jsonl"
    ended = recorded(mounted("none"), history, seed)
    found = verdicts(programs, history, ["linearizable"])
    assert {kind for kind, _model in found} == set(_history.KINDS)
    assert {one["result"] for one in found.values()} == {VALID}
    assert sum(one["operations"] for one in found.values()) > ended.operations / 2

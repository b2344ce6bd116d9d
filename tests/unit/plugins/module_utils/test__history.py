# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What clients do in a directory, and what they say of it."""

from __future__ import annotations

import io
import json
import threading
from itertools import pairwise

import pytest

from ansible_collections.netfs.bench.plugins.module_utils import _history, _history_runner
from ansible_collections.netfs.bench.plugins.module_utils._history import Asked, Calls, Client, Outcome
from ansible_collections.netfs.bench.plugins.module_utils._history_runner import RunnerError, Settings, run_clients


def answers(directory, *steps):
    """What two clients are told, each step being a client, and what it is asked."""
    clients = [Client(Calls(directory), str(number)) for number in range(2)]
    return [clients[number](Asked(*asked)) for number, asked in steps]


REGISTER = [(0, "prepare", 0), (1, "read", 0), (0, "write", 7), (1, "read", 0)]
LOCK = [
    (0, "prepare", 0),
    (0, "acquire", 0),
    (1, "acquire", 0),
    (0, "release", 0),
    (1, "acquire", 0),
    (1, "release", 0),
]


@pytest.mark.parametrize(
    ("kind", "steps", "results"),
    [
        ("register-write", REGISTER, [None, 0, None, 7]),
        ("register-rename", REGISTER, [None, 0, None, 7]),
        ("flock", LOCK, [None, 1, 0, 1, 1, 1]),
        ("lock-excl", LOCK, [None, 1, 0, 1, 1, 1]),
        (
            "counter",
            [(0, "prepare", 0), (0, "increment", 0), (1, "increment", 0), (0, "read", 0)],
            [None, 0, 1, 2],
        ),
        (
            "append-set",
            [(0, "prepare", 0), (1, "append", 6), (0, "append", 5), (1, "read", 0)],
            [None, None, None, [6, 5]],
        ),
        (
            "directory",
            [
                (0, "prepare", 0),
                (0, "create", 2),
                (1, "create", 2),
                (1, "list", 0),
                (0, "remove", 2),
                (0, "remove", 2),
            ],
            [None, 1, 0, [2], 1, 0],
        ),
    ],
)
def test_what_clients_are_told(tmp_path, kind, steps, results):
    told = answers(tmp_path, *((client, (kind, "k", op, value)) for client, op, value in steps))
    assert [one.outcome for one in told] == ["done"] * len(steps)
    assert [one.result for one in told] == results


def test_every_kind_has_its_operations_and_is_read_in_the_end_or_is_a_lock():
    assert set(_history.OPERATIONS) == set(_history.KINDS)
    assert set(_history.LOOKS) | set(_history_runner.LOCKS) == set(_history.KINDS)


def test_what_fails_may_have_taken_effect(tmp_path):
    missing = ("register-write", "append-set", "flock", "counter", "directory")
    told = answers(tmp_path / "gone", *((0, (kind, "k", _history.OPERATIONS[kind][0], 1)) for kind in missing))
    assert {one.outcome for one in told} == {"unknown"}
    assert told[0].error == "ENOENT: No such file or directory"


def test_a_counter_whose_lock_is_held_is_not_raised(tmp_path, monkeypatch):
    monkeypatch.setattr(_history, "COUNTER_SECONDS", 0.0)
    (tmp_path / "k.lock").touch()
    client = Client(Calls(tmp_path), "0")
    client(Asked("counter", "k", "prepare", 0))
    assert client(Asked("counter", "k", "increment", 0)).outcome == "nothing"
    assert _history.value_of((tmp_path / "k").read_bytes()) == 0


@pytest.mark.parametrize("value", [0, 1, 12345678])
def test_a_value_is_what_was_written(value):
    assert _history.value_of(_history.record(value)) == value


@pytest.mark.parametrize(
    "data", [b"", b"\0" * 16, b"00000001", _history.record(1)[:8] + _history.record(2)[8:], _history.record(1) + b"0"]
)
def test_bytes_that_nobody_wrote_are_no_value(data):
    assert _history.value_of(data) == _history.TORN


def test_a_torn_entry_is_told_among_the_others():
    assert _history.values_of(_history.record(3) + b"\0" * 16 + _history.record(4)[:5]) == [3, -1, -1]


SETTINGS = Settings(tuple(_history.KINDS), seed=7, seconds=1.0, grace=20.0)


def run(directory, clients=3, calls=Calls, **settings):
    """The operations that were recorded, and what it came to."""
    history = io.StringIO()
    directory.mkdir(exist_ok=True)
    ended = run_clients([calls(directory)] * clients, SETTINGS._replace(**settings), history)
    return [json.loads(line) for line in history.getvalue().splitlines()], ended


def drawn_by(recorded, client, count):
    """The first operations of a client, but for what depends on the others."""
    return [(one["kind"], one["op"]) for one in sorted(recorded, key=lambda one: one["id"]) if one["client"] == client][
        :count
    ]


def test_clients_do_what_the_seed_says_and_all_is_stamped_by_one_clock(tmp_path):
    kinds = ("register-write", "append-set", "directory")
    first, ended = run(tmp_path / "a", kinds=kinds, clients=1)
    second, _ended = run(tmp_path / "b", kinds=kinds, clients=1)
    assert drawn_by(first, 0, 5) == drawn_by(second, 0, 5)
    other, _ended = run(tmp_path / "c", kinds=kinds, clients=1, seed=8)
    assert drawn_by(first, 0, 20) != drawn_by(other, 0, 20)
    assert len({one["id"] for one in first}) == len(first) == ended.operations
    assert all(one["call"] <= one["return"] for one in first)


def test_no_two_clients_write_the_same_and_none_does_two_things_at_once(tmp_path):
    recorded, ended = run(tmp_path / "a")
    assert (ended.killed, ended.unknown, ended.errors) == (0, 0, [])
    values = [one["value"] for one in recorded if one["op"] in ("write", "append")]
    assert len(set(values)) == len(values) > 1
    for client in range(3):
        own = sorted((one["call"], one["return"]) for one in recorded if one["client"] == client)
        assert all(before[1] <= after[0] for before, after in pairwise(own))


def test_all_that_was_changed_is_read_in_the_end(tmp_path):
    recorded, _ended = run(tmp_path / "a", kinds=("counter",))
    assert recorded[-1]["op"] == "read"
    increments = [one for one in recorded if one["op"] == "increment" and one["outcome"] == "done"]
    assert sum(one["result"] for one in recorded if one["op"] == "read") == len(increments)


class Failing(Calls):
    """Fails every write but those that prepare."""

    def write(self, name, data, flags):
        if not flags:
            raise OSError(5, "Input/output error")
        super().write(name, data, flags)


def test_errors_are_recorded_and_clients_go_on(tmp_path, monkeypatch):
    monkeypatch.setattr(_history_runner, "ERROR_SECONDS", 0.0)
    recorded, ended = run(tmp_path / "a", kinds=("register-write",), calls=Failing)
    assert ended.errors == ["register-write write: EIO: Input/output error"]
    failed = [one for one in recorded if one["op"] == "write"]
    assert {one["outcome"] for one in failed} == {"unknown"}
    assert len(failed) == ended.unknown > 0


class Answering:
    """A connection to a client that does all it is asked, or nothing."""

    def __init__(self, outcome="done"):
        self.outcome = outcome
        self.asked = []

    def send(self, asked):
        self.asked.append(asked)

    def recv(self):
        return Outcome(self.outcome, error="" if self.outcome == "done" else "EIO: bad")


def asker(connection):
    board = _history_runner.Board(io.StringIO())
    board.slots["flock", 0] = _history_runner.Slot()
    return _history_runner.Asker(0, board, Settings(["flock"], 1, 1, 1), connection)


def test_after_many_operations_or_some_of_unknown_effect_something_new_is_shared():
    one = asker(Answering())
    assert [one.prepared("flock", 0) for _try in range(_history.KEY_OPERATIONS + 2)] == [
        *["flock.0.1"] * (_history.KEY_OPERATIONS + 1),
        "flock.0.2",
    ]
    assert [asked.op for asked in one.connection.asked] == ["prepare"] * 2
    one.board.slots["flock", 0].unknown = _history.KEY_UNKNOWN
    assert one.prepared("flock", 0) == "flock.0.3"
    assert one.board.keys == [("flock", f"flock.0.{number}") for number in (1, 2, 3)]


def test_while_one_client_makes_something_new_the_others_stay_with_the_old():
    one = asker(Answering())
    assert one.prepared("flock", 0) == "flock.0.1"
    one.board.slots["flock", 0].preparing = True
    one.board.slots["flock", 0].unknown = _history.KEY_UNKNOWN
    assert one.prepared("flock", 0) == "flock.0.1"


def test_nobody_uses_what_could_not_be_made_and_the_next_name_is_tried():
    one = asker(Answering("unknown"))
    assert [one.prepared("flock", 0) for _try in range(2)] == ["", ""]
    assert [asked.key for asked in one.connection.asked] == ["flock.0.1", "flock.0.2"]
    assert list(one.board.errors) == ["flock prepare: EIO: bad"]
    one.board.slots["flock", 0].preparing = True
    assert one.prepared("flock", 0) == ""


class Hanging(Calls):
    """Reads that never return."""

    def read(self, name):
        threading.Event().wait()
        return super().read(name)


def test_a_client_that_does_not_come_back_is_killed_and_what_it_did_is_not_known(tmp_path, monkeypatch):
    monkeypatch.setattr(_history_runner, "LAST_LOOK_SECONDS", 0.0)
    recorded, ended = run(tmp_path / "a", kinds=("register-write",), calls=Hanging, clients=2, seconds=0.5, grace=0.5)
    assert ended.killed > 0
    hung = [one for one in recorded if one.get("error") == "it did not end"]
    assert {(one["op"], one["outcome"]) for one in hung} == {("read", "unknown")}


def test_a_mount_that_does_not_show_the_directory_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(_history_runner, "VISIBLE_SECONDS", 0)
    with pytest.raises(RunnerError, match="was made by another client"):
        run_clients([Calls(tmp_path / "gone")], Settings(["flock"], 1, 1, 1), io.StringIO())


def test_a_line_has_all_that_is_known():
    asked = Asked("flock", "flock.0.1", "acquire", 0)
    line = _history.line_of(_history.Operation(4, 2, asked, 10), Outcome("unknown", error="EIO: bad"), 20)
    assert json.loads(line) == {
        "id": 4,
        "client": 2,
        "kind": "flock",
        "key": "flock.0.1",
        "op": "acquire",
        "value": 0,
        "result": 0,
        "call": 10,
        "return": 20,
        "outcome": "unknown",
        "error": "EIO: bad",
    }

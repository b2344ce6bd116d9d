# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A timeline on a node: what undoes a fault is on the disk before the fault begins, and is done whatever happens."""

from __future__ import annotations

import ast
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ansible_collections.netfs.bench.plugins.module_utils import _fault_player as player
from ansible_collections.netfs.bench.plugins.module_utils._fault_player import Leg, Look, Seen, Target

TARGET = Target(["a.service", "b.service"], ["198.18.0.2", "fd00::2"], "/export")
LEGS = [Leg("198.18.0.2", "eth0"), Leg("198.18.0.3", "eth0"), Leg("fd00::2", "eth1")]


@pytest.mark.parametrize(
    ("command", "expanded"),
    [
        (["true"], [["true"]]),
        (["systemctl", "kill", "$unit"], [["systemctl", "kill", "a.service"], ["systemctl", "kill", "b.service"]]),
        (["tc", "dev", "$device"], [["tc", "dev", "eth0"], ["tc", "dev", "eth1"]]),
        (
            ["tc", "dev", "$device", "$protocol", "$family", "$peer"],
            [
                ["tc", "dev", "eth0", "ip", "ip", "198.18.0.2"],
                ["tc", "dev", "eth0", "ip", "ip", "198.18.0.3"],
                ["tc", "dev", "eth1", "ipv6", "ip6", "fd00::2"],
            ],
        ),
        (["rm", "$directory/fill"], [["rm", "/export/fill"]]),
        (["set", "$unit", "$directory"], [["set", "a.service", "/export"], ["set", "b.service", "/export"]]),
        (["echo", "$$HOME; a b"], [["echo", "$HOME; a b"]]),
        (["python3", "$player", "reboot"], [["python3", player.THIS, "reboot"]]),
    ],
)
def test_a_command_is_for_each_unit_peer_or_device_that_it_names(command, expanded):
    assert player.expanded(command, TARGET, LEGS) == expanded
    assert player.commands_of([command, ["end"]], TARGET, LEGS) == [*expanded, ["end"]]


@pytest.mark.parametrize(
    ("said", "legs"),
    [
        ("198.18.0.2 dev vec0 src 198.18.0.1 uid 0 \\    cache", [Leg("198.18.0.2", "vec0")]),
        ("198.18.0.2 via 198.18.0.254 dev eth0 src 198.18.0.1", [Leg("198.18.0.2", "eth0")]),
        ("local 198.18.0.2 dev lo src 198.18.0.2", []),
        ("", []),
    ],
)
def test_how_a_peer_is_reached(said, legs):
    assert player.legs_of(["198.18.0.2"], lambda _command: said) == legs


@pytest.mark.parametrize(
    ("output", "found"),
    [
        (
            (
                "3 packets transmitted, 3 received, 0% packet loss, time 411ms\n"
                "rtt min/avg/max/mdev = 0.289/0.316/0.337/0.020 ms"
            ),
            (3, 3, 0.289),
        ),
        ("3 packets transmitted, 0 received, 100% packet loss, time 2226ms", (3, 0, 0.0)),
        ("3 packets transmitted, 0 received, +3 errors, 100% packet loss", (3, 0, 0.0)),
        ("connect: Network is unreachable", (0, 0, 0.0)),
    ],
)
def test_what_ping_prints(output, found):
    assert player.pinged(output) == found


def test_the_state_of_a_process_whose_name_is_odd():
    assert player.state_of("12 (a) S (b) T 1 12 12 0") == "T"


def test_the_player_stands_alone():
    tree = ast.parse(Path(player.__file__).read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names


ANSWERS = {"silence": (3, 0, 0.0), "round_trip": (3, 3, 100.3), "loss": (200, 177, 0.2)}
TOLD = {"silence": {}, "round_trip": {"at_least_ms": 90}, "loss": {"of": 200}}


@pytest.mark.parametrize("by", ANSWERS)
@pytest.mark.parametrize("shown", [*ANSWERS, "nothing"])
def test_only_the_fault_that_holds_is_seen(by, shown, monkeypatch):
    healthy = (200, 200, 0.2)
    monkeypatch.setattr(
        player, "answers_of", lambda peers, *_: [(peer, *ANSWERS.get(shown, healthy)) for peer in peers]
    )
    seen = Look(TARGET, {"answering": ["198.18.0.2"]}, {"by": by, **TOLD[by]}).see()
    assert seen.holds == (by == shown)
    # where no peer answered before, silence shows nothing
    assert not Look(TARGET, {"answering": []}, {"by": by, **TOLD[by]}).see().holds


def test_a_clock_that_jumped_is_seen():
    offset = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
    told = {"by": "clock", "at_least_seconds": 3500}
    assert not Look(TARGET, {"offset": offset}, told).see().holds
    assert Look(TARGET, {"offset": offset - 3600}, told).see().holds


def test_a_disk_that_is_full_is_seen(tmp_path, monkeypatch):
    look = Look(Target([], [], str(tmp_path)), {}, {"by": "full"})
    assert not look.see().holds
    assert list(tmp_path.iterdir()) == []

    def fails(*_args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fails)
    assert look.see() == Seen(True, "64 KiB more: No space left on device")
    assert list(tmp_path.iterdir()) == []


FAULT = {
    "begin": [["touch", "$directory/begun"], ["touch", "$directory/held"]],
    "undo": [["rm", "$directory/begun", "$directory/held"]],
    "seen": {"by": "silence"},
}


def entry(number, **does):
    return {"number": number, "begin_s": 0, "lasts_s": 0, "does": {**FAULT, **does}}


@pytest.fixture
def node(tmp_path, monkeypatch):
    """A node of two directories, on which a fault is seen by a file; and what makes a timeline on it."""
    work, data = tmp_path / "work", tmp_path / "data"
    work.mkdir()
    data.mkdir()
    monkeypatch.setattr(player, "LOOK_SECONDS", 0.2)
    monkeypatch.setattr(player, "remembered", lambda _target: {"boot": "this", "offset": 0.0})
    monkeypatch.setattr(
        Look, "silence", lambda _self: Seen((data / "held").exists(), f"{len(list(data.iterdir()))} files")
    )
    monkeypatch.setattr(Look, "replaced", lambda _self: Seen(True, "gone"))
    monkeypatch.setattr(Look, "active", lambda _self: Seen((data / "held").exists(), "it runs, or not"))

    def begin(*entries, began=None):
        target = {"units": [], "peers": [], "directory": str(data)}
        timeline = {"entries": list(entries), "target": target, "began": began or time.time()}
        player.save(work / player.TIMELINE, timeline)
        return player.Player(work)

    return work, data, begin


def happened(work):
    return json.loads((work / player.HAPPENED).read_text(encoding="utf-8"))


def test_a_fault_is_begun_seen_undone_and_seen_to_be_over(node):
    work, data, begin = node
    begin(entry(1), entry(2)).play()
    found = happened(work)
    assert [one["number"] for one in found] == [1, 2]
    for one in found:
        assert (one["held"], one["evidence"], one["undone"], one["after"]) == (True, "2 files", True, "0 files")
        assert one["begun_at"] <= one["undone_at"]
        assert one["error"] == ""
    assert list(data.iterdir()) == []
    assert not (work / player.UNDO).exists()


def test_what_undoes_is_on_the_disk_before_the_first_command(node):
    work, _data, begin = node
    begin(entry(1, begin=[["cp", str(work / player.UNDO), "$directory/held"]], undo=[["rm", "$directory/held"]])).play()
    (one,) = happened(work)
    assert (one["held"], one["undone"]) == (True, True)


def test_a_fault_that_cannot_be_begun_is_undone_and_told(node):
    work, data, begin = node
    begin(entry(1, begin=[["touch", "$directory/held"], ["false"]], undo=[["rm", "$directory/held"]])).play()
    (one,) = happened(work)
    assert (one["held"], one["undone"], one["error"]) == (False, True, "false: exit code 1")
    assert list(data.iterdir()) == []


def test_a_fault_that_does_not_hold_is_told(node):
    work, _data, begin = node
    begin(entry(1, begin=[["true"]], undo=[["true"]])).play()
    assert happened(work)[0]["held"] is False


def test_a_fault_that_is_not_undone_ends_the_timeline_and_is_tried_again(node):
    work, data, begin = node
    with pytest.raises(player.FaultError, match="Not undone: 2 files"):
        begin(entry(1, undo=[["false"]]), entry(2)).play()
    (one,) = happened(work)
    assert (one["held"], one["undone"], one["error"]) == (True, False, "false: exit code 1")
    (data / "held").unlink()
    player.Player(work).undo()
    assert happened(work)[0]["undone"] is True
    assert not (work / player.UNDO).exists()


def test_a_fault_of_which_nothing_is_left_is_over_when_the_units_run(node):
    work, _data, begin = node
    begin(entry(1, begin=[["true"]], undo=[["touch", "$directory/held"]], seen={"by": "replaced"})).play()
    assert (happened(work)[0]["undone"], happened(work)[0]["after"]) == (True, "it runs, or not")


def test_a_node_that_was_started_anew_goes_on(node, monkeypatch):
    work, data, begin = node
    monkeypatch.setattr(Look, "rebooted", lambda _self: Seen(True, "another boot"))
    begin(entry(1, begin=[["true"]], undo=[["touch", "$directory/held"]], seen={"by": "rebooted"}), entry(2))
    first = {"number": 1, "begun_at": player.utc(), "held": False, "evidence": "", "error": ""}
    player.save(work / player.HAPPENED, [first])
    player.save(work / player.UNDO, {"commands": [["touch", str(data / "held")]], "before": {}})
    player.Player(work).play()
    assert [(one["number"], one["held"], one["undone"]) for one in happened(work)] == [(1, True, True), (2, True, True)]


@pytest.mark.parametrize(("late", "waited"), [(0, [10, 5, 10]), (4, [6, 5, 10]), (100, [5, 10])])
def test_what_comes_late_lasts_as_long_as_planned_with_the_quiet_between(node, monkeypatch, late, waited):
    _work, _data, begin = node
    slept = []

    class Clock:
        now = 1000.0

        @classmethod
        def sleep(cls, seconds):
            # less is the wait for a command that runs
            if seconds >= 1:
                slept.append(round(seconds))
                cls.now += seconds

    monkeypatch.setattr(player.time, "monotonic", lambda: Clock.now)
    monkeypatch.setattr(player.time, "sleep", Clock.sleep)
    monkeypatch.setattr(player.time, "time", lambda: 5000.0)
    planned = {**entry(1), "begin_s": 10, "lasts_s": 5}, {**entry(2), "begin_s": 25}
    begin(*planned, began=5000.0 - late).play()
    assert slept == waited


def test_a_player_that_is_told_to_end_leaves_what_undoes(tmp_path):
    """As systemd ends it, and runs ``undo`` then."""
    target = {"units": [], "peers": [], "directory": str(tmp_path)}
    fault = {"begin": [["touch", "$directory/begun"]], "undo": [["rm", "$directory/begun"]], "seen": {"by": "silence"}}
    entries = [{"number": 1, "begin_s": 0, "lasts_s": 600, "does": fault}]
    player.save(tmp_path / player.TIMELINE, {"entries": entries, "target": target, "began": time.time()})
    with subprocess.Popen([sys.executable, player.THIS, "play", str(tmp_path)]) as process:
        while not (tmp_path / "begun").exists():
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
    assert process.returncode == 0
    assert (tmp_path / player.UNDO).exists()
    subprocess.run([sys.executable, player.THIS, "undo", str(tmp_path)], check=True)
    assert not (tmp_path / "begun").exists()
    (one,) = happened(tmp_path)
    assert one["undone"] is True
    assert one["undone_at"] >= one["begun_at"]


def test_a_disk_is_filled_and_what_was_allocated_is_one_file(tmp_path, monkeypatch):
    calls = []

    def allocate(_descriptor, offset, size):
        calls.append((offset, size))
        if offset + size > 3 * player.BLOCK:
            raise OSError(28, "No space left on device")

    free = type("Free", (), {"f_bfree": 4, "f_frsize": player.BLOCK})
    monkeypatch.setattr(os, "statvfs", lambda _path: free)
    monkeypatch.setattr(os, "posix_fallocate", allocate)
    monkeypatch.setattr(os, "pwrite", lambda *_: 0)
    player.fill(tmp_path / "fill")
    block = player.BLOCK
    assert calls == [(0, 4 * block), (0, 2 * block), (2 * block, 2 * block), (2 * block, block), (3 * block, block)]
    assert [path.name for path in tmp_path.iterdir()] == ["fill"]

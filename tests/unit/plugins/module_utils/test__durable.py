# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was acknowledged is told from what is there: every way in which a file system can break its word is found."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.netfs.bench.plugins.module_utils import _durable
from ansible_collections.netfs.bench.plugins.module_utils._durable import (
    APPEND,
    CREATE,
    MKDIR,
    RENAME,
    Attempt,
    Found,
    Log,
    Operation,
)

SEED = 7
CREATED = Operation(1, CREATE, "created-1", 100)
FIRST, SECOND, THIRD = (Operation(number, APPEND, "appended-0-0", 50) for number in (2, 3, 4))
OLD, NEW, NEWER = (Operation(number, RENAME, "renamed-0", 60) for number in (5, 6, 7))
MADE = Operation(8, MKDIR, "directory-8", 0)
OPERATIONS = (CREATED, FIRST, SECOND, THIRD, OLD, NEW, NEWER, MADE)


def of(one):
    return _durable.content(SEED, one)


APPENDED = of(FIRST) + of(SECOND) + of(THIRD)
KEPT = {
    "created-1": Found("file", of(CREATED)),
    "appended-0-0": Found("file", APPENDED),
    "renamed-0": Found("file", of(NEWER)),
    "directory-8": Found("directory"),
}


def log_of(*unacknowledged):
    return Log(SEED, [Attempt(one, None if one in unacknowledged else float(one.number)) for one in OPERATIONS])


def harms(there, *unacknowledged):
    """What is found out, as (number, harm), when these names hold this."""
    faults = _durable.faults_of(log_of(*unacknowledged), lambda name: {**KEPT, **there}.get(name, Found("nothing")))
    assert all(fault.text for fault in faults)
    return [(fault.number, fault.harm) for fault in faults]


def file(content):
    return Found("file", content)


GONE = Found("nothing")


@pytest.mark.parametrize(
    ("there", "unacknowledged", "found"),
    [
        ({}, [], []),
        # a file that is missing, empty, all zero, shorter, longer, with wrong bytes, or something else
        ({"created-1": GONE}, [], [(1, "lost")]),
        ({"created-1": file(b"")}, [], [(1, "lost")]),
        ({"created-1": file(bytes(100))}, [], [(1, "lost")]),
        ({"created-1": file(of(CREATED)[:99])}, [], [(1, "torn")]),
        ({"created-1": file(of(CREATED)[:50] + bytes(50))}, [], [(1, "torn")]),
        ({"created-1": file(of(FIRST) * 2)}, [], [(1, "torn")]),
        ({"created-1": Found("directory")}, [], [(1, "lost")]),
        ({"created-1": Found("EIO: Input/output error")}, [], [(1, "lost")]),
        # an append that is gone, lost its tail, or lies in a hole
        ({"appended-0-0": GONE}, [], [(2, "lost"), (3, "lost"), (4, "lost")]),
        ({"appended-0-0": file(APPENDED[:100])}, [], [(4, "lost")]),
        ({"appended-0-0": file(APPENDED[:149])}, [], [(4, "torn")]),
        ({"appended-0-0": file(of(FIRST) + bytes(50) + of(THIRD))}, [], [(3, "lost")]),
        ({"appended-0-0": file(of(FIRST) + of(THIRD))}, [], [(3, "torn"), (4, "lost")]),
        # an old version under a name that was replaced, or nothing of any
        ({"renamed-0": file(of(NEW))}, [], [(7, "stale")]),
        ({"renamed-0": file(of(OLD))}, [], [(7, "stale")]),
        ({"renamed-0": file(of(NEWER)[:30])}, [], [(7, "torn")]),
        ({"renamed-0": file(b"")}, [], [(7, "lost")]),
        ({"renamed-0": GONE}, [], [(7, "lost")]),
        # a directory that is gone, or a file in its place
        ({"directory-8": GONE}, [], [(8, "lost")]),
        ({"directory-8": file(b"x")}, [], [(8, "lost")]),
        # what was not acknowledged may be there, in part, or not at all
        ({"created-1": GONE}, [CREATED], []),
        ({"created-1": file(of(CREATED)[:10])}, [CREATED], []),
        ({"appended-0-0": file(APPENDED[:100])}, [THIRD], []),
        ({"appended-0-0": file(APPENDED[:120])}, [THIRD], []),
        ({"appended-0-0": file(APPENDED)}, [THIRD], []),
        ({"appended-0-0": file(APPENDED[:99])}, [THIRD], [(3, "torn")]),
        ({"appended-0-0": GONE}, [FIRST, SECOND, THIRD], []),
        ({"renamed-0": file(of(NEWER))}, [NEWER], []),
        ({"renamed-0": file(of(NEW))}, [NEWER], []),
        ({"renamed-0": file(of(OLD))}, [NEWER], [(6, "stale")]),
        ({"renamed-0": file(of(NEWER)[:30])}, [NEWER], [(6, "torn")]),
        # one that was not acknowledged, and is older than one that was
        ({"renamed-0": file(of(NEW))}, [NEW], [(7, "stale")]),
        ({"directory-8": GONE}, [MADE], []),
    ],
)
def test_what_became_of_what_was_acknowledged(there, unacknowledged, found):
    assert harms(there, *unacknowledged) == found


def test_counts_are_of_each_kind():
    log = log_of(CREATED)
    faults = _durable.faults_of(log, lambda _name: GONE)
    assert _durable.counts_of(log, faults) == {
        "create": {"acknowledged": 0, "lost": 0, "torn": 0, "stale": 0},
        "append": {"acknowledged": 3, "lost": 3, "torn": 0, "stale": 0},
        "rename": {"acknowledged": 3, "lost": 1, "torn": 0, "stale": 0},
        "mkdir": {"acknowledged": 1, "lost": 1, "torn": 0, "stale": 0},
    }


def test_operations_and_their_bytes_follow_from_the_seed():
    drawn = [_durable.operation(SEED, number, {}) for number in range(1, 2000)]
    assert drawn == [_durable.operation(SEED, number, {}) for number in range(1, 2000)]
    assert {one.kind for one in drawn} == set(_durable.KINDS)
    assert all(one.size == 0 if one.kind == MKDIR else 16 <= one.size <= 32768 for one in drawn)
    assert len({of(one) for one in drawn if one.size}) == sum(1 for one in drawn if one.size)
    assert _durable.content(SEED, CREATED) != _durable.content(SEED + 1, CREATED)


def test_an_append_that_failed_is_followed_by_another_file():
    number = next(number for number in range(1, 99) if _durable.operation(SEED, number, {}).kind == APPEND)
    name = _durable.operation(SEED, number, {}).name
    assert name.endswith("-0")
    assert _durable.operation(SEED, number, {name.removesuffix("-0"): 5}).name == name.removesuffix("0") + "5"


def text_of(*unacknowledged, error=""):
    lines = [_durable.begin_line(SEED)]
    for one in OPERATIONS:
        lines.append(_durable.try_line(one))
        if one not in unacknowledged:
            lines.append(_durable.acknowledged_line(one, one.number / 2))
        elif error:
            lines.append(_durable.error_line(one, error))
    return "".join(lines)


def test_a_log_is_read_as_it_was_written():
    log = _durable.read_log(text_of(SECOND, NEWER, error="EIO: Input/output error"))
    assert log.seed == SEED
    assert [attempt.one for attempt in log.attempts] == list(OPERATIONS)
    assert [attempt.one for attempt in log.attempts if attempt.acknowledged is None] == [SECOND, NEWER]
    assert log.errors == [
        "append appended-0-0: EIO: Input/output error",
        "rename renamed-0: EIO: Input/output error",
    ]
    assert log.longest_pause == 1.0


@given(st.integers(0, len(text_of())))
def test_a_log_that_is_cut_short_says_what_its_whole_lines_say(length):
    text = text_of()[:length]
    if "\n" not in text:
        with pytest.raises(_durable.LogError, match="noted nothing"):
            _durable.read_log(text)
        return
    whole = _durable.read_log(text_of())
    log = _durable.read_log(text)
    assert log.acknowledged == whole.acknowledged[: len(log.acknowledged)]
    assert len(log.acknowledged) == text[: text.rindex("\n") + 1].count('"acknowledged"')


@given(st.integers(0, len(text_of()) - 1), st.characters(codec="ascii", exclude_characters="\n"))
def test_no_damaged_line_is_believed(place, character):
    """Whatever a byte of the log becomes, no operation is taken for acknowledged that was not."""
    text = text_of()
    damaged = text[:place] + character + text[place + 1 :]
    try:
        log = _durable.read_log(damaged)
    except _durable.LogError:
        return
    whole = _durable.read_log(text)
    assert log.acknowledged == whole.acknowledged[: len(log.acknowledged)]


def test_a_line_that_is_damaged_in_the_middle_makes_a_log_worthless():
    lines = text_of().splitlines(keepends=True)
    with pytest.raises(_durable.LogError, match="Line 4 of 17"):
        _durable.read_log("".join([*lines[:3], lines[3].replace("2", "3"), *lines[4:]]))


def test_an_acknowledgement_of_nothing_makes_a_log_worthless():
    with pytest.raises(_durable.LogError, match="has not begun"):
        _durable.read_log(_durable.begin_line(SEED) + _durable.acknowledged_line(CREATED, 1.0))


@given(st.data())
def test_no_loss_of_acknowledged_bytes_goes_unseen(data):
    """Any change of the bytes of an acknowledged file is a fault."""
    name = data.draw(st.sampled_from(["created-1", "appended-0-0", "renamed-0"]))
    whole = KEPT[name].content
    place = data.draw(st.integers(0, len(whole) - 1))
    cut = whole[:place] if data.draw(st.booleans()) else whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]
    assert harms({name: file(cut)})

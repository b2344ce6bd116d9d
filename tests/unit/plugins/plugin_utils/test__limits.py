# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import signal
import time

import pytest

from ansible_collections.netfs.bench.plugins.plugin_utils import _limits
from ansible_collections.netfs.bench.plugins.plugin_utils._limits import NoAnswerError, answer_within


def stubborn():
    """Hang, and take every Exception for a connection that broke, as Ansible's ssh does."""
    for _try in range(3):
        with contextlib.suppress(Exception):
            time.sleep(60)


def hang_on_the_way_out():
    try:
        time.sleep(60)
    finally:
        time.sleep(60)


class TaskLimitError(BaseException):
    """What Ansible raises at the limit of a task."""


@pytest.fixture
def limit_of_task():
    """Set the limit of the task, as Ansible does."""

    def expired(_signal, _frame):
        raise TaskLimitError

    signal.signal(signal.SIGALRM, expired)
    yield lambda seconds: signal.setitimer(signal.ITIMER_REAL, seconds)
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)


def test_what_answers_in_time_is_left_alone():
    with answer_within(60):
        answer = 7
    assert answer == 7
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
    assert signal.getsignal(signal.SIGALRM) == signal.SIG_DFL


def test_what_does_not_answer_is_given_up_also_where_every_exception_is_tried_again():
    with pytest.raises(NoAnswerError, match=r"no answer came within 0\.05 s"), answer_within(0.05):
        stubborn()


def test_what_hangs_on_the_way_out_is_given_up_too(monkeypatch):
    monkeypatch.setattr(_limits, "AGAIN_SECONDS", 0.05)
    with pytest.raises(NoAnswerError), answer_within(0.05):
        hang_on_the_way_out()


def sleep_within(seconds, limit):
    limit(0.05)
    with answer_within(seconds):
        time.sleep(60)


def test_the_limit_of_the_task_holds_inside(limit_of_task):
    with pytest.raises(TaskLimitError):
        sleep_within(60, limit_of_task)


def test_the_limit_of_the_task_holds_afterwards(limit_of_task):
    limit_of_task(60)
    handler = signal.getsignal(signal.SIGALRM)
    with pytest.raises(NoAnswerError), answer_within(0.05):
        time.sleep(60)
    assert signal.getsignal(signal.SIGALRM) is handler
    assert 0 < signal.getitimer(signal.ITIMER_REAL)[0] < 60

# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A limit for how long an action waits for a node.

A node can take commands and never end them: its processes are stopped, its disk or its clock stands. ssh waits for ever
then, and only whoever asked can give up.
"""

from __future__ import annotations

import contextlib
import signal
import time
import types
import typing as t

COUNTER_SECONDS = 15.0
"""How long a node may take to tell its counters."""
FIO_MODULE_SECONDS = 60.0
"""How long module fio may take beside fio itself: to start, to kill fio, to hand over its output."""
AGAIN_SECONDS = 10.0
"""How long what is done on the way out, such as removing a temporary directory on the node, may take."""


class NoAnswerError(BaseException):
    """A node did not answer in time.

    No Exception: Ansible's ssh takes each of those for a connection that broke, and would ask again.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__(f"no answer came within {seconds:g} s")


@contextlib.contextmanager
def answer_within(seconds: float) -> t.Iterator[None]:
    """Raise NoAnswerError in what is done inside once so many seconds have passed.

    Only for the main thread. The limit of the task, which Ansible keeps with the same timer, goes on to hold.
    """

    def give_up(_signal: int, _frame: types.FrameType | None) -> t.NoReturn:
        raise NoAnswerError(seconds)

    begun = time.monotonic()
    left = signal.getitimer(signal.ITIMER_REAL)[0]
    if 0 < left <= seconds:  # the task ends before, and its timer must not be set again once it has gone off
        yield
        return
    handler = signal.signal(signal.SIGALRM, give_up)
    try:
        try:
            signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN_SECONDS)
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    finally:
        signal.signal(signal.SIGALRM, handler)
        if left:
            signal.setitimer(signal.ITIMER_REAL, max(left - (time.monotonic() - begun), 0.001))

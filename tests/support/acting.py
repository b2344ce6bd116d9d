# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run an action plugin as a task would, without Ansible around it."""

from __future__ import annotations

import typing as t
from types import SimpleNamespace


def run_action(
    action: type, *, check_mode: bool = False, task_vars: dict[str, t.Any] | None = None, **args: t.Any
) -> dict[str, t.Any]:
    """What an action answers to the arguments of a task."""
    task = SimpleNamespace(async_val=0, check_mode=check_mode, diff=False, environment=[], args=args)
    connection = SimpleNamespace(_shell=SimpleNamespace(tmpdir=None))
    return action(task, connection, SimpleNamespace(), None, None, None).run(task_vars=task_vars or {})

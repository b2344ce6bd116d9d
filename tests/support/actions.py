# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Action plugins without a play."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any


def made(action: type[Any], **args: Any) -> Any:
    """Return an action as a task with these arguments makes it, on a connection that leads nowhere."""
    task = SimpleNamespace(async_val=0, check_mode=False, diff=False, environment=[], args=args)
    connection = SimpleNamespace(_shell=SimpleNamespace(tmpdir=None))
    return action(task, connection, SimpleNamespace(), None, None, None)

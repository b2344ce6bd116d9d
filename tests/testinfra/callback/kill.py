# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import os
import signal
from pathlib import Path

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: kill
type: aggregate
short_description: Kill Ansible before a task, or tell which tasks change something
description:
  - For tests. The variable NETFS_KILL_AT of the environment names the task.
  - The names of tasks that changed something are added to the file NETFS_CHANGED, a line each.
"""


class CallbackModule(CallbackBase):
    """Ends Ansible and all its workers, as a lost controller does."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "kill"
    CALLBACK_NEEDS_ENABLED = True

    def v2_playbook_on_task_start(self, task, is_conditional):
        """Kill the process itself when it comes to the task."""
        del is_conditional
        name = os.environ.get("NETFS_KILL_AT")
        if name and task.name == name:
            os.kill(os.getpid(), signal.SIGKILL)

    def v2_runner_on_ok(self, result):
        """Note a task that changed something."""
        file = os.environ.get("NETFS_CHANGED")
        if file and result.is_changed():
            with Path(file).open("a", encoding="utf-8") as notes:
                print(result.task.name, file=notes)

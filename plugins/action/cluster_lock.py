# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import typing as t
from pathlib import Path

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.netfs.bench.plugins.module_utils._files import Json
from ansible_collections.netfs.bench.plugins.plugin_utils._lock import process, take


class ActionModule(ActionBase):
    """Take the lock for Ansible itself: a task runs in a child of it, which is gone when the task ends."""

    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: t.Any = None, task_vars: Json | None = None) -> Json:
        super().run(tmp, task_vars)
        path = Path(self.validate_argument_spec({"path": {"type": "path", "required": True}})[1]["path"])
        ansible = process(os.getppid())
        if self._task.check_mode or ansible is None:
            return {"changed": False}
        try:
            holder = take(path, ansible)
        except OSError as error:
            raise AnsibleActionFail(f"The lock {path} cannot be taken: {error.strerror}.") from error
        if holder:
            raise AnsibleActionFail(
                f"Process {holder.pid} ({holder.command}) works on this cluster. Nothing was changed: start again when "
                "it has ended, however it ends; what it leaves half done is finished then."
            )
        return {"changed": False}

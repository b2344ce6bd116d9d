# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import time
import typing as t

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.netfs.bench.plugins.module_utils._files import Json
from ansible_collections.netfs.bench.plugins.plugin_utils._clocks import Sample, offset


class ActionModule(ActionBase):
    """Ask a host for its time, over the connection that is there: a module would take longer than what is measured."""

    _supports_check_mode = True

    def run(self, tmp: t.Any = None, task_vars: Json | None = None) -> Json:
        super().run(tmp, task_vars)
        args = self.validate_argument_spec({"questions": {"type": "int", "default": 5}})[1]
        samples = [self.sample() for _number in range(max(args["questions"], 1))]
        ahead, uncertainty = offset(samples)
        return {"changed": False, "offset_seconds": ahead, "uncertainty_seconds": uncertainty}

    def sample(self) -> Sample:
        """Ask once."""
        asked = time.time()
        answer = self._low_level_execute_command("date +%s.%N", sudoable=False)
        answered = time.time()
        try:
            return Sample(asked, float(answer["stdout"].split()[0]), answered)
        except (IndexError, ValueError) as error:
            raise AnsibleActionFail(f"The host does not say its time: {answer.get('stderr', '')}") from error

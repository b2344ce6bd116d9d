# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from pathlib import Path

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.netfs.bench.plugins.module_utils._files import Json, write_json
from ansible_collections.netfs.bench.plugins.plugin_utils._plan import (
    grown,
    may_grow,
    needs_more_trials,
)
from ansible_collections.netfs.bench.plugins.plugin_utils._results import read_run
from ansible_collections.netfs.bench.plugins.plugin_utils._run import RunError


class ActionModule(ActionBase):
    """Add a trial to the plan of a run, on the controller: that is where its results are."""

    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: t.Any = None, task_vars: Json | None = None) -> Json:
        super().run(tmp, task_vars)
        args = self.validate_argument_spec({"run_directory": {"type": "path", "required": True}})[1]
        directory = Path(args["run_directory"])
        try:
            run = read_run(directory)
        except RunError as error:
            raise AnsibleActionFail(str(error)) from error
        plan = run.plan
        why = needs_more_trials(run) if may_grow(plan) else []
        if why:
            plan = grown(plan, why)
            if not self._task.check_mode:
                write_json(directory / "plan.json", plan)
        return {"changed": bool(why), "plan": plan, "why": why}

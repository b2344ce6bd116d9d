# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import typing as t
from pathlib import Path

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.netfs.bench.plugins.module_utils._files import Json, write_json
from ansible_collections.netfs.bench.plugins.plugin_utils._deployment import write_services
from ansible_collections.netfs.bench.plugins.plugin_utils._records import FAILING
from ansible_collections.netfs.bench.plugins.plugin_utils._run import RunError, read_json


class ActionModule(ActionBase):
    """Write a plan and what it deploys into the directory of its run, on the controller: that is where results are."""

    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: t.Any = None, task_vars: Json | None = None) -> Json:
        super().run(tmp, task_vars)
        args = self.validate_argument_spec(
            {
                "run_directory": {"type": "path", "required": True},
                "plan": {"type": "dict", "required": True},
                "measure": {"type": "bool", "default": True},
                "rerun": {"type": "str", "default": "", "choices": ["", "failed"]},
            }
        )[1]
        run = Path(args["run_directory"])
        # as other programs read it, without what Ansible notes of the origin of a value
        plan = json.loads(json.dumps(args["plan"]))
        if self._task.check_mode:
            return {"changed": False, "cells": plan["cells"]}
        changed = write_services(run, plan["deployment"])
        if not args["measure"]:
            return {"changed": changed, "cells": []}
        try:
            write_json(run / "plan.json", plan)
            cells = cells_to_measure(run, plan, args["rerun"])
        except RunError as error:
            raise AnsibleActionFail(str(error)) from error
        return {"changed": changed, "cells": cells}


def cells_to_measure(run: Path, plan: Json, rerun: str) -> list[Json]:
    """The cells of a plan that have no record yet that counts; with ``rerun`` only those that have a bad one.

    A suite that found failing cases is measured: it is run again only when that is asked for.
    """
    status = {record["id"]: record["status"] for record in map(read_json, (run / "cells").glob("*.json"))}
    if rerun:
        return [cell for cell in plan["cells"] if status.get(cell["id"], "ok") != "ok"]
    return [cell for cell in plan["cells"] if status.get(cell["id"]) not in ("ok", FAILING)]

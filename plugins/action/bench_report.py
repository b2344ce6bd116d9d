# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.netfs.bench.plugins.plugin_utils._reports import (
    failure_of,
    judge,
    sentence,
    unmeasured_of,
    write,
)
from ansible_collections.netfs.bench.plugins.plugin_utils._run import RunError
from ansible_collections.netfs.bench.plugins.plugin_utils._runs import CHOICE, ONE_OF, chosen_run


class ActionModule(ActionBase):
    """Write the reports of a run, on the controller: that is where results, templates and plotting library are."""

    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: t.Any = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        super().run(tmp, task_vars)
        args = self.validate_argument_spec(
            {
                **CHOICE,
                "force": {"type": "bool", "default": False},
                "strict": {"type": "bool", "default": False},
            },
            **ONE_OF,
        )[1]
        try:
            findings, place = judge(chosen_run(args), force=args["force"], strict=args["strict"])
            lines, changed = write(place, findings, dry_run=self._task.check_mode)
        except RunError as error:
            raise AnsibleActionFail(str(error)) from error
        failed, missing = unmeasured_of(findings)
        return {
            "changed": any(changed.values()),
            "lines": lines,
            "run": place.name,
            "files": [str(place / name) for name in changed],
            "failure": failure_of(findings),
            "failed_cells": failed,
            "missing_cells": missing,
            "exit_code": findings.code,
            "sentence": sentence(findings),
        }

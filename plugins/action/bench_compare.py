# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from pathlib import Path

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.netfs.bench.plugins.plugin_utils._reports import judge, sentence, write
from ansible_collections.netfs.bench.plugins.plugin_utils._run import RunError
from ansible_collections.netfs.bench.plugins.plugin_utils._runs import CHOICE, ONE_OF, chosen_run
from ansible_collections.netfs.bench.plugins.plugin_utils._verdicts import baseline_of, declare_baseline


class ActionModule(ActionBase):
    """Compare a run with an earlier one, or declare it the one that later runs are compared with."""

    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: t.Any = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        super().run(tmp, task_vars)
        args = self.validate_argument_spec(
            {
                **CHOICE,
                "base_directory": {"type": "path"},
                "declare": {"type": "bool", "default": False},
                "force": {"type": "bool", "default": False},
                "strict": {"type": "bool", "default": False},
            },
            **ONE_OF,
        )[1]
        try:
            run = chosen_run(args)
            if args["declare"]:
                return self._declare(run)
            base = Path(args["base_directory"]) if args["base_directory"] else baseline_of(run.parent)
            if base is None:
                raise RunError(f"{run.parent} has no baseline. Declare one with declare=true, or name base_directory.")
            findings, place = judge(run, base, force=args["force"], strict=args["strict"])
            lines, changed = write(place, findings, dry_run=self._task.check_mode)
        except RunError as error:
            raise AnsibleActionFail(str(error)) from error
        return {
            "changed": any(changed.values()),
            "lines": lines,
            "files": [str(place / name) for name in changed],
            "exit_code": findings.code,
            "sentence": sentence(findings),
        }

    def _declare(self, run: Path) -> dict[str, t.Any]:
        """Make the run the baseline of its results directory."""
        before = baseline_of(run.parent)
        declare_baseline(run, dry_run=self._task.check_mode)
        return {"changed": before != run.parent / run.name, "baseline": run.name}

# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from pathlib import Path

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.netfs.bench.plugins.module_utils._files import Json
from ansible_collections.netfs.bench.plugins.plugin_utils._arguments import type_errors


class ActionModule(ActionBase):
    """Refuse the variables of the role it is called in that are not of their types."""

    _requires_connection = False
    _VALID_ARGS: frozenset[str] = frozenset()

    def run(self, tmp: t.Any = None, task_vars: Json | None = None) -> Json:
        super().run(tmp, task_vars)
        if self._task._role is None:
            raise AnsibleActionFail("check_arguments checks the variables of a role: call it in the tasks of a role.")
        folder = Path(self._task._role.get_role_path())
        spec = self._loader.load_from_file(str(folder / "meta/argument_specs.yml"))
        options = spec["argument_specs"]["main"]["options"]
        variables = task_vars or {}
        given = {name: self._templar.template(variables[name]) for name in options if name in variables}
        off = {name for name, value in self._task._role.get_default_vars().items() if value == 0}
        found = list(type_errors(options, given, off))
        if found:
            raise AnsibleActionFail("\n".join(found))
        return {"changed": False}

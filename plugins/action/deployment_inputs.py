# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import typing as t
from pathlib import Path

from ansible.module_utils.common.yaml import yaml_load
from ansible.plugins.action import ActionBase

from ansible_collections.netfs.bench.plugins.module_utils._files import Json
from ansible_collections.netfs.bench.plugins.plugin_utils._inputs import OF_A_NODE, code_of, options_of, sha256_of

COLLECTION = Path(__file__).resolve().parents[2]


class ActionModule(ActionBase):
    """Hash what decides what is deployed on a host: on the controller, where all of it is."""

    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: t.Any = None, task_vars: Json | None = None) -> Json:
        super().run(tmp, task_vars)
        args = self.validate_argument_spec({"deployment": {"type": "dict", "required": True}})[1]
        # as plain data: with notes of where each value stands, as the loader keeps them, it takes ten times as long
        specifications = [
            yaml_load(path.read_text(encoding="utf-8")) for path in COLLECTION.glob("roles/*/meta/argument_specs.yml")
        ]
        known = task_vars or {}
        names = [name for name in (*options_of(specifications), *OF_A_NODE) if name in known]
        given = {name: self._templar.template(known[name]) for name in names}
        return {"changed": False, "sha256": sha256_of(args["deployment"], list(code_of(COLLECTION)), given, os.environ)}

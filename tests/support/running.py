# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a module in this process, as Ansible would."""

from __future__ import annotations

import contextlib
import importlib
import io
import json

import pytest
from ansible.module_utils.testing import patch_module_args


class FailedError(Exception):
    """A module said that it failed."""

    def __init__(self, result: dict) -> None:
        super().__init__(result["msg"])
        self.result = result


def call(module_name: str, /, *, check: bool = False, **params) -> dict:
    """Run a module and return its result."""
    module = importlib.import_module(f"ansible_collections.netfs.bench.plugins.modules.{module_name}")
    arguments = {**params, "_ansible_check_mode": check, "_ansible_diff": True, "_ansible_remote_tmp": "/tmp"}
    out = io.StringIO()
    with patch_module_args(arguments), contextlib.redirect_stdout(out), pytest.raises(SystemExit):
        module.main()
    result = json.loads(out.getvalue())
    if result.get("failed"):
        raise FailedError(result)
    return result

# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import time
import typing as t
from pathlib import Path

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.netfs.bench.plugins.module_utils._files import Json
from ansible_collections.netfs.bench.plugins.plugin_utils import _acceptance, _acceptance_report
from ansible_collections.netfs.bench.plugins.plugin_utils._inventory_check import inventory_faults
from ansible_collections.netfs.bench.plugins.plugin_utils._records import utc
from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import RefusedValueError
from ansible_collections.netfs.bench.plugins.plugin_utils._run import RunError
from ansible_collections.netfs.bench.plugins.plugin_utils._targets import targets_of
from ansible_collections.netfs.bench.plugins.plugin_utils._variables import variable

ASKED = (
    "group_names",
    "node_name",
    "node_running",
    "bench_answers",
    "bootstrap_compared",
    "service_healths",
    "cluster_written",
    "cluster_read",
    "acceptance_members",
    "acceptance_mounts",
    "acceptance_strangers",
    "acceptance_failures",
)
"""What nodes answered, as variables of their hosts."""


class ActionModule(ActionBase):
    """Judge a cluster on the controller: that is where its plan, the answers of its nodes and the runs are."""

    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: t.Any = None, task_vars: Json | None = None) -> Json:
        super().run(tmp, task_vars)
        args = self.validate_argument_spec(
            {
                "plan": {"type": "dict", "required": True},
                "targets": {"type": "dict", "required": True},
                "results": {"type": "path", "required": True},
                "version": {"type": "str", "required": True},
                "cost": {"type": "dict"},
            }
        )[1]
        known, plan, results = task_vars or {}, args["plan"], Path(args["results"])
        members = {host for group in plan["groups"] for host in known["groups"].get(group, [])}
        hosts = {host: answers_of(known["hostvars"][host]) for host in sorted(members)}
        try:
            targets = targets_of(args["targets"])
            cluster = _acceptance.Cluster(
                plan, _acceptance.nodes_of(plan, hosts), inventory_faults(plan, known["groups"]), utc(time.time())
            )
            acceptance = _acceptance.judge_cluster(cluster, targets, results, args["cost"])
            files = _acceptance_report.write(results, acceptance, args["version"], dry_run=self._task.check_mode)
        except (RunError, RefusedValueError) as error:
            raise AnsibleActionFail(str(error)) from error
        return {
            "changed": not self._task.check_mode,
            "lines": [*_acceptance_report.printed(_acceptance_report.document(acceptance)), f"Page: {files[-1]}"],
            "files": files,
            "exit_code": acceptance.code,
            "sentence": _acceptance.sentence(acceptance),
            "states": {one.name: one.state for one in acceptance.lines},
        }


def answers_of(host: t.Mapping[str, t.Any]) -> Json:
    """What a host answered; what it was not asked is missing."""
    found = {name: variable(host, name, None) for name in ASKED}
    return {name: value for name, value in found.items() if value is not None}

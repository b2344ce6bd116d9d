# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from pathlib import Path

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.netfs.bench.plugins.module_utils._files import Json, write_json
from ansible_collections.netfs.bench.plugins.plugin_utils._records import Node, RunRecord
from ansible_collections.netfs.bench.plugins.plugin_utils._run import UNKNOWN, RunError, read_json
from ansible_collections.netfs.bench.plugins.plugin_utils._variables import variable


class ActionModule(ActionBase):
    """Record what a run ran on, on the controller: that is where its results are, and what is known of its nodes."""

    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: t.Any = None, task_vars: Json | None = None) -> Json:
        super().run(tmp, task_vars)
        args = self.validate_argument_spec(
            {
                "run_directory": {"type": "path", "required": True},
                "node_kind": {"type": "str", "required": True},
            }
        )[1]
        directory, known = Path(args["run_directory"]), task_vars or {}
        try:
            plan = read_json(directory / "plan.json")
        except RunError as error:
            raise AnsibleActionFail(str(error)) from error
        nodes = {
            host: Node.of(recorded_node(name, args["node_kind"], kernel_of(plan, name, variables), variables))
            for name in plan["nodes"]
            for host in known["groups"].get(name, [])
            for variables in [known["hostvars"][host]]
        }
        record = RunRecord(run=plan["run"], nodes=nodes, ansible_core=known["ansible_version"]["full"])
        path = directory / "run.json"
        before = earlier(path)
        # what somebody else has added to the record of a run stays when the run is taken up again
        after = {**before, **record.document()}
        if after != before and not self._task.check_mode:
            write_json(path, after)
        return {"changed": after != before}


def earlier(path: Path) -> Json:
    """The record of the part of the run that was measured before; empty when there is none that can be read."""
    try:
        document = read_json(path)
    except RunError:
        return {}
    return document if isinstance(document, dict) else {}


def kernel_of(plan: Json, name: str, host: t.Mapping[str, t.Any]) -> str:
    """Whose kernel a host runs on, as the plan says it: on a topology of each host, else of all of its node.

    :param name: which node of the plan it is.
    :param host: its variables.
    """
    nodes = plan.get("topology", {}).get("nodes", {})
    kernel: str = nodes.get(variable(host, "node_name", ""), plan["nodes"][name])["kernel"]
    return kernel


def recorded_node(node: str, kind: str, kernel_kind: str, host: t.Mapping[str, t.Any]) -> Json:
    """What is recorded of a host.

    :param node: which node of the plan it is.
    :param kind: who made it.
    :param kernel_kind: whose kernel it runs on, as the plan says it.
    :param host: its variables.
    """
    facts = variable(host, "ansible_facts", {})
    distribution = f"{facts.get('distribution', UNKNOWN)} {facts.get('distribution_version', '')}"
    return {
        "node": node,
        "kind": kind,
        "kernel_kind": kernel_kind,
        "kernel": facts.get("kernel", UNKNOWN),
        "distribution": distribution.strip(),
        "architecture": facts.get("architecture", UNKNOWN),
        "processor": (facts.get("processor") or [UNKNOWN])[-1],
        "cpus": variable(host, "node_cpus", UNKNOWN),
        "memory": variable(host, "node_memory", UNKNOWN),
        "image": variable(host, "node_image", UNKNOWN),
        # what a provider says of its instances
        **dict(variable(host, "node_instance", {}).items()),
    }

# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What power cuts of an earlier run say of the durability that the profiles of systems promise."""

from __future__ import annotations

import typing as t

from ansible_collections.netfs.bench.plugins.module_utils._files import Json
from ansible_collections.netfs.bench.plugins.plugin_utils._durability import DISPROVEN, PROVEN, UNPROVEN
from ansible_collections.netfs.bench.plugins.plugin_utils._plan_request import PlanError
from ansible_collections.netfs.bench.plugins.plugin_utils._power_cuts import figures_of
from ansible_collections.netfs.bench.plugins.plugin_utils._records import PowerCut
from ansible_collections.netfs.bench.plugins.plugin_utils._results import Run
from ansible_collections.netfs.bench.plugins.plugin_utils._run import UNKNOWN
from ansible_collections.netfs.bench.plugins.plugin_utils._suite_plan import prepared_for_suites


class _Cuts(t.NamedTuple):
    """What was measured of one system."""

    cuts: list[PowerCut]
    protocols: list[str]
    versions: list[str]


def proofs_of(systems: dict[str, Json], run: Run) -> dict[str, Json]:
    """For each system ``{"state": "proven" | "disproven" | "unproven", "version", "text"}``; a PlanError when the power
    of none of them was cut in that run.

    What was measured counts for the same services with the same settings.

    :param systems: the profiles of what is planned, by the name of the system.
    """
    measured = {name: _cuts_of(run, name) for name in systems}
    if not any(one.cuts for one in measured.values()):
        raise PlanError(
            f"Run {run.plan['run']} did not cut the power of {', '.join(measured)}. Name a run of "
            "'validate.yml -e suite=power-cut' that did."
        )
    return {name: _proof(run, name, profile, measured[name]) for name, profile in systems.items()}


def _cuts_of(run: Run, system: str) -> _Cuts:
    cells = [cell for cell in run.cells if cell.name.system == system and cell.suite and cell.suite.power_cuts]
    return _Cuts(
        [cut for cell in cells for cut in (cell.suite.power_cuts if cell.suite else None) or []],
        sorted({cell.name.protocol for cell in cells}),
        sorted({cell.provenance.service.version for cell in cells}),
    )


def _proof(run: Run, system: str, profile: Json, measured: _Cuts) -> Json:
    name = run.plan["run"]
    figures = figures_of(measured.cuts)
    if figures is None:
        return {"state": UNPROVEN, "version": UNKNOWN, "text": f"declared; run {name} did not cut its power"}
    if run.plan["systems"][system]["services"] != prepared_for_suites(profile)["services"]:
        text = f"declared; run {name} cut its power with other settings"
        return {"state": UNPROVEN, "version": UNKNOWN, "text": text}
    return {
        "state": DISPROVEN if figures.losing else PROVEN,
        "version": ", ".join(measured.versions),
        "text": f"over {', '.join(measured.protocols)} {figures.text} (run {name})",
    }

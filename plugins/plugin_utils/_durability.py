# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a plan knows of the durability of its systems: declared by a profile, and proven or disproven by power cuts."""

from __future__ import annotations

from ansible_collections.netfs.bench.plugins.module_utils._files import Json

PROVEN, DISPROVEN, UNPROVEN = "proven", "disproven", "unproven"
DECLARED = "declared, and no run with power cuts was named"


def state_of(plan: Json, system: str, version: str) -> str:
    """What is known of what a system of a plan promises; a proof of another version is none."""
    proof = plan.get("durability_proofs", {}).get(system)
    return proof["state"] if proof and proof["version"] == version else UNPROVEN


def text_of(plan: Json, system: str) -> str:
    """How it is known what a system of a plan promises."""
    proof = plan.get("durability_proofs", {}).get(system)
    if not proof:
        return DECLARED
    return proof["text"] if proof["state"] == UNPROVEN else f"{proof['state']}: {proof['text']}, {proof['version']}"


def lines_of(plan: Json) -> list[str]:
    """The proofs of a plan, for the terminal."""
    return [f"  durability of {system}: {text_of(plan, system)}" for system in plan.get("durability_proofs", {})]

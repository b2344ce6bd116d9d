# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a plan is asked for, but for its system."""

from __future__ import annotations

from typing import Any

REQUEST: dict[str, Any] = {
    "protocol": "",
    "workload": "",
    "effort": "smoke",
    "trials": 0,
    "seed": "1",
    "variables": {},
    "node_kind": "docker",
    "node_kernel": "auto",
    "server_kernel": "auto",
    "run": "r",
    "created": "2026-11-24T06:00:00Z",
    "collection_version": "0.1.0",
}

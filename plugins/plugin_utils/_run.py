# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The run directory: the only place where results are written, and the only one from which they are read."""

from __future__ import annotations

import hashlib
import json
import math
import typing as t
from pathlib import Path

from ansible_collections.netfs.bench.plugins.module_utils._files import Json, write_text

CELL_SCHEMA = "netfs.bench/cell/1"
UNKNOWN = "unknown"


def is_value(value: object) -> bool:
    """Whether this is what a verdict can rest on: a positive number, and a finite one."""
    return isinstance(value, (int, float)) and 0 < value < math.inf


class RunError(Exception):
    """A run directory that is not one, or is damaged; the message names the file."""


def keep_raw(run: Path, name: str, output: str) -> Json:
    """Write fio's own output into the run directory; return where it is and its hash, as fields of a record."""
    raw = f"raw/{name}.json"
    write_text(run / raw, output)
    return {"raw": raw, "raw_sha256": hashlib.sha256(output.encode()).hexdigest()}


def read_json(path: Path) -> Json:
    """One JSON document of a run directory, or a RunError that names it."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise RunError(f"{path} does not exist. Is {path.parent} a run directory?") from error
    except ValueError as error:
        raise RunError(f"{path} is not JSON: {error}. Remove the file to have its cell measured again.") from error
    return t.cast(Json, document)


def cell_record(cell: Json, *, status: str, reason: str, metrics: Json, timing: Json, provenance: Json) -> Json:
    """One cell as it is kept.

    :param cell: ``id``, ``system``, ``protocol``, ``workload``, ``pass``, ``trial``, as in the plan.
    :param status: ``ok`` or ``failed``.
    :param reason: empty for ``ok``, else one sentence.
    :param metrics: flat, with units in the names.
    :param timing: ``started``, ``ended`` (ISO 8601, UTC) and ``seconds`` (``total``, ``fio``, ``outside``).
    :param provenance: what ran where; what is not known is the word ``unknown``.
    """
    return {
        "schema": CELL_SCHEMA,
        **{key: cell[key] for key in ("id", "system", "protocol", "workload", "pass", "trial")},
        "status": status,
        "reason": reason,
        "metrics": metrics,
        "raw": UNKNOWN,
        "raw_sha256": UNKNOWN,
        **timing,
        "provenance": {key: UNKNOWN if value is None else value for key, value in provenance.items()},
    }

# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What services have on a host, as it was when all of it was set up, and what differs from that now."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from ansible_collections.netfs.bench.plugins.module_utils._files import Json
from ansible_collections.netfs.bench.plugins.module_utils._service_info import fresh, parse_show, said_well, sums_of

RUNNING = ("active", "activating", "reloading")


def recorded(path: Path) -> Json:
    """Return what a record says, nothing when there is none, or when the file is no record."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def look(footprints: Mapping[str, Json], run: str = "/run") -> Json:
    """Return what is there of the ``units`` and ``files`` (paths) of each service, by its name.

    ``units`` are then ``{runs, enabled, current}`` each, where ``current`` says whether it was started with the files
    as they are, ``files`` are the same, in their order, and ``sums`` the SHA-256 of each, nothing when it is missing.
    What is returned can be looked at again. Raises FailureError when systemd does not answer.
    """
    units = sorted({unit for one in footprints.values() for unit in one["units"]})
    words = ["systemctl", "show", "--property=Names,ActiveState,UnitFileState", *units]
    shown = parse_show(said_well(words, "systemd cannot list its units")) if units else {}
    sums = sums_of(sorted({path for one in footprints.values() for path in one["files"]}))
    found: Json = {}
    for name, one in footprints.items():
        current = fresh(sums, one["files"], f"{run}/netfs-bench.{name}", list(one["units"]))
        found[name] = {
            "units": {
                unit: {
                    "runs": shown.get(unit, {}).get("ActiveState") in RUNNING,
                    "enabled": shown.get(unit, {}).get("UnitFileState", ""),
                    "current": unit in current,
                }
                for unit in one["units"]
            },
            "files": one["files"],
            "sums": {path: sums.get(path, "").lstrip("\\").partition(" ")[0] for path in one["files"]},
        }
    return found


def differences(before: Mapping[str, Json], now: Mapping[str, Json]) -> list[str]:
    """Return a sentence for each unit and each file of ``look`` that is not as it was."""
    said_so: list[str] = []
    for name, one in before.items():
        for unit, then in one["units"].items():
            said_so += [f"{unit}: {what}." for what in unlike(then, now[name]["units"][unit])]
        for path, digest in one["sums"].items():
            found = now[name]["sums"][path]
            if found != digest:
                said_so.append(f"{path} {'was changed' if found else 'is gone'}.")
    return said_so


def unlike(then: Json, now: Json) -> Iterable[str]:
    """What a unit no longer is."""
    if then["runs"] and not now["runs"]:
        yield "it does not run"
    if then["enabled"] != now["enabled"]:
        yield f"it is {now['enabled'] or 'unknown'}, and was {then['enabled']}"
    if then["current"] and now["runs"] and not now["current"]:
        yield "it runs with older files"

# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What reports say of the faults that were begun while cells were measured."""

from __future__ import annotations

import collections
import typing as t

from ansible_collections.netfs.bench.plugins.module_utils._files import Json
from ansible_collections.netfs.bench.plugins.plugin_utils._evidence import Cell, Table
from ansible_collections.netfs.bench.plugins.plugin_utils._records import CellRecord, FaultEvent, FaultsRecord
from ansible_collections.netfs.bench.plugins.plugin_utils._run import UNKNOWN

HEADERS = ["fault", "what", "on", "planned after", "for", "begun (UTC)", "undone (UTC)", "held", "seen", "undone, seen"]


def begun_text(faults: FaultsRecord) -> str:
    """How often each fault was begun, and how often it held."""
    begun = collections.Counter(event.fault for event in faults.timeline if event.begun_at)
    held = sum(event.held for event in faults.timeline)
    said = ", ".join(f"{name} {count}" for name, count in sorted(begun.items())) or "none"
    return f"faults begun: {said}; {held} of {sum(begun.values())} held"


def recovery_text(faults: FaultsRecord) -> str:
    """Whether the service came back after the last fault, and when."""
    if faults.recovered is None:
        return f"whether the service came back is not known: {faults.failure or 'nobody asked it'}"
    if not faults.recovered:
        return f"the service did not come back within {faults.recover_limit_s} s: {faults.answer}"
    return f"the service answered {faults.recover_seconds} s after the last fault was undone"


def remarks_of(cells: t.Iterable[CellRecord]) -> list[str]:
    """A remark for the cells of a result, in as few words as can be."""
    return list(dict.fromkeys(begun_text(cell.faults) for cell in cells if cell.faults))


def lines_of(cells: t.Iterable[CellRecord]) -> list[str]:
    """What faults did in each trial, in sentences."""
    return [
        f"Trial {cell.trial}, {begun_text(cell.faults)}; {recovery_text(cell.faults)}. Drawn from seed "
        f"{cell.faults.seed} for {cell.faults.duration_s} s."
        for cell in cells
        if cell.faults
    ]


def time_of(moment: str) -> str:
    """A point in time, to the second."""
    return moment[:19].replace("T", " ")


def row_of(trial: int, event: FaultEvent) -> list[Cell]:
    """What became of a fault."""
    state = "yes" if event.held else "no" if event.begun_at else ""
    undone = "" if not event.undone_at else event.after if event.undone else f"not undone: {event.after}"
    seen = "; ".join(filter(None, [event.evidence, event.error]))
    return [
        Cell(f"{trial}.{event.number}", "number"),
        Cell(event.fault, "keep"),
        Cell(event.target, "keep"),
        Cell(f"{event.begin_s} s", "number"),
        Cell(f"{event.lasts_s} s", "number"),
        Cell(time_of(event.begun_at) or "not begun", "keep"),
        Cell(time_of(event.undone_at) or UNKNOWN if event.begun_at else "", "keep"),
        Cell(state),
        Cell(seen, "text"),
        Cell(undone, "text"),
    ]


def table_of(cells: t.Iterable[CellRecord]) -> Table | None:
    """The timelines of all trials; None without one."""
    rows = [row_of(cell.trial, event) for cell in cells if cell.faults for event in cell.faults.timeline]
    return Table(HEADERS, rows) if rows else None


def documents_of(cells: t.Iterable[CellRecord]) -> list[Json]:
    """The timelines for other programs."""
    return [{"trial": cell.trial, **cell.faults.document()} for cell in cells if cell.faults]

# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs of suites, made up."""

from __future__ import annotations

import typing as t
from pathlib import Path

from ansible_collections.netfs.bench.plugins.module_utils._files import write_json, write_text

Json = dict[str, t.Any]

PROFILE = {
    "description": "A server.",
    "services": [{"role": "ganesha", "name": "ganesha", "node": "server"}],
    "protocols": ["nfs3", "nfs4.2"],
    "durability": "local-durable",
}
LOCAL = {**PROFILE, "description": "The client's own disk.", "services": [], "protocols": ["local"]}
WORD = {"p": "passed", "f": "failed", "s": "skipped"}
PLACES = [("ganesha", "nfs3"), ("kernel-nfs", "nfs3"), ("local", "local")]


def record(
    system: str, protocol: str, outcomes: str | None, suite: str = "posix", trial: int = 1, **more: t.Any
) -> Json:
    """The record of a cell: ``pfs`` says what became of the cases a, b and c; None that it hung."""
    cases = {name: WORD[letter] for name, letter in zip("abcdefgh", outcomes or "", strict=False)}
    failed = [name for name, outcome in cases.items() if outcome == "failed"]
    status = "failed" if outcomes is None else "failing" if failed else "ok"
    reasons = {"failed": "Hung: it did nothing for 60 s; it printed nothing", "failing": f"{len(failed)} failed"}
    cell_id = f"{system}~{protocol}~{suite}~warm~{trial}"
    return {
        "schema": "netfs.bench/cell/1",
        "id": cell_id,
        "system": system,
        "protocol": protocol,
        "workload": suite,
        "pass": "warm",
        "trial": trial,
        "status": status,
        "reason": reasons.get(status, ""),
        "metrics": {f"{word}_cases": list(cases.values()).count(word) for word in WORD.values()} if cases else {},
        "provenance": {
            "job": "{}",
            "job_sha256": "0" * 64,
            "variables": {"OPERATIONS": "10"},
            "fio_version": "none: no fio ran",
            "client_kernel": "6.12",
            "server_kernel": "6.12",
            "mount": "unknown",
            "service": "unknown",
            "command": "/usr/bin/one -S 7",
            "exit_code": 0,
        },
        "started": "2026-11-30T00:00:00.000+00:00",
        "ended": "2026-11-30T00:00:09.000+00:00",
        "seconds": {"total": 9.0, "fio": 0.0, "outside": 9.0},
        "raw": f"raw/{cell_id}.txt",
        "raw_sha256": "0" * 64,
        "suite": {
            "seed": 7,
            "program": "one 1.2.3",
            "command": "/usr/bin/one -S 7",
            "filesystem": "nfs",
            "exit_code": "unknown" if outcomes is None else 0,
            "hung": outcomes is None,
            "cases": cases,
            "lines": {name: [f"{name} is <wrong> here", "left: 1, right: 2"] for name in failed},
            "remarks": [],
            "earlier": [],
            **more,
        },
    }


def plan(records: list[Json], expected: list[Json] | None = None, planned: list[Json] | None = None) -> Json:
    """The plan of the records, or of more cells than have one."""
    axes = ("id", "system", "protocol", "workload", "pass", "trial")
    cells = [{axis: cell[axis] for axis in axes} for cell in planned or records]
    systems = dict.fromkeys(cell["system"] for cell in cells)
    references = [name for name in ("kernel-nfs", "local") if name in systems]
    return {
        "schema": "netfs.bench/plan/1",
        "run": "r",
        "created": "2026-11-30T00:00:00Z",
        "collection_version": "0.1.0",
        "effort": "smoke",
        "seed": "1",
        "trials": max(cell["trial"] for cell in cells),
        "variables": {"OPERATIONS": "10"},
        "cells": cells,
        "systems": {name: dict(LOCAL if name == "local" else PROFILE) for name in systems},
        "nodes": {"client": {"kernel": "own", "why": "asked for", "data": True}},
        "references": references,
        "beside": references,
        "workloads": {
            name: {
                "question": f"Is {name} right?",
                "metric": "passed_cases",
                "latency": [],
                "layout": "none",
                "job": "{}",
                "sha256": "0" * 64,
                "suite": {"needs": ["mount"], "parser": "fsx", "expected": expected or []},
            }
            for name in dict.fromkeys(cell["workload"] for cell in cells)
        },
    }


def write_run(
    directory: Path, records: list[Json], expected: list[Json] | None = None, planned: list[Json] | None = None
) -> Path:
    """A run directory with these records."""
    write_json(directory / "plan.json", plan(records, expected, planned))
    for one in records:
        write_json(directory / "cells" / f"{one['id']}.json", one)
        write_text(directory / one["raw"], "printed\n")
    return directory


def power_cut(number: int = 1, *, resumed: bool = True, **harms: int) -> Json:
    """What came of a power cut: of each kind of operation ten were acknowledged, and of new files so many harmed."""
    counts = {
        kind: {"acknowledged": 10, "lost": 0, "torn": 0, "stale": 0} for kind in ("create", "append", "rename", "mkdir")
    }
    counts["create"].update(harms)
    return {
        "number": number,
        "seed": 100 + number,
        "delay_ms": 1000 * number,
        "cut_at": "2026-11-30T00:00:05.000000+00:00",
        "acknowledged": 30,
        "begun": 1,
        "counts": counts,
        "errors": [],
        "longest_pause_s": 20.0 + number,
        "resumed": resumed,
        "killed": False,
    }


def cut_record(cuts: list[Json], system: str = "ganesha", trial: int = 1) -> Json:
    """The record of a cell of power cuts."""
    harmed = any(count for cut in cuts for what, count in cut["counts"]["create"].items() if what != "acknowledged")
    return record(system, "nfs3", "", "power-cut", trial) | {
        "status": "failing" if harmed else "ok",
        "reason": "1 of 4 cases failed: create" if harmed else "",
        "metrics": {"passed_cases": 3 if harmed else 4, "failed_cases": int(harmed), "skipped_cases": 0},
        "suite": record(system, "nfs3", "")["suite"]
        | {
            "exit_code": "unknown",
            "cases": {kind: "failed" if harmed and kind == "create" else "passed" for kind in cuts[0]["counts"]},
            "lines": {"create": ["1 of 10 acknowledged were not kept"]} if harmed else {},
            "power_cuts": cuts,
        },
    }


def write_cut_run(directory: Path, records: list[Json], durability: str = "local-durable") -> Path:
    """The directory of a run of power cuts, on systems that promise this."""
    write_run(directory, records)
    made = plan(records)
    for profile in made["systems"].values():
        profile["durability"] = durability
    del made["references"], made["beside"]  # no power is cut of them
    cuts = {"cuts": "2", "earliest_ms": 0, "latest_ms": 1, "resume_seconds": 1}
    made["workloads"]["power-cut"] |= {"suite": {"needs": ["mount"]}, "power_cut": cuts}
    write_json(directory / "plan.json", made)
    return directory


def history_operation(number: int, end: int = 2, **more: t.Any) -> Json:
    """An operation of a history: a write that was acknowledged, or what else is said."""
    return {
        "id": number,
        "client": 0,
        "kind": "register-write",
        "key": "register-write.0.1",
        "op": "write",
        "value": number,
        "result": 0,
        "call": 1,
        "return": end,
        "outcome": "done",
        **more,
    }


def verdict(kind: str = "register-write", model: str = "linearizable", result: str = "valid", **more: t.Any) -> Json:
    """What the checker says of a kind and a model."""
    example = {"counter_example": [history_operation(1)], "key": f"{kind}.0.1"} if result == "invalid" else {}
    return {
        "kind": kind,
        "model": model,
        "result": result,
        "operations": 100,
        "unknown": 0,
        "keys": 2,
        **example,
        **more,
    }


STALE = [
    history_operation(1),
    history_operation(2, op="read", result=0, call=3, end=4, client=1),
]
"""A read after a write, of what was there before."""


def consistency_record(system: str, protocol: str, claim: str, result: str, stronger_result: str) -> Json:
    """The record of a cell in which clients shared one kind of thing."""
    against = claim if result == "invalid" else "linearizable" if stronger_result == "invalid" else ""
    kind = {
        "kind": "register-write",
        "claim": claim,
        "result": result,
        "stronger": "linearizable" if stronger_result else "",
        "stronger_result": stronger_result,
        "operations": 100,
        "unknown": 1,
        "counter_example": STALE if against else [],
        "against": against,
    }
    lines = [f"register-write.0.1 is not {claim}", "client 1, 0.0 to 0.0 ms: read: 0"]
    status = {"valid": "ok", "invalid": "failing", "unknown": "failed"}[result]
    made = record(system, protocol, "", "consistency")
    cases = {"valid": {"register-write": "passed"}, "invalid": {"register-write": "failed"}, "unknown": {}}[result]
    return made | {
        "status": status,
        "reason": "" if status == "ok" else "register-write: why",
        "metrics": {"passed_cases": int(result == "valid"), "failed_cases": int(result == "invalid")} if cases else {},
        "suite": made["suite"]
        | {
            "cases": cases,
            "lines": {"register-write": lines} if result == "invalid" else {},
            "consistency": [kind],
        },
    }


def faulted(record: Json, *, recovered: bool = True, held: bool = True) -> Json:
    """The record of a cell that was measured while the server was killed once."""
    why = "The service did not come back within 120 s after the last fault: refused"
    event = {
        "number": 1,
        "fault": "kill",
        "target": "server",
        "begin_s": 3,
        "lasts_s": 4,
        "begun_at": "2026-11-30T00:00:03+00:00",
        "undone_at": "2026-11-30T00:00:07+00:00",
        "held": held,
        "evidence": "1 of 1 units lost what ran",
        "undone": True,
        "after": "all units run",
        "error": "",
    }
    later = {**event, "number": 2, "begin_s": 11, "begun_at": "", "undone_at": "", "held": False, "undone": False}
    return {
        **record,
        **({} if recovered else {"status": "failing", "reason": why}),
        "faults": {
            "seed": 7,
            "duration_s": 20,
            "timeline": [event, {**later, "evidence": "", "after": ""}],
            "recover_limit_s": 120,
            "recovered": recovered,
            "recover_seconds": 0.4,
            "answer": "" if recovered else "refused",
            "failure": "",
        },
    }

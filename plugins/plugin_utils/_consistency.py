# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What several clients may see of what they share: the models, which of them a system claims, and what came of it."""

from __future__ import annotations

import string
import typing as t

from ansible_collections.netfs.bench.plugins.module_utils._files import Json
from ansible_collections.netfs.bench.plugins.module_utils._history import KINDS
from ansible_collections.netfs.bench.plugins.plugin_utils._profiles import CONSISTENCY, faults_of_keys, unknown
from ansible_collections.netfs.bench.plugins.plugin_utils._records import KindResult
from ansible_collections.netfs.bench.plugins.plugin_utils._suite_output import FAILED, PASSED, SKIPPED, Case

KEYS: dict[str, type] = {"mounts": int, "clients": int, "seconds": str, "without": dict}
REQUIRED = ("mounts", "clients", "seconds")
CLIENTS_MAX, MOUNTS_MAX = 16, 8
SECONDS_MIN, SECONDS_MAX = 5, 3600
OVERHEAD_S = 150
"""What a cell takes besides, at most: to mount, to read everything in the end, to check."""
DONE_MIN = 20
"""A kind of which fewer operations have an answer says nothing."""

LINEARIZABLE, SEQUENTIAL, CLOSE_TO_OPEN = CONSISTENCY
MEANINGS = {
    LINEARIZABLE: "every operation takes effect at one moment between its call and its return",
    SEQUENTIAL: "all clients see one order of the operations, in which those of each client are in its own order",
    CLOSE_TO_OPEN: "who opens a file sees what was closed before; of what is done at the same time nothing is promised",
}
STRONGER = {SEQUENTIAL: LINEARIZABLE, CLOSE_TO_OPEN: LINEARIZABLE}
"""The next stronger model. Of sequential and close-to-open none is the stronger one."""
VALID, INVALID, UNDECIDED = "valid", "invalid", "unknown"


class ConsistencyError(Exception):
    """Why the number of seconds is none."""


def faults_of(given: Json, variables: t.Collection[str], protocols: t.Collection[str]) -> list[str]:
    """Return what is wrong with the ``consistency`` of a suite, a clause each."""
    faults = faults_of_keys(given, KEYS, REQUIRED, "'consistency'")
    if faults:
        return faults
    names = string.Template(given["seconds"]).get_identifiers()
    if [name for name in names if name not in variables] or not (names or given["seconds"].isdecimal()):
        known = ", ".join(f"${name}" for name in variables)
        faults.append(
            f"'seconds' of 'consistency' is '{given['seconds']}': write a number in quotes, or one of {known}"
        )
    if not 1 <= given["mounts"] <= MOUNTS_MAX:
        faults.append(f"'mounts' of 'consistency' is not 1 to {MOUNTS_MAX}")
    if not max(2, given["mounts"]) <= given["clients"] <= CLIENTS_MAX:
        faults.append(f"'clients' of 'consistency' is not 2 to {CLIENTS_MAX}, or less than 'mounts'")
    for protocol, kinds in given.get("without", {}).items():
        if protocol not in protocols:
            faults.append(unknown("protocol in 'without'", str(protocol), protocols))
        faults += [unknown("kind in 'without'", str(kind), KINDS) for kind in kinds if kind not in KINDS]
    return faults


def seconds_of(given: Json, variables: t.Mapping[str, str]) -> int:
    """How long clients work in a cell; a ConsistencyError when that is no number."""
    text = string.Template(given["seconds"]).substitute(variables)
    if not text.isdecimal() or not SECONDS_MIN <= int(text) <= SECONDS_MAX:
        raise ConsistencyError(f"duration={text}: write a whole number of seconds from {SECONDS_MIN} to {SECONDS_MAX}")
    return int(text)


def kinds_of(given: Json, protocol: str) -> list[str]:
    """What clients share over a protocol."""
    return [kind for kind in KINDS if kind not in given.get("without", {}).get(protocol, [])]


def claim_of(profile: Json) -> str:
    """The model that a system claims."""
    return str(profile.get("consistency", CLOSE_TO_OPEN))


def models_of(claim: str) -> list[str]:
    """What a history is checked for: what is claimed, and the next stronger model."""
    return [claim, *([STRONGER[claim]] if claim in STRONGER else [])]


def results_of(verdicts: t.Sequence[Json], claim: str) -> list[KindResult]:
    """What came of each kind.

    :param verdicts: as the checker tells them, of the models of :func:`models_of`.
    """
    found = {(one["kind"], one["model"]): one for one in verdicts}
    kinds = [kind for kind in KINDS if (kind, claim) in found]
    return [result_of(found[kind, claim], found.get((kind, STRONGER.get(claim, "")))) for kind in kinds]


def result_of(claimed: Json, stronger: Json | None) -> KindResult:
    """What came of one kind: the example is one against what is claimed, or else against more than that."""
    answered = claimed["operations"] - claimed["unknown"]
    against = next((one for one in (claimed, stronger) if one and one["result"] == INVALID), {})
    result = claimed["result"]
    return KindResult(
        kind=claimed["kind"],
        claim=claimed["model"],
        result=UNDECIDED if result == VALID and answered < DONE_MIN else result,
        stronger=stronger["model"] if stronger else "",
        stronger_result=stronger["result"] if stronger else "",
        operations=claimed["operations"],
        unknown=claimed["unknown"],
        counter_example=against.get("counter_example", []),
        against=against.get("model", ""),
    )


def cases_of(results: list[KindResult], wanted: t.Collection[str]) -> list[Case]:
    """A case for each kind: it failed when the history is not what is claimed. What is not decided is none.

    :param wanted: the kinds that the protocol offers.
    """
    by_kind = {one.kind: one for one in results}
    cases = []
    for kind in KINDS:
        if kind not in wanted:
            cases.append(Case(kind, SKIPPED, ["It is not there over this protocol."]))
        elif kind in by_kind and by_kind[kind].result != UNDECIDED:
            one = by_kind[kind]
            failed = one.result == INVALID
            cases.append(Case(kind, FAILED if failed else PASSED, lines_of(one) if failed else []))
    return cases


def undecided_of(results: list[KindResult], wanted: t.Collection[str]) -> list[str]:
    """The kinds of which nothing is known, each with why."""
    by_kind = {one.kind: one for one in results}
    said = []
    for kind in wanted:
        one = by_kind.get(kind)
        if one is None:
            said.append(f"{kind}: no operation was recorded")
        elif one.result == UNDECIDED:
            answered = one.operations - one.unknown
            few = answered < DONE_MIN
            said.append(f"{kind}: only {answered} answers" if few else f"{kind}: the checker came to no end in time")
    return said


def words_of(operation: Json) -> str:
    """An operation as people read it."""
    name, result = operation["op"], operation["result"]
    if operation["outcome"] != "done":
        return f"{what_of(operation)}: {operation.get('error', 'no answer')}, may have taken effect"
    if name in ("read", "list"):
        told = " ".join(map(str, result)) or "nothing" if isinstance(result, list) else str(result)
        return f"{name}: {'bytes that nobody wrote' if result == -1 else told}"
    if name == "increment":
        return f"increment from {result}"
    if name in ("acquire", "create", "remove"):
        failed = {"acquire": "somebody has it", "create": "it exists", "remove": "it is not there"}[name]
        return f"{what_of(operation)}: {'done' if result else failed}"
    return what_of(operation)


def what_of(operation: Json) -> str:
    """What was asked."""
    name = operation["op"]
    return f"{name} {operation['value']}" if name in ("write", "append", "create", "remove") else str(name)


def lines_of(one: KindResult) -> list[str]:
    """The counter-example of a kind, an operation a line, by when they were called."""
    if not one.counter_example:
        return []
    begin = min(operation["call"] for operation in one.counter_example)
    return [f"{one.counter_example[0]['key']} is not {one.against}: no order of these operations is allowed"] + [
        f"client {operation['client']}, {moment_of(operation, begin)}: {words_of(operation)}"
        for operation in sorted(one.counter_example, key=lambda operation: t.cast(int, operation["call"]))
    ]


def moment_of(operation: Json, begin: int) -> str:
    """When an operation was called and returned, in milliseconds after the first one of an example."""
    call, end = (operation["call"] - begin) / 1e6, (operation["return"] - begin) / 1e6
    return f"{call:.1f} to {end:.1f} ms" if operation["outcome"] == "done" else f"from {call:.1f} ms"

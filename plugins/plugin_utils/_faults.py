# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a file of ``playbooks/faults`` may say, when which fault is begun on which node, and what came of it."""

from __future__ import annotations

import re
import string
import typing as t

from ansible_collections.netfs.bench.plugins.module_utils._files import Json
from ansible_collections.netfs.bench.plugins.plugin_utils._power_cuts import drawn
from ansible_collections.netfs.bench.plugins.plugin_utils._profiles import WORDS, faults_of_keys, is_kind, unknown
from ansible_collections.netfs.bench.plugins.plugin_utils._records import FAILING, FaultsRecord

KINDS = ("docker", "ec2", "existing")
"""The kinds of node."""
PROCESS, OWN_KERNEL = "process", "own kernel"
FEATURES = ("sch_netem", "sch_ingress", "cls_u32", "act_gact")
"""What a kernel may lack, by the names of its modules."""
NEEDS = {
    PROCESS: "a server that is a process, and no part of the kernel",
    OWN_KERNEL: "a node with a kernel of its own",
    **{name: f"a kernel with {name}" for name in FEATURES},
}
LOOKS: dict[str, dict[str, type]] = {
    "silence": {},
    "round_trip": {"at_least_ms": float},
    "loss": {"of": int},
    "stopped": {},
    "replaced": {},
    "clock": {"at_least_seconds": float},
    "full": {},
    "slow": {"at_least_seconds": float},
    "rebooted": {},
}
"""How one sees that a fault holds, each with what it has to be told; see plugins/module_utils/_fault_player.py."""
PLACEHOLDERS = ("unit", "peer", "family", "protocol", "device", "directory", "player")
KEYS: dict[str, type] = {
    "what": str,
    "kinds": list,
    "needs": list,
    "lasts_seconds": list,
    "begin": list,
    "undo": list,
    "seen": dict,
}
DOES = ("begin", "undo", "seen")
"""What a node is told of a fault."""
NAME = re.compile(r"[a-z][a-z0-9-]*")
QUIET_SECONDS = (3, 5)
"""How long nothing is done before a fault, at least and at most."""
RECOVER_SECONDS = 120
"""How long a service may take to answer when the last fault is undone."""


def errors_of(name: str, given: t.Any) -> list[str]:
    """Return what is wrong with the file of a fault, a clause each; empty when nothing is."""
    errors = faults_of_keys(given, KEYS, KEYS, "the fault")
    if errors:
        return errors
    if not NAME.fullmatch(name):
        errors.append(f"'{name}' cannot be the name of a fault: lower-case letters, digits and - only")
    for key, known in (("kinds", KINDS), ("needs", NEEDS)):
        errors += [unknown(f"name in '{key}'", str(one), known) for one in given[key] if one not in known]
    if not given["kinds"]:
        errors.append("'kinds' of the fault is empty")
    lasts = given["lasts_seconds"]
    if len(lasts) != 2 or not all(is_kind(one, int) for one in lasts) or not 0 < lasts[0] <= lasts[1]:
        errors.append("'lasts_seconds' of the fault is not two whole numbers, the least and the most, from 1 on")
    if not given["begin"]:
        errors.append("'begin' of the fault is empty")
    for key in ("begin", "undo"):
        errors += errors_of_commands(key, given[key])
    return errors + errors_of_look(given["seen"])


def errors_of_commands(key: str, commands: list[t.Any]) -> list[str]:
    """Return what is wrong with commands: each is a list of strings, with placeholders that are known."""
    errors = []
    for number, command in enumerate(commands, 1):
        if not is_kind(command, list) or not command or not all(isinstance(word, str) for word in command):
            errors.append(f"command {number} of '{key}' is not a list of strings: write numbers in quotes")
            continue
        errors += [
            unknown(f"placeholder of '{key}'", f"${name}", [f"${one}" for one in PLACEHOLDERS])
            for word in command
            for name in string.Template(word).get_identifiers()
            if name not in PLACEHOLDERS
        ]
        errors += [
            f"a '$' in '{word}' names no placeholder: write $$ for the character itself"
            for word in command
            if not string.Template(word).is_valid()
        ]
    return errors


def errors_of_look(seen: Json) -> list[str]:
    """Return what is wrong with how one sees that a fault holds."""
    look = seen.get("by")
    if look not in LOOKS:
        return [unknown("'by' of 'seen'", str(look), LOOKS)]
    told = {name: value for name, value in seen.items() if name != "by"}
    kinds = LOOKS[look]
    if set(told) != set(kinds):
        return [f"'seen' by {look} takes {', '.join(kinds) or 'nothing else'}"]
    return [f"'{name}' of 'seen' is not {WORDS[kind]}" for name, kind in kinds.items() if not is_kind(told[name], kind)]


class Entry(t.NamedTuple):
    """A fault of a timeline."""

    number: int
    fault: str
    target: str
    begin_s: int
    """Seconds after the timeline began."""
    lasts_s: int


def least_seconds(lasts: t.Mapping[str, t.Sequence[int]]) -> int:
    """How long a timeline has to be that has every fault once.

    :param lasts: how many seconds each fault lasts, at least and at most.
    """
    return sum(least + QUIET_SECONDS[1] for least, _most in lasts.values())


def timeline(
    lasts: t.Mapping[str, t.Sequence[int]], targets: t.Sequence[str], seed: int, duration_s: int
) -> list[Entry]:
    """When which fault is begun on which target, and how long it lasts; all of it follows from the seed.

    Every fault comes once before one comes again. There is one at a time, and quiet before each. None lasts beyond the
    duration, and where that is at least that of :func:`least_seconds`, none is missing.
    """
    names = sorted(lasts)
    if not names or not targets:
        return []
    spare = (duration_s - least_seconds(lasts)) // len(names)
    entries: list[Entry] = []
    second, number = 0, 0
    while True:
        turn = number // len(names)
        order = sorted(names, key=lambda name: drawn(seed, f"order of {name}", turn))
        name = order[number % len(names)]
        number += 1
        least, most = lasts[name]
        longest = max(least, min(most, least + spare))
        quiet = QUIET_SECONDS[0] + drawn(seed, "quiet", number) % (QUIET_SECONDS[1] - QUIET_SECONDS[0] + 1)
        lasting = least + drawn(seed, "lasting", number) % (longest - least + 1)
        if second + quiet + lasting > duration_s:
            return entries
        target = targets[drawn(seed, "target", number) % len(targets)]
        entries.append(Entry(number, name, target, second + quiet, lasting))
        second += quiet + lasting


def judged(status: str, reason: str, faults: FaultsRecord) -> tuple[str, str]:
    """Status and reason of a cell under faults.

    What a suite found wrong stays what it is. A service that did not come back is a finding as well; a fault that did
    not hold shows nothing, and so does a suite that none was begun beside.
    """
    if faults.recovered is False:
        why = (
            f"The service did not come back within {faults.recover_limit_s} s after the last fault: "
            f"{faults.answer or 'it gave no answer'}"
        )
        return FAILING, f"{reason}; {why}" if reason else why
    if status != "ok":
        return status, reason
    if faults.failure:
        return "failed", f"What became of the faults is not known: {faults.failure}"
    for event in faults.timeline:
        if event.begun_at and not (event.held and event.undone):
            what = "was not undone" if event.held else "did not take hold"
            told = "; ".join(filter(None, [event.after if event.held else event.evidence, event.error]))
            return "failed", f"Fault {event.number}, {event.fault}, {what}: {told}"
    begun = {event.fault for event in faults.timeline if event.begun_at}
    never = sorted({event.fault for event in faults.timeline} - begun)
    if never:
        return "failed", f"The work of the cell was over before fault {', '.join(never)} was begun"
    return status, reason

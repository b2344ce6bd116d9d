# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a file of ``playbooks/suites`` may say, and what a cell makes of it: a command line, a seed, a directory."""

from __future__ import annotations

import fnmatch
import hashlib
import json
import re
import string
import typing as t

from ansible_collections.netfs.bench.plugins.module_utils._files import Json
from ansible_collections.netfs.bench.plugins.plugin_utils import _consistency, _power_cuts
from ansible_collections.netfs.bench.plugins.plugin_utils._profiles import (
    faults_of_keys,
    faults_of_names,
    is_kind,
    unknown,
)
from ansible_collections.netfs.bench.plugins.plugin_utils._run import UNKNOWN
from ansible_collections.netfs.bench.plugins.plugin_utils._suite_output import PARSERS

LOCAL = "local"
"""The reference that is no system: a directory of the client's own disk; and the protocol of its cells."""
METRIC = "passed_cases"
"""What a cell of a suite has as its main metric."""
NEEDS = {
    "mount": "a mounted file system",
    "root": "to run as root",
    "users": "ordinary accounts on the client",
    "smb": "a share to which the program connects by itself",
    "nfs": "an export to which the program connects by itself",
}
USERS = ("netfs-suite-1", "netfs-suite-2", "netfs-suite-3")
"""The accounts that a suite with ``users`` finds on the client, each with a group of its name; see
playbooks/steps/deploy/suite.yml."""
WORK = "/run/netfs-bench-suite"
"""The directory on the client in which configuration and artefacts of a suite lie while it runs."""
UNMOUNTED = "/run/netfs-bench-unmounted"
"""Where the directory is of a suite that needs nothing mounted."""
PLACES = {
    "config": f"{WORK}/config",
    "artifacts": f"{WORK}/artifacts",
    **{f"user{number}": name for number, name in enumerate(USERS, 1)},
}
"""What is the same for every cell: files on the client, and accounts."""
OF_A_CELL = ("program", "source", "directory", "seed")
"""What differs from cell to cell."""
OF_A_SERVICE = {
    "smb": ("host", "port", "share", "login"),
    "nfs": ("host", "port", "mount_port", "export", "version"),
}
"""What a suite that connects by itself is told besides, by its need; the login is a file as smbclient reads it."""
PART = "part"
"""The placeholder for the part of a suite that calls its program several times."""
SECOND = "second"
"""The key for the protocol over which the same files are mounted besides, and the placeholder for where they are."""
LOGIN = "/run/netfs-bench.credentials"
"""What the entry point ``login`` of role ``load_client`` writes."""

KEYS: dict[str, type] = {
    "question": str,
    "needs": list,
    "protocols": list,
    SECOND: str,
    "program": dict,
    "command": list,
    "parts": list,
    "left_out": dict,
    "config": str,
    "parser": str,
    "minutes": int,
    "quiet_seconds": int,
    "under_faults": bool,
    "expected": list,
}
REQUIRED = ("question", "needs", "program", "command", "parser", "minutes", "quiet_seconds")
POWER_CUT = "power_cut"
"""The key of a suite that is no program: it cuts the power of a server while a client writes to it."""
CONSISTENCY = "consistency"
"""The key of a suite that is no program: several clients share files, and a checker reads what they were told."""
NO_PROGRAMS = (POWER_CUT, CONSISTENCY)
KEYS_OF_ALL: dict[str, type] = {
    name: KEYS[name] for name in ("question", "needs", "protocols", "under_faults", "expected")
}
"""What every suite may say, also one that is no program."""
PROGRAM_KEYS: dict[str, dict[str, type]] = {
    "crate": {"crate": str, "version": str},
    "package": {"package": str, "path": str, "packages": list},
    "file": {"file": str, "version": str},
    "script": {"script": str, "packages": list},
    "source": {"source": str, "packages": list, "build": list, "path": str},
}
SOURCES = ("connectathon_source", "xfstests_source")
"""The options that say where a source is which somebody has to bring along."""
EXPECTED_KEYS: dict[str, type] = {
    "systems": list,
    "protocol": str,
    "cases": list,
    "reason": str,
    "since": str,
    "evidence": str,
}
NAME = re.compile(r"[a-z][a-z0-9.-]*")
CRATE_VERSION = re.compile(r"\d+\.\d+\.\d+")
SCRIPT = re.compile(r"[a-z][a-z0-9_]*\.py")
# a path that pjdfstest cannot make too long without an overflow of its own; see directory_under
TEMPORARY_LENGTH = 22
PATH_MAX, COMPONENT = 4095, 127


class Known(t.NamedTuple):
    """What a suite may name."""

    variables: t.Collection[str]
    """Those that an effort sets for suites."""
    systems: t.Collection[str]
    protocols: t.Collection[str]


def faults_of(name: str, given: t.Any, known: Known) -> list[str]:
    """Return what is wrong with a suite, a clause each; empty when nothing is.

    :param given: what stands in its file.
    """
    own = next((key for key in NO_PROGRAMS if isinstance(given, dict) and key in given), "")
    keys, required = (KEYS_OF_ALL | {own: dict}, ("question", "needs", own)) if own else (KEYS, REQUIRED)
    faults = faults_of_keys(given, keys, required, "the suite")
    if faults:
        return faults
    if not NAME.fullmatch(name):
        faults.append(f"'{name}' cannot be the name of a suite: lower-case letters, digits, . and - only")
    faults += [unknown("name in 'needs'", str(need), NEEDS) for need in given["needs"] if need not in NEEDS]
    faults += faults_of_names(given, "protocols", known.protocols, "the suite")
    if SECOND in given and given[SECOND] not in known.protocols:
        faults.append(unknown(f"protocol of '{SECOND}'", given[SECOND], known.protocols))
    for number, entry in enumerate(given.get("expected", []), 1):
        faults += faults_of_expected(entry, f"expected failure {number}", known)
    if own == POWER_CUT:
        return faults + _power_cuts.faults_of(given[POWER_CUT], known.variables)
    if own == CONSISTENCY:
        return faults + _consistency.faults_of(given[CONSISTENCY], known.variables, known.protocols)
    faults += faults_of_call(given)
    return faults or faults_of_placeholders(given, known.variables)


def faults_of_call(given: Json) -> list[str]:
    """Return what is wrong with how a suite gets, calls and understands its program."""
    faults = faults_of_program(given["program"])
    if not given["command"] or not all(isinstance(word, str) for word in given["command"]):
        faults.append("'command' of the suite is not a list of strings: write numbers in quotes")
    if given["parser"] not in PARSERS:
        faults.append(unknown("parser", given["parser"], PARSERS))
    parts = given.get("parts", ["one"])
    if not parts or not all(isinstance(part, str) for part in parts) or len(set(parts)) < len(parts):
        faults.append("'parts' of the suite is not a list of different strings")
    if not all(is_kind(reason, str) and reason.strip() for reason in given.get("left_out", {}).values()):
        faults.append("'left_out' of the suite does not say why of every case")
    return faults + [
        f"'{key}' of the suite is not at least 1" for key in ("minutes", "quiet_seconds") if given[key] < 1
    ]


def faults_of_program(given: Json) -> list[str]:
    """Return what is wrong with how the program gets to the client."""
    kind = next((kind for kind in PROGRAM_KEYS if kind in given), None)
    if kind is None:
        return [f"'program' of the suite names none of {', '.join(PROGRAM_KEYS)}"]
    required = [key for key in PROGRAM_KEYS[kind] if key != "packages"]
    faults = faults_of_keys(given, PROGRAM_KEYS[kind], required, "'program'")
    return faults or FAULTS_OF_KIND[kind](given)


def faults_of_version(version: str) -> list[str]:
    """Return what is wrong with the version of a crate."""
    pinned = CRATE_VERSION.fullmatch(version)
    return [] if pinned else [f"version '{version}' of 'program' is not pinned: write one such as 1.2.3"]


def faults_of_absolute(path: str) -> list[str]:
    """Return what is wrong with a path that has to begin at the root."""
    return [] if path.startswith("/") else [f"path '{path}' of 'program' is not absolute"]


def faults_of_script(given: Json) -> list[str]:
    """Return what is wrong with a program of the collection."""
    name = given["script"]
    return [] if SCRIPT.fullmatch(name) else [f"'{name}' of 'program' is no name of a file in suites/programs"]


def faults_of_source(given: Json) -> list[str]:
    """Return what is wrong with a program that is built on the client from a source that somebody brings along."""
    faults = []
    if given["source"] not in SOURCES and not given["source"].startswith("/"):
        faults.append(f"'{given['source']}' of 'program' is neither an absolute path nor one of {', '.join(SOURCES)}")
    if not given["build"] or not all(isinstance(step, list) and step for step in given["build"]):
        faults.append("'build' of 'program' is not a list of commands, each a list of words")
    if given["path"].startswith("/"):
        faults.append(f"path '{given['path']}' of 'program' is not one below the source")
    return faults


FAULTS_OF_KIND: dict[str, t.Callable[[Json], list[str]]] = {
    "crate": lambda given: faults_of_version(given["version"]),
    "package": lambda given: faults_of_absolute(given["path"]),
    "file": lambda given: faults_of_absolute(given["file"]),
    "script": faults_of_script,
    "source": faults_of_source,
}


def faults_of_expected(entry: t.Any, where: str, known: Known) -> list[str]:
    """Return what is wrong with an expected failure; without a protocol it holds for all."""
    required = [name for name in EXPECTED_KEYS if name != "protocol"]
    faults = faults_of_keys(entry, EXPECTED_KEYS, required, where)
    if faults:
        return faults
    faults += faults_of_names(entry, "systems", [*known.systems, LOCAL], where)
    protocols = [*known.protocols, LOCAL]
    if entry.get("protocol", LOCAL) not in protocols:
        faults.append(unknown(f"protocol of {where}", entry["protocol"], protocols))
    if not entry["cases"] or not all(is_kind(case, str) for case in entry["cases"]):
        faults.append(f"'cases' of {where} is not a list of names")
    said = ("reason", "since", "evidence")
    return faults + [f"'{key}' of {where} is empty" for key in said if not entry[key].strip()]


def placeholders(given: Json) -> set[str]:
    """The names behind ``$`` in the command and the configuration of a suite."""
    texts = [*given["command"], given.get("config", "")]
    return {name for text in texts for name in string.Template(text).get_identifiers()}


def faults_of_placeholders(given: Json, variables: t.Collection[str]) -> list[str]:
    """Return which placeholders mean nothing, and which need something that the suite does not say."""
    of_services = [name for names in OF_A_SERVICE.values() for name in names]
    known = list(dict.fromkeys([*OF_A_CELL, PART, SECOND, *of_services, *PLACES, *variables]))
    used = placeholders(given)
    faults = [unknown("placeholder", f"${name}", [f"${one}" for one in known]) for name in sorted(used - set(known))]
    faults += [
        f"a '$' in '{text.strip()}' names no placeholder: write $$ for the character itself"
        for text in [*given["command"], *given.get("config", "").splitlines()]
        if not string.Template(text).is_valid()
    ]
    if "config" in used and "config" not in given:
        faults.append("'command' uses $config, and the suite has no 'config'")
    told = {name for need, names in OF_A_SERVICE.items() if need in given["needs"] for name in names}
    for need, names in OF_A_SERVICE.items():
        if used & set(names) - told:
            faults.append(f"${', $'.join(names)} are there for a suite that needs '{need}'")
    if "users" not in given["needs"] and any(name.startswith("user") for name in used):
        faults.append("$user1, $user2 and $user3 are there for a suite that needs 'users'")
    if (PART in used) != ("parts" in given):
        faults.append("$part is there for a suite that has 'parts', and needed there")
    if SECOND in used and SECOND not in given:
        faults.append(f"${SECOND} is there for a suite that has '{SECOND}'")
    return faults


def work_of(given: Json) -> Json:
    """A suite as a plan has it: in the form of a workload, with its file as its job."""
    job = json.dumps(given, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    return {
        "question": given["question"],
        "metric": METRIC,
        "latency": [],
        "layout": "none",
        "job": job,
        "sha256": hashlib.sha256(job.encode()).hexdigest(),
        "suite": {key: value for key, value in given.items() if key not in ("question", *NO_PROGRAMS)},
        **{key: given[key] for key in NO_PROGRAMS if key in given},
    }


def has_suites(plan: Json) -> bool:
    """Whether a plan runs suites, and no workloads."""
    return any("suite" in work for work in plan["workloads"].values())


def connects(suite: Json) -> bool:
    """Whether the program of a suite connects to the service by itself."""
    return any(need in OF_A_SERVICE for need in suite["needs"])


def runs_over(work: Json, protocol: str, profile: Json) -> bool:
    """Whether a suite can say something of a system over a protocol; of the client's own disk, unless it connects by
    itself or compares two protocols.

    A power cut there would end the writer as well, and nobody would know what it had been told.
    """
    suite = work["suite"]
    if protocol == LOCAL:
        return POWER_CUT not in work and SECOND not in suite and not connects(suite)
    return protocol in suite.get("protocols", [protocol]) and serves_second(work, protocol, profile)


def serves_second(work: Json, protocol: str, profile: Json) -> bool:
    """Whether a system serves the files of one protocol over the other one that a suite compares it with."""
    second = work["suite"].get(SECOND)
    others = [*profile["protocols"], *profile.get("suites", {}).get(SECOND, {})]
    return second is None or (second != protocol and second in others)


def seed_of(seed: str, suite: str, trial: int) -> int:
    """The number that a suite draws its operations from: the same for every system, so that all do the same."""
    return _power_cuts.drawn(seed, suite, trial)


def power_cuts(work: Json, seed: str, cell: Json, variables: t.Mapping[str, str]) -> list[Json]:
    """The power cuts of a cell: each at the same moment for every system.

    :param work: the suite as a plan has it.
    :param seed: that of the plan.
    """
    return _power_cuts.cuts_of(work[POWER_CUT], seed_of(seed, cell["workload"], cell["trial"]), variables)


def history_cell(work: Json, plan: Json, cell: Json) -> Json:
    """What several clients do in a cell, and what their history is checked for."""
    claim = _consistency.claim_of(plan["systems"][cell["system"]])
    return {
        "seed": seed_of(plan["seed"], cell["workload"], cell["trial"]),
        "seconds": _consistency.seconds_of(work[CONSISTENCY], plan["variables"]),
        "kinds": _consistency.kinds_of(work[CONSISTENCY], cell["protocol"]),
        "claim": claim,
        "models": _consistency.models_of(claim),
    }


def mounts(work: Json) -> bool:
    """Whether a cell needs what it is about to be mounted: a program that connects by itself does not."""
    return "suite" not in work or "mount" in work["suite"]["needs"]


def parts_of(suite: Json) -> list[str]:
    """The parts of a suite, each a call of its program; an empty one where there is a single call."""
    return list(suite.get("parts", [""]))


def directory_under(place: str) -> str:
    """The directory that a suite works in.

    pjdfstest makes a path that is too long of its directory, its two temporary ones and names of 127 characters, and
    its arithmetic underflows where these leave nothing over: a path of that length is avoided.
    """
    path = f"{place.rstrip('/')}/netfs-bench-suite"
    return path if (PATH_MAX - TEMPORARY_LENGTH - len(path)) % COMPONENT else f"{path}-"


class Call(t.NamedTuple):
    """What is run on a client."""

    command: list[str]
    config: str


def call_of(suite: Json, of_cell: t.Mapping[str, object], variables: t.Mapping[str, str]) -> Call:
    """The command line and the configuration of a cell.

    :param of_cell: values of OF_A_CELL and OF_A_SERVICE; what is not known is the word ``unknown``.
    """
    unknown_yet = [name for names in OF_A_SERVICE.values() for name in names]
    values = {**dict.fromkeys([*unknown_yet, SECOND, PART], UNKNOWN), **PLACES, **variables, "login": LOGIN, **of_cell}
    return Call(
        [string.Template(word).substitute(values) for word in suite["command"]],
        string.Template(suite.get("config", "")).substitute(values),
    )


def expected_of(suite: Json, system: str, protocol: str) -> list[Json]:
    """The expected failures of a system over a protocol."""
    return [
        entry
        for entry in suite.get("expected", [])
        if system in entry["systems"] and entry.get("protocol", protocol) == protocol
    ]


def reason_of(case: str, expected: t.Iterable[Json]) -> str:
    """Why a case is expected to fail; empty when it is not. ``*`` in a name of the list stands for anything."""
    entries = (entry for entry in expected if any(fnmatch.fnmatchcase(case, pattern) for pattern in entry["cases"]))
    return next((f"{entry['reason']} Since {entry['since']}; {entry['evidence']}" for entry in entries), "")

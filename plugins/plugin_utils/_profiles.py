# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a profile of a system may say; a misspelt one is told before anything is planned."""

from __future__ import annotations

import difflib
import re
import typing as t

from ansible_collections.netfs.bench.plugins.module_utils._files import Json

KEYS: dict[str, type] = {
    "description": str,
    "services": list,
    "protocols": list,
    "measured": list,
    "passes": list,
    "durability": str,
    "consistency": str,
    "requires": dict,
    "suites": dict,
}
REQUIRED = ("description", "services", "protocols", "durability")
SERVICE_KEYS: dict[str, type] = {"name": str, "role": str, "node": str, "variables": dict}
SUITE_KEYS: dict[str, type] = {"share": str, "variables": dict, "second": dict}
SECOND_KEYS: dict[str, type] = {"service": dict, "path": str, "variables": dict}
DURABILITY = ("volatile", "local-durable", "remote-durable")
CONSISTENCY = ("linearizable", "sequential", "close-to-open")
NAME = re.compile(r"[a-z][a-z0-9_]*")
SERVICE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
WORDS: dict[type, str] = {
    str: "a string",
    list: "a list",
    dict: "a dictionary",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
}


def meant(name: str, known: t.Iterable[str], cutoff: float = 0.6) -> str:
    """Return a question with the closest of the known names, after a blank; nothing when none is close."""
    close = difflib.get_close_matches(name, list(known), 1, cutoff=cutoff)
    return f" Did you mean '{close[0]}'?" if close else ""


def unknown(kind: str, name: str, known: t.Collection[str]) -> str:
    """Return a sentence on a name that is none of the known ones, with the closest of these."""
    return f"unknown {kind} '{name}'.{meant(name, known)} Known: {', '.join(known)}"


def is_kind(value: t.Any, kind: type) -> bool:
    """Whether a value of YAML is what a key takes: a whole number is a number as well, and true is neither."""
    if isinstance(value, bool) or kind is bool:
        return isinstance(value, bool) and kind is bool
    return isinstance(value, (int, float) if kind is float else kind)


def faults_of_keys(given: t.Any, kinds: dict[str, type], required: t.Iterable[str], where: str) -> list[str]:
    """Return what is wrong with the keys of a dictionary, and with the types of their values."""
    if not isinstance(given, dict):
        return [f"{where} is not a dictionary"]
    faults = [unknown(f"key of {where}", str(name), kinds) for name in given if name not in kinds]
    faults += [f"{where} has no key '{name}'" for name in required if name not in given]
    faults += [
        f"'{name}' of {where} is not {WORDS[kind]}"
        for name, kind in kinds.items()
        if name in given and not is_kind(given[name], kind)
    ]
    return faults


def faults_of_names(profile: Json, key: str, known: t.Collection[str], where: str = "the profile") -> list[str]:
    """Return which entries of a list of names are none of the known ones; an empty list is a fault as well."""
    if profile.get(key) == []:
        return [f"'{key}' of {where} is empty"]
    return [unknown(f"name in '{key}'", str(name), known) for name in profile.get(key, []) if name not in known]


def faults_of_nodes(profile: Json, used: t.Collection[str]) -> list[str]:
    """Return which nodes look like another one misspelt, or could not be the name of a group."""
    faults = []
    for name in [*(service["node"] for service in profile["services"]), *profile.get("requires", {})]:
        hint = "" if name in used else meant(name, used, cutoff=0.8)
        if not NAME.fullmatch(name):
            faults.append(f"'{name}' cannot be the name of a node: lower-case letters, digits and _ only")
        elif hint:
            faults.append(f"unknown node '{name}'.{hint}")
    return faults


def faults_of_suites(given: t.Any, protocols: t.Collection[str]) -> list[str]:
    """Return what is wrong with what a profile has for suites besides."""
    faults = faults_of_keys(given, SUITE_KEYS, (), "'suites' of the profile")
    if faults:
        return faults
    for name, one in given.get("second", {}).items():
        if name not in protocols:
            faults.append(unknown("protocol in 'second'", name, protocols))
        faults += faults_of_keys(one, SECOND_KEYS, (), f"'{name}' of 'second'")
        if not faults and "service" in one:
            faults += faults_of_keys(one["service"], SERVICE_KEYS, ("role", "node"), f"the service of '{name}'")
    return faults


def faults_of(profile: t.Any, protocols: t.Collection[str], used: t.Collection[str]) -> list[str]:
    """Return what is wrong with a profile, a clause each; empty when nothing is.

    :param profile: what stands in a file of ``playbooks/systems/``.
    :param protocols: all protocols that clients can mount.
    :param used: nodes that other profiles use.
    """
    faults = faults_of_keys(profile, KEYS, REQUIRED, "the profile")
    if faults:
        return faults
    for number, service in enumerate(profile["services"], 1):
        faults += faults_of_keys(service, SERVICE_KEYS, ("role", "node"), f"service {number}")
        if isinstance(service, dict) and not SERVICE_NAME.fullmatch(str(service.get("name", "unnamed"))):
            faults.append(f"'{service['name']}' cannot be the name of a service: letters, digits, _ . and - only")
    if not profile["services"]:
        faults.append("'services' of the profile is empty")
    if "suites" in profile:
        faults += faults_of_suites(profile["suites"], protocols)
    faults += faults_of_names(profile, "protocols", protocols)
    faults += faults_of_names(profile, "measured", profile["protocols"])
    faults += faults_of_names(profile, "passes", ("warm", "cold"))
    if profile["durability"] not in DURABILITY:
        faults.append(unknown("durability", profile["durability"], DURABILITY))
    if profile.get("consistency", CONSISTENCY[0]) not in CONSISTENCY:
        faults.append(unknown("consistency", profile["consistency"], CONSISTENCY))
    return faults or faults_of_nodes(profile, used)

# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Settings of a kernel and limits of sessions: what is to be done about each, and what their files hold."""

from __future__ import annotations

import re
import typing as t
from collections.abc import Collection, Mapping

APPLIED = "applied"
SHARED = "shared"
"""The kernel is that of another host, or a container lacks the right."""
MISSING = "missing"
"""This kernel has no such setting, and need not."""

LIMITS = {
    "core": "Max core file size",
    "memlock": "Max locked memory",
    "nofile": "Max open files",
    "nproc": "Max processes",
    "stack": "Max stack size",
}
"""What a limit is called in limits.conf, and in /proc/PID/limits."""
IN_KIB = ("core", "memlock", "stack")
"""Those that limits.conf takes in KiB, and /proc shows in bytes."""
UNLIMITED = "unlimited"


class Setting(t.NamedTuple):
    """A setting as the kernel has it."""

    value: str | None
    """None when the kernel shows none of this name."""
    writable: bool


class Plan(t.NamedTuple):
    """What is to be done, and what is known of each setting afterwards."""

    write: dict[str, str]
    remember: dict[str, str]
    """By setting, its value before this collection changed it."""
    states: dict[str, str]
    faults: list[str]


def normal(value: object) -> str:
    """Return a value as the kernel shows it, with one blank where it shows a tab."""
    return " ".join(str(value).split())


def path_of(key: str) -> str:
    """Return the file of a setting below /proc/sys. Raises ValueError for a name that is none.

    As in sysctl.d(5): where the first separator is a slash, slashes separate, and a dot is part of a name.
    """
    if not re.fullmatch(r"[A-Za-z0-9_-]+([./][A-Za-z0-9_.:-]+)+", key) or ".." in key:
        raise ValueError(f"{key!r} is no name of a kernel setting: write it as vm.swappiness.")
    if re.match(r"[A-Za-z0-9_-]+/", key):
        return f"/proc/sys/{key}"
    return "/proc/sys/" + key.translate(str.maketrans("./", "/."))


def planned(
    wanted: Mapping[str, str],
    optional: Collection[str],
    found: Mapping[str, Setting],
    remembered: Mapping[str, str],
    *,
    ours: bool,
) -> Plan:
    """Return what brings the kernel from what was found to what is wanted.

    :param optional: settings that a kernel need not have.
    :param found: the settings of `wanted` and of `remembered`, as the kernel has them.
    :param remembered: by setting, its value before an earlier run; who is not wanted any more gets it back.
    :param ours: whether this host may change its kernel at all.
    """
    write: dict[str, str] = {}
    states: dict[str, str] = {}
    faults = []
    for key, value in wanted.items():
        setting = found[key]
        if setting.value == value:
            states[key] = APPLIED
        elif not ours:
            states[key] = SHARED
        elif setting.value is None and key in optional:
            states[key] = MISSING
        elif setting.value is None:
            faults.append(f"This kernel has no setting {key}: correct its name, or name it in the optional ones.")
        elif not setting.writable:
            faults.append(f"{key} is {setting.value}, and this kernel lets nobody change it.")
        else:
            write[key] = value
            states[key] = APPLIED
    back = {
        key: value
        for key, value in remembered.items()
        if key not in wanted and found[key].writable and found[key].value not in (None, value)
    }
    remember = {key: remembered.get(key, found[key].value or "") for key in wanted if key in write or key in remembered}
    return Plan(write | back, remember, states, faults)


def settings_file(wanted: Mapping[str, str], optional: Collection[str], comment: str) -> str:
    """Return a file for sysctl.d, in which a setting that a kernel need not have is marked as such."""
    lines = [f"{'-' if key in optional else ''}{key} = {value}" for key, value in sorted(wanted.items())]
    return "\n".join([f"# {comment}", *lines]) + "\n" if lines else ""


# Limits


def limit_of(name: str, value: object) -> str:
    """Return a limit in the unit of limits.conf. Raises ValueError for a limit that is none."""
    if name not in LIMITS:
        raise ValueError(f"{name!r} is no limit that can be set here: use one of {', '.join(LIMITS)}.")
    text = str(value)
    if text != UNLIMITED and not re.fullmatch(r"[0-9]{1,15}", text):
        raise ValueError(f"The limit {name} is {text!r}: write a number or {UNLIMITED}.")
    return text


def number_of(name: str, limit: str) -> int:
    """Return a limit as the kernel counts it, -1 for none."""
    return -1 if limit == UNLIMITED else int(limit) * (1024 if name in IN_KIB else 1)


def limits_file(limits: Mapping[str, str], comment: str) -> str:
    """Return a file for limits.d, for every account. The line for `*` does not hold for root."""
    lines = [f"{who} - {name} {limit}" for name, limit in sorted(limits.items()) for who in ("*", "root")]
    return "\n".join([f"# {comment}", *lines]) + "\n" if lines else ""


def parse_limits(text: str) -> dict[str, tuple[int, int]]:
    """Return soft and hard limit by name, from what /proc/PID/limits says."""
    result = {}
    for name, title in LIMITS.items():
        found = re.search(rf"^{title} +(\S+) +(\S+)", text, re.MULTILINE)
        if found:
            soft, hard = (-1 if word == UNLIMITED else int(word) for word in found.groups())
            result[name] = (soft, hard)
    return result


def limits_that_differ(limits: Mapping[str, str], session: str) -> list[str]:
    """Return which limits a session has otherwise, a clause each.

    :param session: what /proc/PID/limits says of a process of a new session.
    """
    has = parse_limits(session)
    return [
        f"{name} is {' and '.join(map(str, has.get(name, ('unknown',))))}, and not {number_of(name, limit)}"
        for name, limit in sorted(limits.items())
        if has.get(name) != (number_of(name, limit),) * 2
    ]

# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the services of a host say: their units, the files that they write, and none of their secrets; all pure.

Role service has every unit note at its start which service it is of, and which files that service has.
"""

from __future__ import annotations

import re
import shlex
import typing as t
from collections.abc import Iterable, Sequence

MASK = "********"
STAMPS = "/run/netfs-bench."
"""Below this a unit notes at each start what its files are; the name of its service follows."""

ASSIGNED = re.compile(
    r"(?P<name>[\w.-]*(?:password|passwd|passphrase|secret|token|credential|key)[\w.-]*[\"']?\s*[=:]\s*[\"']?)"
    r"(?P<value>[^\s\"',;]+)",
    re.IGNORECASE,
)
IN_URL = re.compile(r"(?P<name>\b[a-z][a-z0-9+.-]*://[^\s:/@]*:)(?P<value>[^\s/@]+)(?=@)")
CEPHX = re.compile(r"\bAQ[A-Za-z0-9+/]{36}==")
SHORTEST = 8
"""What is shorter is masked only where its name says that it is a secret: it may be any word."""


class Unit(t.NamedTuple):
    """A unit of a service, and the files that the service has."""

    service: str
    name: str
    files: tuple[str, ...]


def unit_of(text: str) -> Unit | None:
    """The unit that a file of systemd is of; None when role service did not write it."""
    for line in text.splitlines():
        if line.startswith("ExecStartPre=") and STAMPS in line:
            try:
                words = shlex.split(line)
            except ValueError:
                continue
            place = next((number for number, word in enumerate(words) if word.startswith(STAMPS)), None)
            if place is not None and len(words) > place + 1:
                return Unit(words[place].removeprefix(STAMPS), words[place + 1], tuple(words[place + 2 :]))
    return None


def secrets_of(text: str) -> set[str]:
    """What could be a secret in a file that only its owner reads: the values of names that say so, and long words with
    letters and digits."""
    found = {match["value"] for match in ASSIGNED.finditer(text)} | {match["value"] for match in IN_URL.finditer(text)}
    for word in re.split(r"[\s\"',;=:]+", text):
        if len(word) >= SHORTEST and "/" not in word[:1] and re.search(r"[0-9]", word) and re.search(r"[A-Za-z]", word):
            found.add(word)
    return {secret for secret in found if len(secret) >= 4}


def masked(text: str, secrets: Iterable[str]) -> str:
    """A text without secrets: those that are known, and what looks like one."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, MASK)
    text = CEPHX.sub(MASK, text)
    for pattern in (ASSIGNED, IN_URL):
        text = pattern.sub(lambda match: f"{match['name']}{MASK}", text)
    return text


def last(data: bytes, size: int) -> bytes:
    """The last lines of what is longer than so many bytes."""
    if len(data) <= size:
        return data
    return data[-size:].partition(b"\n")[2]


def journal_command(units: Sequence[str], since: str, lines: int) -> list[str]:
    """The program that reads the journal of units, or, without any, the warnings of the whole host."""
    return [
        *("journalctl", "--no-pager", "--quiet", "--output=short-iso", f"--lines={lines}"),
        *([f"--since={since}"] if since else []),
        *([f"--unit={unit}" for unit in units] or ["--priority=warning"]),
    ]

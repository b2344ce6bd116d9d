# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which names a node resolves, and which addresses answer it."""

from __future__ import annotations

import socket
import typing as t
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

TRIES_AT_ONCE = 64
T = t.TypeVar("T")


def resolved(name: str) -> list[str]:
    """The addresses that a name has here; none when it is not known."""
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return sorted({str(entry[4][0]) for entry in found})


def answers(address: str, port: int, seconds: float) -> bool:
    """Whether an address answers: by a connection, or by a refusal, which proves a way there just as well."""
    try:
        with socket.create_connection((address, port), timeout=seconds):
            return True
    except ConnectionRefusedError:
        return True
    except OSError:
        return False


def at_once(ask: Callable[..., T], questions: list[tuple[t.Any, ...]]) -> list[T]:
    """The answers to many questions, in their order, in the time that the slowest one takes."""
    with ThreadPoolExecutor(max_workers=max(1, min(TRIES_AT_ONCE, len(questions)))) as pool:
        return list(pool.map(lambda question: ask(*question), questions))


def reached(addresses: list[str], ports: list[int], seconds: float) -> dict[str, list[int]]:
    """By address, the ports at which it answers."""
    tries = [(address, port, seconds) for address in addresses for port in ports]
    found: dict[str, list[int]] = {address: [] for address in addresses}
    for (address, port, _seconds), answered in zip(tries, at_once(answers, tries), strict=True):
        found[address] += [port] if answered else []
    return found

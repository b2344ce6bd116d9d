# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Refusing early what a program would refuse late, or would understand in another way."""

from __future__ import annotations

import re
from typing import TypeVar

from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import refuse

T = TypeVar("T")


def matching(
    value: T, pattern: str, reason: str, variable: str = "", *, longest: int | None = None, secret: bool = False
) -> T:
    """Return a value whose whole text a regular expression matches, or a list of such; refuse any other.

    `longest` is how many bytes each may have in UTF-8.
    """
    for entry in value if isinstance(value, list | tuple) else [value]:
        if not re.fullmatch(pattern, str(entry)) or (longest is not None and len(str(entry).encode()) > longest):
            refuse(entry, reason, variable, secret=secret)
    return value

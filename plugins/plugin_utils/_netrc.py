# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

""".netrc: logins for curl, and for Python's module netrc."""

from __future__ import annotations

import re

from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import refuse, single_line

LONGEST = 1000
"""Bytes of a word; curl takes lines of 4096, and a word may grow in quotes."""


def to_netrc(value: object, variable: str = "", *, secret: bool = False) -> str:
    """Return one word of a netrc file, in quotes where it has to be."""
    text = single_line(value, variable, language="a netrc file", secret=secret)
    if not 0 < len(text.encode()) <= LONGEST:
        refuse(value, f"a word of a netrc file must have from 1 to {LONGEST} bytes", variable, secret=secret)
    if re.fullmatch(r"[A-Za-z0-9_./:@+-]+", text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

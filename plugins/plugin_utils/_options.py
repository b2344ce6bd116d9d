# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of a program, as rclone, JuiceFS and others take them: --name=value."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import kind, refuse, single_line


def to_options(value: object, variable: str = "") -> list[str]:
    """Return the arguments that give a program these options, still to be written into a unit or a script.

    Booleans become true and false; a list gives its option once for each entry.
    """
    if not isinstance(value, Mapping):
        refuse(value, f"it must be a dictionary of options, not a {kind(value)}", variable)
    words = []
    for name, given in value.items():
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]*", str(name)):
            refuse(
                name,
                "the name of an option may contain only letters, digits and '-', without the leading '--'",
                variable,
            )
        for entry in given if isinstance(given, list | tuple) else [given]:
            text = single_line(entry, f"{variable}.{name}", language="the unit of the server")
            words.append(f"--{name}={text.lower() if isinstance(entry, bool) else text}")
    return words

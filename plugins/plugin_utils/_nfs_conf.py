# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""nfs.conf(5), the settings of the kernel's NFS server."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import kind, refuse, single_line

LANGUAGE = "nfs.conf"


def to_nfs_conf(settings: object, variable: str = "") -> str:
    """Return a file with these sections and their keys, whose values are texts, numbers or booleans.

    nfs.conf knows no escapes: a value stands between quotes of the kind that it does not have. Raises RefusedValueError
    for what cannot be written: another name than of letters, digits and dashes, the key `include` (another file), an
    empty value, one with quotes of both kinds, and one that begins with `$` (a variable of the environment).
    """
    lines = []
    for section, keys in _told_apart(settings, variable).items():
        lines += ["", f"[{section}]"]
        for key, value in _told_apart(keys, f"{variable}.{section}").items():
            lines.append(f"{key}={_value(value, f'{variable}.{section}.{key}')}")
    return "\n".join(lines)


def _told_apart(entries: object, variable: str) -> dict[str, object]:
    """Return a mapping whose names were looked at; nfs.conf does not tell upper from lower case."""
    if not isinstance(entries, Mapping):
        refuse(entries, f"nfs.conf needs a dictionary here, not a {kind(entries)}", variable)
    names: dict[str, object] = {}
    for name, value in entries.items():
        if _name(name, variable).lower() in map(str.lower, names):
            refuse(name, "nfs.conf ignores upper and lower case, so the key is there twice", variable)
        names[name] = value
    return names


def _name(name: object, variable: str) -> str:
    text = single_line(name, variable, language=LANGUAGE)
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9._-]*", text):
        refuse(name, "a name in nfs.conf may contain only letters, digits, dots, dashes and underscores", variable)
    if text.lower() == "include":
        refuse(name, "it would include another file", variable)
    return text


def _value(value: object, variable: str) -> str:
    if isinstance(value, bool):
        return "y" if value else "n"
    text = single_line(value, variable, language=LANGUAGE)
    if re.fullmatch(r"[A-Za-z0-9_:/.,+-]+", text):
        return text
    if not text:
        refuse(value, "nfs.conf has no empty values; leave the key out", variable)
    if text.startswith("$"):
        refuse(value, "nfs.conf would expand it as an environment variable", variable)
    quote = next((quote for quote in "\"'" if quote not in text), None)
    if quote is None:
        refuse(value, "nfs.conf has no escapes, and the value contains both kinds of quotes", variable)
    return f"{quote}{text}{quote}"

# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""smb.conf: how a value, the name of a parameter and the name of a share are written for Samba.

Samba has no way to quote in this file: it joins a line that ends with a backslash with the next one, makes one blank of
several, and takes blanks and quotation marks at the ends away. Only the entries of a list may stand in quotation marks.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import refuse, single_line

LONGEST_NAME = 80  # characters of the name of a share, the most that Windows and Samba's own tools take
RESERVED = ("global", "globals", "homes", "printers", "print$", "ipc$", "admin$")
# What Samba's own tools refuse in the name of a share, and what would end the section
FORBIDDEN = '%<>*?|/\\+=;:",]'


def to_smb_conf(value: object, variable: str = "", part: str = "text") -> str:
    """Return a value as one part of smb.conf, from which Samba reads exactly this value; a list as a list.

    `part` is one of

    * ``text``: a value in which nothing is replaced, such as a comment or the names of users
    * ``path``: an absolute path as such a value
    * ``value``: a value in Samba's own syntax, where ``%U`` is the user and quotation marks hold words together
    * ``parameter``: the name of a parameter
    * ``section``: the name of a share

    Raises RefusedValueError for what Samba would read as something else.
    """
    return PARTS[part](value, variable)


def _line(value: object, variable: str) -> str:
    """Return what Samba keeps of a line as it is."""
    text = single_line(value, variable, language="smb.conf")
    if re.search(r"^\s|\s$|[ \t]{2}", text):
        refuse(value, "smb.conf drops leading and trailing spaces, and all but one of several", variable)
    if text.endswith("\\"):
        refuse(value, "smb.conf joins a line that ends with a backslash with the next one", variable)
    return text


def _value(value: object, variable: str) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(_entry(entry, variable) for entry in value)
    return _line(value, variable)


def _text(value: object, variable: str) -> str:
    for text in map(str, value if isinstance(value, list | tuple) else [value]):
        found = re.search(r"%[A-Za-z$]", text)
        if found:
            refuse(value, f"Samba may expand {found[0]}, which cannot be escaped", variable)
    text = _value(value, variable)
    if isinstance(value, str) and text != text.strip('"') and '"' not in text.strip('"'):
        refuse(value, "Samba removes quotation marks at both ends", variable)
    return text


def _entry(value: object, variable: str) -> str:
    text = _line(value, variable)
    if not text:
        refuse(value, "an entry of a list in smb.conf cannot be empty", variable)
    # Samba could read the last three in quotation marks, but testparm shows them without
    if re.search(r'["\t,;]', text):
        refuse(
            value, "an entry of a list in smb.conf cannot contain quotation marks, commas, semicolons or tabs", variable
        )
    return f'"{text}"' if " " in text else text


def _path(value: object, variable: str) -> str:
    text = _text(value, variable)
    if not re.fullmatch(r"(/(?!\.\.?(/|$))[^/]+)+", text):
        refuse(
            value, 'it must be an absolute path other than "/", without "//", ".", ".." and a "/" at its end', variable
        )
    found = re.search(r"\$[\w{]", text)
    if found:
        refuse(value, f"Ansible expands {found[0]} in a path as an environment variable", variable)
    return text


def _parameter(value: object, variable: str) -> str:
    text = _line(value, variable)
    if not re.fullmatch(r"[^\[#;=][^=]*", text):
        refuse(value, "the name of a parameter must not be empty, contain '=', or begin with '[', '#' or ';'", variable)
    return text


def _section(value: object, variable: str) -> str:
    text = _line(value, variable)
    if not 0 < len(text) <= LONGEST_NAME:
        refuse(value, f"the name of a share must have 1 to {LONGEST_NAME} characters", variable)
    found = next((character for character in FORBIDDEN if character in text), "")
    if found:
        refuse(value, f"the name of a share cannot contain {found}", variable)
    # Samba compares the names of sections so
    if re.sub(r"\s", "", text).lower() in RESERVED:
        refuse(value, "Samba reserves this name", variable)
    return text


PARTS: dict[str, Callable[[object, str], str]] = {
    "text": _text,
    "path": _path,
    "value": _value,
    "parameter": _parameter,
    "section": _section,
}

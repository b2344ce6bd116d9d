# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""systemd: how a value is written into a unit or an environment file; see systemd.syntax(7) and systemd.exec(5)."""

from __future__ import annotations

import re

from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import plain, refuse, single_line

ARGUMENT_BYTES = 128 * 1024 - 1
"""What the kernel takes as one argument or one environment variable of a program (MAX_ARG_STRLEN, without NUL)."""


def to_systemd_word(value: object, variable: str = "") -> str:
    """Return one word of a setting that takes a list, such as ReadWritePaths= or Environment=; a list gives several.

    Settings differ in the escapes they know. Quotes and a backslash before `"` and a backslash mean the same in all.
    """
    if isinstance(value, list | tuple):
        return " ".join(to_systemd_word(entry, variable) for entry in value)
    text = _unit_text(value, variable)
    if re.fullmatch(r"[A-Za-z0-9_@%+=:,./-]+", text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def to_systemd_exec(value: object, variable: str = "") -> str:
    """Return one argument of an Exec line, where `$` begins a variable; a list gives several.

    The program itself, the first word of the line, is written by to_systemd_word: `$` means nothing there.
    """
    if isinstance(value, list | tuple):
        return " ".join(to_systemd_exec(entry, variable) for entry in value)
    if len(str(value).encode(errors="replace")) > ARGUMENT_BYTES:
        refuse(value, f"no argument of a program can be longer than {ARGUMENT_BYTES} bytes", variable)
    return to_systemd_word(value, variable).replace("$", "$$")


def to_systemd_line(value: object, variable: str = "") -> str:
    """Return the text of a setting that takes the rest of its line as it is, such as WorkingDirectory=."""
    text = _unit_text(value, variable)
    if text != text.strip(" \t") or not text:
        refuse(
            value,
            "systemd drops leading and trailing spaces of this setting, and reads an empty one as its default",
            variable,
        )
    if text.endswith("\\"):
        refuse(value, "systemd joins a line that ends with a backslash with the next one", variable)
    return text


def to_environment_file(value: object, variable: str = "", *, secret: bool = False) -> str:
    """Return the value of one variable in an environment file, in quotes; `sh` reads the file alike."""
    text = plain(value, variable, language="an environment file", secret=secret)
    _refuse_noncharacters(text, variable, secret=secret)
    if len(text.encode()) > ARGUMENT_BYTES - 256:
        refuse(value, f"a variable and its name cannot be longer than {ARGUMENT_BYTES} bytes", variable, secret=secret)
    return '"' + re.sub(r'(["$`\\])', r"\\\1", text) + '"'


def _unit_text(value: object, variable: str) -> str:
    """Return a text that a line of a unit can hold, with the specifiers' percent sign doubled."""
    text = single_line(value, variable, language="a unit of systemd")
    _refuse_noncharacters(text, variable)
    return text.replace("%", "%%")


def _refuse_noncharacters(text: str, variable: str, *, secret: bool = False) -> None:
    """Refuse code points that are none to systemd, which then ignores the whole line."""
    if any(ord(one) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(one) <= 0xFDEF for one in text):
        refuse(text, "it contains a code point that is not a Unicode character", variable, secret=secret)

# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Refusing a value that a language cannot hold, with one kind of sentence for all of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from types import UnionType
from typing import NoReturn, TypeVar

from ansible.errors import AnsibleFilterError

T = TypeVar("T")

SHOWN = 200  # characters of a value that a message shows


class RefusedValueError(ValueError):
    """A value that cannot be written so that the program which reads it gets the same value back."""


def refuse(value: object, reason: str, variable: str = "", *, secret: bool = False) -> NoReturn:
    """Raise a RefusedValueError that names variable, value and reason; a secret is not shown.

    `reason` is a clause that goes on after "cannot be used:", such as "smb.conf joins a line that ends with a
    backslash with the next one".
    """
    shown = "this secret" if secret else repr(value if not isinstance(value, str) else str(value))
    if len(shown) > SHOWN:
        shown = f"{shown[:SHOWN]}... ({len(shown)} characters)"
    raise RefusedValueError(f"{variable + ': ' if variable else ''}{shown} cannot be used: {reason}.")


def plain(value: object, variable: str = "", *, language: str, secret: bool = False) -> str:
    """Return a text, number or boolean as text; refuse other kinds, NUL, and what is no Unicode text.

    Booleans become true and false, which most programs read; a language with other words converts them before.
    """
    if not isinstance(value, str | int | float):
        refuse(value, f"{language} takes a string or a number here, not a {kind(value)}", variable, secret=secret)
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if "\0" in text:
        refuse(value, f"it contains a NUL character, which {language} cannot hold", variable, secret=secret)
    if any(0xD800 <= ord(character) <= 0xDFFF for character in text):
        refuse(value, "it is not valid Unicode", variable, secret=secret)
    return text


def single_line(value: object, variable: str = "", *, language: str, secret: bool = False) -> str:
    """Return what `plain` returns; refuse what no line of a text file can hold."""
    text = plain(value, variable, language=language, secret=secret)
    for character in text:
        if (ord(character) < 32 and character != "\t") or character == "\x7f":
            refuse(
                value,
                f"it contains the control character {character!r}, which {language} cannot hold",
                variable,
                secret=secret,
            )
    return text


def expanded(path: str) -> str:
    """Return why a path would not stay as it is, or nothing: Ansible's modules expand it, other places do not."""
    if not re.search(r"\$(\w|\{)", path, re.ASCII):
        return ""
    return "Ansible's modules expand $ in a path as an environment variable; write out its value"


def kind(value: object) -> str:
    """Return what YAML calls the type of a value."""
    names: dict[type | UnionType, str] = {dict: "dictionary", list | tuple: "list", bool: "boolean"}
    names |= {int | float: "number", str: "string", date: "date", type(None): "null"}
    return next((name for known, name in names.items() if isinstance(value, known)), type(value).__name__)


def as_filter(function: Callable[..., T]) -> Callable[..., T]:
    """Return a function as a filter of Ansible's, whose refusals end the task with their sentence."""

    def filtered(*positional: object, **named: object) -> T:
        try:
            return function(*positional, **named)
        except RefusedValueError as error:
            raise AnsibleFilterError(str(error)) from error

    return filtered

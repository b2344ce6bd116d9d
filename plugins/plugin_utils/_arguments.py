# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A role's variables held to the types of its argument specification.

Ansible validates a converted copy and leaves the variable as it was given: `users: alice` passes as a list, and is then
read letter by letter. Here a value has to be of its type, or a text that reads as exactly one number or boolean, which
is how `-e name=value` gives them.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import RefusedValueError, expanded, kind, refuse

Option = Mapping[str, Any]

BOOLEAN_TEXTS = {"true", "false", "yes", "no", "on", "off", "1", "0"}
QUOTES = "write it with quotes"
LARGEST = 2**63 - 1
# an access key says who it is, as a user's name does
SECRET_NAME = re.compile(r"(^|_)(password|secret|token|secret_access_key|(?<!access_)key)s?$")


def type_errors(options: Mapping[str, Option], given: Mapping[str, Any], off: Collection[str] = ()) -> Iterator[str]:
    """Yield one sentence for each value that is not what its option says.

    `options` is an entry point of an argument specification, `given` has the values by name. Ports are from 1 to
    65535; `off` names the options where 0 turns something off. Of an option that holds a secret no value is shown.
    """
    for name, option in options.items():
        if name in given:
            yield from _value(option, given[name], name, name, name in off)


def holds_secret(name: str, option: Option) -> bool:
    """Return whether an option, or one inside of it, is a secret by its specification or by its name."""
    if option.get("no_log"):
        return True
    if option.get("options"):
        return any(holds_secret(inner, described) for inner, described in option["options"].items())
    free = option.get("type", "str") in ("str", "raw") and not option.get("choices")
    return free and bool(SECRET_NAME.search(name))


def _value(option: Option, value: Any, where: str, name: str, off: bool = False) -> Iterator[str]:
    """Yield what is wrong with a value, and with those inside of it; `where` is its full name, `name` the last part."""
    wanted = option.get("type", "str")
    secret = holds_secret(name, option)
    try:
        if reason := _reason(option, value, name, secret, off):
            refuse(value, reason, where, secret=secret)
    except RefusedValueError as error:
        yield str(error)
        return
    if wanted == "list":
        element = {**option, "type": option.get("elements", "raw"), "elements": "raw"}
        for index, entry in enumerate(value):
            yield from _value(element, entry, f"{where}[{index}]", name)
    if wanted == "dict":
        for inner, described in option.get("options", {}).items():
            if inner in value:
                yield from _value(described, value[inner], f"{where}.{inner}", inner)


def _reason(option: Option, value: Any, name: str, secret: bool, off: bool) -> str:
    """Return why a value is not what its option says, or nothing."""
    wanted = option.get("type", "str")
    if value is None and wanted != "raw":
        return "it is null; leave it out to get the default of the role"
    if wanted == "list" and isinstance(value, str) and not secret:
        return f"it must be a list; write [{', '.join(_flow(word) for word in value.split(',') if word)}]"
    return OF_TYPES[wanted](value) or _of_option(option, value, name, secret, off)


def _of_option(option: Option, value: Any, name: str, secret: bool, off: bool) -> str:
    """Return why a value of the right type is not one that this option takes, or nothing."""
    wanted = option.get("type", "str")
    if option.get("choices") and wanted != "list" and value not in option["choices"]:
        choices = ", ".join(str(choice) for choice in option["choices"])
        return f"it must be one of {choices}; {QUOTES} if YAML would read something else"
    if wanted == "str":
        return _of_name(value, name, secret)
    if wanted == "int" and re.search(r"(^|_)port$", name) and not (off and int(value) == 0):
        return "" if 1 <= int(value) <= 65535 else "a port must be a number from 1 to 65535"
    return ""


def _flow(word: str) -> str:
    """Return how YAML writes a text into a list in brackets."""
    return word if re.fullmatch(r"[A-Za-z_./][\w@./+-]*|[0-9.]+/[0-9]+", word) else json.dumps(word, ensure_ascii=False)


def _of_name(value: str | int, name: str, secret: bool) -> str:
    """Return why a text cannot be what its name says: digits matter in a mode and in a secret."""
    mode = re.search(r"(^|_)mode$", name)
    if mode and isinstance(value, int):
        return f"it must be a string, and YAML reads 0755 as the number 493; {QUOTES}, such as '0755'"
    if mode and str(value).isdigit() and not re.fullmatch(r"0?[0-7]{3,4}", str(value)):
        return "a mode must have three or four octal digits, such as '0755'"
    if secret and isinstance(value, int):
        return f"it must be a string, and YAML reads some numbers as others; {QUOTES}"
    return ""


def _list(value: Any) -> str:
    return "" if isinstance(value, list | tuple) else "it must be a list; write it in brackets"


def _dictionary(value: Any) -> str:
    if not isinstance(value, dict):
        return "it must be a dictionary; write it as {name: value}"
    odd = next((key for key in value if not isinstance(key, str)), "")
    return "" if isinstance(odd, str) else f"its name {odd!r} is a {kind(odd)} as YAML reads it; {QUOTES}"


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return f"it must be a string, and YAML reads true, false, yes, no, on and off as booleans; {QUOTES}"
    return "" if isinstance(value, str | int) else f"it must be a string, not a {kind(value)}; {QUOTES}"


def _path(value: Any) -> str:
    if not isinstance(value, str):
        return f"it must be a path, not a {kind(value)}; {QUOTES}"
    return expanded(value)


def _boolean(value: Any) -> str:
    as_text = str(value).lower() if isinstance(value, str | int) else ""
    return "" if as_text in BOOLEAN_TEXTS else "it must be a boolean; write true or false"


def _whole_number(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | str):
        return "it must be a whole number"
    if not re.fullmatch(r"-?(0|[1-9][0-9]{0,18})", str(value)):
        return f"it must be a whole number from 0 to {LARGEST}, with nothing before or after it"
    return "" if 0 <= int(value) <= LARGEST else f"it must be a number from 0 to {LARGEST}"


def _number(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return "it must be a number"
    if isinstance(value, str) and not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", value):
        return "it must be a number, with nothing before or after it"
    return "" if math.isfinite(float(value)) else "it must be a finite number"


OF_TYPES: dict[str, Callable[[Any], str]] = {
    "list": _list,
    "dict": _dictionary,
    "str": _text,
    "path": _path,
    "bool": _boolean,
    "int": _whole_number,
    "float": _number,
    "raw": lambda _value: "",
}

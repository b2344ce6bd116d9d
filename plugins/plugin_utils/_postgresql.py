# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""PostgreSQL: its configuration, its rules of access, and whether the server understood both as they were meant."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import kind, refuse, single_line

NAME_BYTES = 63
"""What PostgreSQL keeps of a name (NAMEDATALEN - 1); it cuts longer ones off with no more than a notice."""

WORDS = ("all", "replication", "samegroup", "samerole", "sameuser")
"""Words of pg_hba.conf; quotes take their meaning, but pg_hba_file_rules shows them alike with and without."""

INCLUDES = ("include", "include_dir", "include_if_exists")


def to_postgresql_conf(value: object, variable: str = "") -> str:
    """Return a value of postgresql.conf as a literal; a dictionary gives its settings, one a line.

    Booleans become on and off. A list is refused: its separator is the matter of the setting.
    """
    if isinstance(value, Mapping):
        return "\n".join(
            f"{_setting(name, variable)} = {to_postgresql_conf(entry, f'{variable}.{name}' if variable else '')}"
            for name, entry in value.items()
        )
    if isinstance(value, bool):
        return "on" if value else "off"
    if not isinstance(value, str | int | float):
        refuse(value, f"postgresql.conf takes a string or a number here, not a {kind(value)}", variable)
    text = str(value)
    if "\0" in text or any(0xD800 <= ord(character) <= 0xDFFF for character in text):
        refuse(value, "PostgreSQL accepts no NUL and no invalid Unicode", variable)
    for plain, escaped in (("\\", r"\\"), ("'", "''"), ("\n", r"\n"), ("\r", r"\r")):
        text = text.replace(plain, escaped)
    return f"'{text}'"


def _setting(name: object, variable: str) -> str:
    """Return the name of a setting, with its prefix if it is one of an extension."""
    text = str(name)
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_$]*(\.[A-Za-z_][A-Za-z0-9_$]*)*", text) or text.lower() in INCLUDES:
        refuse(name, "it is not the name of a PostgreSQL setting", variable)
    return text


def to_pg_hba(value: object, variable: str = "") -> str:
    """Return the name of a database or of an account as one word of pg_hba.conf.

    Names are those that mean the same to PostgreSQL, to its URLs and in the name of a file; refused are also those
    that PostgreSQL keeps for itself.
    """
    text = str(value)
    if not isinstance(value, str) or not re.fullmatch(r"\w([\w .@+-]*[\w.@+-])?", text):
        refuse(
            value,
            "a name begins with a letter, a digit or '_', goes on with these, '.', '-', '+', '@' and blanks, and does "
            "not end with a blank",
            variable,
        )
    if len(text.encode()) > NAME_BYTES:
        refuse(value, f"PostgreSQL truncates names to {NAME_BYTES} bytes", variable)
    if text in WORDS or text in ("postgres", "template0", "template1") or text.startswith("pg_"):
        refuse(value, "PostgreSQL reserves this name", variable)
    return text if re.fullmatch(r"\w+", text, re.ASCII) else f'"{text}"'


def to_pg_hba_address(value: object, variable: str = "") -> str:
    """Return who may come as pg_hba.conf wants it: an address gets its mask, '*' is the word all."""
    text = str(value)
    if text == "*":
        return "all"
    if text in ("all", "samehost", "samenet"):
        return text
    try:
        written = ipaddress.ip_interface(text).with_prefixlen
    except ValueError:
        written = text if re.fullmatch(r"\.?[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?", text) else ""
    if not written or "%" in text or re.fullmatch(r"[0-9.]+", written):
        refuse(
            value,
            "it must be an address, a network, a host name (with a leading dot: a domain), all, samehost or samenet",
            variable,
        )
    return written


def to_postgresql_directory(value: object, variable: str = "") -> str:
    """Return a path that pg_createcluster and pg_ctl, which hand it to a shell, do not read in another way."""
    text = single_line(value, variable, language="Debian's tools for PostgreSQL")
    if not text.startswith("/") or any(character in text for character in "'\"$`\\\t"):
        refuse(
            value,
            "Debian's tools hand it to a shell, so it is an absolute path without quotes, '$', backtick and backslash",
            variable,
        )
    return text


def postgresql_differences(
    answer: Mapping[str, Any],
    databases: Iterable[Mapping[str, str]],
    clients: Iterable[str],
    settings: Mapping[str, str],
) -> list[str]:
    """Say where a server's rules of access and settings are not the wanted ones; an empty list if nowhere.

    `answer` is what the server says: `rules`, the rows of pg_hba_file_rules, and `settings`, value by name from
    pg_settings. `databases` have name and owner, `clients` are as to_pg_hba_address takes them, `settings` as
    pg_settings shows them.
    """
    wanted = {"local all postgres: peer"}
    for entry in databases:
        wanted.add(f"local {entry['name']} {entry['owner']}: scram-sha-256")
        for client in clients:
            wanted.add(f"{entry['name']} {entry['owner']} from {_network(to_pg_hba_address(client))}: scram-sha-256")
    found = set()
    said = []
    for rule in answer["rules"]:
        if rule["error"]:
            said.append(f"line {rule['line_number']} of pg_hba.conf: {rule['error']}")
            continue
        for database in rule["database"]:
            for user in rule["user_name"]:
                who = f"{database} {user}"
                place = "" if rule["type"] == "local" else f" from {_network(rule['address'], rule['netmask'])}"
                found.add(f"{'' if place else 'local '}{who}{place}: {rule['auth_method']}")
    said += [f"the rule '{rule}' is missing" for rule in sorted(wanted - found)]
    said += [f"the rule '{rule}' was not requested" for rule in sorted(found - wanted)]
    said += [
        f"{name} is '{answer['settings'].get(name)}' and not '{value}'"
        for name, value in settings.items()
        if answer["settings"].get(name) != value
    ]
    return said


def _network(address: str, netmask: str | None = None) -> str:
    """Return a network in its shortest form; a word or a host name as it is."""
    try:
        if netmask and ":" in netmask:  # IPv6 masks are shown as addresses, which Python does not take
            netmask = str(int(ipaddress.IPv6Address(netmask)).bit_count())
        return str(ipaddress.ip_network(f"{address}/{netmask}" if netmask else address, strict=False))
    except ValueError:
        return address

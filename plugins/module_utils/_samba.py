# Copyright (c) netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Samba's accounts and shares are, and what they should be.

Everything here is pure. MD4 is written out because Python has none on a current system: hashlib asks OpenSSL, which
keeps it in its legacy provider, and the module crypt is gone.
"""

from __future__ import annotations

import re
import struct
from typing import Any, NamedTuple

MASK = 0xFFFFFFFF

# For each of the three rounds of RFC 1320: constant, order of the words, shifts
ROUNDS = (
    (0, (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15), (3, 7, 11, 19)),
    (0x5A827999, (0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15), (3, 5, 9, 13)),
    (0x6ED9EBA1, (0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15), (3, 9, 11, 15)),
)

# Stands for the password that was asked for, and for every other one: a difference can be shown, a hash cannot.
AS_ASKED = "as requested"
ANOTHER = "another one"
NONE = "none"

# smbpasswd reads a line into 256 bytes
LONGEST = 254

# smbclient, mount.cifs, smb.conf or the list of users end a name there
SPLITTING = '"%,/:;@\\'


class Account(NamedTuple):
    """One entry of the account database."""

    nt_hash: str  # upper case hexadecimal; "" when the account has no password
    enabled: bool


def _mix(number: int, x: int, y: int, z: int) -> int:
    """The boolean function of a round."""
    if number == 0:
        return (x & y) | (~x & z)
    if number == 1:
        return (x & y) | (x & z) | (y & z)
    return x ^ y ^ z


def md4(data: bytes) -> bytes:
    """The MD4 digest (RFC 1320)."""
    padded = data + b"\x80" + b"\0" * ((55 - len(data)) % 64) + struct.pack("<Q", 8 * len(data))
    state = [0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476]
    for offset in range(0, len(padded), 64):
        words = struct.unpack("<16I", padded[offset : offset + 64])
        a, b, c, d = state
        for number, (constant, order, shifts) in enumerate(ROUNDS):
            for step, index in enumerate(order):
                total = (a + _mix(number, b, c, d) + words[index] + constant) & MASK
                shift = shifts[step % 4]
                a, b, c, d = d, ((total << shift) | (total >> (32 - shift))) & MASK, b, c
        state = [(old + new) & MASK for old, new in zip(state, (a, b, c, d), strict=True)]
    return struct.pack("<4I", *state)


def nt_hash(password: str) -> str:
    """What Samba keeps of a password, as ``pdbedit --smbpasswd-style`` shows it."""
    return md4(password.encode("utf-16-le")).hex().upper()


def reason_against_password(password: str) -> str:
    """Why a password cannot be handed to smbpasswd, as a clause; empty when it can."""
    if not password:
        return "it is empty, and Samba refuses logins without a password"
    if any(character in password for character in "\n\r\0"):
        return "it has a line break or a null character, which smbpasswd cannot read"
    if len(password.encode(errors="surrogatepass")) > LONGEST:
        return f"it has more than {LONGEST} bytes, and smbpasswd would cut off the rest"
    return ""


def reason_against_name(name: str) -> str:
    """Why no client can log in with the name of an account, as a clause; empty when one can."""
    if not name:
        return "an account needs a name"
    if name != name.lower():
        return f"Samba stores account names in lower case; call the account and its user {name.lower()!r}"
    if name[0] in "-+&" or name != " ".join(name.split()):
        return "the name of an account must not begin with '-', '+' or '&', and may have only single spaces, inside"
    found = next((character for character in SPLITTING if character in name), "")
    return f"{found!r} in the name of an account would end the name" if found else ""


def accounts(text: str) -> dict[str, Account]:
    """All accounts from the output of ``pdbedit --list --smbpasswd-style``, by name.

    A line is ``name:uid:LM hash:NT hash:[flags]:LCT-time:``. Lines that are none (warnings) are passed over.
    """
    found = {}
    for line in text.splitlines():
        fields = line.split(":")
        if len(fields) >= 6 and fields[4].startswith("[") and fields[4].endswith("]"):
            flags = fields[4]
            digest = "" if fields[3].startswith(("X", "N")) or "N" in flags else fields[3]
            found[fields[0]] = Account(digest, "D" not in flags)
    return found


def state_of(account: Account | None, password: str | None) -> dict[str, Any] | None:
    """An account as it may be shown: nothing of the password but whether it is the one asked for."""
    if account is None:
        return None
    if not account.nt_hash:
        shown = NONE
    elif password is None:
        shown = "unknown"
    else:
        shown = AS_ASKED if account.nt_hash == nt_hash(password) else ANOTHER
    return {"enabled": account.enabled, "password": shown}


def wanted_state(
    before: dict[str, Any] | None, password: str | None, enabled: bool | None, update: str
) -> dict[str, Any]:
    """How an account should be. None inside means "leave alone"."""
    set_it = password is not None and (before is None or update == "always")
    if before is None and enabled is None:
        enabled = True
    return {"enabled": enabled, "password": AS_ASKED if set_it else None}


# What a share lets whom do, under each name that Samba has for the parameter, without its blanks
ACCESS = {
    "path": {"path", "directory"},
    "valid users": {"validusers"},
    "read only": {"readonly", "writeable", "writable", "writeok"},
    "guest ok": {"guestok", "public"},
}


def sections(text: str) -> dict[str, dict[str, str]]:
    """The parameters of each section from the output of ``testparm -s``, ``[global]`` included."""
    found: dict[str, dict[str, str]] = {}
    for line in text.split("\n"):  # splitlines() knows more ends of lines than testparm
        name, separator, value = line.partition(" =")
        if line.startswith("["):
            found[line[1:-1]] = {}
        elif separator and line.startswith("\t") and found:
            found[list(found)[-1]][name[1:]] = value[1:]
    return found


def listed(value: str) -> list[str]:
    """The entries of a list as Samba reads it: marks hold words together, blanks, commas and semicolons part them."""
    words = re.findall(r'(?:"[^"]*"|[^\s,;"])+', value)
    return [word.replace('"', "") for word in words]


def asked_access(share: dict[str, Any], users: list[str]) -> dict[str, Any]:
    """What a share should let whom do; without what its ``options`` say, which win. The shape is that of `access`.

    `share` has the keys ``path``, ``users`` (all of `users` if omitted), ``read_only`` and ``options``.
    """
    asked = {
        "path": share["path"],
        "valid users": share.get("users", users),
        "read only": bool(share.get("read_only", False)),
        "guest ok": False,
    }
    said = {re.sub(r"\s", "", str(name)).lower() for name in share.get("options") or {}}
    return {name: value for name, value in asked.items() if not said & ACCESS[name]}


def access(text: str) -> dict[str, dict[str, Any]]:
    """What each share lets whom do, by its name, from the output of ``testparm -sv``.

    A section leaves out what is as in ``[global]``, which has everything.
    """
    found = sections(text)
    usual = found.pop("global")
    told = {}
    for name, given in found.items():
        section = usual | given
        told[name] = {
            "path": section["path"],
            "valid users": listed(section["valid users"]),
            "read only": section["read only"] == "Yes",
            "guest ok": section["guest ok"] == "Yes",
        }
    return told


def differences(asked: dict[str, dict[str, Any]], found: dict[str, dict[str, Any]]) -> list[str]:
    """How the shares that Samba has differ from those that were asked for, a sentence each."""
    told = [f"[{name}] is there but was not requested." for name in found if name not in asked]
    for name, wanted in asked.items():
        if name not in found:
            told.append(f"[{name}] is missing.")
            continue
        for parameter, value in wanted.items():
            if found[name][parameter] != value:
                told.append(f"[{name}] has {parameter} {found[name][parameter]!r} instead of {value!r}.")
    return told

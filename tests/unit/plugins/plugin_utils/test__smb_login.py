# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""smbclient and mount.cifs show no password they read, so these are their rules; the scenario of role samba logs in
with both."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from nasty import NAMES, TEXTS, THOROUGH

from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import RefusedValueError
from ansible_collections.netfs.bench.plugins.plugin_utils._smb_login import to_smb_login


def smbclient(file: str) -> tuple[str, str]:
    """Return name and password as cli_credentials_parse_file takes them: blanks go, names are split."""
    values = dict(line.split("=", 1) for line in file.split("\n") if line)
    user = re.split(r"[%@\\\\/]", values["username"].lstrip(" \t"))
    return user[0] if len(user) == 1 else "", values["password"].lstrip(" \t")


def mount_cifs(file: str) -> tuple[str, str]:
    """Return them as open_cred_file takes them: the rest of the line, of which a comma ends the option of the name."""
    values = dict(line.split("=", 1) for line in file.split("\n") if line)
    doubled = values["password"].encode().replace(b",", b",,")
    return values["username"].split(",")[0], values["password"] if len(doubled) < 511 else ""


@THOROUGH
@given(NAMES, TEXTS)
def test_both_clients_read_back_the_same(name: str, password: str) -> None:
    try:
        file = f"username={to_smb_login(name, 'x', 'username')}\npassword={to_smb_login(password, 'x')}\n"
    except RefusedValueError:
        return
    assert smbclient(file) == mount_cifs(file) == (name, password)


@pytest.mark.parametrize(
    "password", ["a, b%c#d;e", "trailing ", 'say "hi"', "it's $HOME `x`", "pässwörd漢", "=", "a\tb"]
)
def test_passwords_that_work(password: str) -> None:
    assert to_smb_login(password, "samba_users.password") == password


@pytest.mark.parametrize(
    "password, says",
    [
        (" lead", "leading spaces"),
        ("two\nlines", "control character"),
        ("", "it is empty"),
        ("x" * 255, "more than 254 bytes"),
        (["x"], "not a list"),
    ],
)
def test_passwords_are_refused_and_not_shown(password: object, says: str) -> None:
    with pytest.raises(RefusedValueError, match=f"^samba_users.password: this secret cannot be used: .*{says}"):
        to_smb_login(password, "samba_users.password")


def test_names_are_refused_by_their_rule() -> None:
    with pytest.raises(
        RefusedValueError, match=r"^samba_users.name: 'Alice' cannot be used: Samba stores .* 'alice'\.$"
    ):
        to_smb_login("Alice", "samba_users.name", "username")

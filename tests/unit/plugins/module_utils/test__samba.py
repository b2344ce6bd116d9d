# Copyright (c) netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.netfs.bench.plugins.module_utils._samba import (
    Account,
    access,
    accounts,
    asked_access,
    differences,
    listed,
    md4,
    nt_hash,
    reason_against_name,
    reason_against_password,
    state_of,
    wanted_state,
)


@pytest.mark.parametrize(
    "text, digest",
    [  # the test suite of RFC 1320
        ("", "31d6cfe0d16ae931b73c59d7e0c089c0"),
        ("a", "bde52cb31de33e46245e05fbdbd6fb24"),
        ("abc", "a448017aaf21d8525fc10ae87aa6729d"),
        ("message digest", "d9130a8164549fe818874806e1c7014b"),
        ("abcdefghijklmnopqrstuvwxyz", "d79e1c308aa5bbcdeea8ed63df412da9"),
        ("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", "043f8582f241db351ce627e153e7f0e4"),
        ("1234567890" * 8, "e33b4ddc9c38f2199c3e7b164fcc0536"),
    ],
)
def test_md4(text, digest):
    assert md4(text.encode()).hex() == digest


@pytest.mark.parametrize("length", range(53, 66))
def test_md4_pads_to_whole_blocks(length):
    assert len(md4(b"x" * length)) == 16


def test_nt_hash():
    assert nt_hash("password") == "8846F7EAEE8FB117AD06BDD830B7586C"


LIST = """\
Load smb config files from /etc/samba/smb.conf
alice:1000:XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX:8846F7EAEE8FB117AD06BDD830B7586C:[U          ]:LCT-691C0F3B:
bob:1001:XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX:8846F7EAEE8FB117AD06BDD830B7586C:[DU         ]:LCT-691C0F3B:
carol:1002:XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX:XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX:[DU         ]:LCT-00000000:
dave:1003:NO PASSWORDXXXXXXXXXXXXXXXXXXXXX:NO PASSWORDXXXXXXXXXXXXXXXXXXXXX:[NU         ]:LCT-691C0F3B:
host$:1004:XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX:8846F7EAEE8FB117AD06BDD830B7586C:[W          ]:LCT-691C0F3B:
"""


def test_accounts():
    digest = "8846F7EAEE8FB117AD06BDD830B7586C"
    assert accounts(LIST) == {
        "alice": Account(digest, True),
        "bob": Account(digest, False),
        "carol": Account("", False),
        "dave": Account("", True),
        "host$": Account(digest, True),
    }


@pytest.mark.parametrize("text", ["", "\n", "no such thing\n", "a:b:c\n"])
def test_no_accounts(text):
    assert accounts(text) == {}


@pytest.mark.parametrize(
    "account, password, state",
    [
        (None, "x", None),
        (Account(nt_hash("x"), True), "x", {"enabled": True, "password": "as requested"}),
        (Account(nt_hash("y"), True), "x", {"enabled": True, "password": "another one"}),
        (Account(nt_hash("y"), False), None, {"enabled": False, "password": "unknown"}),
        (Account("", True), "x", {"enabled": True, "password": "none"}),
    ],
)
def test_state_shows_no_hash(account, password, state):
    assert state_of(account, password) == state


@pytest.mark.parametrize(
    "before, password, enabled, update, wanted",
    [
        (None, "x", None, "always", {"enabled": True, "password": "as requested"}),
        (None, "x", False, "on_create", {"enabled": False, "password": "as requested"}),
        ({"enabled": False}, "x", None, "always", {"enabled": None, "password": "as requested"}),
        ({"enabled": False}, "x", True, "on_create", {"enabled": True, "password": None}),
        ({"enabled": True}, None, None, "always", {"enabled": None, "password": None}),
    ],
)
def test_wanted_state(before, password, enabled, update, wanted):
    assert wanted_state(before, password, enabled, update) == wanted


@pytest.mark.parametrize("password", ["", "a\nb", "a\rb", "a\0b", "x" * 255, "ä" * 128])
def test_passwords_that_smbpasswd_cannot_read(password):
    assert reason_against_password(password)


@pytest.mark.parametrize("password", ["x", " spaces ", "pä$$'\"\\word", "x" * 254, "😀"])
def test_passwords_that_it_can(password):
    assert reason_against_password(password) == ""


@pytest.mark.parametrize(
    "name, says",
    [
        ("Alice", "call the account and its user 'alice'"),
        ("", "needs a name"),
        ("-x", "must not begin with"),
        ("@staff", "'@'"),
        ("+staff", "must not begin with"),
        (" alice", "only single spaces"),
        ("john  doe", "only single spaces"),
        ("dom\\alice", "would end the name"),
        ("alice%secret", "'%'"),
        ("a,b", "','"),
    ],
)
def test_names_that_no_client_can_log_in_with(name, says):
    assert says in reason_against_name(name)


@pytest.mark.parametrize("name", ["alice", "john doe", "john.doe", "o'neil", "host$", "jürgen"])
def test_names_that_one_can(name):
    assert reason_against_name(name) == ""


@pytest.mark.parametrize(
    "value, entries",
    [("", []), ("alice, bob", ["alice", "bob"]), ('"john doe" @"dom users";+x', ["john doe", "@dom users", "+x"])],
)
def test_listed(value, entries):
    assert listed(value) == entries


TESTPARM = """\
# Global parameters
[global]
\tpath =
\tguest ok = No
\tread only = Yes
\tvalid users =
\tworkgroup = WORKGROUP


[staff]
\tcomment = a = b
\tpath = /srv/media old
\tread only = No
\tvalid users = "@dom users" bob


[open]
\tguest ok = Yes
\tpath = /srv/open
"""


def test_access_is_what_testparm_shows():
    assert access(TESTPARM) == {
        "staff": {
            "path": "/srv/media old",
            "valid users": ["@dom users", "bob"],
            "read only": False,
            "guest ok": False,
        },
        "open": {"path": "/srv/open", "valid users": [], "read only": True, "guest ok": True},
    }


@pytest.mark.parametrize(
    "options, left",
    [
        (None, {"path", "valid users", "read only", "guest ok"}),
        ({"Write Able": True, "PUBLIC": False}, {"path", "valid users"}),
        ({"valid users": "x", "directory": "/y", "veto files": "z"}, {"read only", "guest ok"}),
    ],
)
def test_options_win(options, left):
    asked = asked_access({"path": "/srv/x", "read_only": True, "options": options}, ["alice"])
    whole = {"path": "/srv/x", "valid users": ["alice"], "read only": True, "guest ok": False}
    assert asked == {name: value for name, value in whole.items() if name in left}


STAFF = access(TESTPARM)["staff"]


@pytest.mark.parametrize(
    "asked, says",
    [
        ({"staff": STAFF}, []),
        ({"staff": {}}, []),
        ({}, ["[staff] is there but was not requested."]),
        ({"staff": STAFF, "bob": STAFF}, ["[bob] is missing."]),
        (
            {"staff": STAFF | {"valid users": ["bob"]}},
            ["[staff] has valid users ['@dom users', 'bob'] instead of ['bob']."],
        ),
        ({"staff": STAFF | {"read only": True}}, ["[staff] has read only False instead of True."]),
    ],
)
def test_differences(asked, says):
    assert differences(asked, {"staff": STAFF}) == says

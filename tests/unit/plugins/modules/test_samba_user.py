# Copyright (c) netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import pwd

import pytest
from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.testing import patch_module_args

from ansible_collections.netfs.bench.plugins.module_utils._samba import nt_hash
from ansible_collections.netfs.bench.plugins.modules import samba_user

SECRET = "correct horse"
OTHER = "battery staple"


class Samba:
    """Behaves as pdbedit and smbpasswd do, and remembers what it was asked."""

    def __init__(self, **accounts):
        self.accounts = {name: list(account) for name, account in accounts.items()}  # [password, flags]
        self.calls = []
        self.stores_garbage = False
        self.fails = False

    def run_command(self, argv, *, data=None, **_options):
        self.calls.append(argv)
        program = argv[0].rsplit("/", 1)[-1]
        if self.fails and program == "smbpasswd":
            return 1, "", "noise\nFailed to modify password entry for user alice\n"
        if program == "pdbedit" and "--list" in argv:
            lines = [f"{name}:1000:XXX:{nt_hash(pw)}:[{fl:11}]:LCT-0:" for name, (pw, fl) in self.accounts.items()]
            return 0, "\n".join(lines) + "\n", ""
        if program == "pdbedit":
            del self.accounts[argv[-1].removeprefix("--user=")]
        elif "-s" in argv:
            first, second, rest = data.decode().split("\n")
            assert (first, rest) == (second, "")
            self.accounts[argv[-1]] = ["garbage" if self.stores_garbage else first, "U"]
        else:
            self.accounts[argv[-1]][1] = "U" if "-e" in argv else "DU"
        return 0, "", ""

    def changes(self):
        return [argv for argv in self.calls if "--list" not in argv]


@pytest.fixture
def play(tmp_path, monkeypatch, capsys):
    config = tmp_path / "smb.conf"
    config.write_text("[global]\n")

    def run(samba, *, check=False, programs=True, user=True, **args):
        monkeypatch.setattr(AnsibleModule, "get_bin_path", lambda _self, name, *_a, **_k: programs and f"/bin/{name}")
        monkeypatch.setattr(AnsibleModule, "run_command", samba.run_command)
        monkeypatch.setattr(pwd, "getpwnam", lambda name: {"alice": 1}[name] if user else {}[name])
        params = {"name": "alice", "config": str(config), "_ansible_check_mode": check, **args}
        with patch_module_args(params), pytest.raises(SystemExit):
            samba_user.main()
        text = capsys.readouterr().out
        assert SECRET not in text
        assert nt_hash(SECRET) not in text
        assert not any(SECRET in word for argv in samba.calls for word in argv)
        return json.loads(text)

    return run


CASES = {
    "new": ({}, {"password": SECRET}, True, [SECRET, "U"], True),
    "new and locked": ({}, {"password": SECRET, "enabled": False}, True, [SECRET, "DU"], True),
    "same": ({"alice": [SECRET, "U"]}, {"password": SECRET}, False, [SECRET, "U"], False),
    "another": ({"alice": [OTHER, "U"]}, {"password": SECRET}, True, [SECRET, "U"], True),
    "another, on_create": (
        {"alice": [OTHER, "U"]},
        {"password": SECRET, "update_password": "on_create"},
        False,
        [OTHER, "U"],
        False,
    ),
    "stays locked": ({"alice": [OTHER, "DU"]}, {"password": SECRET}, True, [SECRET, "DU"], True),
    "unlocked": ({"alice": [SECRET, "DU"]}, {"password": SECRET, "enabled": True}, True, [SECRET, "U"], False),
    "no password named": ({"alice": [OTHER, "U"]}, {"enabled": False}, True, [OTHER, "DU"], False),
    "removed": ({"alice": [OTHER, "U"]}, {"state": "absent"}, True, None, False),
    "never there": ({}, {"state": "absent"}, False, None, False),
}


@pytest.mark.parametrize("check", [False, True], ids=["do", "check"])
@pytest.mark.parametrize("name", CASES)
def test_cases(play, name, check):
    before, args, changed, after, password_changed = CASES[name]
    samba = Samba(**before, bob=[OTHER, "U"])
    result = play(samba, check=check, **args)
    assert result["changed"] is changed
    assert result["password_changed"] is password_changed
    assert samba.accounts["bob"] == [OTHER, "U"]
    if check or not changed:
        assert samba.changes() == []
    else:
        assert samba.accounts.get("alice") == after
        calls = len(samba.changes())
        assert play(samba, **args)["changed"] is False
        assert len(samba.changes()) == calls


@pytest.mark.parametrize(
    "args, words",
    [
        ({"password": SECRET, "user": False}, "ansible.builtin.user"),
        ({"password": SECRET, "programs": False}, "Install samba"),
        ({"password": SECRET, "config": "/nowhere/smb.conf"}, "/nowhere/smb.conf does not exist"),
        ({"password": "a\nb"}, "password: this secret cannot be used: it has a line break"),
        ({"name": "Alice", "password": SECRET}, "name: 'Alice' cannot be used: Samba stores"),
        ({"name": "Alice", "state": "absent"}, "name: 'Alice' cannot be used: Samba stores"),
        ({}, "Set password"),
    ],
)
def test_refuses_before_it_changes_anything(play, args, words):
    samba = Samba()
    result = play(samba, **args)
    assert result["failed"] is True
    assert words in result["msg"]
    assert samba.changes() == []


@pytest.mark.parametrize("missing", [{"programs": False}, {"config": "/nowhere/smb.conf"}, {"user": False}])
def test_check_mode_on_a_bare_host(play, missing):
    result = play(Samba(), check=True, password=SECRET, **missing)
    assert result["changed"] is True
    assert result["diff"] == {"before": {}, "after": {"enabled": True, "password": "as requested"}}


def test_absent_without_samba(play):
    assert play(Samba(), programs=False, state="absent")["changed"] is False


def test_reports_what_samba_says(play):
    samba = Samba()
    samba.fails = True
    result = play(samba, password=SECRET)
    assert result["msg"] == "smbpasswd failed: Failed to modify password entry for user alice"
    assert result["rc"] == 1


def test_a_password_stored_differently_is_a_failure(play):
    samba = Samba()
    samba.stores_garbage = True
    result = play(samba, password=SECRET)
    assert result["failed"] is True
    assert "did not store the account as requested" in result["msg"]

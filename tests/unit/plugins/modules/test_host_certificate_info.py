# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the module says of the files of a host; what makes a certificate fit is in test__certificates.py."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from ansible.module_utils.testing import patch_module_args

from ansible_collections.netfs.bench.plugins.module_utils._certificates import Found
from ansible_collections.netfs.bench.plugins.modules import host_certificate_info as module


@pytest.fixture
def run(tmp_path, capsys):
    def call(**given):
        usual = {name: f"{tmp_path}/{name}" for name in ("certificate", "key", "authority")} | {"subject": "nas"}
        with patch_module_args({**usual, **given}), pytest.raises(SystemExit):
            module.main()
        return json.loads(capsys.readouterr().out)

    return call


def test_host_without_files(run):
    said = run()
    assert (said["changed"], said["certificate"], said["authority"]) == (False, "", "")
    assert said["fault"].startswith("it is not complete")


def test_host_without_the_library(run, monkeypatch, tmp_path):
    (tmp_path / "authority").write_text("of somebody")
    monkeypatch.setattr(module, "INSTALLED", False)
    said = run()
    assert (said["installed"], said["authority"], said["days_left"]) == (False, "of somebody", -1)
    assert "python3-cryptography" in said["fault"]


@pytest.mark.parametrize(
    ("seen", "fault"),
    [
        ((0o600, 0), ""),
        ((0o640, 0), "its key has mode 0640 and belongs to user 0"),
        ((0o600, 7), "its key has mode 0600 and belongs to user 7"),
    ],
)
def test_key_that_others_may_read_is_a_fault_and_never_shown(run, monkeypatch, tmp_path, seen, fault):
    (tmp_path / "key").write_text("the key")
    monkeypatch.setattr(module, "examine", lambda *_args: Found("nas", 10, 20, ""))
    monkeypatch.setattr(module.Path, "stat", lambda _path: SimpleNamespace(st_mode=0o100000 | seen[0], st_uid=seen[1]))
    said = run(addresses=["198.18.1.2"])
    assert (said["fault"], said["days_left"], said["authority_days_left"]) == (fault, 10, 20)
    assert "the key" not in json.dumps(said)


def test_address_that_is_none_is_refused(run):
    assert run(addresses=["nas"])["msg"].startswith("The certificate cannot be read: 'nas'")

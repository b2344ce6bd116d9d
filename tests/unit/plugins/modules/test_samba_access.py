# Copyright (c) netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""With the testparm of this machine, which reads smb.conf as the server does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.testing import patch_module_args

from ansible_collections.netfs.bench.plugins.modules import samba_access

CONFIG = """\
[global]
    server role = standalone server
[staff]
    path = /srv/media old
    comment = was C:%s
    valid users = "@dom users", alice
    read only = no
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "smb.conf"


def play(capsys: pytest.CaptureFixture[str], config: Path, *shares: dict[str, Any]) -> dict[str, Any]:
    params = {"config": str(config), "shares": list(shares), "users": ["@dom users", "alice"]}
    with patch_module_args(params), pytest.raises(SystemExit):
        samba_access.main()
    result: dict[str, Any] = json.loads(capsys.readouterr().out)
    return result


STAFF = {"name": "staff", "path": "/srv/media old", "mode": "0755"}


def test_what_was_asked_for(capsys: pytest.CaptureFixture[str], config: Path) -> None:
    config.write_text(CONFIG % "x")
    result = play(capsys, config, STAFF)
    assert result["changed"] is False
    assert result["access"]["staff"]["valid users"] == ["@dom users", "alice"]


def test_a_line_that_was_joined_is_found(capsys: pytest.CaptureFixture[str], config: Path) -> None:
    config.write_text(CONFIG % "\\")
    result = play(capsys, config, STAFF)
    assert "[staff] has valid users [] instead of ['@dom users', 'alice']." in result["msg"]


def test_a_share_too_many_is_found(capsys: pytest.CaptureFixture[str], config: Path) -> None:
    config.write_text(CONFIG % "x")
    assert (
        "[staff] is there but was not requested. [bob] is missing."
        in play(capsys, config, STAFF | {"name": "bob"})["msg"]
    )


def test_a_configuration_that_cannot_be_read(capsys: pytest.CaptureFixture[str], config: Path) -> None:
    assert f"testparm cannot read {config}: " in play(capsys, config, STAFF)["msg"]

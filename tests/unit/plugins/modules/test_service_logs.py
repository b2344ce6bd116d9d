# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from ansible.module_utils.testing import patch_module_args

from ansible_collections.netfs.bench.plugins.module_utils._service_info import Answer
from ansible_collections.netfs.bench.plugins.modules import service_logs

LINE = "[Service]\nExecStartPre=/bin/sh -c 'shift' /run/netfs-bench.{} {}.service {}\n"


@pytest.fixture
def host(tmp_path, monkeypatch):
    """A host with two services, one of which has a secret and writes a file."""
    for name in ("units/one.service.d", "log/one", "home"):
        (tmp_path / name).mkdir(parents=True)
    secret, public = tmp_path / "one.key", tmp_path / "one.conf"
    secret.write_text("password = horse", encoding="utf-8")
    secret.chmod(0o600)
    public.write_text("name = started", encoding="utf-8")
    public.chmod(0o644)
    text = LINE.format("one", "one", f"{public} {secret} {tmp_path}/missing")
    (tmp_path / "units/one.service.d/netfs-bench.conf").write_text(text, encoding="utf-8")
    (tmp_path / "units/two.service").write_text(LINE.format("two", "two", ""), encoding="utf-8")
    (tmp_path / "units/other.service").write_text("[Service]\n", encoding="utf-8")
    (tmp_path / "log/one/own.log").write_text("a horse came\n", encoding="utf-8")
    monkeypatch.setattr(service_logs, "UNITS", tmp_path / "units")
    monkeypatch.setattr(service_logs, "LOGS", tmp_path / "log")
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "home")
    monkeypatch.setattr(service_logs, "said", lambda argv, _seconds: Answer(0, f"{argv[-1]} started with horse\n", ""))
    return tmp_path


def run(capsys, **args):
    with patch_module_args(args), pytest.raises(SystemExit):
        service_logs.main()
    return json.loads(capsys.readouterr().out)


def test_every_service_has_its_journal_and_its_files(host, capsys):
    answer = run(capsys)
    assert answer["changed"] is False
    texts = {one["name"]: Path(one["path"]).read_text(encoding="utf-8") for one in answer["files"]}
    assert texts == {
        "host.log": "--priority=warning started with ********\n",
        "one.log": "--unit=one.service started with ********\n",
        "one/own.log": "a ******** came\n",
        "two.log": "--unit=two.service started with ********\n",
    }
    for path in [host / "home", *(host / "home").rglob("*")][1:]:
        assert not stat.S_IMODE(path.stat().st_mode) & 0o077


@pytest.mark.usefixtures("host")
def test_one_service_is_chosen(capsys):
    assert [one["name"] for one in run(capsys, services=["two", "none"])["files"]] == ["two.log"]


def test_check_mode_writes_nothing(host, capsys):
    answer = run(capsys, _ansible_check_mode=True)
    assert answer["directory"] == ""
    assert [one["name"] for one in answer["files"]] == ["host.log", "one.log", "one/own.log", "two.log"]
    assert list((host / "home").iterdir()) == []


@pytest.mark.parametrize(
    ("stderr", "said"),
    [
        ("Failed to parse timestamp: soon", "since: 'soon' cannot be used: it is no time. Write for example -1h"),
        ("No journal files were found.", "The journal cannot be read: No journal files were found."),
    ],
)
def test_a_journal_that_cannot_be_read_is_said(host, capsys, monkeypatch, stderr, said):
    monkeypatch.setattr(service_logs, "said", lambda _argv, _seconds: Answer(1, "", stderr))
    answer = run(capsys, since="soon")
    assert answer["failed"]
    assert answer["msg"].startswith(said)
    assert list((host / "home").iterdir()) == []

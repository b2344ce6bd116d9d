# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest
from acting import run_action
from ansible.errors import AnsibleActionFail

from ansible_collections.netfs.bench.plugins.action.cluster_lock import ActionModule
from ansible_collections.netfs.bench.plugins.plugin_utils import _lock


@pytest.fixture
def other():
    """Another process that lives."""
    with subprocess.Popen([sys.executable, "-c", "input()", "cluster.yml"], stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


def run_as(monkeypatch, pid, path, **args):
    """Run the action as a task of Ansible with this number."""
    monkeypatch.setattr(os, "getppid", lambda: pid)
    return run_action(ActionModule, path=str(path), **args)


def test_the_same_ansible_takes_it_as_often_as_it_likes(tmp_path, monkeypatch):
    path = tmp_path / "state/one.lock"
    for _number in range(2):
        assert run_as(monkeypatch, os.getpid(), path) == {"changed": False}
    assert json.loads(path.read_text(encoding="utf-8"))["pid"] == os.getpid()


def test_a_second_one_is_refused_until_the_first_dies(tmp_path, monkeypatch, other):
    path = tmp_path / "one.lock"
    run_as(monkeypatch, other.pid, path)
    before = path.read_text(encoding="utf-8")
    with pytest.raises(
        AnsibleActionFail, match=rf"^Process {other.pid} \(.*cluster\.yml\) works on this cluster\. Noth"
    ):
        run_as(monkeypatch, os.getpid(), path)
    assert run_as(monkeypatch, os.getpid(), path, check_mode=True) == {"changed": False}
    assert path.read_text(encoding="utf-8") == before
    # dead, and not yet waited for by its parent
    other.send_signal(signal.SIGKILL)
    os.waitid(os.P_PID, other.pid, os.WEXITED | os.WNOWAIT)
    assert run_as(monkeypatch, os.getpid(), path) == {"changed": False}


@pytest.mark.parametrize("change", [{"started": "1"}, {"boot": "another"}])
def test_a_later_process_of_the_same_number_holds_nothing(tmp_path, monkeypatch, other, change):
    path = tmp_path / "one.lock"
    holder = _lock.process(other.pid)
    assert holder
    path.write_text(json.dumps({**holder._asdict(), **change}), encoding="utf-8")
    assert run_as(monkeypatch, os.getpid(), path) == {"changed": False}


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": 1}', "null"])
def test_a_file_that_says_nothing_holds_nothing(tmp_path, monkeypatch, text):
    path = tmp_path / "one.lock"
    path.write_text(text, encoding="utf-8")
    assert run_as(monkeypatch, os.getpid(), path) == {"changed": False}
    assert json.loads(path.read_text(encoding="utf-8"))["pid"] == os.getpid()


def test_a_place_that_cannot_be_written_is_named(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(AnsibleActionFail, match=r"one\.lock cannot be taken: (Not a directory|File exists)"):
        run_as(monkeypatch, os.getpid(), tmp_path / "file/one.lock")


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (["/v/bin/python3", "/v/bin/ansible-playbook", "cluster.yml", "-e", '{"a": "secret"}', ""],
         "ansible-playbook cluster.yml"),
        (["ansible-playbook", "cluster.yml", "--extra-vars=a=secret"], "ansible-playbook cluster.yml"),
        ([""], "?"),
    ],
)  # fmt: skip
def test_a_command_is_shown_without_values(words, shown):
    assert _lock.brief(words) == shown

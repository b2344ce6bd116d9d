# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which hosts answer, with a program in place of ssh that knows them."""

from __future__ import annotations

import pytest
from running import FailedError, call

from ansible_collections.netfs.bench.plugins.module_utils import _ssh_answers as module
from ansible_collections.netfs.bench.plugins.module_utils._service_info import Answer

SSH = """#!/bin/sh
for last; do case $last in root@*) host=${last#root@};; esac; done
case $host in 192.0.2.1) exit 0;; 192.0.2.2) exit 255;; *) sleep 60;; esac
"""


@pytest.fixture
def ssh(tmp_path, monkeypatch):
    (tmp_path / "ssh").write_text(SSH)
    (tmp_path / "ssh").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")


@pytest.mark.usefixtures("ssh")
def test_hosts_that_refuse_or_hang_are_silent() -> None:
    hosts = {"one": "192.0.2.1", "two": "192.0.2.2", "three": "192.0.2.3"}
    answer = call("ssh_info", hosts=hosts, arguments="-o User='a b'", timeout=0.5)
    assert answer["silent"] == ["two", "three"]
    assert call("ssh_info", hosts={}, timeout=0.5)["silent"] == []


@pytest.mark.usefixtures("ssh")
def test_arguments_that_no_shell_reads_are_refused() -> None:
    with pytest.raises(FailedError, match="arguments cannot be read as a shell reads them: No closing quotation"):
        call("ssh_info", hosts={"one": "192.0.2.1"}, arguments="'")


@pytest.mark.parametrize(
    ("codes", "tries", "answered", "pauses"),
    [
        ([0], 3, True, 0),
        ([255, 255, 0], 3, True, 2),
        ([255, 255, 255], 3, False, 2),
        ([255], 1, False, 0),
    ],
)
def test_a_host_is_asked_so_often(monkeypatch, codes, tries, answered, pauses) -> None:
    left = list(codes)
    waited: list[float] = []
    monkeypatch.setattr(module, "said", lambda _argv, _seconds: Answer(left.pop(0), "", ""))
    assert module.answers(["ssh"], 1, tries, waited.append) is answered
    assert (left, waited) == ([], [module.PAUSE_SECONDS] * pauses)

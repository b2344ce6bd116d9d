# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Settings are written to files that stand for a kernel, and limits stay only when a session has them."""

from __future__ import annotations

import errno
import json
from pathlib import Path

import pytest
from ansible.module_utils.testing import patch_module_args

from ansible_collections.netfs.bench.plugins.module_utils import _kernel
from ansible_collections.netfs.bench.plugins.module_utils._service_info import Answer
from ansible_collections.netfs.bench.plugins.modules import tuning as module

SESSION = "Max open files            {0}                 {0}                 files\n"
VALUES = {"vm.a": "60\n", "vm.b": "1\t2\n", "vm.refuse": "5\n", "vm.clamp": "7\n"}


class Kernel(type(Path())):
    """Paths of which those called refuse take nothing, and those called clamp take 7 at most."""

    def write_text(self, text, **words):
        if self.name == "vm.refuse":
            raise OSError(errno.EINVAL, "Invalid argument")
        return super().write_text(f"{min(int(text), 7)}\n" if self.name == "vm.clamp" else text, **words)


@pytest.fixture(autouse=True)
def kernel(tmp_path, monkeypatch):
    folder = tmp_path / "kernel"
    folder.mkdir()
    for name, value in VALUES.items():
        (folder / name).write_text(value)
    monkeypatch.setattr(_kernel, "path_of", lambda key: str(folder / key))
    monkeypatch.setattr(_kernel, "Path", Kernel)
    return folder


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    def call(
        settings=None, limits=None, *, check=False, ours=True, possible=("nofile",), privileged=True, session=None
    ):
        limits = limits or {}
        monkeypatch.setattr(_kernel, "is_ours", lambda: ours)
        monkeypatch.setattr(_kernel, "can_have", lambda wanted: {name: name in possible for name in wanted})
        monkeypatch.setattr(_kernel, "may_raise", lambda: privileged)
        answer = session or Answer(0, SESSION.format(limits.get("nofile")), "")
        monkeypatch.setattr(_kernel, "said", lambda _argv, _seconds: answer)
        given = {
            "settings": settings or {},
            "limits": limits,
            "settings_file": f"{tmp_path}/settings.conf",
            "limits_file": f"{tmp_path}/limits.conf",
            "memory": f"{tmp_path}/lib/memory",
        }
        with patch_module_args({**given, "_ansible_check_mode": check}), pytest.raises(SystemExit):
            module.main()
        return json.loads(capsys.readouterr().out)

    return call


def seen(folder):
    """Return every file below a directory with what is in it, values as a kernel shows them."""
    return {str(path.relative_to(folder)): path.read_text().split() for path in folder.rglob("*") if path.is_file()}


def test_settings_are_applied_kept_and_taken_back(run, kernel, tmp_path):
    before = seen(tmp_path)
    assert run({"vm.a": 10, "vm.b": "3 4"}, {"nofile": 100}, check=True)["changed"]
    assert seen(tmp_path) == before
    first = run({"vm.a": 10, "vm.b": "3 4"}, {"nofile": 100})
    assert first["changed"]
    assert first["settings"] == {"vm.a": "applied", "vm.b": "applied"}
    assert first["limits"] == {"nofile": "applied"}
    assert (kernel / "vm.a").read_text() == "10\n"
    assert (tmp_path / "settings.conf").read_text().splitlines()[1:] == ["vm.a = 10", "vm.b = 3 4"]
    assert "* - nofile 100" in (tmp_path / "limits.conf").read_text()
    assert not run({"vm.a": 10, "vm.b": "3 4"}, {"nofile": 100})["changed"]
    assert run({"vm.a": 20})["changed"]
    assert (kernel / "vm.b").read_text() == "1 2\n"
    assert not (tmp_path / "limits.conf").exists()
    assert run()["changed"]
    assert seen(tmp_path) == before
    assert not run()["changed"]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"settings": {"vm.a": 1, "vm.refuse": 9}}, "The kernel refuses vm.refuse=9: Invalid argument. It is 5. Noth"),
        ({"settings": {"vm.a": 1, "vm.clamp": 8}}, "The kernel takes vm.clamp=8 for 7. Nothing was changed."),
        ({"settings": {"vm.a": 1, "vm.none": 8}}, "This kernel has no setting vm.none"),
        ({"settings": {"vm.a": ""}}, "vm.a has no value."),
        ({"limits": {"nofile": 1, "memlock": 1}}, "The kernel refuses a limit memlock of 1: see fs.nr_open."),
        ({"limits": {"nofile": "8x"}}, "Nothing was changed, because the settings cannot be applied: The limit nofile"),
        (
            {"settings": {"vm.a": 1}, "limits": {"nofile": 8}, "session": Answer(0, SESSION.format(4), "")},
            "A session has other limits: nofile is 4 and 4, and not 8.",
        ),
        (
            {"settings": {"vm.a": 1}, "limits": {"nofile": 8}, "session": Answer(1, "", "su: Permission denied")},
            "No session can be opened with these limits: su: Permission denied",
        ),
    ],
)
def test_what_is_refused_leaves_everything_as_it_was(run, tmp_path, asked, said):
    run({"vm.b": "3 4"}, {"nofile": 100})
    before = seen(tmp_path)
    result = run(**asked)
    assert result["failed"]
    assert result["msg"].startswith(said)
    assert seen(tmp_path) == before


def test_container_leaves_the_kernel_of_another_host_alone(run, tmp_path):
    settings, limits = {"vm.a": 10, "vm.none": 1, "vm.refuse": 5}, {"nofile": 100, "memlock": "unlimited"}
    result = run(settings, limits, ours=False, privileged=False)
    assert result["settings"] == {"vm.a": "shared", "vm.none": "shared", "vm.refuse": "applied"}
    assert result["limits"] == {"nofile": "applied", "memlock": "shared"}
    assert (tmp_path / "kernel/vm.a").read_text() == "60\n"
    assert "vm.a = 10" in (tmp_path / "settings.conf").read_text()
    assert "memlock" not in (tmp_path / "limits.conf").read_text()
    assert not run(settings, limits, ours=False, privileged=False)["changed"]


def test_what_a_process_can_have():
    assert _kernel.can_have({"nofile": "64", "stack": "999999999999999"}) == {"nofile": True, "stack": True}
    assert _kernel.can_have({"nofile": "999999999999999"}) == {"nofile": False}

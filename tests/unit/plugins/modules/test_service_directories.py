# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Directories are created and removed on this machine; that something is mounted is said and not done."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest
from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.testing import patch_module_args

from ansible_collections.netfs.bench.plugins.modules import service_directories as module

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="directories get owners")


@pytest.fixture
def run(capsys, monkeypatch):
    def call(*directories, mounts=(), check=False, **args):
        monkeypatch.setattr(module, "mount_points", lambda: {str(path) for path in mounts})
        warned = []
        monkeypatch.setattr(AnsibleModule, "warn", lambda _module, text: warned.append(text))
        given = [{"mode": "0700", **one, "path": str(one["path"])} for one in directories]
        with (
            patch_module_args({"directories": given, "_ansible_check_mode": check, **args}),
            pytest.raises(SystemExit),
        ):
            module.main()
        return json.loads(capsys.readouterr().out) | {"warned": warned}

    return call


def modes(*paths: Path) -> list[str]:
    return [f"{stat.S_IMODE(path.stat().st_mode):04o} {path.owner()}" for path in paths]


@pytest.mark.parametrize("name", ["team", "team a", "$HOME", "100%", "-x"])
def test_what_is_missing_above_belongs_to_root(run, tmp_path, name):
    leaf = tmp_path / name / "alice"
    entry = {"path": leaf, "owner": "nobody", "group": "nogroup"}
    assert run(entry, check=True)["changed"]
    assert not leaf.parent.exists()
    result = run(entry)
    assert result["changed"]
    assert [difference["after"]["path"] for difference in result["diff"]][:2] == [str(leaf.parent), str(leaf.parent)]
    assert modes(leaf.parent, leaf) == ["0755 root", "0700 nobody"]
    assert not run(entry)["changed"]


def test_what_is_there_above_stays_as_it_is(run, tmp_path):
    (tmp_path / "team").mkdir(mode=0o711)
    run({"path": tmp_path / "team/alice", "mode": "0750", "owner": "nobody", "group": "nogroup"})
    assert modes(tmp_path / "team", tmp_path / "team/alice") == ["0711 root", "0750 nobody"]


def test_an_owner_that_check_mode_has_not_created_is_taken_for_one_that_will_be(run, tmp_path):
    tmp_path.chmod(0o700)
    entry = {"path": tmp_path, "owner": "nobody-yet"}
    assert not run(entry, check=True)["changed"]
    assert "There is no account nobody-yet" in run(entry)["msg"]


def test_data_go_only_when_asked_and_mounts_never(run, tmp_path):
    home, data, mount = tmp_path / "lib", tmp_path / "lib/data", tmp_path / "lib/data/usb"
    mount.mkdir(parents=True)
    for place in (home, data, mount):
        (place / "file").touch()
    entries = [{"path": home}, {"path": data, "data": True}]
    result = run(*entries, state="absent", mounts=[mount])
    assert (result["changed"], result["left"]) == (True, [])
    assert [path.name for path in home.iterdir()] == ["data"]
    result = run(*entries, state="absent", remove_data=True, mounts=[mount])
    assert result["left"] == [{"path": str(mount), "reason": "it is mounted"}]
    assert result["warned"] == [f"{mount} was not removed: it is mounted."]
    assert sorted(path.name for path in data.iterdir()) == ["usb"]
    assert (mount / "file").exists()
    assert not run(*entries, state="absent", remove_data=True, mounts=[mount])["changed"]


def test_a_shared_directory_goes_when_nobody_uses_it(run, tmp_path):
    place = tmp_path / "shared.d"
    place.mkdir()
    (place / "theirs").touch()
    assert not run({"path": place, "shared": True}, state="absent")["changed"]
    (place / "theirs").unlink()
    assert run({"path": place, "shared": True}, state="absent")["changed"]

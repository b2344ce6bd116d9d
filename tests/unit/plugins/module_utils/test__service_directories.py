# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is removed is what the service owns: real directories, with mounts that are said and not made."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import nasty
import pytest
from hypothesis import given

from ansible_collections.netfs.bench.plugins.module_utils import _service_directories as module


def fill(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("content")


def remove(
    path: Path, mounts: Iterable[Path] = (), keep: Iterable[Path] = (), *, dry_run: bool = False
) -> module.Removal:
    return module.remove(
        str(path), mounts={str(one) for one in mounts}, keep={str(one) for one in keep}, dry_run=dry_run
    )


def test_a_directory_goes_with_all_that_is_in_it(tmp_path: Path) -> None:
    fill(tmp_path / "data/a", tmp_path / "data/b/c/.hidden", tmp_path / "neighbour")
    (tmp_path / "data/b/link").symlink_to(tmp_path / "neighbour")
    (tmp_path / "data/b/to directory").symlink_to(tmp_path)
    (tmp_path / "data/empty").mkdir()
    assert remove(tmp_path / "data", dry_run=True) == remove(tmp_path / "data") == module.Removal(changed=True)
    assert [path.name for path in tmp_path.iterdir()] == ["neighbour"]
    assert remove(tmp_path / "data") == module.Removal()


def test_a_mount_below_is_left_with_all_it_holds_and_named(tmp_path: Path) -> None:
    data, mount = tmp_path / "data", tmp_path / "data/a/usb stick"
    fill(data / "a/file", data / "b/file", mount / "a/b", mount / "file")
    removal = remove(data, [mount])
    assert removal == module.Removal(changed=True, left=[module.Left(str(mount), "it is mounted")])
    assert sorted(path.relative_to(data).as_posix() for path in data.rglob("*")) == [
        *("a", "a/usb stick", "a/usb stick/a", "a/usb stick/a/b", "a/usb stick/file")
    ]
    assert remove(data, [mount]) == module.Removal(left=[module.Left(str(mount), "it is mounted")])


def test_a_mount_that_is_the_directory_is_emptied(tmp_path: Path) -> None:
    fill(tmp_path / "data/a/file")
    assert remove(tmp_path / "data", [tmp_path / "data"]).changed
    assert list((tmp_path / "data").iterdir()) == []
    assert not remove(tmp_path / "data", [tmp_path / "data"]).changed


def test_a_mount_is_known_behind_a_link(tmp_path: Path) -> None:
    fill(tmp_path / "disk/data/mount/file", tmp_path / "disk/data/file")
    (tmp_path / "srv").symlink_to(tmp_path / "disk")
    remove(tmp_path / "srv/data", [tmp_path / "disk/data/mount"])
    assert (tmp_path / "disk/data/mount/file").exists()
    assert not (tmp_path / "disk/data/file").exists()


def test_data_inside_a_directory_of_the_service_stay(tmp_path: Path) -> None:
    fill(tmp_path / "lib/state", tmp_path / "lib/data/file")
    remove(tmp_path / "lib", keep=[tmp_path / "lib/data"])
    assert [path.name for path in tmp_path.rglob("*")] == ["lib", "data", "file"]


def test_a_link_is_left_and_so_is_what_it_leads_to(tmp_path: Path) -> None:
    fill(tmp_path / "elsewhere/file")
    (tmp_path / "data").symlink_to(tmp_path / "elsewhere")
    removal = remove(tmp_path / "data")
    assert not removal.changed
    assert removal.left[0].reason == f"it is a link to {tmp_path}/elsewhere"
    assert (tmp_path / "data").is_symlink()
    assert (tmp_path / "elsewhere/file").exists()


@pytest.mark.parametrize(
    "path", ["/", "/etc", "/home/", "/srv", "//srv", "/srv/../home", "/usr/local/lib", "/var/lib/."]
)
def test_a_directory_of_the_system_is_left(path: str) -> None:
    removal = module.remove(path, mounts=[], keep=[], dry_run=True)
    assert not removal.changed
    assert "a system directory" in removal.left[0].reason


def test_a_link_to_a_directory_of_the_system_is_left(tmp_path: Path) -> None:
    (tmp_path / "up").symlink_to("/")
    removal = module.remove(f"{tmp_path}/up/srv", mounts=[], keep=[], dry_run=True)
    assert (removal.changed, removal.left[0].reason) == (False, "it is /srv, a system directory")


def test_no_depth_is_too_deep(tmp_path: Path) -> None:
    here = os.open(tmp_path, os.O_RDONLY)
    os.mkdir("data", dir_fd=here)
    try:
        os.fchdir(here)
        os.chdir("data")
        for _level in range(3000):
            Path("d" * 20).mkdir()
            os.chdir("d" * 20)
    finally:
        os.fchdir(here)
        os.close(here)
        os.chdir("/")
    assert remove(tmp_path / "data") == module.Removal(changed=True)
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_removed_is_named_and_the_rest_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path / "data/fixed", tmp_path / "data/free")
    unlink = os.unlink

    def refuse(name: str, *, dir_fd: int) -> None:
        if name == "fixed":
            raise PermissionError(1, "Operation not permitted")
        unlink(name, dir_fd=dir_fd)

    monkeypatch.setattr(os, "unlink", refuse)
    removal = remove(tmp_path / "data")
    assert removal.left == [module.Left(f"{tmp_path}/data/fixed", "operation not permitted", wrong=True)]
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["fixed"]


@nasty.THOROUGH
@given(name=nasty.NAMES)
def test_a_neighbour_is_never_touched(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    place = tmp_path_factory.mktemp("place")
    try:
        ours = place / "srv" / name
        fill(ours / name / "file")
    except (OSError, ValueError):  # no name that a file system takes
        return
    for other in {name.split(maxsplit=1)[0] if name.split() else "x", f"{name}2", "x"} - {name, "", ".", ".."}:
        if "/" not in other and len(other.encode(errors="surrogateescape")) < 256:
            fill(place / "srv" / other / "file")
    before = {path for path in (place / "srv").iterdir() if path.name != name}
    remove(ours)
    assert set((place / "srv").iterdir()) == before
    assert all((path / "file").exists() for path in before)


def test_missing_parents_come_topmost_first(tmp_path: Path) -> None:
    assert module.missing_parents(tmp_path / "a/b/c") == [tmp_path / "a", tmp_path / "a/b"]
    assert module.missing_parents(tmp_path / "a") == []


@pytest.mark.parametrize(
    "uid, mode, content, says",
    [
        (os.getuid(), 0o700, "file", ""),
        (os.getuid() + 1, 0o700, "", ""),
        (os.getuid() + 1, 0o700, "file", "directory_of_ours: '{}' cannot be used: it exists, is not empty"),
        (None, 0o700, "file", "directory_of_ours: '{}' cannot be used"),
    ],
)
def test_a_directory_of_somebody_else_is_refused(
    tmp_path: Path, uid: int | None, mode: int, content: str, says: str
) -> None:
    place = tmp_path / "place"
    place.mkdir(mode=0o700)
    if content:
        fill(place / content)
    fault = module.fault(str(place), variable="directory_of_ours", uid=uid, mode=mode)
    assert fault.startswith(says.format(place)) if says else fault == ""


def test_one_of_root_is_known_by_its_mode(tmp_path: Path) -> None:
    fill(tmp_path / "file")
    tmp_path.chmod(0o755)
    assert module.occupied(tmp_path, tmp_path.stat().st_uid, 0o700) == (
        "it exists, is not empty and belongs to somebody else" if os.getuid() == 0 else ""
    )


def test_a_path_that_is_none_is_refused(tmp_path: Path) -> None:
    fill(tmp_path / "file")
    assert "is not an absolute path" in module.fault("srv", variable="", uid=0, mode=None)
    assert "exists and is not a directory" in module.fault(f"{tmp_path}/file", variable="", uid=0, mode=None)
    assert module.fault(f"{tmp_path}/to be", variable="", uid=0, mode=None) == ""


def test_a_shared_directory_goes_when_it_is_empty(tmp_path: Path) -> None:
    fill(tmp_path / "shared.d/theirs")
    assert not module.remove_if_empty(f"{tmp_path}/shared.d").changed
    (tmp_path / "shared.d/theirs").unlink()
    assert module.remove_if_empty(f"{tmp_path}/shared.d").changed
    assert not (tmp_path / "shared.d").exists()
    assert not module.remove_if_empty(f"{tmp_path}/shared.d").changed

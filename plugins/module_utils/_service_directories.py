# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Directories of a service: what may be one, and how one is removed without touching what is somebody else's."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

# Of the system, and never removed with what is in them, whoever serves them.
SYSTEM = frozenset(
    [
        *("/", "/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/lib32", "/lib64", "/libx32", "/media", "/mnt"),
        *("/opt", "/proc", "/root", "/run", "/sbin", "/snap", "/srv", "/sys", "/tmp", "/usr", "/var"),
        *("/etc/default", "/etc/exports.d", "/etc/systemd", "/etc/systemd/system", "/run/systemd", "/run/user"),
        *("/usr/bin", "/usr/include", "/usr/lib", "/usr/lib64", "/usr/libexec", "/usr/sbin", "/usr/share", "/usr/src"),
        *("/usr/local", "/usr/local/bin", "/usr/local/etc", "/usr/local/lib", "/usr/local/sbin", "/usr/local/share"),
        *("/var/backups", "/var/cache", "/var/lib", "/var/local", "/var/lock", "/var/log", "/var/mail", "/var/opt"),
        *("/var/run", "/var/spool", "/var/tmp"),
    ]
)


@dataclass
class Left:
    """Something that stays, and why. `wrong` tells an error from a choice."""

    path: str
    reason: str
    wrong: bool = False


@dataclass
class Removal:
    """What became of one directory."""

    changed: bool = False
    left: list[Left] = field(default_factory=list)


@dataclass
class _Level:
    """A directory on the way down: its name in the one above, what is still to be entered, whether something stays."""

    name: str
    identity: os.stat_result
    folders: list[str] = field(default_factory=list)
    stays: bool = False


def missing_parents(path: Path) -> list[Path]:
    """Return the directories above a path that do not exist, the topmost first."""
    return [parent for parent in reversed(path.parents) if not parent.exists()]


def occupied(path: Path, uid: int | None, mode: int | None) -> str:
    """Return why a directory that a service needs for itself is somebody else's; "" when it is not.

    It is when it is not empty and has another owner, or, for one of root, another mode than the service gives it.
    """
    if not path.is_dir() or not any(path.iterdir()):
        return ""
    status = path.stat()
    if uid is not None and status.st_uid == uid and (uid != 0 or mode in (None, status.st_mode & 0o7777)):
        return ""
    return "it exists, is not empty and belongs to somebody else"


def fault(path: str, *, variable: str, uid: int | None, mode: int | None) -> str:
    """Return why a path cannot be a directory of a service, as a sentence; "" when it can.

    `variable` names what sets the path of one that the service needs for itself; "" when it may be shared.
    """
    place = Path(path)
    if not place.is_absolute():
        return f"{path!r} cannot be a directory of this service: it is not an absolute path."
    if place.exists() and not place.is_dir():
        return f"{path} exists and is not a directory. Move it away, or name another one."
    reason = occupied(place, uid, mode) if variable else ""
    return f"{variable}: {path!r} cannot be used: {reason}. Name a directory below it." if reason else ""


def remove_if_empty(path: str, *, dry_run: bool = False) -> Removal:
    """Remove a directory that others use too, when nothing is in it."""
    empty = os.path.isdir(path) and not os.path.islink(path) and not os.listdir(path)  # noqa: PTH112, PTH114, PTH208
    if empty and not dry_run:
        os.rmdir(path)  # noqa: PTH106
    return Removal(changed=empty)


def remove(path: str, *, mounts: Collection[str], keep: Collection[str], dry_run: bool = False) -> Removal:
    """Remove a directory with what is in it, and follow no link.

    Left are mounts with all below them, directories of `keep`, and what cannot be removed. A mount that is the path
    itself is emptied. Paths of the system are left with all they hold. With dry_run nothing is removed, and the answer
    is the same.
    """
    result = Removal()
    if os.path.normpath(path) in SYSTEM:
        result.left.append(Left(path, "it is a system directory"))
        return result
    if os.path.islink(path):  # noqa: PTH114
        result.left.append(Left(path, f"it is a link to {os.readlink(path)}"))  # noqa: PTH115
        return result
    if not os.path.lexists(path):
        return result
    real = os.path.realpath(path)
    if real in SYSTEM:
        result.left.append(Left(path, f"it is {real}, a system directory"))
        return result
    stays = dict.fromkeys(mounts, "it is mounted") | dict.fromkeys(keep, "it holds data")
    _Walk(real, stays, result, dry_run).run()
    return result


class _Walk:
    """Removes a tree from the inside. One directory is open at a time, so no depth is too deep."""

    def __init__(self, root: str, stays: dict[str, str], result: Removal, dry_run: bool) -> None:
        self.root, self.stays, self.result, self.dry_run = root, stays, result, dry_run
        self.levels: list[_Level] = []
        self.current = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        self.device = os.fstat(self.current).st_dev

    def run(self) -> None:
        try:
            self._enter(self.root)
            while self._step():
                continue
        finally:
            os.close(self.current)
        if self.root in self.stays:
            self.result.left.append(Left(self.root, self.stays[self.root]))
        elif not self.levels[0].stays:
            self._try(self.root, lambda: os.rmdir(self.root))  # noqa: PTH106

    def _path(self, name: str) -> str:
        return "/".join([*(level.name for level in self.levels), name])

    def _leave(self, name: str, reason: str, wrong: bool = False) -> None:
        self.levels[-1].stays = True
        self.result.left.append(Left(self._path(name), reason, wrong))

    def _try(self, path: str, action: Callable[[], None]) -> None:
        try:
            if not self.dry_run:
                action()
            self.result.changed = True
        except FileNotFoundError:
            return
        except OSError as error:
            self.levels[-1].stays = True
            self.result.left.append(Left(path, (error.strerror or "it cannot be removed").lower(), wrong=True))

    def _enter(self, name: str) -> None:
        """Take the directory that is open as the next level, and remove the files in it."""
        level = _Level(name, os.fstat(self.current))
        self.levels.append(level)
        with os.scandir(self.current) as entries:
            found = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]
        for entry, is_folder in found:
            path = self._path(entry)
            if path in self.stays:
                self._leave(entry, self.stays[path])
            elif is_folder:
                level.folders.append(entry)
            else:
                self._try(path, partial(os.unlink, entry, dir_fd=self.current))

    def _step(self) -> bool:
        """Go one directory down or up; False at the end."""
        level = self.levels[-1]
        if level.folders:
            name = level.folders.pop()
            try:
                below = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=self.current)
            except OSError as error:
                self._leave(name, (error.strerror or "it cannot be opened").lower(), wrong=True)
                return True
            if os.fstat(below).st_dev != self.device:  # mounted since the mounts were read, or a part of btrfs
                os.close(below)
                self._leave(name, "it is on another file system")
                return True
            os.close(self.current)
            self.current = below
            self._enter(name)
            return True
        if len(self.levels) == 1:
            return False
        above = os.open("..", os.O_RDONLY | os.O_DIRECTORY, dir_fd=self.current)
        os.close(self.current)
        self.current = above
        self.levels.pop()
        if not os.path.samestat(os.fstat(above), self.levels[-1].identity):
            raise OSError(f"{self._path('')} was moved while it was being removed")
        if level.stays:
            self.levels[-1].stays = True
        else:
            self._try(self._path(level.name), lambda: os.rmdir(level.name, dir_fd=self.current))
        return True

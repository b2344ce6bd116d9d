# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A set of files that is replaced as a whole or not at all: staged, validated, swapped, made whole after a kill.

Everything happens in HOME, a directory of the set's own: `HOME/staged` holds the new files with the paths of their
destinations below it, `HOME/journal` says what a swap is about to do. A journal in state "preparing" is undone, one in
state "decided" is carried out to its end, whoever finds it.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import stat
import time
import typing as t
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ansible_collections.netfs.bench.plugins.module_utils._command import FailureError, run
from ansible_collections.netfs.bench.plugins.module_utils._files import digest, sync_directory

HOMES = Path("/var/lib/netfs.bench")
LOCK_SECONDS = 120.0
SHOWN_BYTES = 100 * 1024  # more than this is not shown as a difference
SUFFIX = ".netfs-bench-new"


@dataclass(frozen=True)
class Wanted:
    """One file as it shall be: `data`, or the bytes of the file `source`. With None, `uid` and `gid` do not matter."""

    dest: Path
    mode: int
    uid: int | None
    gid: int | None
    sha256: str
    data: bytes | None = None
    source: Path | None = None
    secret: bool = False
    validate: tuple[str, ...] = ()


@dataclass(frozen=True)
class Found:
    """What is at a destination now: kind is "file", "missing", or what stands in the way."""

    kind: str
    mode: int = 0
    uid: int = 0
    gid: int = 0
    sha256: str = ""


@dataclass
class Plan:
    """What a run would do: files to replace, files to remove, and the differences as Ansible shows them."""

    replaced: list[Wanted] = field(default_factory=list)
    removed: list[Path] = field(default_factory=list)
    diff: list[dict[str, t.Any]] = field(default_factory=list)


def look(path: Path) -> Found:
    """Return what is at a path; a link is not followed, since it is the link that a file would replace."""
    try:
        status = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return Found("missing")
    kinds = {stat.S_IFREG: "file", stat.S_IFDIR: "directory", stat.S_IFLNK: "link"}
    kind = kinds.get(stat.S_IFMT(status.st_mode), "special file")
    mode = stat.S_IMODE(status.st_mode)
    return Found(kind, mode, status.st_uid, status.st_gid, digest(path) if kind == "file" else "")


def differs(wanted: Wanted, found: Found) -> bool:
    """Whether the file has to be replaced."""
    return (
        found.kind != "file"
        or found.sha256 != wanted.sha256
        or found.mode != wanted.mode
        or wanted.uid not in (None, found.uid)
        or wanted.gid not in (None, found.gid)
    )


def shown(data: bytes) -> str:
    """Return bytes as the text of a difference."""
    if len(data) > SHOWN_BYTES or b"\0" in data:
        return f"{len(data)} bytes, sha256 {hashlib.sha256(data).hexdigest()}\n"
    return data.decode("utf-8", "replace")


def differences(wanted: Wanted, found: Found) -> list[dict[str, t.Any]]:
    """Return how a file differs: content that is text and no secret, then what is known about it."""
    result: list[dict[str, t.Any]] = []
    name = str(wanted.dest)
    if found.sha256 != wanted.sha256 and not wanted.secret:
        if wanted.data is None:
            old, new = (f"sha256 {text}\n" if text else "" for text in (found.sha256, wanted.sha256))
        else:
            old = shown(wanted.dest.read_bytes()) if found.kind == "file" else ""
            new = shown(wanted.data)
        result.append({"before_header": name, "after_header": name, "before": old, "after": new})
    new_facts = {"path": name, "mode": f"{wanted.mode:04o}", "uid": wanted.uid, "gid": wanted.gid, "state": "file"}
    old_facts: dict[str, t.Any] = {"path": name, "state": "absent" if found.kind == "missing" else found.kind}
    if found.kind != "missing":
        old_facts |= {"mode": f"{found.mode:04o}", "uid": found.uid, "gid": found.gid}
    moved = [key for key, value in new_facts.items() if value is not None and old_facts.get(key) != value]
    if moved and (wanted.secret or found.kind != "missing"):  # else the content says it all
        keys = ["path", *moved]
        result.append(
            {
                "before": {key: old_facts[key] for key in keys if key in old_facts},
                "after": {key: new_facts[key] for key in keys},
            }
        )
    return result


def plan(files: Sequence[Wanted], gone: Sequence[str]) -> Plan:
    """Compare the set with what is there; `gone` are patterns of paths (glob) that nothing but the set may match.

    Raises FailureError for a destination that cannot be replaced by a file.
    """
    result = Plan()
    for wanted in files:
        found = look(wanted.dest)
        if found.kind in ("directory", "special file"):
            raise FailureError(f"{wanted.dest} is a {found.kind}, and this service needs a file there. Move it away.")
        if differs(wanted, found):
            result.replaced.append(wanted)
            result.diff += differences(wanted, found)
    kept = {wanted.dest for wanted in files}
    result.removed = [path for path in present_files(matches(gone)) if path not in kept]
    result.diff += [removal(path) for path in result.removed]
    return result


def matches(patterns: Sequence[str]) -> list[Path]:
    """Return the paths that match any of the patterns (glob, absolute)."""
    return sorted({match for pattern in patterns for match in Path("/").glob(pattern.lstrip("/"))})


def present_files(paths: Sequence[Path]) -> list[Path]:
    """Return those that exist and are no directories; a link counts, wherever it leads."""
    return [path for path in dict.fromkeys(paths) if look(path).kind not in ("missing", "directory")]


def removal(path: Path) -> dict[str, t.Any]:
    """Return the difference of a file that goes."""
    return {"before": {"path": str(path), "state": "file"}, "after": {"path": str(path), "state": "absent"}}


def hold(home: Path) -> int | None:
    """Make the directory and lock it; None when somebody else has it, or has just removed it."""
    descriptor = None
    try:
        home.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        home.mkdir(mode=0o700, exist_ok=True)
        descriptor = os.open(home, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(descriptor), home.stat()):
            return descriptor
    except (BlockingIOError, FileNotFoundError):
        pass
    if descriptor is not None:
        os.close(descriptor)
    return None


@contextmanager
def locked(home: Path) -> Iterator[None]:
    """Hold the directory HOME, which is made for it and removed when nothing is in it any more.

    A play that was killed may have left a module that still works here. Raises FailureError when it does not end.
    """
    until = time.monotonic() + LOCK_SECONDS
    while (held := hold(home)) is None:
        if time.monotonic() > until:
            raise FailureError(f"Another run has been writing the files of {home.name} for {LOCK_SECONDS:g} seconds.")
        time.sleep(0.1)
    try:
        yield
    finally:
        for directory in (home, home.parent):
            try:
                directory.rmdir()
            except OSError:  # there is more in it
                break
        os.close(held)


def write_journal(home: Path, state: str, replaced: Sequence[Wanted], removed: Sequence[Path]) -> None:
    """Write down, at once and lastingly, what is about to happen."""
    new = home / "journal.new"
    with new.open("w", encoding="utf-8") as file:
        json.dump(
            {"state": state, "replaced": [str(one.dest) for one in replaced], "removed": [str(one) for one in removed]},
            file,
        )
        file.flush()
        os.fsync(file.fileno())
    new.replace(home / "journal")
    sync_directory(home)


def beside(dest: Path) -> Path:
    """Return where the new file waits: in the directory of its destination, so that a rename replaces it."""
    return dest.with_name(f".{hashlib.sha256(dest.name.encode()).hexdigest()[:16]}{SUFFIX}")


def recover(home: Path) -> str:
    """Make whole what an interrupted run left: "completed" (all new), "discarded" (all old) or "" (nothing to do)."""
    if not home.is_dir():
        return ""
    journal = home / "journal"
    result = ""
    if journal.is_file():
        noted = json.loads(journal.read_text(encoding="utf-8"))
        dests = [Path(name) for name in noted["replaced"]]
        if noted["state"] == "decided":
            carry_out(dests, [Path(name) for name in noted["removed"]])
            result = "completed"
        else:
            for dest in dests:
                beside(dest).unlink(missing_ok=True)
            result = "discarded"
    clear(home)
    return result


def clear(home: Path) -> None:
    """Remove all that is in HOME, the journal first: from then on there is nothing to make whole."""
    for name in ("journal", "journal.new"):
        (home / name).unlink(missing_ok=True)
    shutil.rmtree(home / "staged", ignore_errors=True)


def carry_out(dests: Sequence[Path], removed: Sequence[Path]) -> None:
    """Put the new files into place and remove those that go. May be repeated from any point."""
    for dest in dests:
        try:
            beside(dest).replace(dest)
        except FileNotFoundError:  # it was done before
            continue
    for path in removed:
        path.unlink(missing_ok=True)
    for directory in {path.parent for path in [*dests, *removed]}:
        if directory.is_dir():
            sync_directory(directory)


def write_new(wanted: Wanted, path: Path, source: Path | None) -> None:
    """Write one new file with its owner and mode; nobody but root can read it before it has them."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        if source is None:
            file.write(wanted.data or b"")
        else:
            with source.open("rb") as given:
                shutil.copyfileobj(given, file, 1 << 20)
        os.fchown(file.fileno(), -1 if wanted.uid is None else wanted.uid, -1 if wanted.gid is None else wanted.gid)
        os.fchmod(file.fileno(), wanted.mode)
        file.flush()
        os.fsync(file.fileno())


def staged_path(home: Path, dest: Path) -> Path:
    """Return where a file of the set is staged."""
    return home / "staged" / dest.relative_to("/")


def stage(home: Path, files: Sequence[Wanted]) -> None:
    """Lay out the whole set, also the files that stay as they are, so that each finds the others beside it.

    Raises FailureError when a program turns out to have other bytes than it was said to have.
    """
    shutil.rmtree(home / "staged", ignore_errors=True)
    for wanted in files:
        path = staged_path(home, wanted.dest)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_new(wanted, path, (wanted.source or wanted.dest) if wanted.data is None else None)
        if wanted.data is None and digest(path) != wanted.sha256:
            raise FailureError(f"{wanted.dest} arrived incomplete: its SHA-256 is not {wanted.sha256}.")


def validators(home: Path, files: Sequence[Wanted]) -> Iterator[tuple[Wanted, str, list[str]]]:
    """Yield each file that a command judges, the program that does, and the command: `%s` is the staged file.

    The program may be a file of the set, also where an interpreter runs it.
    """
    own = {str(wanted.dest): str(staged_path(home, wanted.dest)) for wanted in files}
    for wanted in files:
        if wanted.validate:
            judge = next((word for word in wanted.validate if word in own), wanted.validate[0])
            staged = own[str(wanted.dest)]
            yield wanted, judge, [own.get(word) or word.replace("%s", staged) for word in wanted.validate]


def validate(home: Path, files: Sequence[Wanted], seconds: float) -> None:
    """Let every command judge its file among the staged ones; raise FailureError with what the first one refused."""
    for wanted, judge, argv in validators(home, files):
        outcome = run(argv, seconds=seconds, cwd="/")
        if outcome.rc == 0 and not outcome.stopped:
            continue
        said = (outcome.stderr.strip() or outcome.stdout.strip() or f"exit status {outcome.rc}").replace(
            f"{home}/staged", ""
        )
        if wanted.secret:
            said = "its output is not shown, because the file holds a secret"
        why = f" ({outcome.stopped})" if outcome.stopped else ""
        raise FailureError(
            f"{wanted.dest} is refused by {judge}{why}: {said}\nNo file of this service was replaced.",
            cmd=argv,
            rc=outcome.rc,
        )


def swap(home: Path, replaced: Sequence[Wanted], removed: Sequence[Path], finish: Callable[[Path, Path], None]) -> None:
    """Replace and remove files together. `finish(new, dest)` sees each new file before it is put into place."""
    for wanted in replaced:
        if not wanted.dest.parent.is_dir():
            raise FailureError(f"The directory of {wanted.dest} is missing.")
    write_journal(home, "preparing", replaced, removed)
    for wanted in replaced:
        new = beside(wanted.dest)
        new.unlink(missing_ok=True)
        write_new(wanted, new, staged_path(home, wanted.dest))
        finish(new, wanted.dest)
    write_journal(home, "decided", replaced, removed)
    carry_out([wanted.dest for wanted in replaced], removed)


def apply(
    home: Path,
    files: Sequence[Wanted],
    changes: Plan,
    *,
    seconds: float,
    finish: Callable[[Path, Path], None] = lambda _new, _dest: None,
) -> None:
    """Stage and validate the set, then make the changes. Whatever is refused, the files are as they were."""
    try:
        stage(home, files)
        validate(home, files, seconds)
        swap(home, changes.replaced, changes.removed, finish)
    except BaseException:  # also an end of the module itself
        recover(home)
        raise
    clear(home)

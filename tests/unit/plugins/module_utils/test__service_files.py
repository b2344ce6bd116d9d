# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A set of files is replaced as a whole or not at all, wherever the run is killed: real files, real kills."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from ansible_collections.netfs.bench.plugins.module_utils import _service_files as module
from ansible_collections.netfs.bench.plugins.module_utils._command import FailureError
from ansible_collections.netfs.bench.plugins.module_utils._service_files import Wanted

NAMES = ("first.conf", "second.conf", "third.conf")
FINE = ("test", "-s", "%s")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "homes/sample"


@pytest.fixture
def etc(tmp_path: Path) -> Path:
    """Return a directory with an old set, and a file of it that is no longer wanted."""
    directory = tmp_path / "etc"
    directory.mkdir()
    for name in NAMES:
        (directory / name).write_text("old\n")
    (directory / "stale.exports").write_text("old\n")
    return directory


def wanted(path: Path, text: str = "new\n", *, mode: int = 0o640, **more: object) -> Wanted:
    data = text.encode()
    more = {"uid": None, "gid": None, "data": data, **more}
    return Wanted(path, mode, sha256=hashlib.sha256(data).hexdigest(), **more)


def new_set(etc: Path, **more: object) -> list[Wanted]:
    return [wanted(etc / name, **more) for name in NAMES]


def apply(home: Path, etc: Path, files: list[Wanted]) -> bool:
    """Do what the module does, and return whether something changed."""
    with module.locked(home):
        module.recover(home)
        changes = module.plan(files, [f"{etc}/*.exports"])
        if changes.replaced or changes.removed:
            module.apply(home, files, changes, seconds=5)
    return bool(changes.replaced or changes.removed)


def state(etc: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in etc.iterdir()}


OLD = dict.fromkeys((*NAMES, "stale.exports"), "old\n")
NEW = dict.fromkeys(NAMES, "new\n")


def test_the_set_is_replaced_and_a_second_run_changes_nothing(home: Path, etc: Path) -> None:
    assert apply(home, etc, new_set(etc, validate=FINE))
    assert state(etc) == NEW
    assert {(etc / name).stat().st_mode & 0o7777 for name in NAMES} == {0o640}
    assert not home.parent.exists()
    assert not apply(home, etc, new_set(etc, validate=FINE))


@pytest.mark.parametrize("place", range(3))
def test_one_that_is_refused_leaves_all_as_they_were(home: Path, etc: Path, place: int) -> None:
    files = new_set(etc, validate=FINE)
    files[place] = wanted(etc / NAMES[place], validate=("sh", "-c", "echo line 7 is wrong >&2; exit 3"))
    with pytest.raises(FailureError, match="line 7 is wrong") as refused:
        apply(home, etc, files)
    assert NAMES[place] in refused.value.msg
    assert state(etc) == OLD
    assert not home.parent.exists()
    assert apply(home, etc, new_set(etc))


def test_what_a_validation_says_of_a_file_with_a_secret_is_not_shown(home: Path, etc: Path) -> None:
    file = wanted(etc / "key", "hunter2", secret=True, validate=("sh", "-c", 'cat "$0" >&2; exit 1', "%s"))
    with pytest.raises(FailureError) as refused:
        apply(home, etc, [file])
    assert "hunter2" not in refused.value.msg
    assert "hunter2" not in str(refused.value.facts)


def test_a_validation_that_does_not_end_is_ended(home: Path, etc: Path) -> None:
    file = wanted(etc / "first.conf", validate=("sleep", "60"))
    changes = module.plan([file], [])
    with pytest.raises(FailureError, match=r"it ran longer than 0\.3 seconds"):
        module.apply(home, [file], changes, seconds=0.3)
    assert state(etc) == OLD


@pytest.mark.parametrize("interpreter", [(), ("/bin/sh",)])
def test_a_validation_sees_the_whole_set_and_runs_the_staged_program(
    home: Path, etc: Path, interpreter: tuple[str, ...]
) -> None:
    check, other = etc / "my check", etc / "other"
    (etc / "same").write_text("stays\n")
    shown = '"$(dirname "$1")/other" "$(dirname "$0")/same"'
    script = f'#!/bin/sh\n[ "$LC_ALL" = C ] && cat {shown} | tr "\\n" . >&2\nexit 1\n'
    files = [
        wanted(check, script, mode=0o755),
        wanted(other, "staged\n"),
        wanted(etc / "same", "stays\n", mode=0o644),
        wanted(etc / "first.conf", validate=(*interpreter, str(check), "%s")),
    ]
    with pytest.raises(FailureError, match=rf"first\.conf is refused by {check}: staged\.stays\."):
        apply(home, etc, files)
    assert not check.exists()


def test_a_program_of_another_size_is_put_into_place_from_where_it_was_uploaded(home: Path, etc: Path) -> None:
    uploaded = etc.parent / "uploaded"
    uploaded.write_text("#!/bin/sh\nexit 0\n")
    sha256 = module.digest(uploaded)
    program = Wanted(etc / "program", 0o755, None, None, sha256, source=uploaded)
    judged = wanted(etc / "first.conf", validate=(str(etc / "program"),))
    assert apply(home, etc, [program, judged])
    assert (etc / "program").read_text() == uploaded.read_text()
    uploaded.unlink()
    again = Wanted(etc / "program", 0o755, None, None, sha256)
    assert apply(home, etc, [again, wanted(etc / "first.conf", "newer\n", validate=(str(etc / "program"),))])
    with pytest.raises(FailureError, match="arrived incomplete"):
        apply(home, etc, [Wanted(etc / "program", 0o755, None, None, "0" * 64)])


def test_a_link_is_replaced_and_what_it_leads_to_is_left_alone(home: Path, etc: Path) -> None:
    elsewhere = etc.parent / "elsewhere"
    elsewhere.write_text("somebody's\n")
    (etc / "first.conf").unlink()
    (etc / "first.conf").symlink_to(elsewhere)
    assert apply(home, etc, new_set(etc))
    assert not (etc / "first.conf").is_symlink()
    assert elsewhere.read_text() == "somebody's\n"
    assert state(etc) == NEW


def test_only_the_mode_differs(home: Path, etc: Path) -> None:
    apply(home, etc, new_set(etc))
    (etc / "second.conf").chmod(0o600)
    changes = module.plan(new_set(etc), [])
    assert [one.dest.name for one in changes.replaced] == ["second.conf"]
    path = str(etc / "second.conf")
    assert changes.diff == [{"before": {"path": path, "mode": "0600"}, "after": {"path": path, "mode": "0640"}}]


def test_a_difference_shows_text_and_no_secret(etc: Path) -> None:
    files = [wanted(etc / "first.conf", mode=0o644), wanted(etc / "second.conf", "hunter2", mode=0o644, secret=True)]
    for one in files:
        one.dest.chmod(0o644)
    changes = module.plan(files, [f"{etc}/*.exports"])
    assert changes.diff[0]["before"] == "old\n"
    assert changes.diff[0]["after"] == "new\n"
    assert "hunter2" not in str(changes.diff)
    assert changes.diff[-1]["after"] == {"path": str(etc / "stale.exports"), "state": "absent"}


def test_a_directory_in_the_way_is_refused(home: Path, etc: Path) -> None:
    (etc / "second.conf").unlink()
    (etc / "second.conf").mkdir()
    with pytest.raises(FailureError, match=r"second\.conf is a directory"):
        apply(home, etc, new_set(etc))
    assert (etc / "first.conf").read_text() == "old\n"


def test_a_destination_without_a_directory_is_refused_before_any_file_is_replaced(home: Path, etc: Path) -> None:
    with pytest.raises(FailureError, match=r"The directory of .*/nowhere/x is missing"):
        apply(home, etc, [*new_set(etc), wanted(etc / "nowhere/x")])
    assert state(etc) == OLD


STEPS = ("mkdir", "open", "replace", "unlink", "fsync", "fchmod")


def killed_at(step: int, work: Callable[[], object]) -> bool:
    """Do the work in a process that kills itself at its step-th call of what changes a file system."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1] == signal.SIGKILL
    left = step

    def counted(function: Callable[..., object]) -> Callable[..., object]:
        def call(*positional: object, **named: object) -> object:
            nonlocal left
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            left -= 1
            return function(*positional, **named)

        return call

    for name in STEPS:
        setattr(os, name, counted(getattr(os, name)))
    try:
        work()
    finally:
        os._exit(0)


def test_wherever_it_is_killed_all_files_are_old_or_all_are_new(home: Path, etc: Path) -> None:
    outcomes = []
    for step in range(1000):
        for path in etc.iterdir():
            path.unlink()
        for name in OLD:
            (etc / name).write_text("old\n")
        if not killed_at(step, lambda: apply(home, etc, new_set(etc))):
            break
        with module.locked(home):
            said = module.recover(home)
        assert state(etc) == (NEW if state(etc)["first.conf"] == "new\n" else OLD), step
        assert said != "completed" or state(etc) == NEW
        assert not home.parent.exists()
        outcomes.append(said)
    assert state(etc) == NEW
    assert {"", "discarded", "completed"} <= set(outcomes)
    assert len(outcomes) > 20


def test_two_runs_wait_for_one_another(home: Path, etc: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOCK_SECONDS", 0.2)
    with module.locked(home):
        child = os.fork()
        if child == 0:
            try:
                apply(home, etc, new_set(etc))
            except FailureError as error:
                os._exit(7 if "Another run" in error.msg else 1)
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    assert state(etc) == OLD
    assert apply(home, etc, new_set(etc))


def test_an_interrupted_swap_is_carried_out_by_the_next_run(home: Path, etc: Path) -> None:
    """As `killed_at`, with what the next run of the module makes of it, although it wants something else."""
    for step in range(5, 60, 9):
        killed_at(step, lambda: apply(home, etc, new_set(etc)))
        newest = [wanted(etc / name, "newest\n") for name in NAMES]
        assert apply(home, etc, newest)
        assert set(state(etc).values()) == {"newest\n"}
        for name in OLD:
            (etc / name).write_text("old\n")


def test_nobody_else_reads_a_new_file_before_it_has_its_mode(home: Path, etc: Path) -> None:
    seen = []

    def look(new: Path, _dest: Path) -> None:
        seen.append(subprocess.check_output(["stat", "-c", "%a", new], text=True).strip())

    file = wanted(etc / "key", mode=0o400)
    with module.locked(home):
        module.apply(home, [file], module.plan([file], []), seconds=5, finish=look)
    assert seen == ["400"]

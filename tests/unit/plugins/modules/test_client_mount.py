# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""client_mount against programs and a mount table that play their parts."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path

import pytest
from ansible.module_utils.testing import patch_module_args

from ansible_collections.netfs.bench.plugins.module_utils import _mounts
from ansible_collections.netfs.bench.plugins.modules import client_mount

# Both write what they were called with, and change the table like the kernel would.
MOUNT = """#!/bin/sh
echo "mount $* PASSWD=$PASSWD" >>"$PLAY/calls"
[ -e "$PLAY/mount-hangs" ] && sleep 60
[ -e "$PLAY/mount-fails" ] && { cat "$PLAY/mount-fails" >&2; exit 32; }
for last; do :; done
number=$(( $(wc -l <"$PLAY/calls") + 50 ))
echo "$number 1 0:9 / $last rw,relatime - nfs4 $(cat "$PLAY/source") rw,vers=4.2,hard" >>"$PLAY/table"
"""
UMOUNT = """#!/bin/sh
echo "umount $*" >>"$PLAY/calls"
way=plain; case "$*" in *" -f "*) way=forced;; *" -l "*) way=lazy;; esac
grep -qx "$way" "$PLAY/umount-works" 2>/dev/null || {
  [ -e "$PLAY/umount-hangs" ] && sleep 60
  echo "umount: target is busy." >&2; exit 32; }
for last; do :; done
# the last one at this place
number=$(grep -n " $last rw" "$PLAY/table" | tail -n 1 | cut -d: -f1)
sed -i "${number}d" "$PLAY/table"
"""
FOREIGN = "40 1 0:8 / {path} rw - nfs4 10.0.0.1:/export rw,vers=4.2,hard\n"


class Play:
    """The stage: programs, table, calls."""

    def __init__(self, tmp_path, monkeypatch, capsys):
        self.directory = tmp_path / "play"
        self.path = tmp_path / "mnt" / "test"
        self.capsys = capsys
        self.warnings = []
        self.directory.mkdir()
        for name, text in (("mount", MOUNT), ("umount", UMOUNT), ("mount.nfs", "#!/bin/sh\n")):
            program = self.directory / name
            program.write_text(text, encoding="utf-8")
            program.chmod(0o755)
        self.write("table", "")
        self.write("source", "10.0.0.1:/export")
        self.write("umount-works", "plain\nforced\nlazy\n")
        self.write("calls", "")
        monkeypatch.setenv("PLAY", str(self.directory))
        monkeypatch.setattr(client_mount, "MEMORY", tmp_path / "memory")
        monkeypatch.setattr(client_mount, "GRACE_SECONDS", 0.3)
        monkeypatch.setattr(client_mount, "PROBE_SECONDS", 0.5)
        monkeypatch.setattr(client_mount.ClientMount, "_all", lambda mount: self.mounts(mount.path))
        monkeypatch.setattr(client_mount.AnsibleModule, "get_bin_path", self.program)
        monkeypatch.setattr(client_mount.AnsibleModule, "warn", lambda _module, text: self.warnings.append(text))

    def program(self, name, required=False):
        found = self.directory / name
        assert found.exists() or not required
        return str(found) if found.exists() else None

    def write(self, name, text):
        (self.directory / name).write_text(text, encoding="utf-8")

    def mounts(self, path):
        text = (self.directory / "table").read_text(encoding="utf-8")
        return _mounts.mounts_at(_mounts.parse_mountinfo(text), path)

    def calls(self):
        calls = (self.directory / "calls").read_text(encoding="utf-8").splitlines()
        self.write("calls", "")
        return calls

    def run(self, **args):
        with patch_module_args({"path": str(self.path), **args}), pytest.raises(SystemExit):
            client_mount.main()
        return json.loads(self.capsys.readouterr().out)

    def mount(self, **args):
        return self.run(**{"src": "10.0.0.1:/export", "fstype": "nfs", "options": {"vers": 4.2}, **args})


@pytest.fixture
def play(tmp_path, monkeypatch, capsys):
    return Play(tmp_path, monkeypatch, capsys)


def test_check_then_mount_then_again_then_unmount(play):
    answer = play.mount(_ansible_check_mode=True)
    assert answer["changed"] is True
    assert "mount" not in answer
    assert play.calls() == []
    assert not play.path.exists()

    answer = play.mount()
    assert answer["changed"] is True
    assert answer["diff"]["after"] == {"source": "10.0.0.1:/export", "fstype": "nfs", "options": ["vers=4.2"]}
    assert answer["mount"].pop("free_bytes") > 0
    assert answer["mount"] == {
        "source": "10.0.0.1:/export",
        "fstype": "nfs4",
        "directory": str(play.path),
        "options_requested": ["vers=4.2"],
        "options_effective": ["rw", "relatime", "vers=4.2", "hard"],
    }
    assert play.calls() == [f"mount -t nfs -o vers=4.2 10.0.0.1:/export {play.path} PASSWD="]

    for check in (True, False):
        answer = play.mount(_ansible_check_mode=check)
        assert answer["changed"] is False
        assert answer["mount"]["options_effective"]
    assert play.calls() == []

    answer = play.run(state="unmounted", _ansible_check_mode=True)
    assert answer["changed"] is True
    assert play.calls() == []
    answer = play.run(state="unmounted")
    assert (answer["changed"], answer["how"], answer["killed"]) == (True, "plain", [])
    assert play.calls() == [f"umount -c {play.path}"]
    assert not play.path.parent.exists()  # both directories were made by the module
    answer = play.run(state="unmounted")
    assert (answer["changed"], answer["how"]) == (False, "")


@pytest.mark.parametrize(
    "args",
    [{"options": ["vers=4.2", "noac"]}, {"src": "10.0.0.1:/other"}, {"fstype": "cifs"}, {"options": []}],
)
def test_something_else_is_unmounted_first(play, args):
    play.mount()
    play.calls()
    answer = play.mount(**args)
    assert answer["changed"] is True
    assert [call.split()[0] for call in play.calls()] == ["umount", "mount"]
    assert len(play.mounts(str(play.path))) == 1
    play.run(state="unmounted")
    assert not play.path.exists()  # still known to be the module's own


def test_a_client_that_shows_another_source_is_not_mounted_again(play):
    """As those of FUSE do, which show what they like."""
    play.write("source", "shown-by-the-client")
    assert play.mount()["mount"]["source"] == "shown-by-the-client"
    assert play.mount()["changed"] is False
    assert play.mount(src="10.0.0.1:/other", _ansible_check_mode=True)["changed"] is True


@pytest.mark.parametrize("options, changed", [({"vers": 4.2, "noac": True}, False), ({"vers": 3}, True)])
def test_a_mount_of_somebody_else_is_compared_as_far_as_the_kernel_shows(play, options, changed):
    play.path.mkdir(parents=True)
    play.write("table", FOREIGN.format(path=play.path))
    assert play.mount(options=options, _ansible_check_mode=True)["changed"] is changed


def test_a_directory_that_was_there_stays(play):
    play.path.mkdir(parents=True)
    play.mount()
    play.run(state="unmounted")
    assert play.path.is_dir()


def test_password_travels_in_the_environment(play):
    answer = play.mount(fstype="cifs", src="//h/s", options=["username=u"], password="secret")
    assert play.calls() == [f"mount -t cifs -o username=u //h/s {play.path} PASSWD=secret"]
    assert "secret" not in json.dumps({key: value for key, value in answer.items() if key != "invocation"})


@pytest.mark.parametrize("option", ["password=x", "pass=x"])
def test_a_password_among_the_options_is_refused(play, option):
    assert "use password" in play.mount(options=[option])["msg"]


def test_the_root_is_refused(play):
    assert "absolute path" in play.mount(path="/")["msg"]


@pytest.mark.parametrize("helper, hint", [(True, "exports"), (False, "install the package nfs-common")])
def test_mount_fails_in_its_own_words_with_a_hint(play, helper, hint):
    play.write("mount-fails", "mount.nfs: access denied by server while mounting 10.0.0.1:/export\n")
    if not helper:
        (play.directory / "mount.nfs").unlink()
    answer = play.mount()
    assert answer["failed"] is True
    assert answer["rc"] == 32
    assert f"Mounting 10.0.0.1:/export (nfs) at {play.path} with options vers=4.2" in answer["msg"]
    assert "access denied by server" in answer["msg"]
    assert hint in answer["msg"]
    assert not play.path.parent.exists()


def test_a_path_as_long_as_the_kernel_takes(play):
    deep = play.path.joinpath(*["d" * 250] * 3, "ünï" * 25)
    assert play.mount(path=str(deep))["mount"]["directory"] == str(deep)
    assert play.mount(path=str(deep))["changed"] is False
    play.run(path=str(deep), state="unmounted")
    assert not play.path.exists()


@pytest.mark.parametrize("path", ["/" + "d" * 256, "/d" * 2048, "/mnt/a/.."])
def test_a_path_that_the_kernel_does_not_take_is_refused_before(play, path):
    assert "This mount is not possible: " in play.mount(path=path)["msg"]
    assert play.calls() == []


@pytest.mark.parametrize("options", [["username=a,uid=0"], {"context": 'a"b'}])
def test_an_option_that_mount_would_misread_is_refused_before(play, options):
    assert "This mount is not possible: option" in play.mount(options=options)["msg"]
    assert play.calls() == []


def test_a_name_of_a_variable_stays_what_it_is(play, monkeypatch):
    monkeypatch.setenv("PLACE", "elsewhere")
    path = str(play.path.parent / "$PLACE")
    assert play.mount(path=path)["mount"]["directory"] == path


def test_a_link_is_refused_before(play):
    play.path.parent.mkdir()
    play.path.symlink_to(play.directory)
    assert "is a link to" in play.mount()["msg"]
    assert play.calls() == []


def test_nothing_stays_mounted_that_cannot_be_noted(play, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setattr(client_mount, "MEMORY", tmp_path / "file" / "memory")
    assert "It was unmounted again" in play.mount()["msg"]
    assert play.mounts(str(play.path)) == []
    assert not play.path.exists()


def test_nothing_stays_mounted_when_mount_says_that_it_failed(play):
    """mount.nfs may be killed, or fail, when the kernel has mounted already."""
    program = play.directory / "mount"
    program.write_text(MOUNT + "exit 32\n", encoding="utf-8")
    assert play.mount()["rc"] == 32
    assert play.mounts(str(play.path)) == []
    assert not play.path.exists()


def test_a_parent_that_never_answers_is_not_waited_for(play, monkeypatch):
    monkeypatch.setattr(client_mount.Path, "resolve", lambda _path: time.sleep(60))
    assert "cannot be read: no answer within 0.5 seconds" in play.mount()["msg"]


def test_processes_beside_a_mount_are_not_ended(play):
    """Only a directory below is mounted: whoever works in the one above has nothing to do with it."""
    below = play.path / "below"
    below.mkdir(parents=True)
    play.write("table", FOREIGN.format(path=below))
    beside = subprocess.Popen(["sleep", "60"], cwd=play.path)
    try:
        assert play.run(state="unmounted")["killed"] == []
        assert beside.poll() is None
    finally:
        beside.kill()
        beside.wait()


def test_mount_hangs(play):
    play.write("mount-hangs", "")
    started = time.monotonic()
    answer = play.mount(time_limit=1)
    assert time.monotonic() - started < 6
    assert "it ran longer than 1 seconds and was killed" in answer["msg"]


def test_a_server_that_answers_mount_and_nothing_else(play, monkeypatch):
    monkeypatch.setattr(client_mount.os, "statvfs", lambda _path: time.sleep(60))
    answer = play.mount()
    assert "no answer within 0.5 seconds" in answer["msg"]
    assert play.mounts(str(play.path)) == []


@pytest.mark.parametrize(
    "works, how, calls", [("plain", "plain", 1), ("forced", "forced", 2), ("lazy", "lazy", 3), ("none", None, 3)]
)
def test_unmounting_takes_what_it_takes(play, works, how, calls):
    play.mount()
    play.calls()
    play.write("umount-works", works + "\n")
    answer = play.run(state="unmounted")
    assert len(play.calls()) == calls
    if how:
        assert (answer["changed"], answer["how"]) == (True, how)
        assert ["could only be unmounted lazily" in text for text in play.warnings] == [True] * (how == "lazy")
    else:
        assert "failed, by force and lazily too: umount: target is busy." in answer["msg"]


def test_umount_hangs(play):
    play.mount()
    play.write("umount-works", "lazy\n")
    play.write("umount-hangs", "")
    started = time.monotonic()
    assert play.run(state="unmounted", time_limit=1)["how"] == "lazy"
    assert time.monotonic() - started < 8


def test_all_mounts_at_a_place_and_below_go(play):
    play.path.mkdir(parents=True)
    table = "".join(
        f"{number} 1 0:{number} / {place} rw - nfs4 h:/{number} rw\n"
        for number, place in ((1, play.path), (2, play.path / "below"), (3, play.path))
    )
    play.write("table", table)
    assert play.run(state="unmounted")["how"] == "plain"
    assert [Path(call.split()[-1]) for call in play.calls()] == [play.path / "below", play.path, play.path]


def test_only_processes_that_use_it_are_ended(play):
    play.mount()
    user = subprocess.Popen(["sleep", "60"], cwd=play.path)
    other = subprocess.Popen(["sleep", "60"], cwd=play.path.parent)
    try:
        assert play.run(state="unmounted")["killed"] == [{"pid": user.pid, "name": "sleep"}]
        assert other.poll() is None
    finally:
        for process in (user, other):
            process.kill()
            process.wait()


def test_what_runs_the_module_is_spared():
    assert 1 in client_mount.ancestors()
    assert len(client_mount.ancestors()) > 2


def test_the_real_mount_table(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(client_mount, "MEMORY", tmp_path / "memory")
    params = {"path": "/proc", "state": "unmounted", "_ansible_check_mode": True}
    with patch_module_args(params), pytest.raises(SystemExit):
        client_mount.main()
    answer = json.loads(capsys.readouterr().out)
    assert answer["changed"] is True
    assert answer["diff"]["before"]["fstype"] == "proc"

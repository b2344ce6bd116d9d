# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules of Ceph against programs that play Ceph's: what they are asked, and what becomes of it."""

from __future__ import annotations

import json
import os
import stat
import sys
import types
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.testing import patch_module_args

from ansible_collections.netfs.bench.plugins.module_utils import _ceph
from ansible_collections.netfs.bench.plugins.module_utils._command import FailureError
from ansible_collections.netfs.bench.plugins.module_utils._service_info import Answer
from ansible_collections.netfs.bench.plugins.modules import (
    ceph_cluster_info,
    ceph_daemon,
    ceph_directory,
    ceph_filesystem,
    ceph_filesystem_settings,
    ceph_host_info,
    ceph_identity,
    ceph_key,
    ceph_mirroring,
    ceph_settings,
)

PLAYER = """#!/bin/sh
here=$(dirname -- "$0")
name=$(basename -- "$0")
words=
for word do case $word in --connect-timeout=*|--format=*) ;; *) words="$words $word";; esac; done
echo "$name$words" >> "$here/asked"
file=$here/$(echo "$name$words" | tr ' /' '__')
[ -e "$file.rc" ] && { echo "Error ENOENT: $words" >&2; exit "$(cat "$file.rc")"; }
[ -e "$file" ] && cat "$file" || echo '{}'
"""


class Programs:
    """Programs that say what they are told to, and write down what they were asked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("ceph", "ceph-mon", "ceph-osd", "monmaptool"):
            (folder / name).write_text(PLAYER)
            (folder / name).chmod(0o755)
        (folder / "asked").touch()

    def says(self, words: str, answer: object) -> None:
        (self.folder / words.replace(" ", "_").replace("/", "_")).write_text(json.dumps(answer))

    def fails(self, words: str, rc: int = 2) -> None:
        (self.folder / f"{words.replace(' ', '_')}.rc").write_text(str(rc))

    def asked(self) -> list[str]:
        return (self.folder / "asked").read_text().splitlines()


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Programs:
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return Programs(folder)


def play(module: Any, capsys: pytest.CaptureFixture[str], *, check: bool = False, **params: Any) -> dict[str, Any]:
    umask = os.umask(0o022)
    try:
        with patch_module_args({**params, "_ansible_check_mode": check}), pytest.raises(SystemExit):
            module.main()
    finally:
        os.umask(umask)
    result: dict[str, Any] = json.loads(capsys.readouterr().out)
    return result


# Keys

CAPS = {"mon": "allow r", "osd": "allow rw"}
ENTRY = [{"entity": "client.a", "key": "K", "caps": CAPS}]


@pytest.mark.parametrize("check", [False, True])
def test_key_is_made_by_the_cluster(programs: Programs, capsys: pytest.CaptureFixture[str], check: bool) -> None:
    programs.fails("ceph auth get client.a")
    result = play(ceph_key, capsys, check=check, name="client.a", caps=CAPS)
    made = ["ceph auth get-or-create client.a mon allow r osd allow rw", "ceph auth get client.a"]
    assert programs.asked()[1:] == ([] if check else made)
    if check:
        assert (result["changed"], result["key"]) == (True, "")
        assert result["diff"] == {"before": {}, "after": CAPS}


def test_key_that_is_there_is_left_alone(programs: Programs, capsys: pytest.CaptureFixture[str]) -> None:
    programs.says("ceph auth get client.a", ENTRY)
    result = play(ceph_key, capsys, name="client.a", caps=CAPS)
    assert (result["changed"], result["key"]) == (False, "K")
    assert programs.asked() == ["ceph auth get client.a"]


def test_rights_that_nobody_asked_for_are_taken_away(programs: Programs, capsys: pytest.CaptureFixture[str]) -> None:
    programs.says("ceph auth get client.a", [{**ENTRY[0], "caps": {**CAPS, "mgr": "allow *"}}])
    result = play(ceph_key, capsys, name="client.a", caps=CAPS)
    assert result["changed"] is True
    assert programs.asked()[1] == "ceph auth caps client.a mon allow r osd allow rw"


@pytest.mark.parametrize("there, asked", [(True, ["ceph auth rm client.a"]), (False, [])])
def test_key_is_removed(programs: Programs, capsys: pytest.CaptureFixture[str], there: bool, asked: list[str]) -> None:
    if there:
        programs.says("ceph auth get client.a", ENTRY)
    else:
        programs.fails("ceph auth get client.a")
    result = play(ceph_key, capsys, name="client.a", state="absent")
    assert result["changed"] is there
    assert programs.asked()[1:2] == asked


def test_a_cluster_that_does_not_answer_is_no_missing_key(
    programs: Programs, capsys: pytest.CaptureFixture[str]
) -> None:
    programs.fails("ceph auth get client.a", rc=1)
    result = play(ceph_key, capsys, name="client.a", caps=CAPS)
    assert result["failed"] is True
    assert "'ceph auth get client.a' failed" in result["msg"]


# Identity


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return tmp_path / "secrets/identity.json"


def test_identity_is_made_once(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert play(ceph_identity, capsys, path=str(book), state="read")["known"] is False
    offered = play(ceph_identity, capsys, path=str(book), state="proposed", hosts={"one": "192.0.2.1"})
    assert (offered["changed"], offered["known"], book.exists()) == (False, False, False)

    taken = play(ceph_identity, capsys, path=str(book), state="proposed", identity=offered["identity"])
    assert taken["identity"] == offered["identity"]
    kept = play(ceph_identity, capsys, path=str(book), identity=offered["identity"])
    assert kept["changed"] is True
    assert stat.S_IMODE(book.stat().st_mode) == 0o600
    assert stat.S_IMODE(book.parent.stat().st_mode) == 0o700
    again = play(ceph_identity, capsys, path=str(book), hosts={"one": "192.0.2.1"})
    assert (again["changed"], again["identity"]) == (False, offered["identity"])

    more = play(ceph_identity, capsys, path=str(book), hosts={"two": "192.0.2.2"})
    assert more["identity"]["keys"] == offered["identity"]["keys"]
    assert more["identity"]["hosts"]["two"] == {"address": "192.0.2.2", "osd": 1}
    fewer = play(ceph_identity, capsys, path=str(book), without=["one"])
    assert list(fewer["identity"]["hosts"]) == ["two"]


def test_check_mode_makes_no_identity(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = play(ceph_identity, capsys, check=True, path=str(book))
    assert result["changed"] is True
    assert not book.exists()


def test_identity_of_another_cluster_is_refused(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    play(ceph_identity, capsys, path=str(book))
    other = _ceph.new_identity(os.urandom, "other", 1)
    result = play(ceph_identity, capsys, path=str(book), identity=other, state="proposed")
    assert "belongs to cluster" in result["msg"]


# Hosts


def test_host_with_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = play(ceph_host_info, capsys, config=str(tmp_path / "ceph.conf"), data=str(tmp_path))
    assert (result["fsid"], result["managed"]) == ("", False)
    assert result["daemons"] == {"mon": [], "mgr": [], "osd": [], "mds": []}


def test_host_with_daemons(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "ceph.conf").write_text("# netfs.bench.ceph: x\n[global]\nfsid = f\n")
    for name in ("mon/ceph-a/done", "osd/ceph-7/keyring", "mgr/ceph-a/keyring"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).touch()
    (tmp_path / "mds/ceph-a").mkdir(parents=True)  # empty: made, and never used
    result = play(ceph_host_info, capsys, config=str(tmp_path / "ceph.conf"), data=str(tmp_path))
    assert (result["fsid"], result["managed"]) == ("f", True)
    assert result["daemons"] == {"mon": ["a"], "mgr": ["a"], "osd": ["7"], "mds": []}
    assert result["whole"] == {"mon": ["a"], "mgr": ["a"], "osd": [], "mds": []}


# Daemons


@pytest.fixture
def _owned(monkeypatch: pytest.MonkeyPatch) -> None:
    """The account of the daemons is the one that tests."""
    monkeypatch.setattr("shutil.chown", lambda *_words: None)


@pytest.mark.usefixtures("_owned")
@pytest.mark.parametrize("kind", ["mgr", "mds"])
def test_daemon_gets_its_key(tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str) -> None:
    path = tmp_path / "d"
    params: dict[str, Any] = {"kind": kind, "name": "a", "path": str(path), "key": "K"}
    assert play(ceph_daemon, capsys, check=True, **params)["changed"] is True
    assert not path.exists()
    assert play(ceph_daemon, capsys, **params)["changed"] is True
    assert (path / "keyring").read_text() == f"[{kind}.a]\n\tkey = K\n"
    assert stat.S_IMODE((path / "keyring").stat().st_mode) == 0o600
    assert play(ceph_daemon, capsys, **params)["changed"] is False


@pytest.mark.usefixtures("_owned")
@pytest.mark.parametrize(
    "fsid, asked",
    [
        (
            "f",
            "monmaptool --create --clobber --enable-all-features --set-min-mon-release reef --addv a [v2:x] --fsid f",
        ),
        ("", "ceph mon getmap -o"),
    ],
)
def test_monitor_is_made_once(
    programs: Programs, tmp_path: Path, capsys: pytest.CaptureFixture[str], fsid: str, asked: str
) -> None:
    (tmp_path / "keys").write_text("[mon.]")
    path = tmp_path / "d"
    path.mkdir()
    (path / "left").touch()
    params: dict[str, Any] = {
        "kind": "mon",
        "name": "a",
        "path": str(path),
        "fsid": fsid,
        "addresses": "[v2:x]",
        "keyring": str(tmp_path / "keys"),
    }
    assert play(ceph_daemon, capsys, **params)["changed"] is True
    assert programs.asked()[0].startswith(asked)
    assert programs.asked()[1].startswith("ceph-mon --mkfs -i a --monmap ")
    assert programs.asked()[1].endswith(" --setuser ceph --setgroup ceph")
    assert [file.name for file in path.iterdir()] == ["done"]
    assert play(ceph_daemon, capsys, **params)["changed"] is False


@pytest.mark.usefixtures("_owned")
def test_osd_that_cannot_be_made_says_why(
    programs: Programs, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = "ceph-osd -i 0 --mkfs --osd-uuid u --bluestore-block-path=/x --bluestore-block-create=true"
    words += " --bluestore-block-size=5 --setuser ceph --setgroup ceph"
    (programs.folder / f"{words.replace(' ', '_').replace('/', '_')}.rc").write_text("1")
    params: dict[str, Any] = {
        "kind": "osd",
        "name": "0",
        "path": str(tmp_path / "d"),
        "key": "K",
        "uuid": "u",
        "block": "/x",
        "bytes": 5,
    }
    result = play(ceph_daemon, capsys, **params)
    assert result["msg"].startswith("'ceph-osd' failed: Error ENOENT")
    assert "K" not in json.dumps(result["invocation"]["module_args"]["key"])


# The cluster


def test_a_silent_cluster_is_no_failure_and_not_healthy(programs: Programs, capsys: pytest.CaptureFixture[str]) -> None:
    programs.fails("ceph quorum_status", rc=1)
    result = play(ceph_cluster_info, capsys, leaving="one")
    assert (result["answered"], result["healthy"], result["cluster"]) == (False, False, None)
    assert result["faults"][0].startswith("it cannot be asked: 'ceph quorum_status' failed")
    assert result["reasons_to_stay"]
    assert programs.asked()[0] == "ceph quorum_status"


@pytest.mark.parametrize("check", [False, True])
def test_file_system(programs: Programs, capsys: pytest.CaptureFixture[str], check: bool) -> None:
    for words in ("osd pool ls detail", "fs ls", "osd erasure-code-profile ls"):
        programs.says(f"ceph {words}", [])
    result = play(ceph_filesystem, capsys, check=check, name="fs", replicas=3, metadata_groups=8, data_groups=8)
    assert (result["changed"], result["data_pool"]) == (True, "fs_data")
    assert ("ceph fs new fs fs_metadata fs_data" in programs.asked()) is not check


def test_settings(programs: Programs, capsys: pytest.CaptureFixture[str]) -> None:
    programs.says("ceph config dump", [])
    programs.says("ceph mgr module ls", {"enabled_modules": []})
    setting = {"section": "mgr", "name": "a", "value": "1"}
    result = play(ceph_settings, capsys, settings=[setting], modules=["prometheus"])
    assert result["commands"] == [["config", "set", "mgr", "a", "1"], ["mgr", "module", "enable", "prometheus"]]
    assert programs.asked()[-1] == "ceph mgr module enable prometheus"


# Directories


class FakeCephFS:
    """Plays python3-cephfs in the process that asks. `corrupt` gives other bytes back than were written."""

    corrupt = False
    silent = False

    def __init__(self, **_params: str) -> None:
        self.files: dict[bytes, bytes] = {}

    def conf_set(self, _name: str, _value: str) -> None:
        return

    def mount(self, filesystem_name: bytes) -> None:
        if self.silent:
            raise cephfs_module.Error(f"{filesystem_name!r}: timed out")

    def stat(self, path: bytes) -> None:
        if path not in (b"/", b"/there"):
            raise cephfs_module.ObjectNotFound(path)

    def getxattr(self, path: bytes, _name: str) -> bytes:
        if path != b"/there":
            raise cephfs_module.NoData(path)
        return b"pool"

    def setxattr(self, *_words: object) -> None:
        return

    def mkdirs(self, *_words: object) -> None:
        return

    def open(self, name: bytes, _flags: str, _mode: int = 0) -> bytes:
        return name

    def write(self, file: bytes, data: bytes, _offset: int) -> None:
        self.files[file] = data[1:] if self.corrupt else data

    def read(self, file: bytes, _offset: int, _size: int) -> bytes:
        return self.files[file]

    def fsync(self, _file: bytes, _only_data: int) -> None:
        return

    def close(self, _file: bytes) -> None:
        return

    def unlink(self, name: bytes) -> None:
        del self.files[name]

    def shutdown(self) -> None:
        assert self.files == {}


class _Error(Exception):
    pass


class _MissingError(_Error):
    pass


class _NoDataError(_Error):
    pass


cephfs_module: Any = types.SimpleNamespace(
    LibCephFS=FakeCephFS, Error=_Error, ObjectNotFound=_MissingError, NoData=_NoDataError
)


@pytest.mark.parametrize(
    "params, changed",
    [
        ({"path": "/there"}, False),
        ({"path": "/there", "pool": "pool"}, False),
        ({"path": "/there", "pool": "other"}, True),
        ({"path": "/new"}, True),
        ({"path": "/", "probe": True}, False),
    ],
)
def test_directory(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], params: dict[str, Any], changed: bool
) -> None:
    monkeypatch.setitem(sys.modules, "cephfs", cephfs_module)
    result = play(ceph_directory, capsys, filesystem="fs", **params)
    assert result["changed"] is changed, result


@pytest.mark.parametrize(
    "trouble, message",
    [("corrupt", "what was read back is not what was written"), ("silent", "timed out")],
)
def test_what_does_not_serve_is_a_failure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], trouble: str, message: str
) -> None:
    monkeypatch.setitem(sys.modules, "cephfs", cephfs_module)
    monkeypatch.setattr(FakeCephFS, trouble, True)
    result = play(ceph_directory, capsys, filesystem="fs", path="/", probe=True)
    assert result["failed"] is True
    assert message in result["msg"]


def test_without_the_library(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(sys.modules, "cephfs", None)
    assert "python3-cephfs" in play(ceph_directory, capsys, filesystem="fs", path="/")["msg"]


# Mirroring

DUMPED: dict[str, Any] = {"filesystems": [{"mdsmap": {"fs_name": "fs", "session_autoclose": 300}, "id": 1}]}
REMOTE = {"client_name": "client.far", "cluster_name": "target", "fs_name": "fs"}
MIRRORED = {"filesystems": [{**DUMPED["filesystems"][0], "mirror_info": {"peers": {"U": {"remote": REMOTE}}}}]}
MIRROR = {
    "filesystem": "fs",
    "peer": {"client": "client.far", "cluster": "target", "filesystem": "fs"},
    "directories": ["/data"],
    "seconds": 0,
}


@pytest.mark.parametrize("check", [False, True])
def test_directory_is_mirrored(programs: Programs, capsys: pytest.CaptureFixture[str], check: bool) -> None:
    programs.says("ceph fs dump", DUMPED)
    programs.says("ceph mgr module ls", {"enabled_modules": []})
    result = play(ceph_mirroring, capsys, check=check, **MIRROR)
    assert result["changed"] is True
    made = [" ".join(["ceph", *words]) for words in result["commands"]]
    assert made == [
        "ceph mgr module enable mirroring",
        "ceph fs snapshot mirror enable fs",
        f"ceph fs mirror peer_add fs {made[2].split()[5]} client.far@target fs",
        "ceph fs snapshot mirror add fs /data",
    ]
    assert result["diff"]["after"].splitlines() == made
    assert programs.asked()[2:] == ([] if check else made)


@pytest.mark.parametrize("state, wanting", [("mapped", []), ("unmapping", ["ceph fs snapshot mirror add fs /data"])])
def test_directory_that_is_mirrored_is_left_alone(
    programs: Programs, capsys: pytest.CaptureFixture[str], state: str, wanting: list[str]
) -> None:
    programs.says("ceph fs dump", MIRRORED)
    programs.says("ceph mgr module ls", {"enabled_modules": ["mirroring"]})
    programs.says("ceph fs snapshot mirror dirmap fs /data", {"state": state})
    result = play(ceph_mirroring, capsys, **MIRROR)
    assert (result["changed"], programs.asked()[3:]) == (bool(wanting), wanting)


def test_directory_is_mirrored_no_more(programs: Programs, capsys: pytest.CaptureFixture[str]) -> None:
    programs.says("ceph fs dump", MIRRORED)
    programs.says("ceph mgr module ls", {"enabled_modules": ["mirroring"]})
    programs.says("ceph fs snapshot mirror dirmap fs /data", {"state": "mapped"})
    play(ceph_mirroring, capsys, state="absent", **MIRROR)
    assert [words for words in programs.asked()[3:] if "dirmap" not in words] == [
        "ceph fs snapshot mirror remove fs /data",
        "ceph fs mirror peer_remove fs U",
        "ceph fs snapshot mirror disable fs",
        "ceph mgr module disable mirroring",
    ]


def test_a_manager_that_does_not_know_is_no_answer(programs: Programs, capsys: pytest.CaptureFixture[str]) -> None:
    programs.says("ceph fs dump", MIRRORED)
    programs.says("ceph mgr module ls", {"enabled_modules": ["mirroring"]})
    result = play(ceph_mirroring, capsys, **MIRROR)
    assert result["msg"] == "The cluster does not say whether /data is mirrored."


@pytest.mark.parametrize(
    "codes, words, accepted, ends",
    [
        ([22, 22, 0], ["fs", "snapshot", "mirror", "enable", "fs"], [], 0),
        ([11, 17], ["fs", "snapshot", "mirror", "add", "fs", "/data"], [17], 17),
        ([22] * 5, ["fs", "snapshot", "mirror", "enable", "fs"], [], None),
    ],
)
def test_managers_learn_what_monitors_know(
    monkeypatch: pytest.MonkeyPatch, codes: list[int], words: list[str], accepted: list[int], ends: int | None
) -> None:
    answers, now = iter(codes), [0.0]
    monkeypatch.setattr(ceph_mirroring.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(ceph_mirroring.time, "sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
    managers = ceph_mirroring.Managers(_ceph.Ceph(lambda _argv, _seconds: Answer(next(answers), "", "no")), 3)
    if ends is None:
        with pytest.raises(FailureError, match="'ceph fs snapshot mirror enable fs' failed: no"):
            managers.answer(words, *accepted)
    else:
        assert managers.answer(words, *accepted).rc == ends


@pytest.mark.parametrize("seconds, changed", [(300, False), (7200, True)])
def test_settings_of_a_filesystem(
    programs: Programs, capsys: pytest.CaptureFixture[str], seconds: int, changed: bool
) -> None:
    programs.says("ceph fs dump", DUMPED)
    result = play(ceph_filesystem_settings, capsys, name="fs", settings={"session_autoclose": seconds})
    assert result["changed"] is changed
    assert programs.asked()[1:] == (["ceph fs set fs session_autoclose 7200"] if changed else [])

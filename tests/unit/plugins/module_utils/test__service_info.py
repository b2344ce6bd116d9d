# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What systemctl, ss, sha256sum and the rest said on real hosts, and what is made of it."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.netfs.bench.plugins.module_utils import _service_info as module
from ansible_collections.netfs.bench.plugins.module_utils._command import FailureError

SHOWN = """\
TimeoutStartUSec=1min 30s
TimeoutStopUSec=10min
Names=netfs-ganesha.service
RequiredBy=
LoadState=loaded
ActiveState=active
UnitFileState=enabled

Names=nfs-ganesha.service
RequiredBy=
LoadState=masked
ActiveState=inactive
UnitFileState=masked

Names=rpcbind.service portmap.service
RequiredBy=netfs-ganesha.service nfs-server.service
LoadState=loaded
ActiveState=failed
UnitFileState=static

TimeoutStartUSec=1min 30s
TimeoutStopUSec=1min 30s
Names=nope.service
LoadState=not-found
ActiveState=inactive
"""
ASKED = ["netfs-ganesha.service", "nfs-ganesha.service", "portmap.service", "nope.service"]


@pytest.mark.parametrize(
    "said, units",
    [
        ("", []),
        ("Id=netfs-a.service\nActiveState=active\n\nId=b.service\nActiveState=inactive\n", ["netfs-a.service"]),
        (
            "Id=b.service\nActiveState=deactivating\n\nId=a.service\nActiveState=activating\n",
            ["a.service", "b.service"],
        ),
        ("Id=a.service\nActiveState=failed\n", []),
    ],
)
def test_units_that_run(said: str, units: list[str]) -> None:
    assert module.running(module.parse_show(said)) == units


def test_states_of_units() -> None:
    assert module.states(module.parse_show(SHOWN), ASKED) == {
        "active": ["netfs-ganesha.service"],
        "failed": ["portmap.service"],
        "masked": ["nfs-ganesha.service"],
        "missing": ["nope.service"],
        "static": ["portmap.service"],
        "needed_by": {
            "netfs-ganesha.service": [],
            "nfs-ganesha.service": [],
            "portmap.service": ["netfs-ganesha.service", "nfs-server.service"],
            "nope.service": [],
        },
        "seconds": 750,
    }


@pytest.mark.parametrize(
    "text, seconds",
    [
        ("1min 30s", 90),
        ("30s", 30),
        ("1h", 3600),
        ("500ms", 0.5),
        ("1h 1min 1s 5ms", 3661.005),
        ("0", 0),
        ("2w", 1209600),
    ],
)
def test_time_spans(text: str, seconds: float) -> None:
    assert module.time_span(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["infinity", ""])
def test_a_unit_without_a_limit_gets_one(text: str) -> None:
    shown = module.parse_show(f"Names=a.service\nLoadState=loaded\nTimeoutStopUSec={text}\n")
    assert module.states(shown, ["a.service"])["seconds"] == 3600
    assert module.states({}, ["a.service"])["seconds"] == 600


SLICE = "cgroup:/docker/7dfe/system.slice"
SS = f"""\
udp UNCONN 0 0         0.0.0.0:111   0.0.0.0:* users:(("systemd",pid=1,fd=73))  ino:4 sk:a {SLICE}/rpcbind.socket <->
udp UNCONN 0 0      127.0.0.11:38125 0.0.0.0:*                                  ino:3 sk:1 cgroup:/ <->
tcp LISTEN 0 128             *:9000        *:*          uid:999 ino:1 sk:23 {SLICE}/s3.service v6only:0 <->
tcp LISTEN 0 128          [::]:22       [::]:* users:(("sshd",pid=32,fd=7),("sshd",pid=33,fd=7)) ino:3 sk:4 v6only:1
tcp LISTEN 0 4096      0.0.0.0:2049  0.0.0.0:*                                  ino:3 sk:1 cgroup:unreachable:7 <->
tcp LISTEN 0 5         0.0.0.0:22060 0.0.0.0:* users:(("python3",pid=77,fd=3)) ino:3 sk:1 {SLICE}/taker.service <->
"""


@pytest.mark.parametrize(
    "port, protocol, by",
    [
        (111, "udp", "systemd (pid 1) of rpcbind.socket"),
        (111, "tcp", None),
        (9000, None, "s3.service"),
        (900, None, None),
        (22, None, "sshd (pid 33)"),
        (2049, None, "the kernel"),
        (22060, "tcp", "python3 (pid 77) of taker.service"),
    ],
)
def test_who_has_a_port(port: int, protocol: str | None, by: str | None) -> None:
    ports = [{"port": port, "variable": "sample_port", "protocol": protocol}]
    found = module.takers(module.parse_sockets(SS), ports, ours=set(), holders=["x.service"], running=False)
    assert found == ([{"port": port, "variable": "sample_port", "by": by}] if by else [])


@pytest.mark.parametrize(
    "port, more",
    [
        (9000, {"holders": ["s3.service"]}),
        (22, {"ours": {"32"}}),
        (2049, {"running": True}),
    ],
)
def test_a_port_of_our_own_is_not_taken(port: int, more: dict[str, Any]) -> None:
    ports = [{"port": port, "variable": "sample_port", "protocol": "tcp"}]
    known: dict[str, Any] = {"ours": set(), "holders": [], "running": False, **more}
    assert module.takers(module.parse_sockets(SS), ports, **known) == []


def test_a_socket_with_an_owner_is_not_the_kernels() -> None:
    ports = [{"port": 9000, "variable": "sample_port"}]
    assert module.takers(module.parse_sockets(SS), ports, ours=set(), holders=[], running=True)


def test_what_listens() -> None:
    assert module.listening(module.parse_sockets(SS)) == ["2049", "s3.service 9000", "sshd 22", "taker.service 22060"]


def test_processes_are_found_by_their_control_group(monkeypatch: pytest.MonkeyPatch) -> None:
    groups = {
        "/proc/7/cgroup": "0::/system.slice/netfs-ganesha.service\n",
        "/proc/8/cgroup": "1:name=systemd:/system.slice/netfs-ganesha.service/child\n",
        "/proc/9/cgroup": "0::/system.slice/my-netfs-ganesha.service\n",
    }

    def read(path: Path, **_options: str) -> str:
        if str(path) not in groups:
            raise ProcessLookupError
        return groups[str(path)]

    monkeypatch.setattr(Path, "read_text", read)
    assert module.in_units(["7", "8", "9", "10"], ["netfs-ganesha.service"]) == {"7", "8"}


@pytest.mark.parametrize(
    "room, free, used, needed",
    [
        ({"bytes": 100}, 60, 40, None),
        ({"bytes": 100}, 60, 39, 100),
        ({"ratio": 0.25}, 249, 0, 250),
        ({"ratio": 0.25, "bytes": 100}, 250, 0, None),
        ({"bytes": None, "ratio": None}, 0, 0, None),
    ],
)
def test_room(room: dict[str, Any], free: int, used: int, needed: int | None) -> None:
    found = module.short_of_room("/var/cache/x", {**room, "variable": "sample_room"}, free, 1000, used)
    assert (found and found["needed"]) == needed


def test_room_of_a_directory_is_counted_as_du_counts(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/a").write_bytes(b"x" * 100_000)
    (tmp_path / "b").hardlink_to(tmp_path / "sub/a")
    (tmp_path / "sparse").open("wb").truncate(1 << 30)
    whole = subprocess.check_output(["du", "--summarize", "--block-size=1", tmp_path], text=True)
    folders = sum(path.stat().st_blocks * 512 for path in (tmp_path, tmp_path / "sub"))
    assert module.used_bytes(str(tmp_path)) == int(whole.split()[0]) - folders
    assert module.room_of(f"{tmp_path}/to/be")[2] == 0
    lacking = module.rooms_that_lack([{"path": str(tmp_path), "room": {"bytes": 1 << 60, "variable": "sample_room"}}])
    assert lacking[0]["variable"] == "sample_room"


@pytest.mark.parametrize(
    "text, version",
    [
        ("NFS-Ganesha Release = V6.5\n", "6.5"),
        ("Version 4.22.3-Debian-4.22.3+dfsg-4", "4.22.3-Debian-4.22.3+dfsg-4"),
        ("postgres (PostgreSQL) 17.5 (Debian 17.5-1)", "17.5"),
        ("no number", "unknown"),
        ("", "unknown"),
    ],
)
def test_version(text: str, version: str) -> None:
    assert module.version_in(text) == version


def test_a_unit_is_fresh_when_its_note_is_true(tmp_path: Path) -> None:
    names = ["plain", "with blank", "back\\slash", "new\nline", "$HOME"]
    paths = [f"{tmp_path}/{name}" for name in names]
    for path in paths:
        Path(path).write_text(path)
    missing = f"{tmp_path}/missing"
    noted = subprocess.run(["sha256sum", *paths, missing], capture_output=True, text=True, check=False).stdout
    (tmp_path / "stamps").mkdir()
    (tmp_path / "stamps/a.service").write_text(noted)
    (tmp_path / "stamps/b.service").write_text("0" * 64)
    watched = [*paths, missing]
    units = ["a.service", "b.service", "c.service"]

    def fresh() -> list[str]:
        return module.fresh(module.sums_of(watched), watched, f"{tmp_path}/stamps", units)

    assert fresh() == ["a.service"]
    Path(paths[3]).write_text("changed")
    assert fresh() == []


@pytest.mark.parametrize(
    "changed, reloadable",
    [
        ([], []),
        (["settings"], ["a.service"]),
        (["settings", "back\\slash"], ["a.service"]),
        (["program"], []),
        (["settings", "program"], []),
    ],
)
def test_a_unit_is_reloaded_when_nothing_else_differs(
    tmp_path: Path, changed: list[str], reloadable: list[str]
) -> None:
    paths = {name: tmp_path / name for name in ("settings", "back\\slash", "program")}
    for path in paths.values():
        path.write_text("as it was")
    watched = [str(path) for path in paths.values()]
    noted = subprocess.run(["sha256sum", *watched], capture_output=True, text=True, check=True).stdout
    (tmp_path / "a.service").write_text(noted)
    for name in changed:
        paths[name].write_text("as it is now")
    found = module.reloadable(
        module.sums_of(watched), watched, watched[:2], str(tmp_path), ["a.service", "never.service"]
    )
    assert found == reloadable


def test_a_file_more_is_taken_by_a_reload(tmp_path: Path) -> None:
    (tmp_path / "program").write_text("as it was")
    watched = [f"{tmp_path}/program", f"{tmp_path}/settings"]
    (tmp_path / "a.service").write_text(module.sums_of(watched)[watched[0]] + "\n")
    (tmp_path / "settings").write_text("new")
    found = module.reloadable(module.sums_of(watched), watched, watched[1:], str(tmp_path), ["a.service"])
    assert found == ["a.service"]


def test_hash_of_the_configuration(tmp_path: Path) -> None:
    paths = [f"{tmp_path}/{name}" for name in "ab"]
    for path in paths:
        Path(path).write_text(path)
    known = module.config_sha256(module.sums_of(paths), paths)
    assert len(known) == 64
    assert known != module.config_sha256(module.sums_of(paths), paths[:1])
    assert module.config_sha256({}, []) != "unknown"
    Path(paths[1]).unlink()
    assert module.config_sha256(module.sums_of(paths), paths) == "unknown"


def test_what_was_remembered(tmp_path: Path) -> None:
    ours, other = tmp_path / "a.service.d", tmp_path / "b.service.d"
    assert module.remembered(str(ours)) == {"companions": None, "masks": None, "masked_by_others": []}
    for place in (ours, other):
        place.mkdir()
    (ours / "companions").write_text("\n")
    (ours / "masks").write_text("smbd.service\n")
    (other / "masks").write_text("nmbd.service\nsmbd.service\n")
    assert module.remembered(str(ours)) == {
        "companions": [],
        "masks": ["smbd.service"],
        "masked_by_others": ["nmbd.service", "smbd.service"],
    }


def test_a_program_that_does_not_end_is_ended() -> None:
    with pytest.raises(FailureError, match=r"'sleep 60' did not end within 0\.2 seconds"):
        module.said(["sleep", "60"], 0.2)


def test_a_program_that_is_missing_ends_with_127() -> None:
    assert module.said(["/nowhere/program"]).rc == 127


def test_programs_speak_the_language_of_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    assert module.said(["sh", "-c", "echo $LC_ALL"]).stdout == "C\n"

# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the daemon of role ceph_mirror thinks, how it speaks to clusters that are silent, and the role's variables."""

from __future__ import annotations

import errno
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from importing import imported
from rendering import ROLES, rendered

snapshots: Any = imported("snapshots", ROLES / "ceph_mirror/files/snapshots.py")
NOW = 1_790_000_000.0


def at(*ages: float) -> list[str]:
    """Return the names of snapshots that were made so many seconds ago."""
    return [snapshots.name_of(NOW - age) for age in ages]


# Names


def test_name_says_when() -> None:
    assert snapshots.name_of(NOW + 0.25) == "netfs-20260921T141320.250Z"
    assert snapshots.made_at("netfs-20260921T141320.250Z") == NOW + 0.25


@pytest.mark.parametrize("name", ["", "daily", "netfs-20260921", "netfs-20260921T141320Z", "netfs-20269921T141320.25Z"])
def test_snapshot_of_somebody_else(name: str) -> None:
    assert snapshots.made_at(name) is None


@pytest.mark.parametrize(
    "ages, keep, common, gone",
    [
        ([], 2, None, []),
        ([3, 1], 2, None, []),
        ([1], 2, None, []),
        ([9, 7, 5, 3, 1], 2, None, [9, 7, 5]),
        ([9, 7, 5, 3, 1], 2, 7, [9, 5]),
        ([9, 7, 5, 3, 1], 2, 3, [9, 7, 5]),
        ([9, 7], 0, None, [9, 7]),
    ],
)
def test_what_goes(ages: list[float], keep: int, common: float | None, gone: list[float]) -> None:
    names = ["daily", *reversed(at(*ages))]
    assert snapshots.superfluous(names, keep, at(common)[0] if common else "") == at(*gone)


@pytest.mark.parametrize("ages, common, number", [([], None, 0), ([5, 3, 1], None, 3), ([5, 3, 1], 3, 1), ([5], 1, 0)])
def test_how_many_wait(ages: list[float], common: float | None, number: int) -> None:
    assert snapshots.waiting(["daily", *at(*ages)], at(common)[0] if common else "") == number


# What was seen


def test_first_look_knows_no_lag_and_the_next_ones_do() -> None:
    one = snapshots.Directory()
    assert one.told(NOW)["rpo_seconds"] is None
    assert one.look(["daily", *at(9, 7)], NOW) is True
    assert (one.seen, one.told(NOW)["rpo_seconds"], one.told(NOW)["lag_seconds"]["p50"]) == (0, 7.0, None)
    assert one.look(at(9, 7), NOW + 1) is False
    assert one.look(at(7, 5, 3), NOW + 2) is True
    told = one.told(NOW + 4)
    assert (told["newest"], told["rpo_seconds"], told["seen"]) == (at(3)[0], 7.0, 2)
    assert told["lag_seconds"]["p50"] == 5.0
    assert told["lag_seconds"]["max"] == 7.0
    assert told["lag_seconds"]["buckets"]["5"] == 1


def test_what_arrives_where_nothing_was_has_a_lag() -> None:
    one = snapshots.Directory()
    assert one.look([], NOW) is False
    assert one.look(at(3), NOW) is True
    assert list(one.lags) == [3.0]


def test_what_the_target_shows_no_more_stays_seen() -> None:
    one = snapshots.Directory()
    one.look(at(5, 3), NOW)
    one.look([], NOW + 1)
    assert one.look(at(5, 3), NOW + 2) is False
    assert (one.newest, one.seen) == (at(3)[0], 0)


@pytest.mark.parametrize(
    "values, part, found", [([], 0.5, None), ([3], 0.5, 3), ([1, 2, 3, 4], 0.5, 2), ([*range(1, 101)], 0.99, 99)]
)
def test_percentile(values: list[float], part: float, found: float | None) -> None:
    assert snapshots.percentile(values, part) == found


# Restarts


@pytest.mark.parametrize(
    "ready, fruitless, last, due",
    [
        (NOW - 500, 0, NOW - 119, False),
        (NOW - 500, 0, NOW - 121, True),
        (NOW - 121, 0, 0.0, True),
        (NOW - 119, 0, 0.0, False),
        (NOW - 10, 0, NOW - 500, False),  # a partition has just ended
        (NOW - 44, 0, NOW - 500, False),
        (NOW - 46, 0, NOW - 500, True),
        (NOW - 46, 1, NOW - 500, False),
        (None, 0, NOW - 500, False),  # it goes on
        (NOW - 900, 1, NOW - 121, False),
        (NOW - 900, 1, NOW - 241, True),
        (NOW - 9e5, 5, NOW - 8e5, False),  # given up
    ],
)
def test_when_the_mirror_is_restarted(ready: float | None, fruitless: int, last: float, due: bool) -> None:
    assert snapshots.Watchdog(120.0, fruitless=fruitless, last=last).due(NOW, ready) is due


def test_restarts_become_rarer_until_something_arrives() -> None:
    watchdog, now, moments = snapshots.Watchdog(100.0), NOW, []
    for _second in range(10_000):
        now += 1
        if watchdog.due(now, NOW):
            watchdog.restarted(now)
            moments.append(now - NOW)
    assert moments == [101, 302, 703, 1504, 3105]
    assert watchdog.given_up
    watchdog.arrived(now)
    assert (watchdog.given_up, watchdog.restarts) == (False, 5)


# Judgement


def status(**changes: Any) -> dict[str, Any]:
    one = snapshots.Directory()
    one.look(at(3), NOW)
    return {
        "written": NOW - 1,
        "started": NOW - 60,
        "lag_limit_seconds": 120,
        "mirror_runs": True,
        "mirror_waits": "",
        "source": {"answers": True, "reason": ""},
        "target": {"answers": True, "reason": ""},
        "directories": {"/data": one.told(NOW - 1)},
        "restarts": {"total": 0, "fruitless": 0, "given_up": False},
        **changes,
    }


NO_ANSWER = {"answers": False, "reason": "no answer within 15 seconds"}


@pytest.mark.parametrize(
    "said, found",
    [
        (status(), []),
        (None, ["nothing is known: netfs-ceph-snapshots.service does not run"]),
        (
            status(written=NOW - 20),
            ["nothing is known: netfs-ceph-snapshots.service has written nothing for 20 seconds"],
        ),
        (status(mirror_runs=False), ["netfs-ceph-mirror.service does not run"]),
        (status(mirror_waits="the target: no rights"), ["the mirror waits for the target: no rights"]),
        (status(target=NO_ANSWER), ["the target cannot be asked: no answer within 15 seconds"]),
        (
            status(directories={"/data": {"newest": None}}),
            ["no snapshot of /data was seen at the target yet"],
        ),
        (
            status(directories={"/data": {"newest": at(121)[0]}}),
            ["the newest snapshot of /data at the target was made 121 seconds ago, more than 120"],
        ),
        (status(restarts={"given_up": True}), ["5 restarts of the mirror did not help"]),
    ],
)
def test_what_is_wrong(said: dict[str, Any] | None, found: list[str]) -> None:
    assert snapshots.faults(said, NOW) == found


def test_figures_say_how_far_the_target_is_and_was_behind() -> None:
    one = snapshots.Directory()
    assert snapshots.figures(status(directories={"/data": one.told(NOW)}), NOW) == [
        "how far /data is behind is not known"
    ]
    one.look(at(80), NOW)
    assert snapshots.figures(status(directories={"/data": one.told(NOW + 15)}), NOW + 15) == [
        "/data is 95.0 s behind and was 95.0 s at most"
    ]
    one.look(at(80, 70, 1), NOW + 16)
    assert snapshots.figures(status(directories={"/data": one.told(NOW + 16)}), NOW + 17) == [
        "/data is 18.0 s behind and was 95.0 s at most, a snapshot takes 17.0 s (median) and took 86.0 s at most"
    ]
    assert snapshots.figures(None, NOW) == []


@pytest.mark.parametrize(
    "said, found",
    [
        (status(), 0),
        (status(started=NOW - 2), 1),
        (status(directories={"/data": {"newest": None}}), 1),
        (status(target=NO_ANSWER), 1),
        (status(written=NOW - 20), 1),
        (None, 1),
    ],
)
def test_what_the_probe_waits_for(said: dict[str, Any] | None, found: int) -> None:
    assert len(snapshots.pending(said, NOW)) == found


def test_metrics_show_only_what_is_known() -> None:
    known = snapshots.metrics(status())
    assert 'netfs_ceph_mirror_rpo_seconds{directory="/data"} 2.0\n' in known
    assert 'netfs_ceph_mirror_lag_seconds_bucket{directory="/data",le="+Inf"} 0\n' in known
    assert 'netfs_ceph_mirror_answers{site="target"} 1\n' in known
    unknown = snapshots.metrics(status(directories={"/data": snapshots.Directory().told(NOW)}, target=NO_ANSWER))
    assert "rpo_seconds{" not in unknown
    assert 'netfs_ceph_mirror_answers{site="target"} 0\n' in unknown
    for line in known.splitlines():
        assert line.startswith("# ") or len(line.rsplit(" ", 1)) == 2, line


# Processes


def test_processes_of_a_unit(tmp_path: Path) -> None:
    for pid, group in (("7", "0::/system.slice/netfs-ceph-mirror.service"), ("8", "0::/system.slice/other.service")):
        (tmp_path / pid).mkdir()
        (tmp_path / pid / "cgroup").write_text(f"{group}\n")
    (tmp_path / "9").mkdir()
    (tmp_path / "version").write_text("x")
    assert snapshots.processes_of("netfs-ceph-mirror.service", tmp_path) == [7]


SAYS = "import sys\nfor line in sys.stdin: print({!r}, flush=True)"


def site(script: str) -> Any:
    return snapshots.Site("target", [sys.executable, "-c", script], 15)


@pytest.fixture
def ended() -> Iterator[Callable[[Any], Any]]:
    """Return what sees to it that a site's process ends."""
    sites: list[Any] = []

    def keep(one: Any) -> Any:
        sites.append(one)
        return one

    yield keep
    for one in sites:
        one.close()


def test_site_answers(ended: Callable[[Any], Any]) -> None:
    one = ended(site(SAYS.format('{"names": {}}')))
    assert one.told() == {"answers": False, "since": None, "reason": "it was not asked yet"}
    for moment in (1.0, 2.0):
        one.ask({}, moment)
        assert one.free is False
        assert one.read(moment) == {"names": {}}
    assert one.told() == {"answers": True, "since": 1.0, "reason": ""}


@pytest.mark.parametrize(
    "script, reason",
    [
        (SAYS.format('{"error": "no rights"}'), "no rights"),
        ("", "it ended without an answer"),
        (SAYS.format("junk"), "it ended without an answer"),
    ],
)
def test_site_that_fails_is_made_anew(ended: Callable[[Any], Any], script: str, reason: str) -> None:
    one = ended(site(script))
    one.ask({}, 1.0)
    assert one.process is None or one.read(1.0) is None
    assert (one.free, one.process, one.since) == (True, None, None)
    assert one.reason in (reason, "it ended")


def test_site_that_does_not_answer_is_killed(ended: Callable[[Any], Any]) -> None:
    one = ended(site("import time; time.sleep(60)"))
    one.ask({}, 1.0)
    pid = one.process.pid
    one.expire(16.0)
    assert one.free is False
    one.expire(16.1)
    assert (one.free, one.reason) == (True, "no answer within 15 seconds")
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


# One cluster


class Entry:
    def __init__(self, name: str) -> None:
        self.d_name = name.encode()


class Library:
    """Plays libcephfs: snapshots by directory."""

    class Error(Exception):
        pass

    def __init__(self, **shown: list[str]) -> None:
        self.shown = {f"/{name}": [".", "..", *names] for name, names in shown.items()}
        self.asked: list[tuple[str, ...]] = []
        self.closed = 0
        self.LibCephFS = self.reached

    def reached(self, conffile: str, auth_id: str) -> Any:
        library, place = self, []

        class Mount:
            def conf_set(self, *_words: str) -> None:
                pass

            def mount(self, mount_root: bytes, filesystem_name: bytes) -> None:
                place.append(mount_root.decode())
                library.asked.append((conffile, auth_id, filesystem_name.decode(), place[0]))

            def opendir(self, path: bytes) -> Iterator[Entry]:
                assert path == b"/.snap"
                return iter([Entry(name) for name in library.shown[place[0]]])

            def readdir(self, handle: Iterator[Entry]) -> Entry | None:
                return next(handle, None)

            def closedir(self, handle: object) -> None:
                pass

            def mksnap(self, path: bytes, name: bytes, _mode: int) -> None:
                assert path == b"/"
                library.shown[place[0]].append(name.decode())

            def rmsnap(self, _path: bytes, name: bytes) -> None:
                library.shown[place[0]].remove(name.decode())

            def shutdown(self) -> None:
                library.closed += 1

        return Mount()


SITE = {"conf": "/etc/ceph/x.conf", "client": "me", "filesystem": "fs"}


def test_snapshots_are_made_and_pruned() -> None:
    library = Library(a=["daily", *at(9, 7, 5)], b=at(9, 7, 5))
    cluster = snapshots.Cluster(library, SITE, ["/a", "/b"])
    assert library.asked == [("/etc/ceph/x.conf", "me", "fs", "/a"), ("/etc/ceph/x.conf", "me", "fs", "/b")]
    answer = cluster.answer({"make": at(1)[0], "keep": 2, "common": {"/a": at(9)[0]}})
    assert answer == {
        "names": {"/a": ["daily", *at(9, 5, 1)], "/b": at(5, 1)},
        "made": ["/a", "/b"],
        "removed": 3,
    }
    assert cluster.answer({})["removed"] == 0
    assert cluster.answer({"keep": 0, "common": {}})["names"] == {"/a": ["daily"], "/b": []}
    cluster.close()
    assert library.closed == 2


def test_none_is_made_while_too_many_wait() -> None:
    library = Library(a=at(11, 9, 7, 5, 3), b=at(11, 9, 7, 5, 3))
    cluster = snapshots.Cluster(library, SITE, ["/a", "/b"])
    answer = cluster.answer({"make": at(1)[0], "keep": 10, "common": {"/a": at(11)[0]}})
    assert answer["made"] == ["/a"]
    assert answer["names"] == {"/a": at(11, 9, 7, 5, 3, 1), "/b": at(11, 9, 7, 5, 3)}


# The daemon, against clusters that are directories

PLAYED = """
import json, os, sys, time
name, folder, lag = sys.argv[1], sys.argv[2], float(sys.argv[3])
for line in sys.stdin:
    question = json.loads(line)
    if name == "source":
        open(os.path.join(folder, question["make"]), "w").close()
    names = [e.name for e in os.scandir(folder) if name == "source" or time.time() - e.stat().st_mtime > lag]
    print(json.dumps({"names": {"/data": names}, "made": ["/data"], "removed": 0}), flush=True)
"""


@pytest.mark.parametrize("lag, arrives", [(0.2, True), (3600, False)])
def test_daemon_says_what_arrived(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lag: float, arrives: bool) -> None:
    folder = tmp_path / "snapshots"
    folder.mkdir()
    monkeypatch.setattr(snapshots, "STATUS", tmp_path / "status.json")
    monkeypatch.setattr(snapshots, "METRICS", tmp_path / "metrics.prom")
    monkeypatch.setattr(snapshots, "LOOK_SECONDS", 0.1)
    monkeypatch.setattr(snapshots, "processes_of", lambda _unit: [])
    config = {"interval_seconds": 0.3, "keep": 5, "lag_limit_seconds": 1.5, "directories": ["/data"]}
    daemon = snapshots.Daemon(config)
    for one in (daemon.source, daemon.target):
        one.argv = [sys.executable, "-c", PLAYED, one.name, str(folder), str(lag)]
    until = time.monotonic() + 3
    while time.monotonic() < until:
        daemon.turn(time.time())
    for one in (daemon.source, daemon.target):
        one.close()
    said = json.loads((tmp_path / "status.json").read_text())
    one = said["directories"]["/data"]
    assert one["made"] > 3
    assert (one["newest"] is not None, one["seen"] > 0) == (arrives, arrives)
    assert (said["restarts"]["total"] > 0) is not arrives
    assert (snapshots.pending(said, said["written"]) == []) is arrives


# The mirror


@pytest.mark.parametrize(
    "script, found",
    [
        ("", ""),
        ("print('no rights'); exit(1)", "no rights"),
        ("import sys; sys.exit(3)", "exit status 3"),
        ("import time; time.sleep(60)", "no answer within 1 seconds"),
    ],
)
def test_what_keeps_the_mirror_from_starting(monkeypatch: pytest.MonkeyPatch, script: str, found: str) -> None:
    monkeypatch.setattr(snapshots, "ANSWER_SECONDS", 1.0)
    assert snapshots.obstacle([sys.executable, "-c", script]) == found


class Sessions:
    """Plays libcephfs of C: what each function returns, and in which order it was called."""

    def __init__(self, **returned: int) -> None:
        self.returned = returned
        self.called: list[str] = []
        self.words: dict[str, tuple[Any, ...]] = {}

    def __getattr__(self, name: str) -> Callable[..., int]:
        def call(*words: Any) -> int:
            verb = name.removeprefix("ceph_")
            self.called.append(verb)
            self.words[verb] = words[1:]
            return self.returned.get(verb, 0)

        return call


CALLS = [
    "create",
    "conf_read_file",
    "conf_set",
    "init",
    "select_filesystem",
    "start_reclaim",
    "finish_reclaim",
    "mount",
    "unmount",
]


@pytest.mark.parametrize(
    "returned, called, said",
    [
        ({}, CALLS, ""),
        ({"start_reclaim": -errno.ENOENT}, CALLS, ""),  # no mirror was killed
        ({"start_reclaim": -errno.EPERM}, CALLS[:6], "start_reclaim: Operation not permitted\n"),
        ({"init": -errno.ETIMEDOUT}, CALLS[:4], "init: Connection timed out\n"),
        ({"mount": -errno.EACCES}, CALLS[:8], "mount: Permission denied\n"),
    ],
)
def test_what_a_killed_mirror_left_is_ended(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    returned: dict[str, int],
    called: list[str],
    said: str,
) -> None:
    library = Sessions(**returned)
    monkeypatch.setattr(snapshots.ctypes, "CDLL", lambda _name: library)
    site = {"conf": "/etc/ceph/x.conf", "mirror_client": "netfs_mirror", "filesystem": "fs", "uuid": "netfs-f1-fs"}
    assert snapshots.reclaim(site) == (1 if said else 0)
    assert library.called == called
    assert library.words["conf_set"] == (b"client_metadata", b"")
    assert capsys.readouterr().out == said
    if not said:
        assert library.words["start_reclaim"] == (b"netfs-f1-fs", 1)
        assert library.words["select_filesystem"] == (b"fs",)


def test_mirror_starts_once_the_clusters_are_free(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers, started, said = iter(["no answer", "no answer", "", "no rights", ""]), [], []
    monkeypatch.setattr(snapshots, "WAITS", tmp_path / "waits")
    monkeypatch.setattr(snapshots, "obstacle", lambda _argv: next(answers))
    monkeypatch.setattr(snapshots.time, "sleep", lambda _seconds: said.append(snapshots.text_of(snapshots.WAITS)))
    monkeypatch.setattr(snapshots.os, "execv", lambda program, argv: started.append((program, argv)))
    snapshots.mirror({"mirror": ["/usr/bin/cephfs-mirror", "-f"]})
    assert started == [("/usr/bin/cephfs-mirror", ["/usr/bin/cephfs-mirror", "-f"])]
    assert list(answers) == []
    assert said == ["the source: no answer", "the source: no answer", "the target: no rights"]
    assert snapshots.text_of(snapshots.WAITS) == ""


def test_words_that_mean_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert snapshots.main(["site", "nowhere"]) == 2
    assert "snapshots.py run" in capsys.readouterr().err


# Variables

ENDPOINT = {"filesystem": "cephfs", "fsid": "f1", "monitors": "[v2:192.0.2.1:3300]", "secret_host": "one"}
KNOWN = {
    "ceph_mirror_source": ENDPOINT,
    "ceph_mirror_target": {**ENDPOINT, "fsid": "f2", "filesystem": "far", "secret_host": "two"},
    "ceph_mirror_directories": ["/data", "/more/data"],
}


def of(template: str) -> Any:
    return rendered(template, "ceph_mirror", **KNOWN)


NAMES = next(
    task["ansible.builtin.assert"]["that"]
    for task in yaml.safe_load((ROLES / "ceph_mirror/tasks/refuse.yml").read_text(encoding="utf-8"))
    if task["name"] == "Check the directories and the clusters"
)


@pytest.mark.parametrize("directory", ["data", "/", "/data/", "/data/../x", "/da ta", "/data;x"])
def test_directory_that_cannot_be_mirrored(directory: str) -> None:
    assert rendered(f"{{{{ {NAMES[0]} }}}}", "ceph_mirror", **KNOWN) is True
    with pytest.raises(Exception, match="a directory is absolute"):
        rendered(f"{{{{ {NAMES[0]} }}}}", "ceph_mirror", **{**KNOWN, "ceph_mirror_directories": [directory]})


def test_each_key_has_the_least_rights() -> None:
    caps = {one["id"]: (one["host"], one["caps"]) for one in of("{{ __ceph_mirror_clients }}")}
    assert caps["source_snapshots"] == (
        "one",
        {
            "mon": "allow r fsname=cephfs",
            "mds": "allow rws fsname=cephfs path=/data, allow rws fsname=cephfs path=/more/data",
        },
    )
    assert caps["target_snapshots"] == (
        "two",
        {
            "mon": "allow r fsname=far",
            "mds": "allow r fsname=far path=/data, allow r fsname=far path=/more/data",
        },
    )
    assert caps["remote"][0] == "two"
    assert caps["remote"][1]["mds"] == "allow rwps fsname=far"
    assert caps["mirror"] == (
        "one",
        {
            "mon": "profile cephfs-mirror",
            "mgr": "allow r",
            "mds": "allow r fsname=cephfs",
            "osd": "allow rw object_prefix cephfs_mirror, allow r tag cephfs data=cephfs",
        },
    )
    assert sorted(caps) == ["mirror", "remote", "source_snapshots", "target_snapshots"]
    assert not any("*" in caps["mds"] for _host, caps in caps.values())


def test_sessions_of_the_mirror_can_be_told_from_those_of_another_one() -> None:
    uuid = "netfs-f1-cephfs"
    assert [of(f"{{{{ __ceph_mirror_snapshots.{site}.uuid }}}}") for site in snapshots.SITES] == [uuid, uuid]
    for site, client in (("source", "netfs_mirror"), ("target", "netfs_mirror_remote")):
        conf = of(f"{{{{ __ceph_mirror_{site}_conf }}}}")
        assert conf[f"client.{client}"]["client_metadata"] == f"uuid={uuid}"
        assert of(f"{{{{ __ceph_mirror_snapshots.{site}.mirror_client }}}}") == client


def test_what_goes_between_the_sites_is_encrypted() -> None:
    assert of("{{ __ceph_mirror_target_conf['global'] }}") == {
        "log_to_file": False,
        "log_to_stderr": True,
        "mon_host": "[v2:192.0.2.1:3300]",
        "ms_client_mode": "secure",
        "ms_mon_client_mode": "secure",
    }

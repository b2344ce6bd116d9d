# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes snapshots that a mirror carries to another cluster, and looks there whether they arrived.

    snapshots.py run         make them, look for them, write down how far the mirror is behind, restart it if need be
    snapshots.py site NAME   speak to one cluster (started by run)
    snapshots.py mirror      end what an earlier mirror left at both clusters, and become the mirror
    snapshots.py reclaim NAME  end it at one (started by mirror)
    snapshots.py health      print in JSON what is wrong; 1 if something is
    snapshots.py probe       end with 0 when a snapshot made since the start was seen at the target
    snapshots.py forget      remove all its snapshots at the source

Only what was seen at the target counts: what a mirror says of itself stays good while nothing arrives. A cluster that
cannot be reached makes its library wait without an end, so each is spoken to by a process that can be killed.
"""

from __future__ import annotations

import ctypes
import errno
import json
import logging
import os
import re
import selectors
import signal
import subprocess
import sys
import time
import typing as t
from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

Json = dict[str, t.Any]

CONFIG = Path("/etc/netfs-ceph-mirror/snapshots.json")
STATUS = Path("/run/netfs-ceph-snapshots/status.json")
METRICS = Path("/run/netfs-ceph-snapshots/ceph_mirror.prom")
MIRROR_UNIT = "netfs-ceph-mirror.service"
WAITS = Path("/run/netfs-ceph-mirror/waits")  # why the mirror does not start; gone with the unit
SITES = ("source", "target")
LIBRARY = "libcephfs.so.2"
RECLAIM_RESET = 1  # of libcephfs.h: end the session, do not take it over

LOOK_SECONDS = 0.5  # between looks at the target, and between writings of the status
ANSWER_SECONDS = 15.0  # that the target may take
# A snapshot waits for what clients hold; for one that is dead, as long as Ceph's own 60 seconds until it is stale
SOURCE_SECONDS = 90.0
SILENT_SECONDS = 15.0  # after which a status that nobody writes is worth nothing
# Snapshots that may wait for the target. The mirror takes one after the other, and fails at one that was removed: it
# would never get further if it were slower than they are made.
WAITING = 5
# That a mirror may need to go on when a cluster answers again; it takes about twenty. A target that threw it out,
# because somebody read what it was writing when it fell silent, does not let it in again.
RESUME_SECONDS = 45.0
RESTARTS = 5  # without anything arriving, after which another one would not help either
KEPT_LAGS = 1000
BUCKETS = (0.5, 1, 2, 3, 5, 10, 20, 60, 120, 300, 600, 1800, 3600)

LOG = logging.getLogger("snapshots")


# Thinking: pure functions


def name_of(made: float) -> str:
    """Return the name of a snapshot that is made at a time, in seconds since 1970; it sorts by time."""
    moment = datetime.fromtimestamp(made, UTC)
    return f"netfs-{moment:%Y%m%dT%H%M%S}.{moment.microsecond // 1000:03}Z"


def made_at(name: str) -> float | None:
    """Return when a snapshot was made, by its name; None for one of somebody else."""
    if not re.fullmatch(r"netfs-\d{8}T\d{6}\.\d{3}Z", name):
        return None
    try:
        return datetime.strptime(name, "netfs-%Y%m%dT%H%M%S.%fZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None


def own(names: Iterable[str]) -> list[str]:
    """Return the snapshots that this program made, oldest first."""
    return sorted(name for name in names if made_at(name) is not None)


def waiting(names: Iterable[str], common: str) -> int:
    """Return how many snapshots of the source are newer than the newest that the target has."""
    return sum(name > common for name in own(names))


def superfluous(names: Iterable[str], keep: int, common: str) -> list[str]:
    """Return which snapshots of the source go: all but the newest ones, and the newest that the target has.

    From that one the mirror goes on; without it, it has to compare all files.
    """
    ordered = own(names)
    return [name for name in ordered[: max(0, len(ordered) - keep)] if name != common]


def percentile(values: Iterable[float], part: float) -> float | None:
    """Return the nearest rank of values: the smallest that at least this part of them does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -int(-part * len(ordered) // 1) - 1)] if ordered else None


@dataclass
class Directory:
    """What is known of one directory: the snapshots that the target showed, and how long each took to get there."""

    newest: str = ""  # seen at the target; "" when none was
    known: set[str] | None = None  # seen at the last look
    lags: deque[float] = field(default_factory=lambda: deque(maxlen=KEPT_LAGS))
    buckets: list[int] = field(default_factory=lambda: [0] * len(BUCKETS))
    total_seconds: float = 0.0
    seen: int = 0
    made: int = 0
    worst: float | None = None  # how far the target was behind at most, in seconds

    def look(self, names: Collection[str], now: float) -> bool:
        """Take what the target shows; return whether it has a newer one than ever.

        When those of the first look arrived is not known, so they have no lag.
        """
        found = own(names)
        for name in found if self.known is not None else ():
            if name not in (self.known or ()) and name > self.newest:
                self.arrived(now - (made_at(name) or now))
        self.known = set(found)
        newer = bool(found) and found[-1] > self.newest
        self.newest = found[-1] if newer else self.newest
        return newer

    def arrived(self, lag: float) -> None:
        """Count a snapshot that took so long."""
        self.seen += 1
        self.total_seconds += lag
        self.lags.append(lag)
        for number, bound in enumerate(BUCKETS):
            self.buckets[number] += lag <= bound

    def behind(self, now: float) -> float | None:
        """Return how far the target is behind, in seconds; None when nothing was ever seen there."""
        newest = made_at(self.newest)
        return None if newest is None else now - newest

    def told(self, now: float) -> Json:
        """Return it as the status has it; what is not known is null."""
        behind = self.behind(now)
        self.worst = behind if self.worst is None else max(self.worst, behind or 0.0)
        return {
            "newest": self.newest or None,
            "rpo_seconds": None if behind is None else round(behind, 3),
            "worst_rpo_seconds": None if self.worst is None else round(self.worst, 3),
            "made": self.made,
            "seen": self.seen,
            "lag_seconds": {
                "count": len(self.lags),
                **{f"p{part}": percentile(self.lags, part / 100) for part in (50, 90, 99)},
                "max": max(self.lags, default=None),
                "total": round(self.total_seconds, 3),
                "buckets": dict(zip(map(str, BUCKETS), self.buckets, strict=True)),
            },
        }


@dataclass
class Watchdog:
    """When the mirror is restarted: when nothing has arrived for the limit, then for twice as long, and so on.

    After a partition it has less time, once. One that is behind and brings what is missing is left alone, however old
    that is.
    """

    limit: float
    restarts: int = 0  # ever
    fruitless: int = 0  # since something arrived
    last: float = 0.0  # when it was restarted, or something arrived

    def arrived(self, now: float) -> None:
        """Take note that the target has a newer snapshot."""
        self.fruitless = 0
        self.last = now

    def due(self, now: float, ready: float | None) -> bool:
        """Whether to restart it.

        ready is since when both clusters answer: None while one does not, for then it is not the mirror's fault.
        """
        if ready is None or self.given_up:
            return False
        patience = self.limit * float(2**self.fruitless)
        if not self.fruitless and 0 < self.last < ready:
            patience = min(patience, RESUME_SECONDS)
        return now - max(ready, self.last) > patience

    def restarted(self, now: float) -> None:
        """Take note of a restart."""
        self.restarts += 1
        self.fruitless += 1
        self.last = now

    @property
    def given_up(self) -> bool:
        """Whether restarts have not helped."""
        return self.fruitless >= RESTARTS


def faults(status: Json | None, now: float) -> list[str]:
    """Return what is wrong by what `run` wrote down, a clause each. What is not known is wrong."""
    if status is None:
        return ["nothing is known: netfs-ceph-snapshots.service does not run"]
    silent = now - status["written"]
    if silent > SILENT_SECONDS:
        return [f"nothing is known: netfs-ceph-snapshots.service has written nothing for {silent:.0f} seconds"]
    found = [] if status["mirror_runs"] else [f"{MIRROR_UNIT} does not run"]
    found += [f"the mirror waits for {status['mirror_waits']}"] if status["mirror_waits"] else []
    found += [f"the {name} cannot be asked: {status[name]['reason']}" for name in SITES if not status[name]["answers"]]
    limit = status["lag_limit_seconds"]
    for path, one in status["directories"].items():
        made = made_at(one["newest"] or "")
        if made is None:
            found.append(f"no snapshot of {path} was seen at the target yet")
        elif now - made > limit:
            age = f"{now - made:.0f} seconds ago, more than {limit:g}"
            found.append(f"the newest snapshot of {path} at the target was made {age}")
    if status["restarts"]["given_up"]:
        found.append(f"{RESTARTS} restarts of the mirror did not help")
    return found


def figures(status: Json | None, now: float) -> list[str]:
    """Return how far the target is behind by what `run` wrote down, a clause for each directory."""
    found = []
    for path, one in (status or {"directories": {}})["directories"].items():
        made = made_at(one["newest"] or "")
        if made is None:
            found.append(f"how far {path} is behind is not known")
            continue
        lag, worst = one["lag_seconds"], max(one["worst_rpo_seconds"] or 0.0, now - made)
        clause = f"{path} is {now - made:.1f} s behind and was {worst:.1f} s at most"
        if lag["count"]:
            clause += f", a snapshot takes {lag['p50']:.1f} s (median) and took {lag['max']:.1f} s at most"
        found.append(clause)
    return found


def pending(status: Json | None, now: float) -> list[str]:
    """Return what is missing until a snapshot that was made since the start was seen, a clause each."""
    if status is None or now - status["written"] > SILENT_SECONDS:
        return faults(status, now)
    return [
        *(f"the {name} cannot be asked: {status[name]['reason']}" for name in SITES if not status[name]["answers"]),
        *(
            f"no snapshot of {path} made since the start was seen at the target"
            for path, one in status["directories"].items()
            if (made_at(one["newest"] or "") or 0.0) < status["started"]
        ),
    ]


def metrics(status: Json) -> str:
    """Return the status as node_exporter reads it. What is not known has no line."""
    paths = status["directories"].items()

    def of(path: str, more: str = "") -> str:
        return f'directory="{path}"{more}'

    families: list[tuple[str, str, str, list[tuple[str, str, object]]]] = [
        (
            "rpo_seconds",
            "gauge",
            "Seconds since the newest snapshot that was seen at the target was made.",
            [("", of(path), one["rpo_seconds"]) for path, one in paths],
        ),
        (
            "lag_seconds",
            "histogram",
            "Seconds from the making of a snapshot until it was seen at the target.",
            [
                *(
                    ("_bucket", of(path, f',le="{bound}"'), count)
                    for path, one in paths
                    for bound, count in [*one["lag_seconds"]["buckets"].items(), ("+Inf", one["seen"])]
                ),
                *(("_sum", of(path), one["lag_seconds"]["total"]) for path, one in paths),
                *(("_count", of(path), one["seen"]) for path, one in paths),
            ],
        ),
        ("snapshots_made_total", "counter", "Snapshots made.", [("", of(path), one["made"]) for path, one in paths]),
        (
            "answers",
            "gauge",
            "Whether a cluster answers.",
            [("", f'site="{name}"', int(status[name]["answers"])) for name in SITES],
        ),
        ("mirror_runs", "gauge", "Whether the mirror runs.", [("", "", int(status["mirror_runs"]))]),
        ("restarts_total", "counter", "Restarts because nothing arrived.", [("", "", status["restarts"]["total"])]),
        ("written_timestamp_seconds", "gauge", "When this was written.", [("", "", status["written"])]),
    ]
    lines = []
    for name, kind, text, samples in families:
        full = f"netfs_ceph_mirror_{name}"
        lines += [f"# HELP {full} {text}", f"# TYPE {full} {kind}"]
        for suffix, labels, value in samples:
            if value is not None:
                lines.append(f"{full}{suffix}{'{' + labels + '}' if labels else ''} {value}")
    return "\n".join(lines) + "\n"


# One cluster


class Cluster:
    """The snapshots of the directories of one cluster, through libcephfs. It may wait without an end."""

    def __init__(self, library: t.Any, site: Mapping[str, str], directories: Sequence[str]) -> None:
        self.directories = {}
        # A directory each, because the key has no rights above it
        for path in directories:
            mount = library.LibCephFS(conffile=site["conf"], auth_id=site["client"])
            mount.conf_set("client_mount_timeout", str(int(ANSWER_SECONDS)))
            # As the mirror itself does: directories of any owner can be listed, and their snapshots made
            mount.conf_set("client_mount_uid", "0")
            mount.conf_set("client_mount_gid", "0")
            mount.mount(mount_root=path.encode(), filesystem_name=site["filesystem"].encode())
            self.directories[path] = mount

    def names(self, path: str) -> list[str]:
        """Return the snapshots of a directory."""
        mount = self.directories[path]
        handle = mount.opendir(b"/.snap")
        try:
            found = []
            while entry := mount.readdir(handle):
                found.append(entry.d_name.decode("utf-8", "replace"))
        finally:
            mount.closedir(handle)
        return [name for name in found if name not in (".", "..")]

    def answer(self, question: Json) -> Json:
        """Make and remove what is asked for; return the `names` that are there then, `made` ones and `removed` ones.

        `make` is the name of a snapshot, which is made where not too many wait for the target; `keep` is how many stay,
        besides the `common` one of each directory, the newest that the target has.
        """
        found, made, removed = {}, [], 0
        for path, mount in self.directories.items():
            names = self.names(path)
            common = question.get("common", {}).get(path, "")
            if "make" in question and waiting(names, common) < WAITING:
                mount.mksnap(b"/", question["make"].encode(), 0o755)
                names.append(question["make"])
                made.append(path)
            if "keep" in question:
                for name in superfluous(names, question["keep"], common):
                    mount.rmsnap(b"/", name.encode())
                    names.remove(name)
                    removed += 1
            found[path] = names
        return {"names": found, "made": made, "removed": removed}

    def close(self) -> None:
        """Say goodbye, so that the cluster does not wait for this client."""
        for mount in self.directories.values():
            mount.shutdown()


def speak(name: str, config: Json) -> int:
    """Answer questions, one a line, until there are no more."""
    import cephfs  # noqa: PLC0415 - only the process of a site needs it

    try:
        cluster = Cluster(cephfs, config[name], config["directories"])
        for line in sys.stdin:
            sys.stdout.write(json.dumps(cluster.answer(json.loads(line))) + "\n")
            sys.stdout.flush()
        cluster.close()
    except cephfs.Error as error:
        sys.stdout.write(json.dumps({"error": str(error) or type(error).__name__}) + "\n")
        return 1
    return 0


class Site:
    """The process that speaks to one cluster. One that does not answer in time is killed, and the next one made."""

    def __init__(self, name: str, argv: Sequence[str], seconds: float) -> None:
        self.name = name
        self.argv = list(argv)
        self.seconds = seconds  # that an answer may take
        self.process: subprocess.Popen[bytes] | None = None
        self.asked: float | None = None
        self.since: float | None = None  # answers since then
        self.reason = "it was not asked yet"

    @property
    def free(self) -> bool:
        """Whether it can be asked."""
        return self.asked is None

    def ask(self, question: Json, now: float) -> None:
        """Ask it something; it has to be free."""
        if self.process is None:
            self.process = subprocess.Popen(self.argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.asked = now
        try:
            pipe = t.cast("t.IO[bytes]", self.process.stdin)
            pipe.write(json.dumps(question).encode() + b"\n")
            pipe.flush()
        except OSError:
            self.failed("it ended")

    def read(self, now: float) -> Json | None:
        """Return what it answered; None when it failed."""
        line = t.cast("t.IO[bytes]", t.cast("subprocess.Popen[bytes]", self.process).stdout).readline()
        try:
            answer: Json = json.loads(line)
        except ValueError:
            answer = {"error": "it ended without an answer"}
        if "error" in answer:
            self.failed(answer["error"])
            return None
        if self.since is None:
            LOG.info("the %s answers", self.name)
            self.since = now
        self.asked, self.reason = None, ""
        return answer

    def failed(self, reason: str) -> None:
        """Kill the process, and remember why."""
        if self.since is not None or self.reason != reason:
            LOG.warning("the %s cannot be asked: %s", self.name, reason)
        self.since, self.asked, self.reason = None, None, reason
        if self.process:
            self.process.kill()
            self.process.wait()
            for pipe in (self.process.stdin, self.process.stdout):
                t.cast("t.IO[bytes]", pipe).close()
        self.process = None

    def expire(self, now: float) -> None:
        """Give it up when it has not answered in time."""
        if self.asked is not None and now - self.asked > self.seconds:
            self.failed(f"no answer within {self.seconds:g} seconds")

    def close(self) -> None:
        """Let it end by itself; a process that waits is killed."""
        if self.process:
            t.cast("t.IO[bytes]", self.process.stdin).close()
            try:
                self.process.wait(3)
            except subprocess.TimeoutExpired:
                self.process.kill()

    def told(self) -> Json:
        """Return it as the status has it."""
        return {"answers": self.since is not None, "since": self.since, "reason": self.reason}


# The daemon


def processes_of(unit: str, proc: Path = Path("/proc")) -> list[int]:
    """Return the processes of a unit; they belong to the same account, so they can be seen."""
    found = []
    for entry in proc.iterdir():
        if entry.name.isdigit():
            try:
                groups = (entry / "cgroup").read_text().splitlines()
            except OSError:
                continue
            if any(line.endswith(f"/{unit}") for line in groups):
                found.append(int(entry.name))
    return found


def text_of(path: Path) -> str:
    """Return what stands in a file; "" when there is none."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return ""


def write(path: Path, text: str) -> None:
    """Replace a file that others read at any time."""
    partial = path.with_name(f".{path.name}.part")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)


class Daemon:
    """Makes snapshots at the source, looks for them at the target, and writes down what it knows."""

    def __init__(self, config: Json) -> None:
        self.config = config
        self.started = time.time()
        self.directories = {path: Directory() for path in config["directories"]}
        self.watchdog = Watchdog(config["lag_limit_seconds"])
        program = [sys.executable, "-I", __file__, "site"]
        self.source = Site("source", [*program, "source"], SOURCE_SECONDS)
        self.target = Site("target", [*program, "target"], ANSWER_SECONDS)
        self.due = {"source": 0.0, "target": 0.0, "status": 0.0}
        self.stopped = False

    def stop(self, *_signal: object) -> None:
        """End at the next turn."""
        self.stopped = True

    def run(self) -> int:
        """Go on until it is stopped."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.stop)
        while not self.stopped:
            self.turn(time.time())
        for site in (self.source, self.target):
            site.close()
        return 0

    def turn(self, now: float) -> None:
        """Ask what is due, take what is answered, and wait for a moment."""
        self.ask(now)
        with selectors.DefaultSelector() as selector:
            for site in (self.source, self.target):
                if site.asked is not None and site.process:
                    selector.register(t.cast("t.IO[bytes]", site.process.stdout), selectors.EVENT_READ, site)
            for key, _events in selector.select(LOOK_SECONDS / 5):
                self.take(key.data, time.time())
            if not selector.get_map():
                time.sleep(LOOK_SECONDS / 5)
        now = time.time()
        for site in (self.source, self.target):
            site.expire(now)
        if now >= self.due["status"]:
            self.due["status"] = now + LOOK_SECONDS
            self.watch(now)

    def ask(self, now: float) -> None:
        """Ask each cluster that is free and whose time has come."""
        if self.target.free and now >= self.due["target"]:
            self.due["target"] = now + LOOK_SECONDS
            self.target.ask({}, now)
        if self.source.free and now >= self.due["source"]:
            # In step with the clock, and a turn that took longer is left out
            every = self.config["interval_seconds"]
            self.due["source"] = (now // every + 1) * every
            common = {path: one.newest for path, one in self.directories.items()}
            self.source.ask({"make": name_of(now), "keep": self.config["keep"], "common": common}, now)

    def take(self, site: Site, now: float) -> None:
        """Take an answer."""
        answer = site.read(now)
        if answer is None:
            # Not at once: a cluster that refuses would be asked without a pause
            self.due[site.name] = now + 1
            return
        for path, one in self.directories.items():
            if site is self.source:
                one.made += path in answer["made"]
            elif one.look(answer["names"][path], now):
                self.watchdog.arrived(now)

    def watch(self, now: float) -> None:
        """Restart a mirror that brings nothing, and write down what is known."""
        since = [self.source.since, self.target.since]
        ready = None if None in since else max(filter(None, since), default=None)
        running = processes_of(MIRROR_UNIT)
        if self.watchdog.due(now, ready):
            self.restart(running, now)
        status = {
            "written": round(now, 3),
            "started": self.started,
            "interval_seconds": self.config["interval_seconds"],
            "lag_limit_seconds": self.config["lag_limit_seconds"],
            "mirror_runs": bool(running),
            "mirror_waits": text_of(WAITS),
            "source": self.source.told(),
            "target": self.target.told(),
            "directories": {path: one.told(now) for path, one in self.directories.items()},
            "restarts": {
                "total": self.watchdog.restarts,
                "fruitless": self.watchdog.fruitless,
                "given_up": self.watchdog.given_up,
            },
        }
        write(STATUS, json.dumps(status, indent=1) + "\n")
        write(METRICS, metrics(status))

    def restart(self, running: Iterable[int], now: float) -> None:
        """Kill the mirror, which systemd then starts again. One that hangs would not end for less."""
        for pid in running:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.watchdog.restarted(now)
        LOG.warning(
            "nothing has arrived for %g seconds: the mirror is restarted (%d of %d times until something does)",
            self.config["lag_limit_seconds"],
            self.watchdog.fruitless,
            RESTARTS,
        )
        if self.watchdog.given_up:
            LOG.error("that was the last restart until something arrives")


# The mirror


def reclaim(site: Json) -> int:
    """End the session that an earlier mirror left at a cluster.

    One that was killed has a session until the time for silent clients is over. At the target that one has the lock of
    each directory, and at the source it keeps those waiting who write there. A client may end an earlier session of its
    own, by the uuid that it gave: so the mirror's key is enough, where evicting would take all rights. Python's library
    has no word for it.
    """
    library = ctypes.CDLL(LIBRARY)
    mount = ctypes.c_void_p()

    def done(verb: str, *words: object, accepted: Collection[int] = ()) -> None:
        status = getattr(library, f"ceph_{verb}")(*words)
        if status < 0 and -status not in accepted:
            raise OSError(-status, f"{verb}: {os.strerror(-status)}")

    try:
        done("create", ctypes.byref(mount), site["mirror_client"].encode())
        done("conf_read_file", mount, site["conf"].encode())
        # The uuid is that of the session to end, and two sessions cannot have the same
        done("conf_set", mount, b"client_metadata", b"")
        done("init", mount)
        done("select_filesystem", mount, site["filesystem"].encode())
        done("start_reclaim", mount, site["uuid"].encode(), RECLAIM_RESET, accepted=[errno.ENOENT])
        # Who mounts and leaves has said goodbye; a session that only reclaimed would stay, too
        library.ceph_finish_reclaim(mount)
        done("mount", mount, b"/")
        done("unmount", mount)
    except OSError as error:
        sys.stdout.write(f"{error.strerror}\n")  # the library writes its log to the other one
        return 1
    return 0


def obstacle(argv: Sequence[str]) -> str:
    """Run a program that may wait without an end; return why it failed, "" when it did not."""
    try:
        done = subprocess.run(
            argv, check=False, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, timeout=ANSWER_SECONDS
        )
    except subprocess.TimeoutExpired:
        return f"no answer within {ANSWER_SECONDS:g} seconds"
    return (done.stdout.strip() or f"exit status {done.returncode}") if done.returncode else ""


def mirror(config: Json) -> t.NoReturn:
    """Become the mirror, once both clusters are free for it."""
    for name in SITES:
        said = ""
        while reason := obstacle([sys.executable, "-I", __file__, "reclaim", name]):
            if reason != said:
                LOG.warning("the mirror waits for the %s: %s", name, reason)
                write(WAITS, f"the {name}: {reason}")
            said = reason
            time.sleep(1)
    WAITS.unlink(missing_ok=True)
    argv = config["mirror"]
    os.execv(argv[0], argv)


# Questions of people


def known() -> Json | None:
    """Return what `run` wrote down; None when there is nothing."""
    try:
        status: Json = json.loads(STATUS.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return status


def health() -> int:
    """Print what is wrong, and all that is known."""
    status = known()
    now = time.time()
    found = faults(status, now)
    said = {"healthy": not found, "faults": found, "figures": figures(status, now), "mirror": status}
    sys.stdout.write(json.dumps(said) + "\n")
    return int(bool(found))


def probe() -> int:
    """Say what is missing."""
    found = pending(known(), time.time())
    sys.stderr.write("\n".join(found) + "\n" if found else "")
    return int(bool(found))


def forget(config: Json) -> int:
    """Remove all snapshots at the source that this program made, and print how many there were."""
    site = Site("source", [sys.executable, "-I", __file__, "site", "source"], SOURCE_SECONDS)
    site.ask({"keep": 0, "common": {}}, time.time())
    with selectors.DefaultSelector() as selector:
        if site.process:
            selector.register(t.cast("t.IO[bytes]", site.process.stdout), selectors.EVENT_READ)
        if not selector.select(SOURCE_SECONDS + len(config["directories"]) * config["keep"]):
            site.failed("no answer in time")
    answer = site.read(time.time()) if site.process else None
    if answer is not None:
        site.close()
        sys.stdout.write(f"{answer['removed']}\n")
        return 0
    sys.stderr.write(f"the source cannot be asked: {site.reason}\n")
    return 1


def main(words: Sequence[str]) -> int:
    """Do what the words ask for."""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(message)s")

    def config() -> Json:
        found: Json = json.loads(CONFIG.read_text(encoding="utf-8"))
        return found

    verbs: dict[tuple[str, ...], t.Callable[[], int]] = {
        ("run",): lambda: Daemon(config()).run(),
        **{("site", name): lambda name=name: speak(name, config()) for name in SITES},  # type: ignore[misc]
        **{("reclaim", name): lambda name=name: reclaim(config()[name]) for name in SITES},  # type: ignore[misc]
        ("mirror",): lambda: mirror(config()),
        ("health",): health,
        ("probe",): probe,
        ("forget",): lambda: forget(config()),
    }
    verb = verbs.get(tuple(words))
    if verb is None:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    return verb()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What programs say about a service and its host, read without a wait that has no end. Functions of text are pure."""

from __future__ import annotations

import hashlib
import os
import re
import signal
import subprocess
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ansible_collections.netfs.bench.plugins.module_utils._command import FailureError, ask
from ansible_collections.netfs.bench.plugins.module_utils._files import Json

ROOM_SECONDS = 300.0
LEAST_SECONDS = 600  # also for a unit that systemd does not know yet
ENDLESS_SECONDS = 3600  # for one that may take for ever to start or to stop


@dataclass(frozen=True)
class Answer:
    """How a program ended, and all it said."""

    rc: int
    stdout: str
    stderr: str


def said(argv: Sequence[str], seconds: float = 30.0) -> Answer:
    """Run a program without a shell and in the language of programs; one that is missing ends with 127.

    Raises FailureError when it does not end in time; then it is killed, and not waited for.
    """
    try:
        process = subprocess.Popen(
            list(argv),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "LC_ALL": "C"},
            start_new_session=True,
        )
    except OSError as error:
        return Answer(127, "", f"{argv[0]}: {error.strerror}")
    try:
        out, err = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired as error:
        os.killpg(process.pid, signal.SIGKILL)
        raise FailureError(f"'{' '.join(argv)}' did not end within {seconds:g} seconds.") from error
    return Answer(process.returncode, out.decode("utf-8", "replace"), err.decode("utf-8", "replace"))


def said_well(argv: Sequence[str], complaint: str, seconds: float = 30.0) -> str:
    """Run a program that has to succeed, and return what it says.

    Raises FailureError, with the complaint and the program's own words, when it fails or does not end in time.
    """
    answer = said(argv, seconds)
    if answer.rc:
        raise FailureError(f"{complaint}: {(answer.stderr or answer.stdout).strip()}")
    return answer.stdout


# systemd


def parse_show(text: str) -> dict[str, dict[str, str]]:
    """Return the properties of units by the unit's name (Id), from what `systemctl show` says."""
    units = {}
    for block in text.split("\n\n"):
        values = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
        for name in (values.get("Names") or values.get("Id") or "").split():
            units[name] = values
    return units


def time_span(text: str) -> float:
    """Return the seconds of a time span as systemd writes it, such as "1min 30s"; infinity for what has no end."""
    if text in ("infinity", ""):
        return float("inf")
    unit_seconds = {"us": 1e-6, "ms": 1e-3, "s": 1, "min": 60, "h": 3600, "d": 86400, "w": 604800}
    unit_seconds |= {"month": 2629800, "y": 31557600}
    return sum(float(number) * unit_seconds[unit] for number, unit in re.findall(r"([0-9.]+)([a-z]+)", text))


def states(shown: Mapping[str, Mapping[str, str]], asked: Sequence[str]) -> Json:
    """Return lists of unit names by what they are, who needs each, and how long they may take to stop and start."""

    def those(key: str, *values: str) -> list[str]:
        return [name for name in asked if shown.get(name, {}).get(key) in values]

    spans = [
        time_span(properties.get("TimeoutStartUSec", "0")) + time_span(properties.get("TimeoutStopUSec", "0"))
        for properties in shown.values()
        if properties.get("LoadState") == "loaded"
    ]
    longest = max(spans, default=0.0)
    missing = [name for name in asked if name not in shown] + those("LoadState", "not-found")
    return {
        "active": those("ActiveState", "active", "activating", "reloading"),
        "failed": those("ActiveState", "failed"),
        "masked": those("LoadState", "masked"),
        "missing": missing,
        "static": those("UnitFileState", "static", "indirect", "generated"),
        "needed_by": {name: shown.get(name, {}).get("RequiredBy", "").split() for name in asked},
        "seconds": ENDLESS_SECONDS if longest == float("inf") else max(int(longest) + 60, LEAST_SECONDS),
    }


def running(shown: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Return the names of the units that run, or are about to start or to stop."""
    states_of_running = ("active", "activating", "reloading", "deactivating")
    return sorted(name for name, properties in shown.items() if properties.get("ActiveState") in states_of_running)


# Ports


@dataclass(frozen=True)
class Socket:
    """One line of `ss -Hltunpe`: who has it open, and the unit of its control group ("" if unknown)."""

    protocol: str
    port: str
    users: tuple[tuple[str, str], ...]  # name and number of each process
    cgroup: str
    owned: bool  # by a process or an account, as that of a kernel's server is not


def parse_sockets(text: str) -> list[Socket]:
    """Return the sockets that listen."""
    sockets = []
    for line in text.splitlines():
        fields = line.split(None, 6)
        if len(fields) < 6:
            continue
        rest = fields[6] if len(fields) > 6 else ""
        cgroup = re.search(r"cgroup:(\S*)", rest)
        sockets.append(
            Socket(
                protocol=fields[0],
                port=fields[4].rpartition(":")[2],
                users=tuple(re.findall(r'"([^"]+)",pid=(\d+)', rest)),
                cgroup=cgroup[1] if cgroup else "",
                owned=bool(re.search(r"(^|\s)(users|uid):", rest)),
            )
        )
    return sockets


def unit_of(cgroup: str) -> str:
    """Return the unit that a control group belongs to, by its last part; "" when that is no unit."""
    last = cgroup.rpartition("/")[2]
    return last if re.fullmatch(r"[^/\s]+[.]\w+", last) else ""


def is_in(cgroup: str, units: Iterable[str]) -> bool:
    """Whether a control group is that of one of the units, or below it."""
    return any(part in units for part in cgroup.split("/"))


def told(socket: Socket) -> str:
    """Return who holds a socket, for a person."""
    unit = unit_of(socket.cgroup)
    if socket.users:
        name, pid = socket.users[-1]
        return f"{name} (pid {pid}){f' of {unit}' if unit else ''}"
    return unit or "the kernel"


def takers(
    sockets: Sequence[Socket], ports: Sequence[Json], *, ours: Iterable[str], holders: Iterable[str], running: bool
) -> list[Json]:
    """Return the ports that somebody else holds: port, variable and `by`, who that is.

    `ours` are numbers of processes, `holders` units whose sockets may be there. A socket without a process and an owner
    belongs to the kernel, as that of its NFS server does: it is ours when one of our units is `running`.
    """
    result = []
    for entry in ports:
        by = [
            told(socket)
            for socket in sockets
            if socket.protocol == (entry.get("protocol") or "tcp")
            and socket.port == str(entry["port"])
            and not any(pid in ours for _name, pid in socket.users)
            and not is_in(socket.cgroup, holders)
            and not (running and not socket.owned)
        ]
        if by:
            names = ", ".join(dict.fromkeys(by))
            result.append({"port": int(entry["port"]), "variable": entry["variable"], "by": names})
    return result


def listening(sockets: Sequence[Socket]) -> list[str]:
    """Return unit (or process) and port of every TCP socket that listens."""
    names = {
        f"{unit_of(socket.cgroup) or (socket.users[0][0] if socket.users else '')} {socket.port}".strip()
        for socket in sockets
        if socket.protocol == "tcp"
    }
    return sorted(names)


def in_units(pids: Iterable[str], units: Sequence[str]) -> set[str]:
    """Return those of the processes that run in a unit's control group, of either kind; one may have ended by now."""
    found = set()
    for pid in pids:
        try:
            groups = Path(f"/proc/{pid}/cgroup").read_text(encoding="utf-8").splitlines()
        except OSError:
            continue
        if any(is_in(line, units) for line in groups):
            found.add(pid)
    return found


# Room


def used_bytes(path: str) -> int:
    """Return what a directory holds on its own file system, as du counts."""
    device = os.lstat(path).st_dev
    total = 0
    seen = set()
    for folder, folders, names in os.walk(path):
        for name in names:
            try:
                status = os.lstat(os.path.join(folder, name))  # noqa: PTH118 - many files
            except FileNotFoundError:
                continue
            if status.st_nlink == 1 or status.st_ino not in seen:
                seen.add(status.st_ino)
                total += status.st_blocks * 512
        folders[:] = [name for name in folders if device_of(os.path.join(folder, name)) == device]  # noqa: PTH118
    return total


def device_of(path: str) -> int:
    """Return the number of a path's file system; -1 when it has gone meanwhile."""
    try:
        return os.lstat(path).st_dev
    except FileNotFoundError:
        return -1


def room_of(path: str) -> tuple[int, int, int]:
    """Return bytes that are free for it, of its file system, and in it already, also of a path that is still to be."""
    here = Path(path)
    while not here.is_dir():
        here = here.parent
    status = os.statvfs(here)
    used = used_bytes(path) if str(here) == path.rstrip("/") or path == "/" else 0
    return status.f_bavail * status.f_frsize, status.f_blocks * status.f_frsize, used


def short_of_room(path: str, room: Json, free: int, size: int, used: int) -> Json | None:
    """Return path, variable, free and needed bytes when the room that a directory must have is not there."""
    needed = max(float(room.get("bytes") or 0), float(room.get("ratio") or 0) * size)
    if free + used >= needed:
        return None
    return {"path": path, "variable": room["variable"], "free": free + used, "needed": int(needed)}


def rooms_that_lack(directories: Sequence[Json]) -> list[Json]:
    """Look at each directory that must have room. Raises FailureError for a file system that does not answer."""
    result = []
    for one in (directory for directory in directories if directory.get("room")):
        path = str(one["path"])
        try:
            free, size, used = ask(partial(room_of, path), ROOM_SECONDS)
        except TimeoutError as error:
            raise FailureError(f"{path} could not be read: {error.strerror}.") from error
        lack = short_of_room(path, one["room"], free, size, used)
        if lack:
            result.append(lack)
    return result


# Packages, programs, files


def packages_that_miss(names: Sequence[str], family: str) -> list[str]:
    """Return the packages that are not installed, in their order."""
    if not names:
        return []
    if family == "RedHat":
        argv = ["rpm", "--query", "--queryformat=%{NAME} installed\n", *names]
    else:
        argv = ["dpkg-query", "--show", "--showformat=${Package} ${db:Status-Status}\n", *names]
    answer = said(argv)
    # rpm ends with the number of packages that are missing, dpkg-query with 1
    if answer.rc == 127 or (answer.rc > 1 and family != "RedHat"):
        raise FailureError(f"The packages of this host cannot be listed: {answer.stderr.strip()}")
    installed = set(re.findall(r"(?m)^(\S+) installed$", answer.stdout))
    return [name for name in names if name not in installed]


def version_in(text: str) -> str:
    """Return the first version number in a text; "unknown" if there is none."""
    found = re.search(r"[0-9]+[.][0-9][0-9A-Za-z.+~-]*", text)
    return found[0] if found else "unknown"


def sums_of(paths: Sequence[str]) -> dict[str, str]:
    """Return the lines of sha256sum by path; a file that is not there has none.

    The program itself is asked and not hashlib, because the units note its very output.
    """
    if not paths:
        return {}
    lines = said(["sha256sum", *paths], 120).stdout.split("\n")
    named = {escaped(path): path for path in paths}
    return {named[name]: line for line in lines if (name := name_in(line)) in named}


def escaped(path: str) -> str:
    """Return a path as sha256sum writes it."""
    return path.replace("\\", "\\\\").replace("\n", "\\n")


def name_in(line: str) -> str:
    """Return the path in a line of sha256sum, as that writes it."""
    return line.partition(" ")[2][1:]


def noted(stamps: str, unit: str) -> str | None:
    """Return what a unit noted of its files at its start, in the directory `stamps`; None when it noted nothing."""
    try:
        return Path(stamps, unit).read_text(encoding="utf-8")
    except OSError:
        return None


def fresh(sums: Mapping[str, str], watched: Sequence[str], stamps: str, units: Sequence[str]) -> list[str]:
    """Return the units whose note of their files, in the directory `stamps`, equals what the files are now."""
    now = "".join(f"{sums[path]}\n" for path in watched if path in sums)
    return [unit for unit in units if noted(stamps, unit) == now]


def reloadable(
    sums: Mapping[str, str], watched: Sequence[str], reread: Collection[str], stamps: str, units: Sequence[str]
) -> list[str]:
    """Return the units whose note differs from what the files are now, and in files of `reread` alone."""
    kept = {sums[path] for path in watched if path in sums and path not in reread}
    named = {escaped(path) for path in reread}
    current = fresh(sums, watched, stamps, units)
    notes = {unit: noted(stamps, unit) for unit in units if unit not in current}
    return [
        unit
        for unit, note in notes.items()
        if note is not None and {line for line in note.splitlines() if name_in(line) not in named} == kept
    ]


def config_sha256(sums: Mapping[str, str], paths: Sequence[str]) -> str:
    """Return one hash of all configuration; "unknown" when a file of it is missing."""
    if not all(path in sums for path in paths):
        return "unknown"
    return hashlib.sha256("\n".join(sums[path] for path in paths).encode()).hexdigest()


def remembered(memory: str) -> Json:
    """Return what the service wrote down about the time before it, in the directory of its first unit.

    companions: those that did not run (None: nothing written down); masks: what it masked; masked_by_others: what other
    services need masked.
    """

    def lines(path: Path) -> list[str] | None:
        try:
            return path.read_text(encoding="utf-8").split()
        except OSError:
            return None

    place = Path(memory)
    others: list[str] = []
    for path in place.parent.glob("*.d/masks"):
        if path.parent != place:
            others += lines(path) or []
    return {
        "companions": lines(place / "companions"),
        "masks": lines(place / "masks"),
        "masked_by_others": sorted(set(others)),
    }

# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Begin faults on a node at their times, see whether they hold, and undo them.

Module fault_timeline puts this file on a node, where it runs as a unit of systemd: faults end as planned also when the
controller is gone. So it stands alone, and has no import but those of Python itself. What undoes a fault is on the disk
before the fault begins.
"""

from __future__ import annotations

import ctypes
import dataclasses
import ipaddress
import json
import os
import re
import signal
import string
import subprocess
import sys
import time
import typing as t
from contextlib import suppress
from pathlib import Path

Json = dict[str, t.Any]

TIMELINE, HAPPENED, UNDO = "timeline.json", "happened.json", "undo.json"
"""What is in the directory of a timeline: what was planned, what happened, and what is still to be undone."""
COMMAND_SECONDS = 60
LOOK_SECONDS = 5.0
"""How long a fault may take to be seen, or to be seen no more."""
POLL_SECONDS = 0.2
PINGS = 3
SLOW_BYTES = 1 << 20
FULL_BYTES = 1 << 16
BLOCK = 4096
RB_AUTOBOOT = 0x01234567
"""See reboot(2), which flushes nothing."""
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
THIS = str(Path(__file__).resolve())
PROBE = ".netfs-bench-fault-probe"
"""The file that a look writes, and removes."""
PROCESSES = Path("/proc")
CGROUPS = Path("/sys/fs/cgroup")


class FaultError(Exception):
    """Why a fault was not undone."""


class Leg(t.NamedTuple):
    """How a node reaches one of its peers."""

    peer: str
    device: str

    @property
    def values(self) -> dict[str, str]:
        """By the names of placeholders."""
        six = ipaddress.ip_address(self.peer).version == 6
        return {
            "peer": self.peer,
            "device": self.device,
            "family": "ip6" if six else "ip",
            "protocol": "ipv6" if six else "ip",
        }


@dataclasses.dataclass(frozen=True)
class Target:
    """What the faults of a node are about."""

    units: list[str]
    """Those of the service, in the order in which they start."""
    peers: list[str]
    """Addresses of the nodes that use the service."""
    directory: str
    """Where the service keeps its data."""


def legs_of(peers: list[str], ask: t.Callable[[list[str]], str]) -> list[Leg]:
    """How each peer is reached; one to which there is no way is left out.

    :param ask: what runs a command and returns what it printed.
    """
    legs = []
    for peer in peers:
        found = re.search(r"\bdev (\S+)", ask(["ip", "-oneline", "route", "get", peer]))
        if found and found[1] != "lo":
            legs.append(Leg(peer, found[1]))
    return legs


def expanded(command: list[str], target: Target, legs: list[Leg]) -> list[list[str]]:
    """A command of a fault for this node: once for each unit, peer or device that it names.

    :param command: with ``$unit``, ``$peer`` with ``$family`` and ``$protocol``, ``$device``, ``$directory``, and
        ``$player``, this program.
    """
    names = {name for word in command for name in re.findall(r"\$(\w+)", word)}
    common = {"directory": target.directory, "player": THIS}
    if names & {"peer", "family", "protocol"}:
        many = [leg.values for leg in legs]
    elif "device" in names:
        many = [{"device": device} for device in dict.fromkeys(leg.device for leg in legs)]
    elif "unit" in names:
        many = [{"unit": unit} for unit in target.units]
    else:
        many = [{}]
    return [[string.Template(word).substitute(common, **values) for word in command] for values in many]


def commands_of(commands: list[list[str]], target: Target, legs: list[Leg]) -> list[list[str]]:
    """All commands of a fault for this node, in their order."""
    return [one for command in commands for one in expanded(command, target, legs)]


def run(command: list[str]) -> str:
    """Run a command; why it failed, or nothing."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=COMMAND_SECONDS, check=False, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{command[0]}: {error}"
    said = (done.stderr or done.stdout).strip()
    return f"{' '.join(command)}: {said or f'exit code {done.returncode}'}" if done.returncode else ""


def printed(command: list[str]) -> str:
    """What a command printed, whatever its exit code."""
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=COMMAND_SECONDS, check=False, stdin=subprocess.DEVNULL
    )
    return done.stdout


def save(path: Path, content: t.Any) -> None:
    """Replace a file so that it is there, whole, after a power cut."""
    new = path.with_name(f"{path.name}.new")
    with new.open("w", encoding="utf-8") as file:
        json.dump(content, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def load(path: Path) -> t.Any:
    """What stands in a file; None when there is none."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None


class Seen(t.NamedTuple):
    """What a look found."""

    holds: bool
    text: str


def pinged(output: str) -> tuple[int, int, float]:
    """How many packets were sent and came back, and the shortest round trip in milliseconds."""
    counts = re.search(r"(\d+) packets transmitted, (\d+) received", output)
    fastest = re.search(r"= ([\d.]+)/", output)
    if not counts:
        return 0, 0, 0.0
    return int(counts[1]), int(counts[2]), float(fastest[1]) if fastest else 0.0


def answers_of(peers: list[str], count: int, every: float) -> list[tuple[str, int, int, float]]:
    """For each peer how many packets were sent and came back, and the shortest round trip in milliseconds.

    :param every: seconds between packets.
    """
    asked = ["ping", "-q", "-c", str(count), "-i", str(every), "-W", "1"]
    return [(leg.peer, *pinged(printed([*asked, leg.peer]))) for leg in legs_of(peers, printed)]


def state_of(stat: str) -> str:
    """The state of a process, from its line in /proc."""
    return stat.rpartition(")")[2].split()[0]


def group_of(unit: str) -> str:
    """The control group of a unit, below that of all; empty when nothing of it runs."""
    return printed(["systemctl", "show", "--property=ControlGroup", "--value", unit]).strip().strip("/")


def processes_of(unit: str) -> list[int]:
    """The processes of a unit."""
    group = group_of(unit)
    found = []
    for root in (CGROUPS, CGROUPS / "systemd", CGROUPS / "unified") if group else ():
        for path in (root / group).rglob("cgroup.procs"):
            found += [int(word) for word in path.read_text(encoding="ascii").split()]
    return sorted(set(found))


def instance_of(unit: str) -> str:
    """What differs from one start of a unit to the next, also while nothing of it runs."""
    return " ".join(printed(["systemctl", "show", "--property=InvocationID,MainPID", "--value", unit]).split())


def remembered(target: Target) -> Json:
    """What a look after a fault has begun is compared with."""
    return {
        "boot": BOOT_ID.read_text(encoding="ascii").strip(),
        "offset": time.time() - time.clock_gettime(time.CLOCK_BOOTTIME),
        "instances": {unit: instance_of(unit) for unit in target.units},
        "answering": [peer for peer, _sent, back, _ms in answers_of(target.peers, PINGS, 0.1) if back],
    }


@dataclasses.dataclass(frozen=True)
class Look:
    """How one sees that a fault holds. Each way has a method of its name."""

    target: Target
    before: Json
    """What was remembered."""
    told: Json
    """What the file of the fault says under ``seen``."""

    def see(self) -> Seen:
        """Whether the fault holds."""
        way: t.Callable[[], Seen] = getattr(self, self.told["by"])
        return way()

    def answers(self, count: int, every: float) -> list[tuple[str, int, int, float]]:
        """The answers of those peers that gave one before the fault."""
        return answers_of(self.before["answering"], count, every)

    def silence(self) -> Seen:
        """No peer answers."""
        answers = self.answers(PINGS, 0.1)
        text = "; ".join(f"{peer} answered {back} of {sent}" for peer, sent, back, _ms in answers)
        return Seen(bool(answers) and not any(back for _peer, _sent, back, _ms in answers), text or "no peer")

    def round_trip(self) -> Seen:
        """Every answer takes longer than it can without the fault."""
        answers = self.answers(PINGS, 0.1)
        text = "; ".join(f"a round trip to {peer} takes {ms:g} ms" for peer, _sent, _back, ms in answers)
        slow = all(ms >= self.told["at_least_ms"] for _peer, _sent, _back, ms in answers)
        return Seen(bool(answers) and slow, text or "no peer")

    def loss(self) -> Seen:
        """Some answers are missing, and not all."""
        answers = self.answers(self.told["of"], 0.005)
        text = "; ".join(f"{peer} answered {back} of {sent}" for peer, sent, back, _ms in answers)
        return Seen(bool(answers) and all(0 < back < sent for _peer, sent, back, _ms in answers), text or "no peer")

    def stopped(self) -> Seen:
        """Every process of the units stands."""
        states = []
        for unit in self.target.units:
            for pid in processes_of(unit):
                with suppress(OSError, IndexError):
                    stat = (PROCESSES / str(pid) / "stat").read_text(encoding="ascii", errors="replace")
                    states.append(state_of(stat))
        count = states.count("T")
        return Seen(bool(states) and count == len(states), f"{count} of {len(states)} processes stand")

    def replaced(self) -> Seen:
        """What ran before is gone."""
        gone = [unit for unit in self.target.units if instance_of(unit) != self.before["instances"][unit]]
        count = len(self.target.units)
        return Seen(len(gone) == count, f"{len(gone)} of {count} units lost what ran")

    def clock(self) -> Seen:
        """The clock stands elsewhere than the time since the start of the node says."""
        jumped = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME) - self.before["offset"]
        return Seen(
            abs(jumped) >= self.told["at_least_seconds"], f"the clock is {jumped:+.1f} s from where it would be"
        )

    def full(self) -> Seen:
        """Nothing more can be written."""
        path = Path(self.target.directory) / PROBE
        try:
            with path.open("wb") as file:
                file.write(bytes(FULL_BYTES))
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            return Seen(True, f"{FULL_BYTES >> 10} KiB more: {error.strerror}")
        finally:
            with suppress(OSError):
                path.unlink()
        return Seen(False, f"{FULL_BYTES >> 10} KiB more were written")

    def slow(self) -> Seen:
        """A program in the control group of the service waits for its disk."""
        group = group_of(self.target.units[-1])
        began = time.monotonic()
        failure = run([sys.executable, THIS, "write", str(CGROUPS / group), self.target.directory])
        seconds = time.monotonic() - began
        if failure:
            return Seen(False, failure)
        return Seen(seconds >= self.told["at_least_seconds"], f"{SLOW_BYTES >> 20} MiB took {seconds:.2f} s")

    def rebooted(self) -> Seen:
        """The node has started anew."""
        now = BOOT_ID.read_text(encoding="ascii").strip()
        return Seen(now != self.before["boot"], f"boot {now}, before {self.before['boot']}")

    def active(self) -> Seen:
        """All units run. This is how one sees that a fault is over that nothing is left of."""
        down = [unit for unit in self.target.units if run(["systemctl", "is-active", "--quiet", unit])]
        return Seen(not down, f"{', '.join(down)} does not run" if down else "all units run")


LASTING = ("silence", "round_trip", "loss", "stopped", "clock", "full", "slow")
"""Looks at what is seen no more once the fault is undone; the others are at what has happened, and units run again."""


def awaited(look: t.Callable[[], Seen], wanted: bool) -> Seen:
    """Look until it is so, or for some seconds."""
    until = time.monotonic() + LOOK_SECONDS
    while True:
        seen = look()
        if seen.holds == wanted or time.monotonic() > until:
            return seen
        time.sleep(POLL_SECONDS)


def utc() -> str:
    """The time as records have it."""
    return time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime())


class Player:
    """Plays a timeline on this node."""

    def __init__(self, work: Path) -> None:
        self.work = work
        kept = load(work / TIMELINE)
        self.entries: list[Json] = kept["entries"]
        self.target = Target(**kept["target"])
        self.happened: list[Json] = load(work / HAPPENED) or []
        # a node that was started anew goes on where it would be
        self.zero = time.monotonic() - max(0.0, time.time() - kept["began"])

    def note(self, **more: t.Any) -> None:
        """Keep what is known of the latest fault."""
        self.happened[-1].update(more)
        save(self.work / HAPPENED, self.happened)

    def wait(self, second: float) -> None:
        """Wait until so many seconds after the timeline began."""
        time.sleep(max(0.0, self.zero + second - time.monotonic()))

    def play(self) -> None:
        """Begin and undo each fault that has not been yet."""
        left = load(self.work / UNDO)
        if left:
            # the node was started anew, by a fault that does that or by somebody else
            self.hold(self.entries[len(self.happened) - 1], left["before"])
        for entry in self.entries[len(self.happened) :]:
            self.wait(entry["begin_s"])
            # what comes later than planned moves all that follows, so that it lasts as long, with the quiet between
            self.zero = time.monotonic() - entry["begin_s"]
            self.begin(entry)

    def begin(self, entry: Json) -> None:
        """Begin a fault, and undo it when its time is over."""
        does = entry["does"]
        legs, before = legs_of(self.target.peers, printed), remembered(self.target)
        undo = commands_of(does["undo"], self.target, legs)
        if does["seen"]["by"] == "clock":
            undo.append([sys.executable, THIS, "clock", before["boot"], str(before["offset"])])
        self.happened.append({"number": entry["number"], "begun_at": utc(), "held": False, "evidence": "", "error": ""})
        self.note()
        save(self.work / UNDO, {"commands": undo, "before": before})
        for command in commands_of(does["begin"], self.target, legs):
            failure = run(command)
            if failure:
                self.note(error=failure)
                break
        self.hold(entry, before)

    def hold(self, entry: Json, before: Json) -> None:
        """See whether a fault holds, and undo it when its time is over."""
        look = Look(self.target, before, entry["does"]["seen"])
        seen = awaited(look.see, True)
        self.note(held=seen.holds and not self.happened[-1]["error"], evidence=seen.text)
        self.wait(entry["begin_s"] + entry["lasts_s"])
        self.undo()

    def undo(self) -> None:
        """Undo what is still to be undone, and see that it is.

        What could not be undone stays noted, and ends the timeline: nothing is begun on top of it.
        """
        left = load(self.work / UNDO)
        if left is None:
            return
        failures = [failure for failure in map(run, left["commands"]) if failure]
        self.note(undone_at=utc())
        look = Look(self.target, left["before"], self.entries[len(self.happened) - 1]["does"]["seen"])
        if look.told["by"] in LASTING:
            after = awaited(look.see, False)
            undone = not after.holds
        else:
            after = awaited(look.active, True)
            undone = after.holds
        # commands that undo what had not been begun yet fail, and that is no failure
        self.note(undone=undone, after=after.text)
        if not undone:
            self.note(error="; ".join(filter(None, [self.happened[-1]["error"], *failures])))
            raise FaultError(f"Not undone: {after.text}")
        (self.work / UNDO).unlink()


def set_clock(seconds: float) -> None:
    """Move the clock."""
    time.clock_settime(time.CLOCK_REALTIME, time.time() + seconds)


def put_back_clock(boot: str, offset: float) -> None:
    """Set the clock as it was, unless the node has started anew and has it from elsewhere."""
    if BOOT_ID.read_text(encoding="ascii").strip() == boot:
        time.clock_settime(time.CLOCK_REALTIME, time.clock_gettime(time.CLOCK_BOOTTIME) + offset)


def fill(path: Path) -> None:
    """Take all space that is left on a disk, and write only the last of it, which some file systems spare."""
    disk = os.statvfs(path.parent)
    size, end = disk.f_bfree * disk.f_frsize // BLOCK * BLOCK, 0
    descriptor = os.open(path, os.O_CREAT | os.O_WRONLY, 0o600)
    try:
        while size >= BLOCK:
            try:
                os.posix_fallocate(descriptor, end, size)
                end += size
            except OSError:
                size = size // 2 // BLOCK * BLOCK
        with suppress(OSError):
            while os.pwrite(descriptor, bytes(FULL_BYTES), end) == FULL_BYTES:
                os.fsync(descriptor)
                end += FULL_BYTES
    finally:
        os.close(descriptor)


def write_directly(group: Path, directory: Path) -> None:
    """Write past the page cache, as a process of a control group."""
    (group / "cgroup.procs").write_text(str(os.getpid()), encoding="ascii")
    path = directory / PROBE
    descriptor = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_DSYNC, 0o600)
    try:
        for _block in range(SLOW_BYTES >> 16):
            os.write(descriptor, bytes(1 << 16))
    finally:
        os.close(descriptor)
        path.unlink()


def cut_power() -> None:
    """Start the node anew without flushing anything, as after a power cut."""
    if ctypes.CDLL(None, use_errno=True).reboot(RB_AUTOBOOT):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


DEEDS: dict[str, t.Callable[..., object]] = {
    "play": lambda work: Player(Path(work)).play(),
    "undo": lambda work: Player(Path(work)).undo(),
    "jump": lambda seconds: set_clock(float(seconds)),
    "clock": lambda boot, offset: put_back_clock(boot, float(offset)),
    "fill": lambda path: fill(Path(path)),
    "write": lambda group, directory: write_directly(Path(group), Path(directory)),
    "reboot": cut_power,
}


def end(_signal: int, _frame: object) -> t.NoReturn:
    """Leave, so that what is left to be undone is undone."""
    raise SystemExit(0)


def main(deed: str, *words: str) -> None:
    """Do one of the deeds."""
    signal.signal(signal.SIGTERM, end)
    try:
        DEEDS[deed](*words)
    except (FaultError, OSError) as error:
        raise SystemExit(str(error)) from error


if __name__ == "__main__":
    main(*sys.argv[1:])

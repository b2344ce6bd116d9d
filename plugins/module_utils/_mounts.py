# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is mounted where, as /proc tells it.

Nothing here touches a mounted file system: a dead server would answer never.
"""

from __future__ import annotations

import re
import typing as t
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

FAMILIES = {
    "nfs4": "nfs",
    "smb3": "cifs",
    "fuse.ceph-fuse": "fuse.ceph",
    "fuse.claudefs": "claudefs",
    "fuse": "claudefs",  # what a client of ClaudeFS is as long as it tells no type of its own
}  # the kernel's name to the name that is asked for
# Two ways to say one thing: NAME or NAME=VALUE as given, and as the kernel shows it.
SYNONYMS = {"nfsvers": "vers", "tcp": "proto=tcp", "udp": "proto=udp", "rdma": "proto=rdma", "user": "username"}
OPPOSITES = {
    frozenset(("ro", "rw")),
    frozenset(("hard", "soft")),
    frozenset(("sync", "async")),
    frozenset(("lock", "nolock")),
    frozenset(("ac", "noac")),
    frozenset(("atime", "noatime")),
}

PATH_BYTES = 4096  # PATH_MAX, with the NUL at the end
NAME_BYTES = 255
OPTIONS_BYTES = 4096  # one page, with the NUL

# mount's own words to what can be done about them; the first that fits. %s is the type of the file system.
HINTS = (
    (
        r"must be superuser|only root can|Operation not permitted",
        "Run as root (become); a container needs CAP_SYS_ADMIN.",
    ),
    (
        r"unknown filesystem type|No such device",
        "The kernel of this host has no %s: load its module or use another node.",
    ),
    (r"access denied by server|mount error\(13\)", "The server refuses this client or user: check its exports."),
    (
        r"Protocol not supported|requested NFS version",
        "The server does not support this protocol version: choose another one.",
    ),
    (
        r"Connection refused|No route|Connection timed out|unreachable|ran longer",
        "Is the server up, and is its port open?",
    ),
    (r"No such file or directory|mount error\(2\)", "The server exports no such path."),
    (r"Could not resolve|Name or service not known|resolve", "The name of the server cannot be resolved here."),
)


class Mount(t.NamedTuple):
    """One line of /proc/self/mountinfo (proc(5))."""

    number: int
    device: str  # major:minor
    target: str
    fstype: str
    source: str
    options: list[str]  # of this mount point, then of the file system; as the kernel shows them


def _plain(text: str) -> str:
    """Blank, tab, newline and backslash are written as octal numbers."""
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), text)


def parse_mountinfo(text: str) -> list[Mount]:
    """All mounts, in the kernel's order: of two at the same place the later one is on top."""
    mounts = []
    for line in text.split("\n"):  # a path may hold everything else that splits lines
        left, dash, right = line.partition(" - ")
        fields, kind = left.split(" "), right.split(" ")
        if not dash or len(fields) < 6 or len(kind) < 3:
            continue
        options = [_plain(option) for part in (fields[5], kind[2]) for option in part.split(",")]
        mounts.append(
            Mount(
                number=int(fields[0]),
                device=fields[2],
                target=_plain(fields[4]),
                fstype=kind[0],
                source=_plain(kind[1]),
                options=list(dict.fromkeys(options)),
            )
        )
    return mounts


def all_mounts() -> list[Mount]:
    """All mounts of this host as this process sees them; the mounts themselves are not touched."""
    return parse_mountinfo(Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="surrogateescape"))


def mount_points() -> set[str]:
    """Return where something is mounted."""
    return {mount.target for mount in all_mounts()}


def filesystem_of(directory: str, mounts: Iterable[Mount]) -> str:
    """The type of the file system that a directory is on; ``unknown`` when no mount holds it."""
    holding = [mount for mount in mounts if below(directory, mount.target)]
    # of several on one directory the last one is seen
    return max(enumerate(holding), key=lambda one: (len(one[1].target), one[0]))[1].fstype if holding else "unknown"


def below(name: str, path: str) -> bool:
    """Whether a file name is the path or lies under it."""
    return name == path or name.startswith(path.rstrip("/") + "/")


def mounts_at(mounts: Iterable[Mount], path: str) -> list[Mount]:
    """What is mounted at a path and below it, in the order in which it can be unmounted."""
    found = [(mount.target.count("/"), age, mount) for age, mount in enumerate(mounts) if below(mount.target, path)]
    return [mount for _depth, _age, mount in sorted(found, reverse=True)]


def family(fstype: str) -> str:
    """The type as it is asked for: the kernel calls NFS 4 nfs4."""
    return FAMILIES.get(fstype, fstype)


def same_source(one: str, other: str) -> bool:
    """Whether two sources are one: a slash at the end, and the kind of slash of a share, do not matter."""
    first, second = (source.replace("\\", "/").rstrip("/") or "/" for source in (one, other))
    return first == second


def option_list(given: Mapping[str, t.Any] | Sequence[t.Any] | str | None) -> list[str]:
    """Options as a list of NAME and NAME=VALUE.

    Given as such a list, as text with commas, or as a dict, in which true and nothing mean NAME, and false means no
    option at all.
    """
    if given is None or given == "":
        return []
    if isinstance(given, str):
        return [option.strip() for option in given.split(",") if option.strip()]
    if isinstance(given, Mapping):
        return [
            str(name) if value is True or value is None or value == "" else f"{name}={value}"
            for name, value in given.items()
            if value is not False
        ]
    return [str(option) for option in given]


def unfit(path: str, source: str | None, fstype: str | None, options: Sequence[str]) -> str:
    """Why mount(8), its helpers or the kernel would refuse this, or take it for something else; "" when they do not.

    Paths, sources and options are bounded as the kernel bounds them, in bytes.
    """
    reasons = (*_unfit_path(path), *_unfit_options(options), *_unfit_source(source), *_unfit_type(fstype))
    return next(iter(reasons), "")


def _unfit_path(path: str) -> Iterator[str]:
    if _size(path) >= PATH_BYTES:
        yield f"path has {_size(path)} bytes; the kernel accepts {PATH_BYTES - 1}"
    if "\0" in path:
        yield "path contains a NUL character"
    for name in path.split("/"):
        if name == "..":
            yield "path contains ..; give the directory itself"
        if _size(name) > NAME_BYTES:
            yield f"the name {name[:20]}... in path has {_size(name)} bytes; a file system accepts {NAME_BYTES}"


def _unfit_source(source: str | None) -> Iterator[str]:
    if source is not None and _size(source) >= PATH_BYTES:
        yield f"src has {_size(source)} bytes; the kernel accepts {PATH_BYTES - 1}"
    if source is not None and (not source or source.startswith("-") or _control(source)):
        yield f"src is {source!r}; give something like server:/export or //server/share"


def _unfit_type(fstype: str | None) -> Iterator[str]:
    if fstype is not None and not re.fullmatch(r"[A-Za-z0-9][\w.-]*", fstype, flags=re.ASCII):
        yield f"fstype is {fstype!r}; give one type of file system, such as nfs or cifs"


def _unfit_options(options: Sequence[str]) -> Iterator[str]:
    size = _size(",".join(options))
    if size >= OPTIONS_BYTES:
        yield f"options have {size} bytes; the kernel accepts {OPTIONS_BYTES - 1}"
    for option in options:
        about = f"option {option.partition('=')[0]!r}"  # without its value, which may be secret
        if not re.match(r"[^\s,\"\\=]+(=|$)", option):
            yield f"{about} has no name that mount accepts"
        if "," in option:
            yield f"{about} contains a comma, and mount reads what follows it as the next option"
        if '"' in option:
            yield f"{about} contains a double quote, and mount reads commas up to the next one as part of the value"
        if _control(option):
            yield f"{about} contains a control character"


def _control(text: str) -> bool:
    return any(ord(character) < 32 or character == "\x7f" for character in text)


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def _shown(option: str) -> tuple[str, str]:
    name, _equals, value = option.partition("=")
    name, _equals, other = SYNONYMS.get(name, name).partition("=")
    return name, other or value


def contradictions(requested: Iterable[str], effective: Iterable[str]) -> list[str]:
    """Requested options that a mount visibly does not have.

    The kernel does not show every option back, so this cannot prove that a mount has them all.
    """
    shown = dict(_shown(option) for option in effective)
    found = []
    for option in requested:
        name, value = _shown(option)
        other_value = value and shown.get(name, value) != value
        opposite = not value and any(name in pair and (pair - {name}) & set(shown) for pair in OPPOSITES)
        if other_value or opposite:
            found.append(option)
    return found


def hint_for(words: str, fstype: str) -> str:
    """What to do about a mount that failed."""
    for pattern, sentence in HINTS:
        if re.search(pattern, words):
            return sentence.replace("%s", fstype)
    return "Check the kernel's log on this host, and the server."


def users_of(path: str, proc: str = "/proc") -> dict[int, str]:
    """Processes whose working directory, root, program or open file lies at or below a path: {process id: its name}.

    Only those that see the same mounts as we do: a container may call a directory of its own the same. Links in /proc
    are read, never followed, so a dead file system cannot block this.
    """
    found = {}
    ours = _link(Path(proc) / "self" / "ns" / "mnt")
    for process in Path(proc).iterdir():
        if process.name.isdigit() and _link(process / "ns" / "mnt") == ours:
            links = [process / "cwd", process / "root", process / "exe", *_open_files(process)]
            if any(below(_link(link), path) for link in links):
                found[int(process.name)] = _name(process)
    return found


def _link(path: Path) -> str:
    try:
        return str(path.readlink())
    except OSError:
        return ""


def _open_files(process: Path) -> list[Path]:
    try:
        return list((process / "fd").iterdir())
    except OSError:
        return []


def _name(process: Path) -> str:
    try:
        return (process / "comm").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return "gone"

# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which block devices of a host may get a file system: a pure function of what `lsblk --json` says."""

from __future__ import annotations

import re
import typing as t
from collections import Counter
from collections.abc import Mapping, Sequence

from ansible_collections.netfs.bench.plugins.module_utils._files import Json

COLUMNS = "PATH,TYPE,SIZE,MODEL,FSTYPE,LABEL,PTTYPE,MOUNTPOINTS,RO"
FILESYSTEM = "ext4"
LASTING = "Elastic Block Store"
"""In the model of a volume that outlives its instance."""


class Device(t.NamedTuple):
    """A device that is used, and whether it has to get its file system first."""

    path: str
    number: int
    label: str
    directory: str
    size: int
    blank: bool


class Refused(t.NamedTuple):
    """A device that is not used, and why."""

    path: str
    reason: str


class Choice(t.NamedTuple):
    """What is done with the devices of a host."""

    used: list[Device]
    refused: list[Refused]


def number_in(label: str, prefix: str) -> int | None:
    """Return the number behind our prefix in a label, None for a label of somebody else."""
    found = re.fullmatch(re.escape(prefix) + r"(0|[1-9]\d?)", label)
    return int(found[1]) if found else None


def mount_points(device: Mapping[str, t.Any]) -> list[str]:
    """Return where a device is mounted; lsblk gives a list with a null for one that is not."""
    return [point for point in device.get("mountpoints") or [] if point]


def fault_of(device: Mapping[str, t.Any], prefix: str, directory: str) -> str:
    """Return why a device must not be touched, nothing for one that is blank or ours."""
    model, label = (str(device.get(key) or "").strip() for key in ("model", "label"))
    number = number_in(label, prefix) if device.get("fstype") == FILESYSTEM else None
    elsewhere = [point for point in mount_points(device) if number is None or point != f"{directory}{number}"]
    parts = [str(part["path"]) for part in device.get("children") or []]
    held = f"{device.get('fstype') or 'something'}{f' with the label {label}' if label else ''}"
    reasons = (
        (LASTING in model, f"it is a volume that lasts ({model})"),
        (device.get("ro"), "it is read-only"),
        (parts, f"it has parts ({', '.join(parts)})"),
        (device.get("pttype"), f"it has a partition table ({device.get('pttype')})"),
        (elsewhere, f"it is mounted at {', '.join(elsewhere)}"),
        (number is None and (device.get("fstype") or label), f"it holds {held}"),
    )
    return next((reason for holds, reason in reasons if holds), "")


def choose(devices: Sequence[Json], *, model: str, asked: Sequence[str], prefix: str, directory: str) -> Choice:
    """Return what is done with each device that is asked for, or, without a list, with each of a model.

    :param devices: ``blockdevices`` of ``lsblk --json --bytes --output`` COLUMNS.
    :param model: pattern of the whole model.
    :param asked: paths of devices that are used whatever their model is, except one that lasts.
    :param prefix: what labels begin with; a number follows, which a device keeps for good.
    :param directory: what mount points begin with; the same number follows.
    """
    known = {str(device["path"]): device for device in devices}
    if asked:
        candidates = {path: known[path] for path in asked if path in known}
    else:
        candidates = {
            path: device
            for path, device in known.items()
            if device.get("type") == "disk" and re.fullmatch(model, str(device.get("model") or "").strip())
        }
    refused = [Refused(path, "there is no such device") for path in asked if path not in known]
    numbers: dict[str, int | None] = {}
    for path, device in candidates.items():
        if reason := fault_of(device, prefix, directory):
            refused.append(Refused(path, reason))
        else:
            numbers[path] = number_in(str(device.get("label") or ""), prefix)
    times = Counter(number for number in numbers.values() if number is not None)
    for path, number in list(numbers.items()):
        if number is not None and times[number] > 1:
            refused.append(Refused(path, f"another device has the label {prefix}{number} too"))
            del numbers[path]
    free = (number for number in range(100) if number not in times)
    used = []
    for path in sorted(numbers, key=lambda path: [int(part) if part.isdigit() else part for part in parts_of(path)]):
        held = numbers[path]
        number = next(free) if held is None else held
        used.append(
            Device(path, number, f"{prefix}{number}", f"{directory}{number}", int(known[path]["size"]), held is None)
        )
    return Choice(sorted(used, key=lambda device: device.number), refused)


def parts_of(path: str) -> list[str]:
    """Return text and numbers of a path in turns, so that nvme10n1 comes after nvme2n1."""
    return re.split(r"(\d+)", path)


def is_ours(line: str, prefix: str) -> bool:
    """Return whether a line of an fstab is about a label of ours."""
    source = (line.split() or [""])[0]
    return source.startswith("LABEL=") and number_in(source.removeprefix("LABEL="), prefix) is not None


def entries_of(fstab: str, prefix: str) -> list[str]:
    """Return the mount points that an fstab gives to labels of ours, of devices that are gone too."""
    return [line.split()[1] for line in fstab.splitlines() if is_ours(line, prefix) and len(line.split()) > 1]


def fstab_with(fstab: str, mounts: Mapping[str, str], options: Sequence[str], prefix: str) -> str:
    """Return an fstab with these mounts as its only ones of labels of ours; all other lines stay as they are.

    :param mounts: mount point by label.
    """
    others = "".join(line for line in fstab.splitlines(keepends=True) if not is_ours(line, prefix))
    if others and not others.endswith("\n") and mounts:
        others += "\n"
    lines = [
        f"LABEL={label} {directory} {FILESYSTEM} {','.join(options)} 0 2\n"
        for label, directory in sorted(mounts.items(), key=lambda mount: parts_of(mount[0]))
    ]
    return others + "".join(lines)

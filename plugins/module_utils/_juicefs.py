# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a JuiceFS volume is and should be."""

from __future__ import annotations

import json
import re
import typing as t

# Settings that are part of how data is stored: a volume that differs is another volume.
FIXED = {
    "name": "Name",
    "storage": "Storage",
    "bucket": "Bucket",
    "block_size": "BlockSize",
    "compression": "Compression",
}
NOT_FORMATTED = "database is not formatted"
LOG_LINE = re.compile(r"^\d{4}/\d\d/\d\d [\d:.]+ \S+ <(?P<level>\w+)>: (?P<text>.*?)( \[\S+:\d+\])?$")


def read_environment(text: str) -> dict[str, str]:
    """The variables in a file for systemd's EnvironmentFile=, each value in double quotes."""
    found = {}
    for name, value in re.findall(r'^(\w+)="((?:[^"\\]|\\.)*)"[ \t]*$', text, re.MULTILINE | re.DOTALL):
        found[name] = re.sub(r'\\(["$`\\])', r"\1", value)
    return found


def volume_of_status(output: str) -> dict[str, t.Any]:
    """The settings that `juicefs status` prints, in our words."""
    setting = json.loads(output)["Setting"]
    volume = {ours: setting.get(theirs) or ("none" if ours == "compression" else "") for ours, theirs in FIXED.items()}
    return {
        **volume,
        "bucket": volume["bucket"].rstrip("/"),
        "trash_days": setting.get("TrashDays", 0),
        # Keys in the volume win over those in the environment, and nobody can read back whether they are right.
        "stored_keys": bool(setting.get("AccessKey") or setting.get("SecretKey")),
        "uuid": setting["UUID"],
    }


def mounts_in_use(output: str, hostname: str, processes: t.Container[int]) -> list[str]:
    """Where `juicefs status` says that the volume is mounted, as ``host:directory``.

    A mount that was killed stays listed for minutes. Of this host we know better: it is gone with its process.

    :param hostname: the name of this host.
    :param processes: the numbers of the processes of juicefs on this host.
    """
    return [
        f"{session['HostName']}:{session['MountPoint']}"
        for session in json.loads(output).get("Sessions") or []
        if session["HostName"] != hostname or session["ProcessID"] in processes
    ]


def differences(volume: dict[str, t.Any], wanted: dict[str, t.Any]) -> list[str]:
    """What makes it another volume than the wanted one, in words."""
    return [
        f"{name} is {volume[name]}, not {wanted[name]}"
        for name in FIXED
        if wanted.get(name) is not None and volume[name] != wanted[name]
    ]


def error_message(stderr: str) -> str:
    """The last thing that JuiceFS said and that is not only informative."""
    lines = []
    for line in stderr.splitlines():
        parts = LOG_LINE.match(line)
        if not parts:
            lines.append(line.strip())
        elif parts["level"] not in ("INFO", "DEBUG", "WARNING"):
            lines.append(parts["text"])
    lines = [line for line in lines if line]
    return lines[-1] if lines else (stderr.strip() or "it gave no reason")

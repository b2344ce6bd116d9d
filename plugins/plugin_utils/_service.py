# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files of a service: from its specification to what is rendered and sent to a host."""

from __future__ import annotations

import re
import shlex
import typing as t
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ansible_collections.netfs.bench.plugins.module_utils._files import Json

UNITS = "/etc/systemd/system"


class FilesError(Exception):
    """Files that cannot be a set; the message is for a person."""


@dataclass(frozen=True)
class Entry:
    """One file of a service: `template` is rendered with `item`, or `program` is a file on the controller."""

    dest: str
    mode: str
    owner: str = "root"
    group: str = "root"
    template: str = ""
    item: Mapping[str, t.Any] | None = None
    program: str = ""
    checksum: str = ""
    secret: bool = False
    validate: tuple[str, ...] = ()

    def sent(self, sha256: str = "", uploaded: str = "") -> Json:
        """Return it as the module takes it, without its content."""
        return {
            "dest": self.dest,
            "mode": self.mode,
            "owner": self.owner,
            "group": self.group,
            "secret": self.secret,
            "validate": list(self.validate),
            "program": bool(self.program),
            "sha256": sha256,
            "uploaded": uploaded,
        }


def entries_of(files: Sequence[Json], programs: Sequence[Json], units: Sequence[Json]) -> list[Entry]:
    """Return the set in the order in which it is validated: programs, files, units.

    A unit of the service is wrapped by the template unit.j2, one of the distribution gets drop_in.j2 beside it. Raises
    FilesError for a mode that is not octal, a relative path, and a path that is named twice.
    """
    result = [
        Entry(one["dest"], one.get("mode") or "0755", program=one["src"], checksum=one.get("checksum") or "")
        for one in programs
    ]
    for one in files:
        owner = one.get("owner") or "root"
        result.append(
            Entry(
                dest=one["dest"],
                mode=one["mode"],
                owner=owner,
                group=one.get("group") or owner,
                template=one["src"],
                item=one,
                secret=bool(one.get("secret")),
                validate=tuple(shlex.split(one.get("validate") or "")),
            )
        )
    for one in units:
        own = bool(one.get("src"))
        dest = f"{UNITS}/{one['name']}" if own else f"{UNITS}/{one['name']}.d/netfs-bench.conf"
        result.append(Entry(dest, "0644", template="unit.j2" if own else "drop_in.j2", item=one))
    seen = set()
    for entry in result:
        if not re.fullmatch(r"0?[0-7]{3,4}", entry.mode):
            raise FilesError(f"{entry.dest} has mode {entry.mode!r}; write octal digits in quotes, such as '0644'.")
        if not entry.dest.startswith("/"):
            raise FilesError(f"{entry.dest!r} is not an absolute path.")
        if entry.dest in seen:
            raise FilesError(f"{entry.dest} would be written twice; two entries of this service need different names.")
        seen.add(entry.dest)
    return result

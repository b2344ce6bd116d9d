# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""DittoFS: whether its control plane holds the access that was asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Record = Mapping[str, Any]


def dittofs_differences(answer: Record, shares: Iterable[Record], users: Iterable[Record]) -> list[str]:
    """Say where the access that a server enforces is not the wanted one; an empty list if nowhere.

    `answer` is what the module dfsctl_info returns, `shares` and `users` are as dittofs_shares and dittofs_users have
    them. What these do not name is not looked at.
    """
    there = {share["name"]: share for share in answer["shares"]}
    said = []
    for share in shares:
        name = f"/{share['name'].strip('/')}"
        found = there.get(name)
        if found is None:
            said.append(f"there is no share {name}")
            continue
        facts = {"enabled": found["enabled"], "default_permission": found["default_permission"]}
        facts |= {"read_only": found["read_only"], "squash": (found["nfs"] or {}).get("squash")}
        wanted = {"enabled": True, "default_permission": share.get("default_permission", "none")}
        wanted |= {key: share[key] for key in ("read_only", "squash") if key in share}
        said += _unlike(f"share {name}", facts, wanted)
        levels = {f"{grant['type']} {grant['name']}": grant["level"] for grant in found["permissions"]}
        for grant in share.get("permissions", []):
            who = f"user {grant['user']}" if "user" in grant else f"group {grant['group']}"
            said += _unlike(f"share {name}, {who}", {"level": levels.get(who)}, {"level": grant["level"]})
    accounts = {user["username"]: user for user in answer["users"]}
    for user in users:
        wanted = {key: user[key] for key in ("role", "uid", "gid", "enabled") if key in user}
        said += _unlike(f"user {user['name']}", accounts.get(user["name"], {}), wanted)
    return said


def _unlike(what: str, found: Record, wanted: Record) -> list[str]:
    return [
        f"{what}: {key} is {found.get(key)!r} and not {value!r}"
        for key, value in wanted.items()
        if found.get(key) != value
    ]

# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a control plane holds, compared with what was asked for."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.netfs.bench.plugins.plugin_utils._dittofs import dittofs_differences

SHARES = [
    {"name": "export", "default_permission": "read", "squash": "none", "read_only": False},
    {"name": "/my files", "permissions": [{"user": "bob", "level": "read"}, {"group": "staff", "level": "admin"}]},
]
USERS = [{"name": "bob", "uid": 1000, "enabled": True, "password": "never shown"}, {"name": "eve"}]


def held(**changes: Any) -> dict[str, Any]:
    """Return what the control plane says; changes are of the second share."""
    first = {"name": "/export", "enabled": True, "default_permission": "read", "read_only": False, "permissions": []}
    second = {"name": "/my files", "enabled": True, "default_permission": "none", "read_only": False, "nfs": None}
    second["permissions"] = [
        {"type": "user", "name": "bob", "level": "read"},
        {"type": "group", "name": "staff", "level": "admin"},
        {"type": "user", "name": "not-named", "level": "read"},
    ]
    users = [{"username": "bob", "uid": 1000, "enabled": True}, {"username": "eve", "role": "user"}]
    return {"shares": [{**first, "nfs": {"squash": "none"}}, {**second, **changes}], "users": users}


def test_access_as_asked_is_no_difference() -> None:
    assert dittofs_differences(held(), SHARES, USERS) == []


@pytest.mark.parametrize(
    "changes, difference",
    [
        ({"default_permission": "admin"}, "share /my files: default_permission is 'admin' and not 'none'"),
        ({"enabled": False}, "share /my files: enabled is False and not True"),
        ({"name": "/other"}, "there is no share /my files"),
    ],
)
def test_another_share_is_named(changes: dict[str, Any], difference: str) -> None:
    assert dittofs_differences(held(**changes), SHARES, USERS) == [difference]


def test_permissions_that_are_missing_are_named() -> None:
    assert dittofs_differences(held(permissions=[]), SHARES, USERS) == [
        "share /my files, user bob: level is None and not 'read'",
        "share /my files, group staff: level is None and not 'admin'",
    ]


def test_another_account_is_named_without_its_password() -> None:
    answer = {**held(), "users": [{"username": "bob", "uid": 1001, "enabled": False}]}
    assert dittofs_differences(answer, SHARES, USERS) == [
        "user bob: uid is 1001 and not 1000",
        "user bob: enabled is False and not True",
    ]

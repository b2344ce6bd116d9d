# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Users and groups of the host, by their numbers."""

from __future__ import annotations

import typing as t
from collections.abc import Callable

from ansible_collections.netfs.bench.plugins.module_utils._command import FailureError


def account_number(name: str, database: Callable[[str], t.Any], owned: str, *, may_be_missing: bool) -> int | None:
    """Return the number of a user or group; None when it is missing and may be, as in check mode.

    :param database: ``pwd.getpwnam`` or ``grp.getgrnam``.
    :param owned: what it is to own, for the message of the FailureError.
    """
    try:
        return t.cast(int, database(name)[2])
    except KeyError:
        if may_be_missing:
            return None
        raise FailureError(f"There is no account {name} to own a {owned} of this service.") from None

# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Take one object from how it is to how it should be."""

from __future__ import annotations

import typing as t
from collections.abc import Callable


def settle(
    before: dict[str, t.Any] | None,
    wanted: dict[str, t.Any] | None,
    *,
    create: Callable[[dict[str, t.Any]], object],
    update: Callable[[dict[str, t.Any]], object],
    delete: Callable[[], object],
    dry_run: bool,
) -> dict[str, t.Any]:
    """Take one object from before to wanted (None means absent) and say what moved.

    A value of None inside wanted means "leave alone". create gets the whole object, update only the keys that differ.
    Returns {"changed": bool, "diff": {"before": {...}, "after": {...}}}; with dry_run nothing is called, and the
    answer is the same.
    """
    after = None
    if wanted is not None:
        after = {**(before or {}), **{key: value for key, value in wanted.items() if value is not None}}
    if after != before and not dry_run:
        if after is None:
            delete()
        elif before is None:
            create(after)
        else:
            update({key: value for key, value in after.items() if key not in before or before[key] != value})
    return {"changed": after != before, "diff": {"before": before or {}, "after": after or {}}}

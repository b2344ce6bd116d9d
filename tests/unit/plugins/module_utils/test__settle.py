# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.netfs.bench.plugins.module_utils._settle import settle

ONE = {"name": "a", "size": 1}


@pytest.mark.parametrize(
    "before, wanted, call, after",
    [
        (None, None, None, {}),
        (None, ONE, ("create", ONE), ONE),
        (None, {"name": "a", "size": None}, ("create", {"name": "a"}), {"name": "a"}),
        (ONE, ONE, None, ONE),
        (ONE, {"name": "a", "size": None}, None, ONE),
        (ONE, {"name": "a"}, None, ONE),
        (ONE, {"name": "a", "size": 2}, ("update", {"size": 2}), {"name": "a", "size": 2}),
        (ONE, {"mode": "x"}, ("update", {"mode": "x"}), {**ONE, "mode": "x"}),
        (ONE, {"size": 0}, ("update", {"size": 0}), {"name": "a", "size": 0}),
        (ONE, None, ("delete",), {}),
    ],
)
@pytest.mark.parametrize("dry_run", [False, True])
def test_settle(before, wanted, call, after, dry_run):
    calls = []
    answer = settle(
        before,
        wanted,
        create=lambda whole: calls.append(("create", whole)),
        update=lambda changes: calls.append(("update", changes)),
        delete=lambda: calls.append(("delete",)),
        dry_run=dry_run,
    )
    assert answer == {"changed": call is not None, "diff": {"before": before or {}, "after": after}}
    assert calls == ([call] if call and not dry_run else [])

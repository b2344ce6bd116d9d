# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.netfs.bench.plugins.modules.cargo_binary import hint_for


@pytest.mark.parametrize(
    ("said", "hint"),
    [
        ("error: linking with `cc` failed\n/usr/bin/ld: cannot find -lacl: No such file or directory", "libacl1-dev."),
        ("error: rustc 1.63.0 is not supported", ""),
    ],
)
def test_a_missing_library_is_named(said, hint):
    assert hint_for(said).endswith(hint)
    assert bool(hint_for(said)) == bool(hint)

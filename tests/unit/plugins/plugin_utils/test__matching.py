# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What matches is handed on; anything else is refused with one sentence."""

from __future__ import annotations

import pytest

from ansible_collections.netfs.bench.plugins.plugin_utils._matching import matching
from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import RefusedValueError


@pytest.mark.parametrize("value", ["abc", ["abc", "x"], [], 7])
def test_what_matches_is_handed_on(value: object) -> None:
    assert matching(value, "[a-z]+|7", "why") == value


@pytest.mark.parametrize("value, shown", [("a b", "'a b'"), ("abc\n", r"'abc\n'"), (["abc", "A"], "'A'"), ("", "''")])
def test_what_does_not_is_refused(value: object, shown: str) -> None:
    with pytest.raises(RefusedValueError) as error:
        matching(value, "[a-z]+", "letters only", "rclone_name")
    assert str(error.value) == f"rclone_name: {shown} cannot be used: letters only."


def test_bytes_are_counted() -> None:
    assert matching(["abc", "bü"], ".*", "why", longest=3) == ["abc", "bü"]
    with pytest.raises(RefusedValueError, match="'büü' cannot be used: why"):
        matching(["abc", "büü"], ".*", "why", longest=3)


def test_a_secret_is_not_shown() -> None:
    with pytest.raises(RefusedValueError, match=r"^x: this secret cannot be used: letters only\.$"):
        matching("hidden 1", "[a-z]+", "letters only", "x", secret=True)

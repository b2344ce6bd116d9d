# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Python itself reads back what is written for it."""

from __future__ import annotations

import ast
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nasty import TEXTS, THOROUGH

from ansible_collections.netfs.bench.plugins.plugin_utils._python import to_python
from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import RefusedValueError

SCALARS = TEXTS | st.booleans() | st.none() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3))


@THOROUGH
@given(VALUES)
def test_python_reads_back_the_same_value(value: Any) -> None:
    text = to_python(value)
    assert text.isascii()
    assert "\n" not in text
    assert ast.literal_eval(text) == value


@pytest.mark.parametrize("value", [float("inf"), float("nan"), {1, 2}, object(), [b"bytes"]])
def test_what_has_no_literal_is_refused(value: Any) -> None:
    with pytest.raises(RefusedValueError, match=r"^rclone_settings: .*Python has no literal"):
        to_python(value, "rclone_settings")

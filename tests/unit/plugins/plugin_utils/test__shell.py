# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The shell itself reads back what is written for it."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nasty import TEXTS, THOROUGH

from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import RefusedValueError
from ansible_collections.netfs.bench.plugins.plugin_utils._shell import to_shell


@THOROUGH
@given(st.lists(TEXTS.filter(lambda text: "\0" not in text), min_size=1, max_size=3))
def test_sh_reads_back_the_same_words(words: list[str]) -> None:
    script = f"printf '%s\\0' {to_shell(words)}"
    answer = subprocess.run(["sh", "-c", script], capture_output=True, check=True, timeout=10).stdout
    assert answer.decode(errors="surrogateescape").split("\0")[:-1] == words


def test_nul_is_refused_by_name() -> None:
    with pytest.raises(
        RefusedValueError, match=r"^samba_shares.path: 'a\\x00b' cannot be used: .* NUL character, .*\.$"
    ):
        to_shell("a\0b", "samba_shares.path")

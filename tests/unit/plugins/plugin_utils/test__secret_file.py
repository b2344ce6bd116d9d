# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ansible's lookup and our modules read back the same secret."""

from __future__ import annotations

import pytest
from hypothesis import given
from nasty import TEXTS, THOROUGH
from rendering import rendered

from ansible_collections.netfs.bench.plugins.module_utils._dfsctl import read_secret
from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import RefusedValueError
from ansible_collections.netfs.bench.plugins.plugin_utils._secret_file import to_secret_file


@THOROUGH
@given(TEXTS)
def test_a_secret_is_read_back(tmp_path_factory: pytest.TempPathFactory, secret: str) -> None:
    try:
        text = to_secret_file(secret)
    except RefusedValueError:
        return
    file = tmp_path_factory.getbasetemp() / "secret"
    file.write_text(f"{text}\n", encoding="utf-8")
    assert read_secret(str(file)) == secret
    assert rendered("{{ lookup('ansible.builtin.file', path) }}", path=str(file)) == secret


@pytest.mark.parametrize("secret", [" x", "x\t", "two\nlines", "short", "a" * 73, "\x00" * 9])
def test_another_is_refused_and_not_shown(secret: str) -> None:
    with pytest.raises(RefusedValueError, match=r"^dittofs_admin_password: this secret cannot be used: "):
        to_secret_file(secret, "dittofs_admin_password", shortest=8, longest=72)


def test_none_yet_is_none() -> None:
    assert to_secret_file("", "postgresql_password", shortest=8) == ""

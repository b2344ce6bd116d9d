# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.netfs.bench.plugins.module_utils._files import write_json
from ansible_collections.netfs.bench.plugins.plugin_utils._run import RunError, read_json


def test_what_is_written_is_read(tmp_path):
    path = tmp_path / "cells" / "a.json"
    write_json(path, {"b": 1})
    assert read_json(path) == {"b": 1}
    assert [entry.name for entry in path.parent.iterdir()] == ["a.json"]


def test_a_write_that_is_broken_off_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.json"
    write_json(path, {"old": True})
    with pytest.raises(TypeError):
        write_json(path, {"new": object()})
    assert read_json(path) == {"old": True}


@pytest.mark.parametrize(("content", "message"), [(None, "does not exist"), ('{"cut', "is not JSON")])
def test_a_damaged_file_is_named(tmp_path, content, message):
    path = tmp_path / "plan.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(RunError, match=message) as error:
        read_json(path)
    assert str(path) in str(error.value)

# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A record is written when it says something else than before."""

from __future__ import annotations

import json

import pytest
from ansible.module_utils.testing import patch_module_args

from ansible_collections.netfs.bench.plugins.modules import bootstrap_record as module


@pytest.fixture
def run(tmp_path, capsys):
    def call(record, *, check=False):
        given = {"path": f"{tmp_path}/lib/record.json", "record": record, "_ansible_check_mode": check}
        with patch_module_args(given), pytest.raises(SystemExit):
            module.main()
        return json.loads(capsys.readouterr().out)

    return call


def test_a_record_keeps_its_time_until_it_says_something_else(run, tmp_path):
    path = tmp_path / "lib/record.json"
    assert run({"system": "cephfs"}, check=True)["changed"]
    assert not path.exists()
    first = run({"system": "cephfs"})
    assert first["changed"]
    assert json.loads(path.read_text()) == {
        "system": "cephfs",
        "footprints": {},
        "completed": first["completed"],
    }
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_text(json.dumps({"system": "cephfs", "footprints": {}, "completed": "long ago"}))
    assert run({"system": "cephfs"}) | {"diff": 0, "invocation": 0} == {
        "changed": False,
        "completed": "long ago",
        "diff": 0,
        "invocation": 0,
    }
    other = run({"system": "other"})
    assert (other["changed"], other["diff"]["before"]["system"], other["diff"]["after"]["system"]) == (
        True,
        "cephfs",
        "other",
    )


@pytest.mark.parametrize("text", ["", "{", "[]"])
def test_what_is_no_record_is_replaced(run, tmp_path, text):
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib/record.json").write_text(text)
    assert run({"system": "cephfs"})["changed"]
    assert json.loads((tmp_path / "lib/record.json").read_text())["system"] == "cephfs"


def test_a_record_that_cannot_be_written_is_one_sentence(run, tmp_path):
    (tmp_path / "lib").write_text("a file")
    assert run({"system": "cephfs"})["msg"].startswith("What was set up cannot be recorded: ")

# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What differs from what was set up: units by what systemd says, files by what they hold, mounts by the kernel."""

from __future__ import annotations

import copy
import hashlib
import json
from pathlib import Path

import pytest
from running import call

from ansible_collections.netfs.bench.plugins.module_utils import _bootstrap as module
from ansible_collections.netfs.bench.plugins.module_utils import _service_info
from ansible_collections.netfs.bench.plugins.module_utils._bootstrap import recorded
from ansible_collections.netfs.bench.plugins.module_utils._command import FailureError
from ansible_collections.netfs.bench.plugins.module_utils._files import write_json
from ansible_collections.netfs.bench.plugins.module_utils._service_info import Answer
from ansible_collections.netfs.bench.plugins.modules import bootstrap_info

RUNS = "Names=ours.service\nActiveState=active\nUnitFileState=enabled\n"
SET_UP = {
    "ours": {
        "units": {"ours.service": {"runs": True, "enabled": "enabled", "current": True}},
        "files": ["/etc/ours", "/etc/gone"],
        "sums": {"/etc/ours": "ab", "/etc/gone": ""},
    }
}


@pytest.mark.parametrize(
    ("part", "name", "now", "told"),
    [
        ("units", "ours.service", {"runs": True, "enabled": "enabled", "current": True}, []),
        (
            "units",
            "ours.service",
            {"runs": False, "enabled": "enabled", "current": False},
            ["ours.service: it does not run."],
        ),
        (
            "units",
            "ours.service",
            {"runs": True, "enabled": "disabled", "current": True},
            ["ours.service: it is disabled, and was enabled."],
        ),
        (
            "units",
            "ours.service",
            {"runs": True, "enabled": "", "current": False},
            ["ours.service: it is unknown, and was enabled.", "ours.service: it runs with older files."],
        ),
        ("sums", "/etc/ours", "cd", ["/etc/ours was changed."]),
        ("sums", "/etc/ours", "", ["/etc/ours is gone."]),
        ("sums", "/etc/gone", "ab", ["/etc/gone was changed."]),
    ],
)
def test_each_difference_is_a_sentence(part, name, now, told) -> None:
    found = copy.deepcopy(SET_UP)
    found["ours"][part][name] = now
    assert module.differences(SET_UP, found) == told


def test_a_unit_that_was_at_rest_may_run() -> None:
    before = copy.deepcopy(SET_UP)
    before["ours"]["units"]["ours.service"] |= {"runs": False, "current": False}
    assert module.differences(before, SET_UP) == []


def test_units_and_files_are_looked_at(monkeypatch, tmp_path) -> None:
    files = [f"{tmp_path}/{name}" for name in ("there", "gone", "also")]
    for path in (files[0], files[2]):
        Path(path).write_text("text")
    monkeypatch.setattr(module, "said_well", lambda _words, _complaint: RUNS)
    found = module.look({"ours": {"units": ["ours.service"], "files": files}}, str(tmp_path))
    digest = hashlib.sha256(b"text").hexdigest()
    assert found["ours"] == {
        "units": {"ours.service": {"runs": True, "enabled": "enabled", "current": False}},
        "files": files,
        "sums": {files[0]: digest, files[1]: "", files[2]: digest},
    }
    assert module.look({}) == {}
    # as the unit notes them at its start, in the order of its service
    (tmp_path / "netfs-bench.ours").mkdir()
    (tmp_path / "netfs-bench.ours/ours.service").write_text("".join(f"{digest}  {files[n]}\n" for n in (0, 2)))
    found = module.look(found, str(tmp_path))
    assert found["ours"]["units"]["ours.service"]["current"]
    write_json(tmp_path / "record.json", found)
    assert module.differences(found, module.look(recorded(tmp_path / "record.json"), str(tmp_path))) == []


def test_what_systemd_does_not_tell_is_no_state(monkeypatch) -> None:
    monkeypatch.setattr(_service_info, "said", lambda _words, _seconds: Answer(1, "", "Failed to connect to bus\n"))
    with pytest.raises(FailureError, match="systemd cannot list its units: Failed to connect to bus"):
        module.look({"ours": {"units": ["ours.service"], "files": []}})


def test_the_host_is_compared_with_its_record(monkeypatch, tmp_path) -> None:
    path = tmp_path / "record.json"
    asked = {"path": str(path), "inputs_sha256": "12", "mounts": ["/", f"{tmp_path}/nothing"]}
    unmounted = f"Nothing is mounted at {tmp_path}/nothing."
    assert call("bootstrap_info", **asked)["differences"] == ["It was never set up to the end."]
    path.write_text(json.dumps({"inputs_sha256": "11", "footprints": {"of": "another version"}}))
    answer = call("bootstrap_info", **asked)
    assert answer["differences"] == ["What decides what is deployed has changed.", unmounted]
    assert answer["record"]["inputs_sha256"] == "11"
    path.write_text(json.dumps({"inputs_sha256": "12", "footprints": SET_UP}))
    monkeypatch.setattr(
        bootstrap_info,
        "look",
        lambda before: {**before, "ours": {**SET_UP["ours"], "sums": {"/etc/ours": "cd", "/etc/gone": ""}}},
    )
    assert call("bootstrap_info", **{**asked, "mounts": ["/"]})["differences"] == ["/etc/ours was changed."]

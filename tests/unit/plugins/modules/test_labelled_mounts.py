# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is mounted and unmounted is said to a list, and the fstab is a file of the test."""

from __future__ import annotations

import json

import pytest
from ansible.module_utils.testing import patch_module_args

from ansible_collections.netfs.bench.plugins.module_utils import _service_info
from ansible_collections.netfs.bench.plugins.module_utils._command import FailureError
from ansible_collections.netfs.bench.plugins.module_utils._service_info import Answer
from ansible_collections.netfs.bench.plugins.modules import instance_store_info, labelled_mounts

OTHERS = "/dev/vda1 / ext4 defaults 0 1\n"


@pytest.fixture
def host(tmp_path, monkeypatch):
    """Return what stands for a host: its fstab, what is mounted, what was run, and which label has no device."""

    class Host:
        def __init__(self):
            self.fstab, self.mounted, self.ran, self.missing = tmp_path / "fstab", set(), [], ""

        def run(self, *argv):
            if self.missing and f"LABEL={self.missing}" in argv:
                raise FailureError("mount fails: can't find it.")
            self.ran.append(" ".join(argv))
            if argv[0] == "mount":
                self.mounted.add(argv[-1])
            elif argv[0] == "umount":
                self.mounted.discard(argv[-1])

    found = Host()
    found.fstab.write_text(OTHERS)
    monkeypatch.setattr(labelled_mounts, "FSTAB", found.fstab)
    monkeypatch.setattr(labelled_mounts, "mount_points", lambda: set(found.mounted))
    monkeypatch.setattr(labelled_mounts, "done", found.run)
    return found


def call(module, capsys, **given):
    with patch_module_args(given), pytest.raises(SystemExit):
        module.main()
    return json.loads(capsys.readouterr().out)


@pytest.fixture
def run(tmp_path, capsys):
    def apply(*numbers, check=False):
        mounts = [{"label": f"x{number}", "directory": f"{tmp_path}/d{number}"} for number in numbers]
        given = {"mounts": mounts, "prefix": "x", "options": ["noatime", "nofail"], "_ansible_check_mode": check}
        return call(labelled_mounts, capsys, **given)

    return apply


def test_mounts_come_stay_and_go(run, host, tmp_path):
    assert run(0, check=True)["changed"]
    assert (host.ran, host.fstab.read_text()) == ([], OTHERS)
    assert run(0, 1)["mounted"] == [f"{tmp_path}/d0", f"{tmp_path}/d1"]
    lines = [f"LABEL=x{number} {tmp_path}/d{number} ext4 noatime,nofail 0 2\n" for number in (0, 1)]
    assert host.fstab.read_text() == OTHERS + "".join(lines)
    assert not run(0, 1)["changed"]
    gone = run(1)
    assert (gone["changed"], gone["mounted"], gone["unmounted"]) == (True, [], [f"{tmp_path}/d0"])
    assert not (tmp_path / "d0").exists()
    run()
    assert (host.mounted, host.fstab.read_text()) == (set(), OTHERS)


def test_one_that_cannot_be_mounted_leaves_none(run, host, tmp_path):
    host.missing = "x1"
    result = run(0, 1)
    assert result["msg"] == "mount fails: can't find it."
    assert (host.mounted, host.fstab.read_text()) == (set(), OTHERS)
    assert list(tmp_path.glob("d*")) == []


def test_what_others_left_in_a_directory_stays(run, host, tmp_path):
    run(0)
    (tmp_path / "d0/file").write_text("below the mount point")
    run()
    assert (tmp_path / "d0/file").exists()
    assert host.mounted == set()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer(0, '{"blockdevices": []}', ""), None),
        (Answer(1, "", "lsblk: failed"), "lsblk does not tell the block devices: lsblk: failed"),
        (Answer(0, "no JSON", ""), "The block devices cannot be read"),
    ],
)
def test_answers_of_lsblk(monkeypatch, capsys, answer, said):
    monkeypatch.setattr(_service_info, "said", lambda _argv, _seconds: answer)
    result = call(instance_store_info, capsys, label="x", directory="/d")
    assert (result.get("msg") or "").startswith(said or "")
    assert bool(result.get("failed")) is bool(said)

# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""juicefs_volume against a program that plays juicefs: what it is asked, and what becomes of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from nasty import TEXTS, THOROUGH

from ansible_collections.netfs.bench.plugins.module_utils._command import FailureError
from ansible_collections.netfs.bench.plugins.module_utils._juicefs import (
    error_message,
    mounts_in_use,
    read_environment,
)
from ansible_collections.netfs.bench.plugins.modules import juicefs_volume
from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import RefusedValueError
from ansible_collections.netfs.bench.plugins.plugin_utils._systemd import to_environment_file

SETTING = {
    "Name": "media",
    "UUID": "4ad4b518-d29f-4761-a8da-45a3f49afe1b",
    "Storage": "s3",
    "Bucket": "http://192.0.2.8:9000/media/",
    "BlockSize": 4096,
    "Compression": "none",
    "TrashDays": 0,
}
LOG = "2026/11/24 06:30:07.996194 juicefs[6233] "
NOT_FORMATTED = (
    f"{LOG}<FATAL>: get status: load setting: database is not formatted, please run `juicefs format` [x.go:1]"
)
PLAYER = """#!/bin/sh
shift
printf '%s\\n' "$*" >> "$0.asked"
env | grep -E 'META_PASSWORD|AWS_' | sort >> "$0.env"
[ -e "$0.$1" ] && cat "$0.$1"
[ -e "$0.$1.err" ] && cat "$0.$1.err" >&2
[ "$1" = format ] && cp "$0.formatted" "$0.status" && rm -f "$0.status.err"
[ ! -e "$0.$1.err" ]
"""


class Player:
    def __init__(self, folder: Path) -> None:
        self.path = folder / "juicefs"
        self.path.write_text(PLAYER, encoding="utf-8")
        self.path.chmod(0o755)
        (folder / "juicefs.asked").touch()
        (folder / "environment").write_text(
            'META_PASSWORD="p \\"q\\" \\\\"\nAWS_ACCESS_KEY_ID="key"\n', encoding="utf-8"
        )
        self.says("formatted", json.dumps({"Setting": SETTING, "Sessions": []}))
        self.params = {
            "program": str(self.path),
            "meta_url": "postgres://juicefs@192.0.2.7:5432/juicefs",
            "environment_file": str(folder / "environment"),
            "state": "present",
            "name": "media",
            "storage": "s3",
            "bucket": "http://192.0.2.8:9000/media",
            "block_size": 4096,
            "compression": None,
            "trash_days": 0,
            "time_limit": 10,
        }

    def says(self, what: str, text: str) -> None:
        self.path.with_name(f"juicefs.{what}").write_text(text, encoding="utf-8")

    def volume(self, **setting: object) -> None:
        self.says("status", json.dumps({"Setting": {**SETTING, **setting}, "Sessions": []}))

    def work(self, dry_run: bool = False, **params: object) -> dict:
        return juicefs_volume.work({**self.params, **params}, dry_run)

    @property
    def asked(self) -> list[str]:
        lines = self.path.with_name("juicefs.asked").read_text(encoding="utf-8").splitlines()
        return [line for line in lines if not line.startswith("status ")]


@pytest.fixture
def player(tmp_path: Path) -> Player:
    return Player(tmp_path)


URL = "postgres://juicefs@192.0.2.7:5432/juicefs"


def test_formats_where_nothing_is(player: Player) -> None:
    player.says("status.err", NOT_FORMATTED)
    result = player.work()
    assert result["changed"] is True
    assert result["uuid"] == SETTING["UUID"]
    assert player.asked == [
        (
            "format --storage s3 --bucket http://192.0.2.8:9000/media --no-update --block-size 4096K --trash-days 0 "
            f"{URL} media"
        )
    ]
    assert "AWS_ACCESS_KEY_ID=key" in player.path.with_name("juicefs.env").read_text(encoding="utf-8")


def test_check_mode_formats_nothing(player: Player) -> None:
    player.says("status.err", NOT_FORMATTED)
    result = player.work(dry_run=True)
    assert (result["changed"], result["uuid"], player.asked) == (True, "", [])
    assert result["volume"]["name"] == "media"


def test_leaves_what_is_as_wanted(player: Player) -> None:
    player.volume()
    assert player.work()["changed"] is False
    assert player.asked == []


@pytest.mark.parametrize(
    "setting, said",
    [
        ({"Name": "other"}, "name is other, not media"),
        ({"Bucket": "http://192.0.2.8:9000/other"}, "bucket is http://192.0.2.8:9000/other, not"),
        ({"BlockSize": 1024}, "block_size is 1024, not 4096"),
        ({"Storage": "file"}, "storage is file, not s3"),
    ],
)
def test_another_volume_is_an_error_that_names_the_difference(player: Player, setting: dict, said: str) -> None:
    player.volume(**setting)
    with pytest.raises(FailureError, match=said):
        player.work()
    assert player.asked == []


@pytest.mark.parametrize("dry_run", [True, False])
def test_changes_what_can_be_changed(player: Player, dry_run: bool) -> None:
    player.volume(TrashDays=1)
    result = player.work(dry_run)
    assert result["changed"] is True
    assert result["diff"]["before"]["trash_days"] == 1
    assert player.asked == ([] if dry_run else [f"config {URL} --trash-days 0 --yes"])


def test_keys_in_the_volume_are_removed_without_naming_any(player: Player) -> None:
    player.volume(AccessKey="key", SecretKey="removed")
    assert player.work()["changed"] is True
    assert player.asked == [f"config {URL} --access-key  --secret-key  --yes"]


def test_destroys(player: Player) -> None:
    player.volume()
    assert player.work(state="absent")["changed"] is True
    assert player.asked == [f"destroy --yes --force {URL} {SETTING['UUID']}"]


def test_a_mounted_volume_is_not_destroyed(player: Player) -> None:
    session = {"HostName": "elsewhere", "MountPoint": "/media", "ProcessID": 1}
    player.says("status", json.dumps({"Setting": SETTING, "Sessions": [session]}))
    with pytest.raises(FailureError, match="mounted as elsewhere:/media, so it was not removed"):
        player.work(state="absent")
    assert player.asked == []


@pytest.mark.parametrize(
    "sessions, mounts",
    [
        (None, []),
        ([("here", 7)], ["here:/media"]),
        ([("here", 8)], []),
        ([("there", 8)], ["there:/media"]),
    ],
)
def test_a_mount_of_this_host_is_gone_with_its_process(sessions: list | None, mounts: list[str]) -> None:
    listed = sessions and [{"HostName": host, "MountPoint": "/media", "ProcessID": pid} for host, pid in sessions]
    assert mounts_in_use(json.dumps({"Sessions": listed}), "here", {7}) == mounts


def test_nothing_to_destroy(player: Player) -> None:
    player.says("status.err", NOT_FORMATTED)
    assert player.work(state="absent")["changed"] is False
    assert player.asked == []


def test_database_that_is_down_is_no_missing_volume(player: Player) -> None:
    player.says(
        "status.err", f"{LOG}<INFO>: Meta address [a.go:1]\n{LOG}<FATAL>: dial tcp: connection refused [m.go:9]"
    )
    with pytest.raises(FailureError, match="cannot be read: dial tcp: connection refused"):
        player.work()
    assert player.asked == []


def test_missing_file_of_secrets(player: Player) -> None:
    with pytest.raises(FailureError, match="/nowhere cannot be read"):
        player.work(environment_file="/nowhere")


@THOROUGH
@given(TEXTS, TEXTS)
def test_environment_is_read_back(first: str, second: str) -> None:
    try:
        lines = [f"{name}={to_environment_file(value)}\n" for name, value in (("A", first), ("B", second))]
    except RefusedValueError:
        return
    assert read_environment("# note\n" + "".join(lines)) == {"A": first, "B": second}


def test_environment_is_read_as_systemd_reads_it() -> None:
    assert read_environment('# note\nA="p \\"q\\" \\\\ $x"\nB="" \n') == {"A": 'p "q" \\ $x', "B": ""}


@pytest.mark.parametrize(
    "text, said",
    [
        (f"{LOG}<INFO>: fine [a.go:1]\n{LOG}<ERROR>: bad [a.go:2]\n{LOG}<INFO>: bye [a.go:3]", "bad"),
        ("plain text", "plain text"),
        ("", "it gave no reason"),
        (f"{LOG}<INFO>: only this [a.go:1]", f"{LOG}<INFO>: only this [a.go:1]"),
    ],
)
def test_complaint(text: str, said: str) -> None:
    assert error_message(text) == said

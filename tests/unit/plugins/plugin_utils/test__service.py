# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.netfs.bench.plugins.plugin_utils._service import FilesError, entries_of

FILE = {"src": "a.conf.j2", "dest": "/etc/a.conf", "mode": "0644"}


def test_programs_come_first_and_units_last() -> None:
    found = entries_of([FILE], [{"src": "/tmp/a", "dest": "/usr/local/lib/a"}], [{"name": "a.service", "src": "a.j2"}])
    assert [entry.dest for entry in found] == ["/usr/local/lib/a", "/etc/a.conf", "/etc/systemd/system/a.service"]
    assert [entry.mode for entry in found] == ["0755", "0644", "0644"]
    assert [entry.template for entry in found] == ["", "a.conf.j2", "unit.j2"]


def test_a_unit_of_the_distribution_gets_a_drop_in() -> None:
    (found,) = entries_of([], [], [{"name": "nfs-server.service"}])
    assert (found.dest, found.template) == ("/etc/systemd/system/nfs-server.service.d/netfs-bench.conf", "drop_in.j2")


@pytest.mark.parametrize(
    "given, owner, group",
    [
        ({}, "root", "root"),
        ({"owner": "alice"}, "alice", "alice"),
        ({"owner": "alice", "group": "team"}, "alice", "team"),
        ({"owner": None, "group": None}, "root", "root"),
    ],
)
def test_the_group_is_named_like_the_owner(given: dict[str, str], owner: str, group: str) -> None:
    (found,) = entries_of([{**FILE, **given}], [], [])
    assert (found.owner, found.group) == (owner, group)


@pytest.mark.parametrize(
    "text, argv",
    [
        (None, ()),
        ("sh -n %s", ("sh", "-n", "%s")),
        ("'/usr/local/lib/my check' --file=%s", ("/usr/local/lib/my check", "--file=%s")),
        ("check $HOME;rm %s", ("check", "$HOME;rm", "%s")),
    ],
)
def test_a_validation_is_words_and_no_shell(text: str | None, argv: tuple[str, ...]) -> None:
    (found,) = entries_of([{**FILE, "validate": text}], [], [])
    assert found.validate == argv


@pytest.mark.parametrize(
    "files, says",
    [
        ([{**FILE, "mode": "u=rw"}], "has mode 'u=rw'"),
        ([{**FILE, "mode": "420"}], None),
        ([{**FILE, "mode": "0o644"}], "has mode"),
        ([FILE, FILE], "/etc/a.conf would be written twice"),
        ([{**FILE, "dest": "etc/a.conf"}], "not an absolute path"),
    ],
)
def test_what_cannot_be_a_set(files: list[dict[str, str]], says: str | None) -> None:
    if says is None:
        assert entries_of(files, [], [])
        return
    with pytest.raises(FilesError, match=says):
        entries_of(files, [], [])

# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.netfs.bench.plugins.module_utils._service_logs import (
    MASK,
    Unit,
    journal_command,
    last,
    masked,
    secrets_of,
    unit_of,
)

KEY = "AQBv" + "x7Kq" * 8 + "ab=="


def drop_in(*words):
    """A file of systemd as role service writes it."""
    line = " ".join(f'"{word}"' for word in words)
    return f"# Ansible managed\n[Service]\nExecStartPre=-+/bin/sh -c 'note=\"$$0/$$1\" && shift' {line}\nRestart=no\n"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (
            drop_in("/run/netfs-bench.ceph", "ceph-mon@a-1.service", "/etc/ceph/ceph.conf", "/etc/ceph/a b"),
            Unit("ceph", "ceph-mon@a-1.service", ("/etc/ceph/ceph.conf", "/etc/ceph/a b")),
        ),
        (
            '[Service]\nExecStartPre=/bin/sh -c "shift" /run/netfs-bench.one one.service\n',
            Unit("one", "one.service", ()),
        ),
        ("[Service]\nExecStartPre=/bin/true\n", None),
        ("# /run/netfs-bench.ceph\n", None),
        ("ExecStartPre=/bin/sh 'open /run/netfs-bench.ceph\n", None),
        ("", None),
    ],
)
def test_a_unit_says_which_service_it_is_of(text, wanted):
    assert unit_of(text) == wanted


@pytest.mark.parametrize(
    ("text", "secrets", "others"),
    [
        (f'[client.admin]\n\tkey = {KEY}\n\tcaps mon = "allow *"\n', {KEY.rstrip("=")}, {"client.admin", "allow"}),
        ("password=hunter", {"hunter"}, {"password"}),
        ('{"keys": {"mon.": "a1b2c3d4e5"}, "path": "/var/lib/x1y2z3w4"}', {"a1b2c3d4e5"}, {"/var/lib/x1y2z3w4"}),
        ("url: postgres://me:horse@host/db", {"horse"}, {"host"}),
        ("", set(), {"a"}),
    ],
)
def test_a_file_that_only_its_owner_reads_has_secrets(text, secrets, others):
    found = secrets_of(text)
    assert secrets <= {secret.rstrip("=") for secret in found}
    assert not others & found


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("login with s3cr3t-word here", f"login with {MASK} here"),
        (f"got {KEY} from mon", f"got {MASK} from mon"),
        ("Password: horse, user me", f"Password: {MASK}, user me"),
        ("connect postgres://me:horse@host/db", f"connect postgres://me:{MASK}@host/db"),
        ('{"secret": "horse", "n": 1}', f'{{"secret": "{MASK}", "n": 1}}'),
        ("osd.0 is up at 198.18.0.5:6800/12", "osd.0 is up at 198.18.0.5:6800/12"),
        ("", ""),
    ],
)
def test_a_log_is_shown_without_secrets(text, shown):
    assert masked(text, ["s3cr3t", "s3cr3t-word"]) == shown


@pytest.mark.parametrize(
    ("data", "size", "wanted"),
    [(b"one\ntwo\n", 100, b"one\ntwo\n"), (b"one\ntwo\n", 6, b"two\n"), (b"", 5, b""), (b"abcdef", 3, b"")],
)
def test_of_a_long_file_the_last_whole_lines_are_kept(data, size, wanted):
    assert last(data, size) == wanted


def test_a_journal_is_that_of_units_or_of_the_host():
    asked = journal_command(["one.service", "two.service"], "-1h", 5)
    assert asked[-3:] == ["--since=-1h", "--unit=one.service", "--unit=two.service"]
    assert "--lines=5" in asked
    assert journal_command([], "", 5)[-1] == "--priority=warning"

# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""nfs.conf(5): what is written and what is refused. nfsconf itself is asked in tests/testinfra/test_kernel_nfs.py."""

from __future__ import annotations

import pytest

from ansible_collections.netfs.bench.plugins.plugin_utils._nfs_conf import to_nfs_conf
from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import RefusedValueError


@pytest.mark.parametrize(
    "value, written",
    [
        (True, "y"),
        (False, "n"),
        (8, "8"),
        ("/srv/x", "/srv/x"),
        ("a # b", '"a # b"'),
        ('a"b', "'a\"b'"),
        ("a\\", '"a\\"'),
    ],
)
def test_values(value: object, written: str) -> None:
    assert to_nfs_conf({"nfsd": {"key": value}}) == f"\n[nfsd]\nkey={written}"


@pytest.mark.parametrize(
    "settings, reason",
    [
        ({"nfsd": {"key": ""}}, "no empty values"),
        ({"nfsd": {"key": "$HOME"}}, "environment variable"),
        ({"nfsd": {"key": "a\"b'c"}}, "no escapes"),
        ({"nfsd": {"key": "a\nb"}}, "control character"),
        ({"nfsd": {"key": [1]}}, "not a list"),
        ({"nfsd": {"include": "/etc/shadow"}}, "another file"),
        ({"nfsd": {"a=b": 1}}, "may contain only letters"),
        ({"nfsd": {"port": 1, "Port": 2}}, "upper and lower case"),
        ({"a]": {}}, "may contain only letters"),
        ({"nfsd": "threads"}, "not a string"),
    ],
)
def test_what_it_cannot_hold_is_refused(settings: object, reason: str) -> None:
    with pytest.raises(RefusedValueError, match=reason):
        to_nfs_conf(settings, "kernel_nfs_settings")

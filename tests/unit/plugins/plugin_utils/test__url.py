# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import urllib.parse

import pytest
from hypothesis import assume, given
from nasty import PATHS, TEXTS, THOROUGH

from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import RefusedValueError
from ansible_collections.netfs.bench.plugins.plugin_utils._url import to_url, to_url_host


@THOROUGH
@given(TEXTS, PATHS)
def test_each_part_is_read_back(text: str, path: str) -> None:
    try:
        user, name, folder = to_url(text), to_url(text), to_url(path, path=True)
    except RefusedValueError:
        assume(False)
    parts = urllib.parse.urlsplit(f"postgres://{user}:{user}@db.example:5432{folder}?name={name}&last=1#end")
    assert urllib.parse.unquote(parts.username or "") == text
    assert urllib.parse.unquote(parts.password or "") == text
    assert urllib.parse.unquote(parts.path) == path
    assert urllib.parse.parse_qs(parts.query, keep_blank_values=True, strict_parsing=True) == {
        "name": [text],
        "last": ["1"],
    }
    assert (parts.hostname, parts.port, parts.fragment) == ("db.example", 5432, "end")


@pytest.mark.parametrize(
    "host, wanted",
    [
        ("nas", "nas"),
        ("nas.example.", "nas.example."),
        ("my_nas-1", "my_nas-1"),
        ("192.0.2.1", "192.0.2.1"),
        ("2001:DB8::1", "[2001:db8::1]"),
        ("[2001:db8::1]", "[2001:db8::1]"),
        ("fe80::1%eth0", "[fe80::1%25eth0]"),
        ("::", "[::]"),
    ],
)
def test_host(host: str, wanted: str) -> None:
    assert to_url_host(host) == wanted


@pytest.mark.parametrize(
    "host", ["", "nas:80", "[2001:db8::1]:80", "a b", "a/b", "a@b", "näs", "-nas", "nas\n", "[nas]", None, ["nas"]]
)
def test_what_is_no_host_is_refused(host: object) -> None:
    with pytest.raises(RefusedValueError, match=r"^store_host: .* cannot be used: "):
        to_url_host(host, "store_host")


@pytest.mark.parametrize("path", ["/srv/../etc", "/srv/.", "..", "\0"])
def test_what_no_path_keeps_is_refused(path: str) -> None:
    with pytest.raises(RefusedValueError):
        to_url(path, "share_path", path=True)


def test_refusal_of_a_secret_does_not_show_it() -> None:
    with pytest.raises(RefusedValueError, match=r"^password: this secret cannot be used: "):
        to_url("hidden\0", "password", secret=True)

# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files of hosts: what a reader finds in them, and what none could."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.netfs.bench.plugins.plugin_utils._hosts_file import to_hosts_file
from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import RefusedValueError


@pytest.mark.parametrize(
    "names, lines",
    [
        ({}, ""),
        ({"site-a": ["192.0.2.1", "192.0.2.2"]}, "192.0.2.1 site-a\n192.0.2.2 site-a"),
        ({"a": ["2001:DB8::1"], "b.example": ("192.0.2.1",)}, "2001:db8::1 a\n192.0.2.1 b.example"),
    ],
)
def test_each_address_has_a_line(names: dict[str, Any], lines: str) -> None:
    assert to_hosts_file(names) == lines


@pytest.mark.parametrize(
    "names, reason",
    [
        (["site-a"], "it must be a dictionary of names with their addresses"),
        ({"a b": ["192.0.2.1"]}, "the name of a host may contain only"),
        ({"a\n192.0.2.9 b": ["192.0.2.1"]}, "sites: "),
        ({"-a": ["192.0.2.1"]}, "the name of a host may contain only"),
        ({"a" * 254: ["192.0.2.1"]}, "the name of a host may contain only"),
        ({"a": "192.0.2.1"}, "a must have a list of addresses"),
        ({"a": []}, "a must have a list of addresses, at least one"),
        ({"a": ["storage-1"]}, "it must be an IPv4 or IPv6 address"),
        ({"a": ["[2001:db8::1]"]}, "it must be an IPv4 or IPv6 address"),
        ({"a": ["fe80::1%eth0"]}, "an address with a zone means something on one host alone"),
        ({"a": ["192.0.2.1 b"]}, "it must be an IPv4 or IPv6 address"),
    ],
)
def test_what_no_reader_would_find_is_refused(names: Any, reason: str) -> None:
    with pytest.raises(RefusedValueError, match=r"^sites: ") as refused:
        to_hosts_file(names, "sites")
    assert reason in str(refused.value)

# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Words of haproxy.cfg, and what a conduit carries where."""

from __future__ import annotations

import shlex
from typing import Any

import pytest
from hypothesis import given
from nasty import TEXTS, THOROUGH

from ansible_collections.netfs.bench.plugins.plugin_utils._haproxy_conf import relays_table, to_haproxy_conf
from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import RefusedValueError

RELAY = {"name": "to_b", "targets": ["storage-b-1:9401"]}


@THOROUGH
@given(TEXTS)
def test_a_word_stays_one_word(text: str) -> None:
    """HAProxy's strong quotes, and its backslash outside of them, are those of a shell."""
    try:
        word = to_haproxy_conf(text)
    except RefusedValueError:
        return
    assert shlex.split(word) == [text]
    assert "#" not in word or word.startswith("'")


@pytest.mark.parametrize(
    ("value", "word"),
    [
        ("/etc/netfs-certificates/host.crt", "/etc/netfs-certificates/host.crt"),
        ("[::1]:9401", "[::1]:9401"),
        ("two words", "'two words'"),
        ("$HOME", "'$HOME'"),
        ("it's", "'it'\\''s'"),
        (9402, "9402"),
    ],
)
def test_words(value: object, word: str) -> None:
    assert to_haproxy_conf(value) == word


@pytest.mark.parametrize("value", ["", "a\nb", "a\0b", "a" * 1001, ["a"]])
def test_what_no_word_can_hold_is_refused(value: object) -> None:
    with pytest.raises(RefusedValueError, match=r"^conduit_authority: .* cannot be used: "):
        to_haproxy_conf(value, "conduit_authority")


def test_relays_get_what_they_do_not_say() -> None:
    both = [
        {**RELAY, "address": "192.0.2.1"},
        {"name": "to_a", "address": "2001:DB8::0:1", "port": 9500, "targets": ["[2001:db8::2]:1", "a:2"]},
    ]
    assert relays_table(both, 9402) == [
        {**RELAY, "address": "192.0.2.1", "port": 9402, "bind": "192.0.2.1:9402"},
        {
            "name": "to_a",
            "address": "2001:db8::1",
            "port": 9500,
            "bind": "[2001:db8::1]:9500",
            "targets": ["[2001:db8::2]:1", "a:2"],
        },
    ]
    assert relays_table([RELAY], 1)[0]["bind"] == ":1"


@pytest.mark.parametrize(
    ("relays", "said"),
    [
        ([], "conduit_relays: [] cannot be used: a conduit carries something"),
        ([{**RELAY, "name": "two words"}], "conduit_relays[0].name: 'two words' cannot be used: a name begins"),
        ([{**RELAY, "name": ""}], "conduit_relays[0].name: '' cannot be used"),
        ([{**RELAY, "port": 0}], "conduit_relays[0].port: 0 cannot be used: a port is a number"),
        ([{**RELAY, "address": "localhost"}], "conduit_relays[0].address: 'localhost' cannot be used"),
        ([{**RELAY, "targets": []}], "conduit_relays[0].targets: [] cannot be used: a relay needs at least one"),
        ([{**RELAY, "targets": ["b"]}], "conduit_relays[0].targets: 'b' cannot be used: a target is HOST:PORT"),
        ([{**RELAY, "targets": ["b:99999"]}], "conduit_relays[0].targets: 'b:99999' cannot be used"),
        ([{**RELAY, "targets": ["::1:9401"]}], "conduit_relays[0].targets: '::1:9401' cannot be used"),
        ([{**RELAY, "targets": ["[1:2]:9401"]}], "conduit_relays[0].targets: '1:2' cannot be used"),
        ([{**RELAY, "targets": ["b:1", "b:1"]}], "conduit_relays[0].targets: ['b:1', 'b:1'] cannot be used: a"),
        ([RELAY, {**RELAY, "port": 1}], "conduit_relays[1].name: 'to_b' cannot be used: two relays have this name"),
        ([RELAY, {**RELAY, "name": "x"}], "conduit_relays[1].port: 9402 cannot be used: to_b takes what comes"),
        ([RELAY, {**RELAY, "name": "x", "address": "192.0.2.1"}], "conduit_relays[1].port: 9402 cannot be used"),
    ],
)
def test_relays_that_cannot_be_are_refused(relays: list[dict[str, Any]], said: str) -> None:
    with pytest.raises(RefusedValueError) as refusal:
        relays_table(relays, 9402)
    assert str(refusal.value).startswith(said)

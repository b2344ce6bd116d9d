# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import socket

import pytest
from running import call

from ansible_collections.netfs.bench.plugins.module_utils import _reach


@pytest.fixture
def listening():
    """A port of this machine that answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def refusing():
    """A port of this machine at which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()
    return port[1]


def test_names_and_addresses(listening, refusing):
    answer = call(
        "reach_info",
        names=["localhost", "nobody.invalid", "", "x" * 300],
        addresses=["127.0.0.1"],
        ports=[listening, refusing],
        timeout=2,
    )
    assert "127.0.0.1" in answer["resolved"]["localhost"]
    assert answer["resolved"]["nobody.invalid"] == answer["resolved"]["x" * 300] == []
    assert answer["reached"] == {"127.0.0.1": [listening, refusing]}
    assert not answer["changed"]


@pytest.mark.parametrize(
    ("error", "answered"),
    [
        (None, True),
        (ConnectionRefusedError(), True),
        (TimeoutError(), False),
        (OSError(113, "No route to host"), False),
        (OSError(101, "Network is unreachable"), False),
    ],
)
def test_a_refusal_proves_a_way_and_silence_none(monkeypatch, error, answered):
    def connect(*_words, **_given):
        if error:
            raise error
        return socket.socket()

    monkeypatch.setattr(_reach.socket, "create_connection", connect)
    assert _reach.reached(["192.0.2.1"], [22], 0.1) == {"192.0.2.1": [22] if answered else []}


def test_nothing_to_ask_is_answered_with_nothing():
    assert call("reach_info") == call("reach_info", names=[], addresses=[])
    assert _reach.reached([], [22], 1) == {}

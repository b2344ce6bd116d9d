# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What hosts of ClaudeFS say, what becomes of it, and what is not taken for an answer."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from claudefs_double import cluster
from running import call

from ansible_collections.netfs.bench.plugins.module_utils._claudefs import View, asked, faults, view_of

PAGE = """# HELP claudefs_nodes_total Members.
# TYPE claudefs_nodes_total gauge
claudefs_nodes_total 3
# TYPE claudefs_nodes_healthy gauge
claudefs_nodes_healthy 2.0 1700000000000
"""
WHOLE = View(nodes=3, healthy_nodes=3)


@pytest.mark.parametrize(
    "page, view",
    [
        (PAGE, View(nodes=3, healthy_nodes=2)),
        ("claudefs_nodes_total 0\n", View(nodes=0)),
        ("claudefs_nodes_total NaN\nclaudefs_nodes_healthy -1\n", View()),
        ('claudefs_nodes_total{site="a"} 3\n', View()),
        ("claudefs_nodes_total_ever 7\nxclaudefs_nodes_healthy 1\n", View()),
        ("# claudefs_nodes_total 3\n", View()),
        ("<html>\n", View()),
        ("", View()),
    ],
)
def test_members_on_a_page_of_metrics(page: str, view: View) -> None:
    assert view_of(page) == view


@pytest.mark.parametrize(
    "views, whole, wrong",
    [
        ({"a": WHOLE, "b": WHOLE}, True, []),
        ({"a": WHOLE, "b": View(nodes=2, healthy_nodes=2)}, True, ["b counts 2 nodes, and 3 should be"]),
        ({"a": View(nodes=4, healthy_nodes=4)}, True, ["a counts 4 nodes, and 3 should be"]),
        ({"a": View(nodes=3, healthy_nodes=2)}, True, ["a finds 2 of 3 nodes healthy"]),
        ({"a": View(reason="port 9400 cannot be reached")}, True, ["a does not serve: port 9400 cannot be reached"]),
        ({"a": View()}, True, ["a does not tell claudefs_nodes_total and claudefs_nodes_healthy"]),
        ({"a": View(nodes=3)}, True, ["a does not tell claudefs_nodes_healthy"]),
        ({"a": View(nodes=3)}, False, ["a does not tell claudefs_nodes_healthy"]),
        ({"a": View(nodes=0, healthy_nodes=0)}, True, ["a counts 0 nodes, and 3 should be"]),
        ({"a": View(nodes=4, healthy_nodes=3)}, False, []),
        ({"a": View(nodes=3, healthy_nodes=2)}, False, ["a counts 2 healthy nodes, and 3 should be"]),
        ({"a": View(reason="no")}, False, ["a does not serve: no"]),
    ],
)
def test_what_is_wrong_with_a_cluster(views: dict[str, View], whole: bool, wrong: list[str]) -> None:
    assert faults(views, 3, whole) == wrong


@pytest.fixture
def silent() -> Iterator[int]:
    """Return a port that is open and answers nothing."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(5)
        yield listener.getsockname()[1]


def test_host_that_answers_nothing_is_given_up(silent: int) -> None:
    assert asked("127.0.0.1", silent, silent, 1).reason == f"port {silent} tells no metrics: timed out"


def test_host_that_never_ends_its_answer_is_given_up() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(5)

        def drip() -> None:
            kept = [listener.accept()[0] for _number in range(2)]
            try:
                kept[1].sendall(b"HTTP/1.0 200 OK\r\n\r\n")
                while True:
                    kept[1].sendall(b"#")
                    threading.Event().wait(0.05)
            except OSError:
                return

        threading.Thread(target=drip, daemon=True).start()
        port = listener.getsockname()[1]
        assert asked("127.0.0.1", port, port, 1).reason == "no answer within 1 seconds"


def test_closed_port_is_told(silent: int) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        closed = other.getsockname()[1]
        assert asked("127.0.0.1", closed, silent, 2).reason == f"port {closed} cannot be reached: Connection refused"


def test_module_asks_every_host(tmp_path: Path) -> None:
    with cluster(tmp_path, 2) as nodes:
        ports = {"port": nodes.port, "metrics_port": nodes.metrics_port}
        found = call("claudefs_cluster_info", hosts=nodes.addresses, whole=False, **ports)
        assert (found["changed"], found["healthy"], found["faults"]) == (False, True, [])
        assert found["hosts"]["n1"] == {"reason": "", "nodes": 2, "healthy_nodes": 2}

        nodes.stop("n2")
        found = call("claudefs_cluster_info", hosts=nodes.addresses, **ports)
        assert not found["healthy"]
        assert f"n2 does not serve: port {nodes.port} cannot be reached: Connection refused" in found["faults"]

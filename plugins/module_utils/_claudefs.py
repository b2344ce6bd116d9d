# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What each host of a ClaudeFS cluster says of its members, by the metrics that it serves.

No host is believed about the others: one that forgot a member is found by what it counts itself.
"""

from __future__ import annotations

import dataclasses
import re
import socket
import typing as t

from ansible.module_utils.urls import open_url

from ansible_collections.netfs.bench.plugins.module_utils._command import ask

NODES = "claudefs_nodes_total"
HEALTHY = "claudefs_nodes_healthy"
PAGE_BYTES = 4 << 20
"""More than that is no page of metrics."""


@dataclasses.dataclass(frozen=True)
class View:
    """What one host says of the cluster."""

    reason: str = ""
    """Why it cannot be asked; empty where it answered."""
    nodes: int | None = None
    """Members that it counts; None is unknown."""
    healthy_nodes: int | None = None
    """Members among them that it finds healthy; None is unknown."""


def gauge(text: str, name: str) -> int | None:
    """The value of a gauge without labels on a page of metrics; None where the page has no such number."""
    found = re.search(rf"^{name}\s+(\d+(?:\.0*)?)(?:\s+\d+)?\s*$", text, re.MULTILINE)
    return int(float(found[1])) if found else None


def view_of(text: str) -> View:
    """What a page of metrics says of the cluster."""
    return View(nodes=gauge(text, NODES), healthy_nodes=gauge(text, HEALTHY))


def looked_at(address: str, port: int, metrics_port: int, seconds: float) -> dict[str, t.Any]:
    """Ask a host; what it does not answer is the reason. Not bounded as a whole, see ``asked``."""
    host = f"[{address}]" if ":" in address else address
    try:
        socket.create_connection((address, port), seconds).close()
    except OSError as error:
        return {"reason": f"port {port} cannot be reached: {error.strerror or error}"}
    try:
        answer = open_url(f"http://{host}:{metrics_port}/metrics", timeout=seconds, use_proxy=False)
        text = answer.read(PAGE_BYTES).decode("utf-8", "replace")
    except (OSError, ValueError) as error:
        return {"reason": f"port {metrics_port} tells no metrics: {error}"}
    return dataclasses.asdict(view_of(text))


def asked(address: str, port: int, metrics_port: int, seconds: float) -> View:
    """What a host says within a time, however it behaves."""
    try:
        # each of the two questions has half of the time, so that the reason is the question that was not answered
        return View(**ask(lambda: looked_at(address, port, metrics_port, seconds / 2), seconds))
    except OSError as error:
        return View(reason=f"no answer within {seconds:g} seconds" if isinstance(error, TimeoutError) else str(error))


def faults_of(host: str, view: View, members: int, whole: bool) -> list[str]:
    """What is wrong with what one host says, a clause each."""
    if view.reason:
        return [f"{host} does not serve: {view.reason}"]
    unknown = [name for name, value in ((NODES, view.nodes), (HEALTHY, view.healthy_nodes)) if value is None]
    if unknown:
        return [f"{host} does not tell {' and '.join(unknown)}"]
    nodes, healthy = view.nodes or 0, view.healthy_nodes or 0
    if not whole:
        return [f"{host} counts {healthy} healthy nodes, and {members} should be"] if healthy < members else []
    found = [f"{host} counts {nodes} nodes, and {members} should be"] if nodes != members else []
    return [*found, f"{host} finds {healthy} of {nodes} nodes healthy"] if healthy < nodes else found


def faults(views: t.Mapping[str, View], members: int, whole: bool = True) -> list[str]:
    """What is wrong with a cluster, a clause each; empty where every host counts its members and finds them healthy.

    :param views: what each host says.
    :param members: how many nodes there should be.
    :param whole: whether exactly these, or only so many healthy ones at least, as while a cluster comes up.
    """
    return [fault for host, view in views.items() for fault in faults_of(host, view, members, whole)]

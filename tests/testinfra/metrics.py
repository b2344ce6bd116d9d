# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a server counts itself, read as a cell reads it."""

from __future__ import annotations

from typing import Any

from testinfra.host import Host

from ansible_collections.netfs.bench.plugins.plugin_utils import _counters, _metrics


def counted(node: Host, endpoint: dict[str, Any]) -> dict[str, float]:
    """Return the server's counters; fail when it does not tell them at the place that the endpoint names."""
    said = _counters.snapshot(node.check_output("sh -c %s", _counters.script(endpoint["metrics"])))["metrics"]
    assert said, f"nothing came from {endpoint['metrics']}"
    return _metrics.counted(said)


def grew(before: dict[str, float], after: dict[str, float], name: str) -> float:
    """Return by how much the series of one name grew, whatever their labels."""
    return sum(after[series] - before.get(series, 0) for series in after if series.split("{")[0] == name)

# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a server counted itself while a cell ran, from its metrics in the format of Prometheus."""

from __future__ import annotations

import re

try:
    from prometheus_client.parser import text_string_to_metric_families
except ImportError as error:
    MISSING = str(error)
else:
    MISSING = ""

RUNTIME = re.compile(r"(\w+_)?(go|process|promhttp)_")
"""Names of metrics that tell of the program's runtime and not of what it serves; some put their own name before."""

ADDS_UP = {"counter": ("",), "histogram": ("_sum", "_count"), "summary": ("_sum", "_count")}
"""Kinds of metrics that only grow, and how the names of their samples end. A gauge does not add up over a time."""


def counted(metrics: str) -> dict[str, float]:
    """The counters among metrics, as series; a ValueError when these are no metrics.

    Names are those of OpenMetrics, where a counter's ends in ``_total`` also when the server leaves that out. Labels
    that everything has, also what is no counter, tell of the server and are left out.
    """
    families = list(text_string_to_metric_families(metrics))
    labels = [set(sample.labels.items()) for family in families for sample in family.samples]
    of_all = set.intersection(*labels) if labels else set()
    return {
        sample.name + braced(set(sample.labels.items()) - of_all): float(sample.value)
        for family in families
        if not RUNTIME.match(family.name)
        for sample in family.samples
        if sample.name.endswith(ADDS_UP.get(family.type, ()))
    }


def braced(labels: set[tuple[str, str]]) -> str:
    pairs = (f'{name}="{value}"' for name, value in sorted(labels))
    return f"{{{','.join(pairs)}}}" if labels else ""


def growth(before: str, after: str) -> dict[str, float] | None:
    """The counters that grew between two readings of a server's metrics, and by how much; None when there were not two.

    One that became smaller was begun anew, and has counted since what it shows, as Prometheus' ``increase`` takes it.
    """
    if not before.strip() or not after.strip():
        return None
    try:
        was, now = counted(before), counted(after)
    except ValueError:
        return None
    grew = {name: value - was.get(name, 0.0) if value >= was.get(name, 0.0) else value for name, value in now.items()}
    return {name: value for name, value in grew.items() if value}

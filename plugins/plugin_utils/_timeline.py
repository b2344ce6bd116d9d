# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The counter-example of a history as a picture: a bar for each operation, from its call to its return.

Widths are shares of the page and heights are pixels, so that the text keeps its size on a phone. The words of an
operation stand above its bar, and it is told by them, not by a colour.
"""

from __future__ import annotations

import typing as t

from ansible_collections.netfs.bench.plugins.module_utils._files import Json
from ansible_collections.netfs.bench.plugins.plugin_utils._consistency import LINEARIZABLE, moment_of, words_of
from ansible_collections.netfs.bench.plugins.plugin_utils._records import KindResult

ROW_PX, BAR_PX, TEXT_PX = 44, 12, 16
ROWS_MAX = 40
"""As many operations are drawn of an example that could not be made smaller."""
LOOKS = ("read", "list")


class Bar(t.NamedTuple):
    """An operation."""

    text: str
    text_y: int
    y: int
    x: float
    """In percent of the width, as ``width``."""
    width: float
    css: str
    """``looks`` for what changes nothing, ``open`` for what may take effect later than it is drawn."""


class Timeline(t.NamedTuple):
    """A picture."""

    title: str
    caption: str
    height: int
    bar_height: int
    bars: list[Bar]


def timeline(one: KindResult) -> Timeline | None:
    """The picture of what came of a kind; None when there is nothing to show."""
    shown = sorted(one.counter_example, key=lambda operation: t.cast(int, operation["call"]))[:ROWS_MAX]
    if not shown:
        return None
    ranks = places_of(shown)
    begin = shown[0]["call"]
    left = len(one.counter_example) - len(shown)
    more = f" {left} operations more are in the record." if left else ""
    promised = "which it claims" if one.against == one.claim else "more than it claims"
    return Timeline(
        title=f"{one.kind}: not {one.against}, {promised}",
        caption=(
            f"{shown[0]['key']}, from left to right in the order of the clock, not to scale. "
            f"{'No order' if one.against == LINEARIZABLE else 'Nothing'} that is {one.against} has these "
            f"{len(one.counter_example)} operations together.{more}"
        ),
        height=ROW_PX * len(shown) + 8,
        bar_height=BAR_PX,
        bars=[bar_of(row, operation, ranks, begin) for row, operation in enumerate(shown)],
    )


def places_of(operations: list[Json]) -> dict[int, float]:
    """Where each moment stands, in percent: all at one distance, so that what overlaps is seen to."""
    moments = sorted(
        {
            operation[end]
            for operation in operations
            for end in ("call", "return")
            if end == "call" or operation["outcome"] == "done"
        }
    )
    return {moment: round(100 * place / max(1, len(moments) - 1), 2) for place, moment in enumerate(moments)}


def bar_of(row: int, operation: Json, ranks: dict[int, float], begin: int) -> Bar:
    """The bar of an operation; one without an answer reaches to the end."""
    start = ranks[operation["call"]]
    end = ranks[operation["return"]] if operation["outcome"] == "done" else 100.0
    css = "open" if operation["outcome"] != "done" else "looks" if operation["op"] in LOOKS else "changes"
    return Bar(
        text=f"client {operation['client']}, {moment_of(operation, begin)}: {words_of(operation)}",
        text_y=ROW_PX * row + TEXT_PX,
        y=ROW_PX * row + TEXT_PX + 6,
        x=min(start, 99.0),
        width=max(1.0, round(end - start, 2)),
        css=css,
    )

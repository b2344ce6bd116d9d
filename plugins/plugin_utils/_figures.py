# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pictures of a report, as figures of plotly: plain dictionaries with ``data`` and ``layout``.

A system is told by its mark as well as by its colour, and the name of a row stands above the row, so that
a picture works without colour and on a narrow page. The colours are in the middle of the scale of brightness: they
stand out from white and from black. The page adds fonts and the colours of text and grid for the scheme it is shown in.
"""

from __future__ import annotations

import math
import statistics
import typing as t

from ansible_collections.netfs.bench.plugins.module_utils._files import Json
from ansible_collections.netfs.bench.plugins.plugin_utils import _results, _statistics
from ansible_collections.netfs.bench.plugins.plugin_utils._compare import Pair
from ansible_collections.netfs.bench.plugins.plugin_utils._records import SeriesName
from ansible_collections.netfs.bench.plugins.plugin_utils._series import Series
from ansible_collections.netfs.bench.plugins.plugin_utils._tables import human, unit_of
from ansible_collections.netfs.bench.plugins.plugin_utils._verdicts import SYMBOLS

COLOURS = ("#2e7ebc", "#d9680b", "#1b9e77", "#9a67c9", "#b8860b", "#d6498f", "#6b8e23", "#808080")
MARKS = ("circle", "square", "diamond", "triangle-up", "cross", "star", "triangle-down", "hexagon", "x", "bowtie")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
RED = "#e0505a"
GREY = "#808080"

# colour and mark of a verdict; the word always stands beside it
VERDICT_MARKS = {
    "faster": ("#2e7ebc", "triangle-up"),
    "slower": ("#d9680b", "triangle-down"),
    "equivalent": ("#1b9e77", "square"),
    "inconclusive": (GREY, "circle-open"),
    "noisy": (GREY, "diamond-open"),
    "too-few": (GREY, "circle"),
}

ROW_PX = 50
TALL_ROW_PX = 56
CLOUD_ROW_PX = 88
LEGEND_ROW_PX = 20
FOREST_ROWS = 24
"""More comparisons than this are shown as a cloud per system, not as a row each."""
SPACE = "\u00a0"
BAND_FILL = "rgba(128,128,128,0.16)"


class Style(t.NamedTuple):
    """How a system looks in every picture of a page."""

    colour: str
    mark: str


def styles_of(systems: t.Iterable[str]) -> dict[str, Style]:
    """A look of its own for every system, in the order of the plan."""
    return {system: Style(COLOURS[i % len(COLOURS)], MARKS[i % len(MARKS)]) for i, system in enumerate(systems)}


def rounded(value: float, digits: int = 5) -> float:
    """A number with as many digits as can be seen, to keep the page small."""
    return float(f"{value:.{digits}g}")


def median_interval(values: list[float]) -> tuple[float, float] | None:
    """A 95 % interval of the median from the ordered values (sign test); None for fewer than six values."""
    n = len(values)
    below, k = 0.0, 0
    while (below := below + math.comb(n, k) / 2**n) <= _statistics.ALPHA / 2:
        k += 1
    ordered = sorted(values)
    return (ordered[k - 1], ordered[n - k]) if k else None


def row_label(text: str, y: float, colour: str = "") -> Json:
    """The name of a row, above its marks and inside the picture: a name at the side takes half of a phone."""
    label: Json = {
        "text": text,
        "x": 0,
        "xref": "paper",
        "xanchor": "left",
        "y": y,
        "yanchor": "bottom",
        "yshift": 12,
        "showarrow": False,
        "align": "left",
        "font": {"size": 12},
    }
    if colour:
        label["font"]["color"] = colour
    return label


def rows_layout(count: int, xaxis: Json, annotations: list[Json], row_px: int = ROW_PX, **more: t.Any) -> Json:
    """The layout of a picture with ``count`` rows, the first one on top."""
    return {
        "height": 62 + row_px * count,
        "margin": {"l": 8, "r": 8, "t": 8, "b": 48},
        "xaxis": {"zeroline": False, "automargin": False, **xaxis},
        "yaxis": {"range": [count - 0.45, -0.75], "visible": False, "fixedrange": True},
        "annotations": annotations,
        "showlegend": False,
        "hovermode": "closest",
        **more,
    }


def spread_over(y: float, count: int) -> list[float]:
    """Heights for the marks of one row, in the order of the trials: where values are close, each mark still shows.

    Golden steps need no chance, so that the same run gives the same picture.
    """
    return [rounded(y + (i * 0.618 % 1 - 0.5) * 0.32, 4) for i in range(count)] if count > 1 else [y]


def span(values: list[float]) -> Json:
    """The range of an axis for positive values: from 0, or logarithmic when they differ twentyfold."""
    if not values:
        return {"range": [0, 1]}
    low, high = min(values), max(values)
    if high > 20 * low:
        return {"type": "log", "range": [math.log10(low) - 0.15, math.log10(high) + 0.15]}
    return {"range": [0, high * 1.06]}


def said_of(names: t.Collection[SeriesName]) -> dict[SeriesName, str]:
    """What tells each series of a picture from the others: its system, and of protocol and pass what differs."""
    differs = [len(set(words)) > 1 for words in zip(*(name.terms for name in names), strict=True)]
    return {
        name: " ".join([name.system, *(word for word, said in zip(name.terms, differs, strict=True) if said)])
        for name in names
    }


def single_figure(series: list[Series], styles: dict[str, Style]) -> Json:
    """One row for a workload of which no series has more than one value; the legend says each of them."""
    metric = series[0].metric
    values = [value for one in series for value in one.values]
    factor, unit = unit_of(metric, max(values, default=0))
    if len({one.name.system for one in series}) == 1:
        looks = styles_of(" ".join(one.name) for one in series)
    else:
        looks = {" ".join(one.name): styles[one.name.system] for one in series}
    labels = said_of([one.name for one in series])
    data: list[Json] = []
    for one in series:
        look = looks[" ".join(one.name)]
        said = f"{SYMBOLS[one.state]} {one.state}" if one.state != "ok" else human(metric, one.values[0])
        data.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": f"{labels[one.name]}: {said}",
                # a series without a value stays in the legend
                "x": [rounded(value / factor) for value in one.values] or [None],
                "y": [0],
                "marker": {"color": look.colour, "symbol": look.mark, "size": 10, "opacity": 0.8},
                "hovertemplate": f"{labels[one.name]}<br>%{{x}} {unit}<extra></extra>",
            }
        )
    axis = span([value / factor for value in values])
    below = 48 + LEGEND_ROW_PX * len(data)
    layout = {
        **legend_below(len(data)),
        "height": ROW_PX + below,
        "margin": {"l": 8, "r": 8, "t": 8, "b": below},
        "xaxis": {"zeroline": False, **axis, "title": {"text": f"{unit}, more is better"}},
        "yaxis": {"range": [-1, 1], "visible": False, "fixedrange": True},
    }
    return {"data": data, "layout": layout}


def values_figure(series: list[Series], styles: dict[str, Style]) -> Json:
    """Every single value of a workload as a dot, a row per series, with the median and its interval.

    Failed trials have no dot, so the name of the row says in red, and in words, what is missing.
    """
    if max(len(one.values) for one in series) <= 1:
        return single_figure(series, styles)
    metric = series[0].metric
    everything = [value for one in series for value in one.values]
    factor, unit = unit_of(metric, max(everything, default=0))
    data: list[Json] = []
    labels: list[Json] = []
    ceilings = {one.name: one.ceiling for one in series if one.ceiling}
    for y, one in enumerate(series):
        style = styles[one.name.system]
        scaled = [rounded(value / factor) for value in one.values]
        name = f"<b>{one.name.system}</b> {one.name.protocol} {one.name.pass_}"
        if one.values:
            middle = statistics.median(one.values)
            name += f": {human(metric, middle)}" if one.state == "ok" else ""
            interval = median_interval(one.values)
            if interval:
                data.append(
                    {
                        "type": "scatter",
                        "mode": "lines",
                        "x": [rounded(end / factor) for end in interval],
                        "y": [y, y],
                        "line": {"color": style.colour, "width": 2},
                        "hoverinfo": "skip",
                    }
                )
            data.append(
                {
                    "type": "scatter",
                    "mode": "markers",
                    "x": scaled,
                    "y": spread_over(y, len(scaled)),
                    "marker": {"color": style.colour, "symbol": style.mark, "size": 7, "opacity": 0.7},
                    "hovertemplate": f"{one.name.system} {' '.join(one.name.terms)}<br>%{{x}} {unit}<extra></extra>",
                }
            )
            data.append(
                {
                    "type": "scatter",
                    "mode": "markers",
                    "x": [rounded(middle / factor)],
                    "y": [y],
                    "marker": {"symbol": "line-ns", "size": 17, "line": {"color": style.colour, "width": 3}},
                    "hovertemplate": f"median %{{x}} {unit}<extra></extra>",
                }
            )
        if one.name in ceilings:
            data.append(
                {
                    "type": "scatter",
                    "mode": "markers",
                    "x": [rounded((one.ceiling or 0) / factor)],
                    "y": [y],
                    "marker": {"symbol": "line-ns", "size": 24, "line": {"color": GREY, "width": 2}},
                    "hovertemplate": f"ceiling, {one.ceiling_what}: %{{x}} {unit}<extra></extra>",
                }
            )
        if one.state != "ok":
            name += f" {SYMBOLS[one.state]} {one.state}, {len(one.values)} values"
        labels.append(row_label(name, y, RED if one.state != "ok" else ""))
    axis = span([value / factor for value in [*everything, *ceilings.values()] if value])
    title = f"{unit}{' (logarithmic)' if axis.get('type') == 'log' else ''}, more is better"
    return {"data": data, "layout": rows_layout(len(series), {**axis, "title": {"text": title}}, labels)}


def verdict_text(pair: Pair) -> str:
    """The word and the numbers of a pair, such as ``▲ faster 1.12 [1.10, 1.14]``."""
    text = f"{SYMBOLS[pair.word]} {pair.word}"
    if pair.comparison is None:
        return text
    text += f" {pair.bound}{pair.comparison.ratio:.3g}"
    if pair.comparison.interval:
        text += " [{:.3g}, {:.3g}]".format(*pair.comparison.interval)
    return text


def ratio_axis(ratios: list[float], what: str) -> Json:
    """A logarithmic axis around 1: twice as fast and half as fast are equally far from it."""
    reach = max([abs(math.log10(ratio)) for ratio in ratios], default=0.0) * 1.1
    reach = max(reach, math.log10(1.15))
    ticks = [1 / 50, 1 / 20, 1 / 10, 1 / 5, 1 / 2, 1 / 1.5, 1 / 1.2, 1 / 1.1, 1, 1.1, 1.2, 1.5, 2, 5, 10, 20, 50]
    seen = [tick for tick in ticks if abs(math.log10(tick)) <= reach]
    far = [tick for tick in seen if tick == 1 or abs(math.log10(tick)) > reach / 5]
    return {
        "type": "log",
        "range": [-reach, reach],
        "tickvals": far,
        "ticktext": ["1" if tick == 1 else f"{tick:.2g} x" for tick in far],
        "title": {"text": what},
    }


def band(count: int) -> list[Json]:
    """The range in which a ratio is of no practical interest, and the line where both are equal."""
    common: Json = {"yref": "paper", "y0": 0, "y1": 1, "layer": "below"}
    inner = {"x0": 1 / _statistics.BAND, "x1": _statistics.BAND, "fillcolor": BAND_FILL, "line": {"width": 0}}
    line = {"x0": 1, "x1": 1, "line": {"color": GREY, "width": 1, "dash": "dot"}}
    return [{"type": "rect", **common, **inner}, {"type": "line", **common, **line}] if count else []


def forest_figure(pairs: list[Pair], names: t.Callable[[Pair], str]) -> Json:
    """The verdict as one picture: the ratio of every pair with its interval, a row each."""
    data: list[Json] = []
    labels: list[Json] = []
    ends: list[float] = []
    for y, pair in enumerate(pairs):
        unfit = pair.comparison is None
        labels.append(row_label(f"{names(pair)}<br><b>{verdict_text(pair)}</b>", y, RED if unfit else ""))
        if pair.comparison is None:
            continue
        colour, mark = VERDICT_MARKS[pair.word]
        low, high = pair.comparison.interval or (pair.comparison.ratio, pair.comparison.ratio)
        ends += [low, high]
        data.append(
            {
                "type": "scatter",
                "mode": "lines",
                "x": [rounded(low), rounded(high)],
                "y": [y, y],
                "line": {"color": colour, "width": 2},
                "hoverinfo": "skip",
            }
        )
        data.append(
            {
                "type": "scatter",
                "mode": "markers",
                "x": [rounded(pair.comparison.ratio)],
                "y": [y],
                "marker": {"color": colour, "symbol": mark, "size": 9, "line": {"color": colour, "width": 1.5}},
                "hovertemplate": f"{names(pair)}<br>{verdict_text(pair)}<extra></extra>",
            }
        )
    axis = ratio_axis(ends, "← base is better · ratio · candidate is better →")
    return {"data": data, "layout": rows_layout(len(pairs), axis, labels, TALL_ROW_PX, shapes=band(len(pairs)))}


def cloud_figure(pairs: list[Pair]) -> Json:
    """The verdict as one picture when there are too many pairs for a row each: a dot per pair, a row per opponent."""
    rows: dict[str, list[Pair]] = {}
    for pair in pairs:
        rows.setdefault(f"{pair.candidate.name.system} against {pair.base.name.system}", []).append(pair)
    data: list[Json] = []
    labels: list[Json] = []
    ratios: list[float] = []
    for y, (name, members) in enumerate(rows.items()):
        counts = {word: sum(pair.word == word for pair in members) for word in SYMBOLS}
        said = f"{SPACE * 2}".join(f"{SYMBOLS[word]}{SPACE}{count}" for word, count in counts.items() if count)
        labels.append(row_label(f"<b>{name}</b><br>{said}", y - 0.08))
        for word, (colour, mark) in VERDICT_MARKS.items():
            found = [pair for pair in members if pair.word == word and pair.comparison is not None]
            if not found:
                continue
            x = [rounded(pair.comparison.ratio, 4) for pair in found if pair.comparison is not None]
            ratios += x
            data.append(
                {
                    "type": "scatter",
                    "mode": "markers",
                    "x": x,
                    "y": spread_over(y, len(x)),
                    "marker": {"color": colour, "symbol": mark, "size": 6, "opacity": 0.6},
                    "hovertemplate": f"{name}: {word}<br>%{{x}}<extra></extra>",
                }
            )
    axis = ratio_axis(ratios, "← base is better · ratio · candidate is better →")
    return {"data": data, "layout": rows_layout(len(rows), axis, labels, CLOUD_ROW_PX, shapes=band(len(rows)))}


def verdict_figure(pairs: list[Pair], names: t.Callable[[Pair], str]) -> Json | None:
    """The picture that goes with the verdict; None when there is nothing to show."""
    if not any(pair.comparison for pair in pairs):
        return None
    return forest_figure(pairs, names) if len(pairs) <= FOREST_ROWS else cloud_figure(pairs)


def legend_below(entries: int) -> Json:
    """The layout of a picture with a legend: below it, where it takes no width from a phone."""
    return {
        "height": 300 + LEGEND_ROW_PX * entries,
        "margin": {"l": 58, "r": 8, "t": 8, "b": 52 + LEGEND_ROW_PX * entries},
        "showlegend": True,
        "legend": {"orientation": "h", "x": 0, "xref": "container", "y": 0, "yref": "container", "yanchor": "bottom"},
        "hovermode": "closest",
    }


def latency_ticks(points: list[float]) -> list[float]:
    """Ticks of a logarithmic axis: 1, 2 and 5 of every decade, only 1 when there are many decades."""
    if not points:
        return []
    low, high = math.floor(math.log10(min(points))), math.ceil(math.log10(max(points)))
    steps = (1, 2, 5) if high - low <= 2 else (1,)
    return [rounded(step * 10.0**decade) for decade in range(low, high + 1) for step in steps]


def latency_figure(lines: dict[SeriesName, dict[str, _results.Distribution]], styles: dict[str, Style]) -> Json:
    """How many operations take longer than a latency, in one frame.

    A line per series and operation, from its merged histograms. Colour and mark tell the system, the dash what else
    differs.
    """
    shown = [(name, operation, found) for name, operations in lines.items() for operation, found in operations.items()]
    terms = list(dict.fromkeys((*name.terms, operation) for name, operation, _found in shown))
    data: list[Json] = []
    for name, operation, (samples, points) in shown:
        term = (*name.terms, operation)
        style = styles[name.system]
        # what all lines share goes without saying
        said = [word for place, word in enumerate(term) if len({other[place] for other in terms}) > 1]
        label = " ".join([name.system, *said])
        data.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": f"{label} ({samples} operations)",
                "x": [rounded(point / 1e6, 4) for point in points],
                "y": [100 * share for share in _results.SLOWER_SHARES[: len(points)]],
                "line": {"color": style.colour, "dash": DASHES[terms.index(term) % len(DASHES)], "width": 2},
                "marker": {"symbol": style.mark, "size": 7},
                "hovertemplate": f"{label}: %{{y}} % take longer than %{{x}} ms<extra></extra>",
            }
        )
    shares = [90, 50, 10, 1, 0.1, 0.01]
    ticks = latency_ticks([x for line in data for x in line["x"]])
    layout = {
        **legend_below(len(data)),
        "xaxis": {
            "type": "log",
            "title": {"text": "latency in ms (logarithmic)"},
            "tickvals": ticks,
            "ticktext": [f"{tick:g}" for tick in ticks],
            "zeroline": False,
        },
        "yaxis": {
            "type": "log",
            "title": {"text": "share that takes longer"},
            "tickvals": shares,
            "ticktext": [f"{share:g} %" for share in shares],
            "zeroline": False,
        },
    }
    return {"data": data, "layout": layout}


def steady_figure(trials: list[tuple[str, bool, list[float]]], styles: dict[str, Style]) -> Json:
    """The windows of every trial, relative to the mean of the trial; a line each.

    :param trials: system, whether it was steady, and its windows.
    """
    named: set[str] = set()
    data = []
    for system, steady, windows in trials:
        mean = statistics.fmean(windows) or 1.0
        label = f"{system}{'' if steady else ', unsteady'}"
        data.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": label,
                "legendgroup": label,
                "showlegend": label not in named,
                "x": list(range(1, len(windows) + 1)),
                "y": [rounded(100 * window / mean, 4) for window in windows],
                "line": {
                    "color": styles[system].colour,
                    "dash": "solid" if steady else "dot",
                    "width": 1 if steady else 2,
                },
                "marker": {"symbol": styles[system].mark if steady else "x", "size": 5 if steady else 8},
                "hovertemplate": f"{label}: %{{y}} % of its mean<extra></extra>",
            }
        )
        named.add(label)
    layout = {
        **legend_below(len(named)),
        "xaxis": {"title": {"text": "window of the measured time"}, "dtick": 1, "zeroline": False},
        "yaxis": {"title": {"text": "% of the trial's mean"}, "zeroline": False},
        "shapes": [
            {
                "type": "rect",
                "xref": "paper",
                "x0": 0,
                "x1": 1,
                "y0": 90,
                "y1": 110,
                "layer": "below",
                "fillcolor": BAND_FILL,
                "line": {"width": 0},
            }
        ],
    }
    return {"data": data, "layout": layout}

"""Numbers as lengths and lines: bars, lines, histograms and functions with points on them."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray

from pages.figures.labels import plotly_text
from pages.figures.layout import axis, figure, labelled_axis
from pages.figures.meaning import Axis, Beside, Drawn, Measure, Points
from pages.figures.palette import ATTENTION, AXIS_COLOURS, CATEGORICAL, NEUTRAL, PLAIN, TOKEN, AxisName

PANEL_GAP = 0.1  # between panels side by side, as a share of all their width
MANY_ROWS = 32  # where there are more, their dots are smaller
MANY_POINTS = 100  # on a curve: the same
MOST_POINTS = 1000  # on a curve: where there are more, one for each thousandth of it
SHARE_OF_ALL = 0.6  # a share above this has an axis up to 100 %
MEASURE, COUNTS, ALONG = Measure(), Measure(format=",.3~s"), Axis()
LEGEND = {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "itemsizing": "constant", "title": {"text": ""}}


def bars(
    values: ArrayLike,
    labels: Axis,
    *,
    measure: Measure = MEASURE,
    beside: Beside | None = None,
    highlighted: int | None = None,
    faded: NDArray[np.bool_] | None = None,
    colour: str | Sequence[str] = PLAIN,
    horizontal: bool = True,
) -> go.Figure:
    """One bar per label, the number written beside it; faded bars stay visible, `beside` is drawn next to the first.

    `colour` is one for all or one for each; `measure.texts` are for figures without `beside`. Numbers are shares,
    written as percentages, unless `measure.format` says otherwise.

    Raises ValueError where labels, texts, colours or the other numbers are not as many as the values.
    """
    lengths = np.asarray(values, np.float32)
    labels.check(len(lengths), "bars")
    for what, others in (("texts", measure.texts), ("other numbers", beside and beside.values), ("faded", faded)):
        if others is not None and len(np.asarray(others)) != len(lengths):
            raise ValueError(f"{len(np.asarray(others))} {what} do not fit {len(lengths)} bars")
    number = measure.format or (".2~p" if measure.log else ".1%")
    order = np.arange(len(lengths), dtype=np.int32)
    if beside is not None and highlighted is not None:  # the legend has the colour of whichever bar comes first
        order = np.append(np.delete(order, highlighted), order[highlighted])
    shades = [colour] * len(lengths) if isinstance(colour, str) else colour
    accent = AXIS_COLOURS.get(labels.meaning, ATTENTION)
    fills = [accent if i == highlighted else shade for i, shade in enumerate(shades)]
    series = [(lengths, fills, beside.names[0] if beside else "")]
    if beside is not None:
        series.append((np.asarray(beside.values, np.float32), [NEUTRAL] * len(lengths), beside.names[1]))
    opacity = np.ones(len(lengths), np.float32) if faded is None else np.where(faded, 0.3, 1).astype(np.float32)
    names = [plotly_text(label) for label in labels.labels]
    traces = [_bars(one, order, names, opacity, number, horizontal=horizontal) for one in series]
    if measure.texts is not None:
        traces[0] |= {"text": list(measure.texts), "texttemplate": "%{text}"}
        traces[0] |= {"hovertemplate": "%{customdata}<br><b>%{text}</b><extra></extra>"}
    ends = [len(names) - 0.5, -0.5] if horizontal else [-0.5, len(names) - 0.5]
    label_side = labelled_axis(labels, emphasised=highlighted, range=ends)
    value_side = _value_axis(measure, number, [numbers for numbers, _, _ in series])
    return figure(
        traces,
        x=value_side if horizontal else label_side,
        y=label_side if horizontal else value_side,
        keep_zoom=(labels.labels, measure.log),
        height=_height(len(names), len(traces)) if horizontal else None,
        bargap=0.25,
        showlegend=beside is not None,
        legend=LEGEND,
    )


def _bars(
    one: tuple[NDArray[np.float32], Sequence[str], str],
    order: NDArray[np.int32],
    labels: Sequence[str],
    opacity: NDArray[np.float32],
    number: str,
    *,
    horizontal: bool,
) -> Drawn:
    """One series of bars: its numbers, their colours and its name."""
    numbers, fills, name = one
    along, across = ("x", "y") if horizontal else ("y", "x")
    return {
        "type": "bar",
        "orientation": "h" if horizontal else "v",
        along: numbers[order],
        across: order,
        "name": plotly_text(name),
        "marker": {"color": [fills[i] for i in order], "opacity": opacity[order], "line": {"width": 0}},
        "customdata": [labels[i] for i in order],
        "texttemplate": f"%{{{along}:{number}}}",
        "constraintext": "none",
        "textposition": "outside",
        "cliponaxis": False,
        "hovertemplate": f"%{{customdata}}<br><b>%{{{along}:{number}}}</b><extra></extra>",
    }


def _value_axis(measure: Measure, number: str, series: Sequence[NDArray[np.float32]]) -> Drawn:
    """The axis along which bars grow, with room for the numbers at their ends."""
    found = axis(measure.title, tickformat=_tick_format(number), range=_room_for_numbers(series, measure.log), nticks=6)
    if number[-1] == "%" and not measure.log and SHARE_OF_ALL < max(float(one.max(initial=0)) for one in series) <= 1:
        found["tickvals"] = [0, 0.25, 0.5, 0.75, 1]  # or the room for the numbers would be called 120 %
    if measure.log:
        found |= {"type": "log", "exponentformat": "power"}
    return found


def _height(n_labels: int, n_series: int) -> int:
    """Pixels for bars as thick as the numbers beside them are high."""
    return 90 + n_labels * (34 if n_series == 1 else 24 * n_series)


def _tick_format(number: str) -> str:
    """Ticks are round numbers: without trailing zeros, and small percentages not as 0 %."""
    return ".3~p" if number[-1] in "%p" else ""


def _room_for_numbers(series: Sequence[NDArray[np.float32]], log: bool) -> list[float]:
    """The range of the values, and a fifth more for the numbers written at the ends of the bars."""
    finite = np.concatenate([values[np.isfinite(values)] for values in series])
    if log:
        positive = finite[finite > 0]
        low, high = (np.log10(positive.min()), np.log10(positive.max())) if positive.size else (-1.0, 0.0)
        return [float(np.floor(low - 0.2)), float(high + 0.2 * (high - low + 1))]
    low, high = min(0.0, float(finite.min(initial=0))), max(0.0, float(finite.max(initial=0)))
    room = 0.2 * (high - low or 1.0)
    return [low - room if low < 0 else 0.0, high + room if high > 0 or low == 0 else 0.0]


def stacked_bars(
    parts: Mapping[str, ArrayLike],
    labels: Axis,
    *,
    measure: Measure = COUNTS,
    colours: Mapping[str, str] | None = None,
    named_inside: bool = False,
) -> go.Figure:
    """Parts of a whole, one bar per label; negative parts extend below zero.

    `named_inside` writes the parts' names where there is room for them, instead of a legend.

    Raises ValueError where a part has not as many numbers as there are labels.
    """
    texts = [plotly_text(label) for label in labels.labels]
    number = measure.format or ",.3~s"
    for numbers in parts.values():
        labels.check(len(np.asarray(numbers)), "bars")
    traces = [
        {
            "type": "bar",
            "orientation": "h",
            "x": np.asarray(numbers, np.float32),
            "y": np.arange(len(texts), dtype=np.int32),
            "name": plotly_text(name),
            "marker": {"color": (colours or {}).get(name, CATEGORICAL[i % len(CATEGORICAL)]), "line": {"width": 0}},
            "customdata": texts,
            "hovertemplate": f"%{{customdata}}<br>%{{fullData.name}}: <b>%{{x:{number}}}</b><extra></extra>",
        }
        for i, (name, numbers) in enumerate(parts.items())
    ]
    inside = {"textposition": "inside", "insidetextanchor": "middle", "textangle": 0}
    if named_inside:
        traces = [trace | inside | {"texttemplate": trace["name"]} for trace in traces]
    return figure(
        traces,
        x=axis(measure.title, tickformat=_tick_format(number), nticks=6),
        y=labelled_axis(labels, range=[len(texts) - 0.5, -0.5]),
        keep_zoom=(labels.labels, list(parts)),
        height=_height(len(texts), 1),
        barmode="relative",
        bargap=0.25,
        showlegend=not named_inside,
        legend=LEGEND | {"traceorder": "normal"},
        uniformtext={"mode": "hide", "minsize": 13} if named_inside else {},
    )


def lines(
    series: Mapping[str, ArrayLike],
    along: Axis = ALONG,
    *,
    x: ArrayLike | None = None,
    measure: Measure = MEASURE,
    colours: Mapping[str, str] | None = None,
    highlighted: int | None = None,
    markers: bool = True,
) -> go.Figure:
    """Curves over the same x: tokens or names where `along` has labels, else the numbers `x` or 0 … n - 1.

    `highlighted` is a position along them.

    Raises ValueError where curves, labels or `x` are not equally many.
    """
    n = len(np.asarray(next(iter(series.values()))))
    if along.labels:
        along.check(n, "points")
    for what, others in [("x", x), *series.items()]:
        if others is not None and len(np.asarray(others)) != n:
            raise ValueError(f"{len(np.asarray(others))} numbers of {what!r} do not fit {n} points")
    positions = np.arange(n, dtype=np.int32) if x is None else np.asarray(x)
    texts = [plotly_text(label) for label in along.labels] or None
    at = "%{customdata}" if texts else "%{x}"
    traces = [
        {
            "type": "scatter",
            "mode": "lines+markers" if markers else "lines",
            "x": positions,
            "y": np.asarray(numbers, np.float32),
            "name": plotly_text(name),
            "line": {"width": 2.5, "color": (colours or {}).get(name, CATEGORICAL[i % len(CATEGORICAL)])},
            "marker": {"size": 7},
            "customdata": texts,
            "hovertemplate": f"{at}<br>%{{fullData.name}}: <b>%{{y:{measure.format or '.3f'}}}</b><extra></extra>",
        }
        for i, (name, numbers) in enumerate(series.items())
    ]
    horizontal = axis(along.title, along.meaning)
    if texts:
        horizontal = labelled_axis(along, emphasised=highlighted, range=[-0.5, n - 0.5])
    return figure(
        traces,
        x=horizontal,
        y=axis(measure.title, nticks=7, **(_decades(series.values()) if measure.log else {})),
        keep_zoom=(list(series), along.labels if texts else None, n, measure.log),
        showlegend=len(series) > 1,
        legend=LEGEND,
        shapes=[] if highlighted is None else [_upright(float(positions[highlighted]), along.meaning)],
    )


def _upright(x: float, meaning: AxisName) -> Drawn:
    """A dotted line from the foot of a picture to its top."""
    line = {"color": AXIS_COLOURS.get(meaning, NEUTRAL), "width": 1.5, "dash": "dot"}
    ends = {"type": "line", "xref": "x", "yref": "y domain", "x0": x, "x1": x, "y0": 0, "y1": 1}
    return ends | {"line": line, "layer": "below"}


def _decades(series: Iterable[ArrayLike], *, most: int = 8, finer: float = 2) -> dict[str, Any]:
    """A log axis with a tick at each power of ten, or at every second, third … where there are more than `most`.

    Where they span fewer than `finer` of them, there are ticks between.
    """
    values = np.concatenate([np.asarray(numbers, np.float64).ravel() for numbers in series])
    positive = values[np.isfinite(values) & (values > 0)]
    span = np.log10(positive.max() / positive.min()) if positive.size else 1.0
    if span > finer:
        return {"type": "log", "dtick": int(max(np.ceil(span / most), 1)), "exponentformat": "power"}
    return {"type": "log", "dtick": "D2", "tickformat": "~g"}  # 1, 2, 5, 10 …; without a format 0.2 would be called 2


def dots(
    panels: Mapping[str, Mapping[str, ArrayLike]],
    rows: Axis,
    *,
    colours: Mapping[str, str] | None = None,
    highlighted: int | None = None,
    logarithmic: Collection[str] = (),
) -> go.Figure:
    """A row for each label and a dot for each series in it; panels stand side by side, each with an axis of its own.

    The panels named in `logarithmic` have a logarithmic one.

    Raises ValueError where a series has not as many numbers as there are rows.
    """
    width = (1 - PANEL_GAP * (len(panels) - 1)) / len(panels)
    traces, axes = [], {}
    for panel, (title, series) in enumerate(panels.items()):
        suffix = "" if panel == 0 else str(panel + 1)
        kind = _decades(series.values(), most=4, finer=0.7) if title in logarithmic else {"nticks": 4}
        start = panel * (width + PANEL_GAP)
        axes[f"xaxis{suffix}"] = axis(title, domain=[start, start + width], fixedrange=True, zeroline=True) | kind
        traces += _dots(series, rows, suffix, colours or {})
    frame = {"type": "rect", "xref": "paper", "yref": "y", "x0": 0, "x1": 1, "layer": "below"}
    return figure(
        traces,
        x=axes.pop("xaxis"),
        y=labelled_axis(rows, emphasised=highlighted, range=[len(rows.labels) - 0.5, -0.5]),
        keep_zoom=(list(panels), rows.labels),
        showlegend=True,
        legend=LEGEND,
        shapes=[]
        if highlighted is None
        else [frame | {"y0": highlighted - 0.5, "y1": highlighted + 0.5} | {"line": {"color": TOKEN, "width": 1.5}}],
        **axes,
    )


def _dots(series: Mapping[str, ArrayLike], rows: Axis, suffix: str, colours: Mapping[str, str]) -> list[Drawn]:
    """The series of one panel, whose axis has this suffix; only the first panel's stand in the legend."""
    texts = [plotly_text(row) for row in rows.labels]
    traces = []
    for i, (name, numbers) in enumerate(series.items()):
        rows.check(len(np.asarray(numbers)), "dots")
        colour = colours.get(name, CATEGORICAL[i % len(CATEGORICAL)])
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "x": np.asarray(numbers, np.float32),
                "y": np.arange(len(texts), dtype=np.int32),
                "xaxis": f"x{suffix}",
                "name": plotly_text(name),
                "legendgroup": plotly_text(name),
                "showlegend": not suffix,
                "marker": {"size": 9 if len(texts) <= MANY_ROWS else 6, "color": colour},
                "customdata": texts,
                "hovertemplate": "%{customdata}<br>%{fullData.name}: <b>%{x:.3f}</b><extra></extra>",
            }
        )
    return traces


def histogram(
    values: ArrayLike,
    *,
    beside: Beside | None = None,
    bins: int = 40,
    x_title: str = "",
    y_title: str = "",
    colour: str = PLAIN,
    marks: Mapping[str, float] | None = None,
) -> go.Figure:
    """How many values fall where; both sets share their bins, and `marks` are named vertical lines (a mean, ±1)."""
    names = beside.names if beside else ("", "")
    sets = [(np.asarray(values, np.float32).ravel(), names[0], colour)]
    if beside is not None:
        sets.append((np.asarray(beside.values, np.float32).ravel(), names[1], ATTENTION))
    edges = np.histogram_bin_edges(np.concatenate([numbers for numbers, _, _ in sets]), bins)
    middles = ((edges[:-1] + edges[1:]) / 2).astype(np.float32)
    traces = [
        {
            "type": "bar",
            "x": middles,
            "y": np.histogram(numbers, edges)[0].astype(np.int32),
            "width": float(edges[1] - edges[0]),
            "name": plotly_text(title),
            "marker": {"color": shade, "opacity": 0.65 if beside else 0.9, "line": {"width": 0}},
            "hovertemplate": "%{x:.3f}<br><b>%{y}</b><extra></extra>",
        }
        for numbers, title, shade in sets
    ]
    tallest = max(float(trace["y"].max()) for trace in traces)  # the names of the lines stand above it
    upright = {"type": "line", "xref": "x", "yref": "y domain", "y0": 0, "y1": 1}
    upright |= {"line": {"color": NEUTRAL, "width": 2, "dash": "dot"}}
    named = {"yref": "y domain", "y": 1, "showarrow": False, "xanchor": "left", "yanchor": "top", "xshift": 4}
    return figure(
        traces,
        x=axis(x_title, nticks=6),
        y=axis(y_title, nticks=6, range=[0, (1.25 if marks else 1.05) * tallest]),
        keep_zoom=(x_title, *names, bins),
        barmode="overlay",
        bargap=0,
        showlegend=beside is not None,
        legend=LEGEND,
        shapes=[upright | {"x0": at, "x1": at} for at in (marks or {}).values()],
        annotations=[named | {"x": at, "text": plotly_text(mark)} for mark, at in (marks or {}).items()],
    )


def curve(
    functions: Mapping[str, Callable[[NDArray[np.floating]], NDArray[np.floating]]],
    x_range: tuple[float, float],
    *,
    points: Points | None = None,
    x_title: str = "",
    measure: Measure = MEASURE,
    colours: Mapping[str, str] | None = None,
) -> go.Figure:
    """Functions of one number, and where this text's own values (`points`) fall on the first of them.

    Of very many points, one stands for those that would hide one another.

    Raises ValueError where points and their labels are not equally many.
    """
    number = measure.format or ".3f"
    x = np.linspace(*x_range, 241, dtype=np.float32)
    traces: list[Drawn] = [
        {
            "type": "scatter",
            "mode": "lines",
            "x": x,
            "y": np.asarray(function(x), np.float32),
            "name": plotly_text(name),
            "line": {"width": 3, "color": (colours or {}).get(name, CATEGORICAL[i % len(CATEGORICAL)])},
            "hovertemplate": f"%{{x:.2f}} → <b>%{{y:{number}}}</b><extra>%{{fullData.name}}</extra>",
        }
        for i, (name, function) in enumerate(functions.items())
    ]
    if points is not None:
        traces.append(_points_on(next(iter(functions.values())), points, x_range, number))
    return figure(
        traces,
        x=axis(x_title, zeroline=True, nticks=9),
        y=axis(measure.title, zeroline=True, nticks=7, exponentformat="power" if number.endswith("e") else "B"),
        keep_zoom=(list(functions), x_range),
        showlegend=len(traces) > 1,
        legend=LEGEND,
    )


def _points_on(
    function: Callable[[NDArray[np.floating]], NDArray[np.floating]],
    points: Points,
    x_range: tuple[float, float],
    number: str,
) -> Drawn:
    at = np.asarray(points.values, np.float32)
    if points.labels is not None and len(points.labels) != len(at):
        raise ValueError(f"{len(points.labels)} labels do not fit {len(at)} points")
    shown = _distinct(at, x_range) if len(at) > MOST_POINTS else np.arange(len(at))
    at, names = at[shown], None if points.labels is None else [plotly_text(points.labels[int(i)]) for i in shown]
    size = 9 if len(at) <= MANY_POINTS else 6
    named = "%{customdata}<br>" if names else ""
    return {
        "type": "scatter",
        "mode": "markers",
        "x": at,
        "y": np.asarray(function(at), np.float32),
        "name": plotly_text(points.name),
        "marker": {"size": size, "color": TOKEN, "opacity": 0.6, "line": {"width": 0}},
        "customdata": names,
        "hovertemplate": f"{named}%{{x:.3f}} → <b>%{{y:{number}}}</b><extra></extra>",
    }


def _distinct(values: NDArray[np.float32], within: tuple[float, float]) -> NDArray[np.intp]:
    """Positions of the first value in each thousandth of the range, in their order."""
    steps = np.round((values - within[0]) * 1000 / (within[1] - within[0]))
    return np.sort(np.unique(steps, return_index=True)[1])

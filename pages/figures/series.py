"""Numbers as lengths and lines: bars, lines, histograms and functions with points on them."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray

from pages.figures.labels import Label, plotly_text
from pages.figures.layout import axis, figure, token_axis
from pages.figures.palette import ATTENTION, AXIS_COLOURS, CATEGORICAL, NEUTRAL, PLAIN, TOKEN, AxisName

PANEL_GAP = 0.1  # between panels side by side, as a share of all their width
MANY_ROWS = 32  # where there are more, their dots are smaller
MANY_POINTS = 100  # on a curve: the same
MOST_POINTS = 1000  # on a curve: where there are more, one for each thousandth of it
SHARE_OF_ALL = 0.6  # a share above this has an axis up to 100 %
LEGEND = {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "itemsizing": "constant", "title": {"text": ""}}


def bars(
    values: ArrayLike,
    *,
    labels: Sequence[Label],
    highlighted: int | None = None,
    faded: NDArray[np.bool_] | None = None,
    second: ArrayLike | None = None,
    names: tuple[str, str] = ("", ""),
    horizontal: bool = True,
    value_format: str | None = None,
    axis_title: str = "",
    label_title: str = "",
    label_axis: AxisName = "token",
    colour: str | Sequence[str] = PLAIN,
    log: bool = False,
    texts: Sequence[str] | None = None,
) -> go.Figure:
    """One bar per label, the number written beside it; faded bars stay visible, `second` is drawn beside the first.

    `colour` is one for all or one for each. `texts` are the numbers in words of ours, where there is no `second`.
    """
    number = value_format or (".2~p" if log else ".1%")
    lengths = np.asarray(values, np.float32)
    accent = AXIS_COLOURS.get(label_axis, ATTENTION)
    shades = [colour] * len(lengths) if isinstance(colour, str) else colour
    colours = [accent if i == highlighted else shade for i, shade in enumerate(shades)]
    opacity = np.ones(len(lengths), np.float32) if faded is None else np.where(faded, 0.3, 1).astype(np.float32)
    along, across = ("x", "y") if horizontal else ("y", "x")
    names_of = [plotly_text(label) for label in labels]
    order = np.arange(len(lengths), dtype=np.int32)
    if second is not None and highlighted is not None:  # the legend has the colour of whichever bar comes first
        order = np.append(np.delete(order, highlighted), order[highlighted])
    series = [(lengths, colours, names[0])]
    if second is not None:
        series.append((np.asarray(second, np.float32), [NEUTRAL] * len(lengths), names[1]))
    traces = [
        {
            "type": "bar",
            "orientation": "h" if horizontal else "v",
            along: numbers[order],
            across: order,
            "name": plotly_text(name),
            "marker": {"color": [fills[i] for i in order], "opacity": opacity[order], "line": {"width": 0}},
            "customdata": [names_of[i] for i in order],
            "texttemplate": f"%{{{along}:{number}}}",
            "constraintext": "none",
            "textposition": "outside",
            "cliponaxis": False,
            "hovertemplate": f"%{{customdata}}<br><b>%{{{along}:{number}}}</b><extra></extra>",
        }
        for numbers, fills, name in series
    ]
    value_axis = axis(
        axis_title, tickformat=_tick_format(number), range=_room_for_numbers([s[0] for s in series], log), nticks=6
    )
    if number[-1] == "%" and not log and SHARE_OF_ALL < max(float(one[0].max(initial=0)) for one in series) <= 1:
        value_axis["tickvals"] = [0, 0.25, 0.5, 0.75, 1]  # or the room for the numbers would be called 120 %
    if log:
        value_axis |= {"type": "log", "exponentformat": "power"}
    label_range = [len(labels) - 0.5, -0.5] if horizontal else [-0.5, len(labels) - 0.5]
    label_side = token_axis(labels, label_title, label_axis, emphasised=highlighted, range=label_range)
    if texts is not None:
        traces[0] |= {"text": list(texts), "texttemplate": "%{text}"}
        traces[0] |= {"hovertemplate": "%{customdata}<br><b>%{text}</b><extra></extra>"}
    return figure(
        traces,
        x=value_axis if horizontal else label_side,
        y=label_side if horizontal else value_axis,
        keep_zoom=(labels, log),
        height=_height(len(labels), len(traces)) if horizontal else None,
        bargap=0.25,
        showlegend=second is not None,
        legend=LEGEND,
    )


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
    *,
    labels: Sequence[Label],
    colours: Mapping[str, str] | None = None,
    value_format: str = ",.3~s",
    axis_title: str = "",
    named_inside: bool = False,
) -> go.Figure:
    """Parts of a whole, one bar per label; negative parts extend below zero.

    `named_inside` writes the parts' names where there is room for them, instead of a legend.
    """
    texts = [plotly_text(label) for label in labels]
    traces = [
        {
            "type": "bar",
            "orientation": "h",
            "x": np.asarray(numbers, np.float32),
            "y": np.arange(len(labels), dtype=np.int32),
            "name": plotly_text(name),
            "marker": {"color": (colours or {}).get(name, CATEGORICAL[i % len(CATEGORICAL)]), "line": {"width": 0}},
            "customdata": texts,
            "hovertemplate": f"%{{customdata}}<br>%{{fullData.name}}: <b>%{{x:{value_format}}}</b><extra></extra>",
        }
        for i, (name, numbers) in enumerate(parts.items())
    ]
    inside = {"textposition": "inside", "insidetextanchor": "middle", "textangle": 0}
    if named_inside:
        traces = [trace | inside | {"texttemplate": trace["name"]} for trace in traces]
    return figure(
        traces,
        x=axis(axis_title, tickformat=_tick_format(value_format), nticks=6),
        y=token_axis(labels, "", "plain", range=[len(labels) - 0.5, -0.5]),
        keep_zoom=(labels, list(parts)),
        height=_height(len(labels), 1),
        barmode="relative",
        bargap=0.25,
        showlegend=not named_inside,
        legend=LEGEND | {"traceorder": "normal"},
        uniformtext={"mode": "hide", "minsize": 13} if named_inside else {},
    )


def lines(
    series: Mapping[str, ArrayLike],
    *,
    x: ArrayLike | None = None,
    x_labels: Sequence[Label] | None = None,
    x_title: str = "",
    y_title: str = "",
    x_axis: AxisName = "plain",
    colours: Mapping[str, str] | None = None,
    highlighted: int | None = None,
    log_y: bool = False,
    markers: bool = True,
    value_format: str = ".3f",
) -> go.Figure:
    """Curves over the same x; `x_labels` are tokens or names at 0…n-1; `highlighted` is a position on x."""
    first = np.asarray(next(iter(series.values())))
    places = np.arange(len(first), dtype=np.int32) if x is None else np.asarray(x)
    texts = [plotly_text(label) for label in x_labels] if x_labels is not None else None
    at = "%{customdata}" if texts else "%{x}"
    traces = [
        {
            "type": "scatter",
            "mode": "lines+markers" if markers else "lines",
            "x": places,
            "y": np.asarray(numbers, np.float32),
            "name": plotly_text(name),
            "line": {"width": 2.5, "color": (colours or {}).get(name, CATEGORICAL[i % len(CATEGORICAL)])},
            "marker": {"size": 7},
            "customdata": texts,
            "hovertemplate": f"{at}<br>%{{fullData.name}}: <b>%{{y:{value_format}}}</b><extra></extra>",
        }
        for i, (name, numbers) in enumerate(series.items())
    ]
    if x_labels is None:
        horizontal = axis(x_title, x_axis)
    else:
        room = [-0.5, len(x_labels) - 0.5]
        horizontal = token_axis(x_labels, x_title, x_axis, emphasised=highlighted, range=room)
    upwards = _decades(series.values()) if log_y else {}
    marker_line = {"color": AXIS_COLOURS.get(x_axis, NEUTRAL), "width": 1.5, "dash": "dot"}
    return figure(
        traces,
        x=horizontal,
        y=axis(y_title, nticks=7, **upwards),
        keep_zoom=(list(series), x_labels, len(places), log_y),
        showlegend=len(series) > 1,
        legend=LEGEND,
        shapes=[]
        if highlighted is None
        else [
            {"type": "line", "xref": "x", "yref": "y domain", "x0": place, "x1": place, "y0": 0, "y1": 1}
            | {"line": marker_line, "layer": "below"}
            for place in [float(places[highlighted])]
        ],
    )


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
    *,
    rows: Sequence[Label],
    colours: Mapping[str, str] | None = None,
    highlighted: int | None = None,
    logarithmic: Collection[str] = (),
) -> go.Figure:
    """A row for each label and a dot for each series in it; panels stand side by side, each with an axis of its own.

    The panels named in `logarithmic` have a logarithmic one.
    """
    texts = [plotly_text(row) for row in rows]
    places = np.arange(len(rows), dtype=np.int32)
    width = (1 - PANEL_GAP * (len(panels) - 1)) / len(panels)
    traces, axes = [], {}
    for panel, (title, series) in enumerate(panels.items()):
        suffix = "" if panel == 0 else str(panel + 1)
        kind = _decades(series.values(), most=4, finer=0.7) if title in logarithmic else {"nticks": 4}
        start = panel * (width + PANEL_GAP)
        axes[f"xaxis{suffix}"] = axis(title, domain=[start, start + width], fixedrange=True, zeroline=True) | kind
        traces += [
            {
                "type": "scatter",
                "mode": "markers",
                "x": np.asarray(numbers, np.float32),
                "y": places,
                "xaxis": f"x{suffix}",
                "name": plotly_text(name),
                "legendgroup": plotly_text(name),
                "showlegend": panel == 0,
                "marker": {
                    "size": 9 if len(rows) <= MANY_ROWS else 6,
                    "color": (colours or {}).get(name, CATEGORICAL[i % len(CATEGORICAL)]),
                },
                "customdata": texts,
                "hovertemplate": "%{customdata}<br>%{fullData.name}: <b>%{x:.3f}</b><extra></extra>",
            }
            for i, (name, numbers) in enumerate(series.items())
        ]
    frame = {"type": "rect", "xref": "paper", "yref": "y", "x0": 0, "x1": 1, "layer": "below"}
    return figure(
        traces,
        x=axes.pop("xaxis"),
        y=token_axis(rows, "", "token", emphasised=highlighted, range=[len(rows) - 0.5, -0.5]),
        keep_zoom=(list(panels), rows),
        showlegend=True,
        legend=LEGEND,
        shapes=[]
        if highlighted is None
        else [frame | {"y0": highlighted - 0.5, "y1": highlighted + 0.5} | {"line": {"color": TOKEN, "width": 1.5}}],
        **axes,
    )


def histogram(
    values: ArrayLike,
    *,
    bins: int = 40,
    x_title: str = "",
    y_title: str = "",
    name: str = "",
    second: ArrayLike | None = None,
    second_name: str = "",
    colour: str = PLAIN,
    marks: Mapping[str, float] | None = None,
) -> go.Figure:
    """How many values fall where; both sets share their bins, and `marks` are named vertical lines (a mean, ±1)."""
    sets = [(np.asarray(values, np.float32).ravel(), name, colour)]
    if second is not None:
        sets.append((np.asarray(second, np.float32).ravel(), second_name, ATTENTION))
    edges = np.histogram_bin_edges(np.concatenate([numbers for numbers, _, _ in sets]), bins)
    middles = ((edges[:-1] + edges[1:]) / 2).astype(np.float32)
    traces = [
        {
            "type": "bar",
            "x": middles,
            "y": np.histogram(numbers, edges)[0].astype(np.int32),
            "width": float(edges[1] - edges[0]),
            "name": plotly_text(title),
            "marker": {"color": shade, "opacity": 0.65 if second is not None else 0.9, "line": {"width": 0}},
            "hovertemplate": "%{x:.3f}<br><b>%{y}</b><extra></extra>",
        }
        for numbers, title, shade in sets
    ]
    lines_at = (marks or {}).items()
    tallest = max(float(trace["y"].max()) for trace in traces)  # the names of the lines stand above it
    return figure(
        traces,
        x=axis(x_title, nticks=6),
        y=axis(y_title, nticks=6, range=[0, (1.25 if marks else 1.05) * tallest]),
        keep_zoom=(x_title, name, second_name, bins),
        barmode="overlay",
        bargap=0,
        showlegend=second is not None,
        legend=LEGEND,
        shapes=[
            {"type": "line", "xref": "x", "yref": "y domain", "x0": at, "x1": at, "y0": 0, "y1": 1}
            | {"line": {"color": NEUTRAL, "width": 2, "dash": "dot"}}
            for _, at in lines_at
        ],
        annotations=[
            {"x": at, "yref": "y domain", "y": 1, "text": plotly_text(mark), "showarrow": False}
            | {"xanchor": "left", "yanchor": "top", "xshift": 4}
            for mark, at in lines_at
        ],
    )


def _apart(values: NDArray[np.float32], within: tuple[float, float]) -> NDArray[np.intp]:
    """Places of the first value in each thousandth of the range, in their order."""
    steps = np.round((values - within[0]) * 1000 / (within[1] - within[0]))
    return np.sort(np.unique(steps, return_index=True)[1])


def curve(
    functions: Mapping[str, Callable[[NDArray[np.floating]], NDArray[np.floating]]],
    *,
    x_range: tuple[float, float],
    points: ArrayLike | None = None,
    points_name: str = "",
    point_labels: Sequence[Label] | None = None,
    x_title: str = "",
    y_title: str = "",
    colours: Mapping[str, str] | None = None,
    value_format: str = ".3f",
) -> go.Figure:
    """Functions of one number, and where this text's own values (`points`) fall on the first of them.

    Of very many points, one stands for those that would hide one another.
    """
    x = np.linspace(*x_range, 241, dtype=np.float32)
    traces: list[dict[str, object]] = [
        {
            "type": "scatter",
            "mode": "lines",
            "x": x,
            "y": np.asarray(function(x), np.float32),
            "name": plotly_text(name),
            "line": {"width": 3, "color": (colours or {}).get(name, CATEGORICAL[i % len(CATEGORICAL)])},
            "hovertemplate": f"%{{x:.2f}} → <b>%{{y:{value_format}}}</b><extra>%{{fullData.name}}</extra>",
        }
        for i, (name, function) in enumerate(functions.items())
    ]
    if points is not None:
        at = np.asarray(points, np.float32)
        shown = _apart(at, x_range) if len(at) > MOST_POINTS else np.arange(len(at))
        at, names = at[shown], None if point_labels is None else [plotly_text(point_labels[int(i)]) for i in shown]
        on = next(iter(functions.values()))
        named = "%{customdata}<br>" if names else ""
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "x": at,
                "y": np.asarray(on(at), np.float32),
                "name": plotly_text(points_name),
                "marker": {
                    "size": 9 if len(at) <= MANY_POINTS else 6,
                    "color": TOKEN,
                    "opacity": 0.6,
                    "line": {"width": 0},
                },
                "customdata": names,
                "hovertemplate": f"{named}%{{x:.3f}} → <b>%{{y:{value_format}}}</b><extra></extra>",
            }
        )
    return figure(
        traces,
        x=axis(x_title, zeroline=True, nticks=9),
        y=axis(y_title, zeroline=True, nticks=7, exponentformat="power" if value_format.endswith("e") else "B"),
        keep_zoom=(list(functions), x_range),
        showlegend=len(traces) > 1,
        legend=LEGEND,
    )

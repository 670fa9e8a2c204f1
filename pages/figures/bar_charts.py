"""Numbers as lengths: a bar for each label, or the parts of a whole in one."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from pages.figures.axis import USUAL_MEASURE, Axis, Beside, Measure, check_lengths
from pages.figures.kept import kept
from pages.figures.labels import plotly_text
from pages.figures.layout import LEGEND, Picture, axis, figure, label_axis
from pages.figures.numbers import table_by_label
from pages.figures.palette import ATTENTION, AXIS_COLOURS, CATEGORICAL, PLAIN

SHARE_OF_ALL = 0.6  # a share above this has an axis up to 100 %
FADED = 0.3  # opacity


@kept
def bars(
    values: ArrayLike,
    labels: Axis,
    *,
    measure: Measure = USUAL_MEASURE,
    beside: Beside | None = None,
    highlighted: int | None = None,
    faded: NDArray[np.bool_] | None = None,
    colour: str | Sequence[str] = PLAIN,
    horizontal: bool = True,
) -> Picture:
    """One bar per label for values [n], the number written at its end; faded [n] bars stay visible.

    `colour` is one for all or one for each; the highlighted bar has that of the axis. Without a format of `measure`
    values are shares and written as percentages. `measure.texts` are for the first series.

    Raises ValueError where values, second series, texts, faded or colours are not as many as the labels.
    """
    lengths = np.asarray(values, np.float32)
    shades = [colour] * len(lengths) if isinstance(colour, str) else list(colour)
    series = [lengths] if beside is None else [lengths, np.asarray(beside.values, np.float32)]
    check_lengths(
        len(labels),
        {"values": lengths, "second series": series[-1], "texts": measure.texts, "faded": faded, "colours": shades},
    )
    if highlighted is not None:
        shades[highlighted] = AXIS_COLOURS.get(labels.meaning, ATTENTION)
    opacity = np.ones(len(lengths), np.float32) if faded is None else np.where(faded, FADED, 1).astype(np.float32)
    order = _drawing_order(len(labels), last=None if beside is None else highlighted)
    second = beside or Beside(())
    fills = (shades, [second.colour] * len(lengths))
    style = _bar_style(labels, order, measure, horizontal=horizontal)
    traces = [
        {**style, "x" if horizontal else "y": numbers[order], "name": plotly_text(name)}
        | {"marker": {"color": [fill[i] for i in order], "opacity": opacity[order], "line": {"width": 0}}}
        for numbers, fill, name in zip(series, fills, second.names, strict=False)
    ]
    if measure.texts is not None:
        traces[0] |= {"text": list(measure.texts), "texttemplate": "%{text}"}
        traces[0] |= {"hovertemplate": "%{customdata}<br><b>%{text}</b><extra></extra>"}
    label_range = [len(labels) - 0.5, -0.5] if horizontal else [-0.5, len(labels) - 0.5]
    label_side = label_axis(labels, emphasised=highlighted, range=label_range)
    value_side = _value_axis(series, measure)
    return figure(
        traces,
        x=value_side if horizontal else label_side,
        y=label_side if horizontal else value_side,
        keep_zoom=(labels.labels, measure.log),
        numbers=lambda: _table(labels, values, measure, beside),
        height=_height(len(labels), len(traces)) if horizontal else None,
        bargap=0.25,
        showlegend=beside is not None,
        legend=LEGEND,
    )


@kept
def stacked_bars(
    parts: Mapping[str, ArrayLike],
    labels: Axis,
    *,
    measure: Measure = USUAL_MEASURE,
    colours: Mapping[str, str] | None = None,
    named_inside: bool = False,
) -> Picture:
    """Parts of a whole, each [n], one bar per label; negative parts extend below zero.

    `named_inside` writes the parts' names where there is room for them, instead of a legend. Parts without one of
    `colours` have the next of the palette.

    Raises ValueError where a part is not as long as the labels, and for a logarithmic measure or one with texts.
    """
    measure.refuse("log", "texts")
    numbers = {name: np.asarray(part, np.float32) for name, part in parts.items()}
    check_lengths(len(labels), numbers)
    value_format = measure.format or ",.3~s"
    texts = [plotly_text(label) for label in labels.labels]
    traces = [
        {
            "type": "bar",
            "orientation": "h",
            "x": part,
            "y": np.arange(len(labels), dtype=np.int32),
            "name": plotly_text(name),
            "marker": {"color": (colours or {}).get(name, CATEGORICAL[i % len(CATEGORICAL)]), "line": {"width": 0}},
            "customdata": texts,
            "hovertemplate": f"%{{customdata}}<br>%{{fullData.name}}: <b>%{{x:{value_format}}}</b><extra></extra>",
        }
        for i, (name, part) in enumerate(numbers.items())
    ]
    if named_inside:
        inside = {"textposition": "inside", "insidetextanchor": "middle", "textangle": 0}
        traces = [trace | inside | {"texttemplate": trace["name"]} for trace in traces]
    return figure(
        traces,
        x=axis(measure.title, tickformat=_tick_format(value_format), nticks=6),
        y=label_axis(labels, range=[len(labels) - 0.5, -0.5]),
        keep_zoom=(labels.labels, list(parts)),
        numbers=lambda: table_by_label(labels, parts.items()),
        height=_height(len(labels), 1),
        barmode="relative",
        bargap=0.25,
        showlegend=not named_inside,
        legend=LEGEND | {"traceorder": "normal"},
        uniformtext={"mode": "hide", "minsize": 14} if named_inside else {},
    )


def _table(labels: Axis, values: ArrayLike, measure: Measure, beside: Beside | None) -> pd.DataFrame:
    """One column of numbers, or two under their names."""
    if beside is None:
        return table_by_label(labels, [(measure.title, values)])
    return table_by_label(labels, zip(beside.names, (values, beside.values), strict=True))


def _number_format(measure: Measure) -> str:
    return measure.format or (".2~p" if measure.log else ".1%")


def _drawing_order(n: int, *, last: int | None) -> NDArray[np.int32]:
    """The bars from the first on, but the highlighted one of two series last.

    The legend has the colour of whichever bar comes first.
    """
    order = np.arange(n, dtype=np.int32)
    return order if last is None else np.append(np.delete(order, last), order[last])


def _bar_style(labels: Axis, order: NDArray[np.int32], measure: Measure, *, horizontal: bool) -> dict[str, Any]:
    """What the bars of all series share."""
    along, across = ("x", "y") if horizontal else ("y", "x")
    number = f"%{{{along}:{_number_format(measure)}}}"
    names = [plotly_text(label) for label in labels.labels]
    return {
        "type": "bar",
        "orientation": "h" if horizontal else "v",
        across: order,
        "customdata": [names[i] for i in order],
        "texttemplate": number if measure.written else "",
        "constraintext": "none",
        "textposition": "outside",
        "cliponaxis": False,
        "hovertemplate": f"%{{customdata}}<br><b>{number}</b><extra></extra>",
    }


def _value_axis(series: Sequence[NDArray[np.float32]], measure: Measure) -> dict[str, Any]:
    number = _number_format(measure)
    ticks = {"tickformat": _tick_format(number), "range": _room_for_numbers(series, log=measure.log), "nticks": 6}
    if measure.log:
        return axis(measure.title, **ticks) | {"type": "log", "exponentformat": "power"}
    if number[-1] == "%" and SHARE_OF_ALL < max(float(one.max(initial=0)) for one in series) <= 1:
        ticks["tickvals"] = [0, 0.25, 0.5, 0.75, 1]  # or the room for the numbers would be called 120 %
    return axis(measure.title, **ticks)


def _height(n_labels: int, n_series: int) -> int:
    """Pixels for bars as thick as the numbers beside them are high."""
    return 90 + n_labels * (34 if n_series == 1 else 24 * n_series)


def _tick_format(number: str) -> str:
    """Ticks are round numbers: without trailing zeros, and small percentages not as 0 %."""
    return ".3~p" if number[-1] in "%p" else ""


def _room_for_numbers(series: Sequence[NDArray[np.float32]], *, log: bool) -> list[float]:
    """The range of the values, and a fifth more for the numbers written at the ends of the bars."""
    finite = np.concatenate([values[np.isfinite(values)] for values in series])
    if log:
        positive = finite[finite > 0]
        low, high = (np.log10(positive.min()), np.log10(positive.max())) if positive.size else (-1.0, 0.0)
        return [float(np.floor(low - 0.2)), float(high + 0.2 * (high - low + 1))]
    low, high = min(0.0, float(finite.min(initial=0))), max(0.0, float(finite.max(initial=0)))
    room = 0.2 * (high - low or 1.0)
    return [low - room if low < 0 else 0.0, high + room if high > 0 or low == 0 else 0.0]

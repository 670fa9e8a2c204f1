"""Numbers as lines: series over the same x, and functions of one number with points on them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from pages.figures.axis import USUAL_MEASURE, ZERO_TO_N, Axis, Measure, NumberAxis, check_lengths
from pages.figures.kept import kept
from pages.figures.labels import Label, plotly_text
from pages.figures.layout import LEGEND, Picture, axis, figure, label_axis, log_ticks, upright_line
from pages.figures.numbers import NAME, distinct, table_by_label, table_of
from pages.figures.palette import AXIS_COLOURS, CATEGORICAL, DASHES, NEUTRAL, SYMBOLS, TOKEN

MANY_POINTS = 100  # on a curve: where there are more, they are smaller
MOST_POINTS = 1000  # on a curve: where there are more, one for each thousandth of it

Function = Callable[[NDArray[np.floating]], NDArray[np.floating]]


@kept
def lines(
    series: Mapping[str, ArrayLike],
    x: Axis | NumberAxis = ZERO_TO_N,
    *,
    measure: Measure = USUAL_MEASURE,
    colours: Mapping[str, str] | None = None,
    highlighted: int | None = None,
    markers: bool = True,
) -> Picture:
    """Curves [n] over the same x, which are labels or numbers; `highlighted` is one of 0 … n-1.

    A curve without one of `colours` has the next of the palette.

    Raises ValueError where a curve is not as long as x, or as the first curve if x is 0 … n-1, and for texts.
    """
    measure.refuse("texts")
    curves = {name: np.asarray(numbers, np.float32) for name, numbers in series.items()}
    labels = x.labels if isinstance(x, Axis) else None
    if isinstance(x, NumberAxis) and x.values is not None:
        places = np.asarray(x.values)
    else:
        places = np.arange(len(next(iter(curves.values()))) if labels is None else len(labels), dtype=np.int32)
    check_lengths(len(places), curves, of="places on x" if labels is None else "labels")
    texts = None if labels is None else [plotly_text(label) for label in labels]
    at = "%{x}" if labels is None else "%{customdata}"
    number = f"%{{y:{measure.format or '.3f'}}}"
    traces = [
        _line(places, numbers, name, _colour(colours, name, i), i)
        | {"mode": "lines+markers" if markers else "lines", "customdata": texts}
        | {"marker": {"size": 7, "symbol": SYMBOLS[i % len(SYMBOLS)]}}
        | {"hovertemplate": f"{at}<br>%{{fullData.name}}: <b>{number}</b><extra></extra>"}
        for i, (name, numbers) in enumerate(curves.items())
    ]
    dotted = {"color": AXIS_COLOURS.get(x.meaning, NEUTRAL), "width": 1.5, "dash": "dot"}
    return figure(
        traces,
        x=label_axis(x, emphasised=highlighted, range=[-0.5, len(x) - 0.5])
        if isinstance(x, Axis)
        else axis(x.title, x.meaning),
        y=axis(measure.title, nticks=7, **(log_ticks(series.values()) if measure.log else {})),
        keep_zoom=(list(series), labels, len(places), measure.log),
        numbers=lambda: _series(series, x, places),
        showlegend=len(series) > 1,
        legend=LEGEND,
        shapes=[] if highlighted is None else [upright_line(float(places[highlighted]), dotted) | {"layer": "below"}],
    )


@dataclass(frozen=True)
class Points:
    """Values [n] where points stand on a curve, the name of them all, and a label for each.

    As a `rug` they are strokes at the foot of the picture, which hide no line.
    """

    values: ArrayLike
    name: str = ""
    labels: Sequence[Label] | None = None
    rug: bool = False


@kept
def curve(
    functions: Mapping[str, Function],
    *,
    x_range: tuple[float, float],
    points: Points | None = None,
    x_title: str = "",
    measure: Measure = USUAL_MEASURE,
    colours: Mapping[str, str] | None = None,
) -> Picture:
    """Functions of one number, and where this text's own values (`points`) fall on the first of them.

    Of very many points, one stands for those that would hide one another. A function without one of `colours` has the
    next of the palette.

    Raises ValueError where points and their labels are not as many, and for a logarithmic measure or one with texts.
    """
    measure.refuse("log", "texts")
    value_format = measure.format or ".3f"
    x = np.linspace(*x_range, 241, dtype=np.float32)
    traces = [
        _line(x, np.asarray(function(x), np.float32), name, _colour(colours, name, i), i, width=3)
        | {
            "mode": "lines",
            "hovertemplate": f"%{{x:.2f}} → <b>%{{y:{value_format}}}</b><extra>%{{fullData.name}}</extra>",
        }
        for i, (name, function) in enumerate(functions.items())
    ]
    if points is not None:
        own = _points_on(next(iter(functions.values())), points, x_range, value_format)
        traces.append(own | _at_the_foot(traces, len(own["x"])) if points.rug else own)
    exponents = "power" if value_format.endswith("e") else "B"
    return figure(
        traces,
        x=axis(x_title, zeroline=True, nticks=9),
        y=axis(measure.title, zeroline=True, nticks=7, exponentformat=exponents),
        keep_zoom=(list(functions), x_range),
        numbers=lambda: _values(functions, x, points, x_title),
        showlegend=len(traces) > 1,
        legend=LEGEND,
    )


def _series(series: Mapping[str, ArrayLike], x: Axis | NumberAxis, places: NDArray[Any]) -> pd.DataFrame:
    """A row for each place on x."""
    if isinstance(x, Axis):
        return table_by_label(x, series.items())
    return table_of([(x.title, places), *series.items()])


def _values(
    functions: Mapping[str, Function], x: NDArray[np.float32], points: Points | None, x_title: str
) -> pd.DataFrame:
    """Each function where this text's own values are, or where there are none all along the curve."""
    at = x if points is None else np.asarray(points.values, np.float32)
    labels = None if points is None or points.labels is None else distinct(points.labels)
    named = [] if labels is None else [(NAME, labels)]
    return table_of([*named, (x_title, at), *((name, of(at)) for name, of in functions.items())])


def _colour(colours: Mapping[str, str] | None, name: str, i: int) -> str:
    """The colour asked for, or the i-th of the palette."""
    return (colours or {}).get(name, CATEGORICAL[i % len(CATEGORICAL)])


def _line(
    x: NDArray[Any], y: NDArray[np.float32], name: str, colour: str, i: int, *, width: float = 2.5
) -> dict[str, Any]:
    """The i-th of several lines: its dashes tell it from the others where its colour cannot."""
    line = {"width": width, "color": colour, "dash": DASHES[i % len(DASHES)]}
    return {"type": "scatter", "x": x, "y": y, "name": plotly_text(name), "line": line}


def _points_on(function: Function, points: Points, x_range: tuple[float, float], value_format: str) -> dict[str, Any]:
    at = np.asarray(points.values, np.float32)
    check_lengths(len(at), {"labels": points.labels}, of="points")
    shown = _one_per_thousandth(at, x_range) if len(at) > MOST_POINTS else np.arange(len(at))
    names = None if points.labels is None else [plotly_text(points.labels[int(i)]) for i in shown]
    named = "%{customdata}<br>" if names else ""
    return {
        "type": "scatter",
        "mode": "markers",
        "x": at[shown],
        "y": np.asarray(function(at[shown]), np.float32),
        "name": plotly_text(points.name),
        "marker": {
            "size": 9 if len(shown) <= MANY_POINTS else 6,
            "color": TOKEN,
            "opacity": 0.6,
            "line": {"width": 0},
        },
        "customdata": names,
        "hovertemplate": f"{named}%{{x:.3f}} → <b>%{{y:{value_format}}}</b><extra></extra>",
    }


def _at_the_foot(curves: Sequence[dict[str, Any]], n: int) -> dict[str, Any]:
    """What makes `n` points strokes below all curves; on hover they say where they stand."""
    low = min(float(one["y"].min()) for one in curves)
    high = max(float(one["y"].max()) for one in curves)
    said = "%{customdata}<br><b>%{x:.3f}</b><extra></extra>"
    stroke = {"symbol": "line-ns-open", "size": 14, "color": TOKEN, "line": {"width": 1.5, "color": TOKEN}}
    return {"y": np.full(n, low - 0.07 * (high - low), np.float32), "marker": stroke, "hovertemplate": said}


def _one_per_thousandth(values: NDArray[np.float32], within: tuple[float, float]) -> NDArray[np.intp]:
    """Places of the first value in each thousandth of the range, in their order."""
    steps = np.round((values - within[0]) * 1000 / (within[1] - within[0]))
    return np.sort(np.unique(steps, return_index=True)[1])

"""How many values fall where."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from pages.figures.axis import Beside
from pages.figures.kept import kept
from pages.figures.labels import plotly_text
from pages.figures.layout import LEGEND, Picture, axis, figure, upright_line
from pages.figures.numbers import table_of
from pages.figures.palette import ATTENTION, NEUTRAL, PLAIN


@kept
def histogram(
    values: ArrayLike,
    *,
    bins: int = 40,
    x_title: str = "",
    y_title: str = "",
    beside: Beside | None = None,
    colour: str = PLAIN,
    marks: Mapping[str, float] | None = None,
) -> Picture:
    """Counts of values of any shape in `bins` equal bins, which a second set, of any size, shares.

    `marks` are named vertical lines (a mean, ±1). Raises ValueError where a value is not finite.
    """
    names = ("", "") if beside is None else beside.names
    sets = [np.asarray(one, np.float32).ravel() for one in ([values] if beside is None else [values, beside.values])]
    edges = np.histogram_bin_edges(np.concatenate(sets), bins)
    middles = ((edges[:-1] + edges[1:]) / 2).astype(np.float32)
    traces = [
        {
            "type": "bar",
            "x": middles,
            "y": np.histogram(numbers, edges)[0].astype(np.int32),
            "width": float(edges[1] - edges[0]),
            "name": plotly_text(name),
            "marker": {"color": shade, "opacity": 0.9 if beside is None else 0.65, "line": {"width": 0}},
            "hovertemplate": "%{x:.3f}<br><b>%{y}</b><extra></extra>",
        }
        for numbers, name, shade in zip(sets, names, (colour, ATTENTION), strict=False)
    ]
    dotted = {"color": NEUTRAL, "width": 2, "dash": "dot"}
    tallest = max(float(trace["y"].max()) for trace in traces)  # the names of the lines stand above it
    return figure(
        traces,
        x=axis(x_title, nticks=6),
        y=axis(y_title, nticks=6, range=[0, (1.25 if marks else 1.05) * tallest]),
        keep_zoom=(x_title, *names, bins),
        numbers=lambda: table_of(zip((x_title,) if beside is None else names, sets, strict=True)),
        barmode="overlay",
        bargap=0,
        showlegend=beside is not None,
        legend=LEGEND,
        shapes=[upright_line(at, dotted) for at in (marks or {}).values()],
        annotations=[_mark_name(mark, at) for mark, at in (marks or {}).items()],
    )


def _mark_name(mark: str, at: float) -> dict[str, object]:
    place = {"x": at, "yref": "y domain", "y": 1, "xanchor": "left", "yanchor": "top", "xshift": 4}
    return place | {"text": plotly_text(mark), "showarrow": False}

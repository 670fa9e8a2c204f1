"""A learning curve: the loss against the tokens read, on a logarithmic axis that has a place for the start too."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from pages.figures.labels import plotly_text
from pages.figures.layout import axis, figure
from pages.figures.palette import ATTENTION, FEED_FORWARD, PLAIN, POSITION
from pages.figures.series import LEGEND

COLOURS = (PLAIN, ATTENTION, FEED_FORWARD)
SMALL, LARGE = 3, 11
ROOM = 0.15  # of the axis, for a name


def learning_curve(
    losses: Mapping[str, ArrayLike],
    *,
    tokens: Sequence[int],
    ticks: Mapping[int, str],
    chosen: int | None = None,
    x_title: str = "",
    y_title: str = "",
) -> go.Figure:
    """Losses at each place of `tokens`; places in `ticks` have a large dot and a name, `chosen` a line through it.

    A logarithm has no zero, so the start stands half a decade before the first place. Places are logarithms on a linear
    axis: the browser measures the room for tick names there.

    Raises ValueError where a curve has not as many numbers as there are places.
    """
    for name, values in losses.items():
        if len(np.asarray(values)) != len(tokens):
            raise ValueError(f"{len(np.asarray(values))} losses of {name!r} do not fit {len(tokens)} places")
    first = next((n for n in tokens if n), 3)
    places = np.log10([n or first / 3 for n in tokens])
    room = 0.04 * (places[-1] - places[0] or 1.0)
    sizes = np.asarray([LARGE if i in ticks else SMALL for i in range(len(places))], np.float32)
    traces = [
        {
            "type": "scatter",
            "mode": "lines+markers",
            "x": places,
            "y": np.asarray(values, np.float32),
            "name": plotly_text(name),
            "line": {"width": 2.5, "color": COLOURS[i % len(COLOURS)]},
            "marker": {"size": sizes, "opacity": 1},
            "connectgaps": True,
            "customdata": np.asarray(tokens, np.int32),
            "hovertemplate": "%{customdata:,}<br>%{fullData.name}: <b>%{y:.3f}</b><extra></extra>",
        }
        for i, (name, values) in enumerate(losses.items())
    ]
    shown = _with_room(places, sorted(ticks), chosen)
    upright = {"type": "line", "xref": "x", "yref": "y domain", "y0": 0, "y1": 1, "layer": "below"}
    upright |= {"line": {"color": POSITION, "width": 3}}
    return figure(
        traces,
        x=axis(
            x_title,
            "plain",
            range=[float(places[0] - room), float(places[-1] + room)],
            showgrid=False,
            tickmode="array",
            tickvals=[float(places[i]) for i in shown],
            ticktext=[plotly_text(ticks[i]) for i in shown],
        ),
        y=axis(y_title, nticks=7),
        keep_zoom=(list(losses), len(tokens)),
        showlegend=True,
        legend=LEGEND,
        shapes=[] if chosen is None else [upright | {"x0": float(places[chosen]), "x1": float(places[chosen])}],
    )


def _with_room(places: np.ndarray, named: list[int], chosen: int | None) -> list[int]:
    """Of the named places those with room for their names: the chosen one always, then the last, then from the left."""
    room = ROOM * (places[-1] - places[0])
    shown: list[int] = [] if chosen is None else [chosen]
    for i in [*named[-1:], *named[:-1]]:
        if all(abs(places[i] - places[j]) > room for j in shown):
            shown.append(i)
    return sorted(shown)

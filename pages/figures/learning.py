"""A learning curve: the loss against the tokens read, on a logarithmic axis that has a place for the start too."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pages.figures.axis import check_lengths
from pages.figures.kept import kept
from pages.figures.labels import plotly_text
from pages.figures.layout import LEGEND, Picture, axis, figure, upright_line
from pages.figures.numbers import table_of
from pages.figures.palette import ATTENTION, DASHES, FEED_FORWARD, NEUTRAL, PLAIN, POSITION, SYMBOLS

COLOURS = (PLAIN, ATTENTION, FEED_FORWARD)
SMALL, LARGE = 3, 11
ROOM = 0.15  # of the axis, for a name


@kept
def learning_curve(
    losses: Mapping[str, ArrayLike],
    *,
    tokens: Sequence[int],
    ticks: Mapping[int, str],
    chosen: int | None = None,
    turns: Sequence[int] = (),
    x_title: str = "",
    y_title: str = "",
) -> Picture:
    """Losses [n], in nats, after `tokens` [n] read; the i in `ticks` have a large dot and a name, `chosen` a line.
    Where training turns to something else, at the i in `turns`, is a dotted line.

    A loss that nobody measured is NaN. A logarithm has no zero, so the start stands half a decade before the first
    step. Places are logarithms on a linear axis: the browser measures the room for tick names there.

    Raises ValueError where losses are not as many as tokens.
    """
    series = {name: np.asarray(values, np.float32) for name, values in losses.items()}
    check_lengths(len(tokens), series, of="numbers of tokens")
    first = next((n for n in tokens if n), 3)
    places = np.log10([n or first / 3 for n in tokens])
    margin = 0.04 * (places[-1] - places[0] or 1.0)
    named = _with_room_for_names(places, sorted(ticks), chosen)
    chosen_line, dotted = {"color": POSITION, "width": 3}, {"color": NEUTRAL, "width": 2, "dash": "dot"}
    lines = [(i, dotted) for i in turns] + ([] if chosen is None else [(chosen, chosen_line)])
    return figure(
        _curves(series, places, tokens, large=ticks),
        x=axis(
            x_title,
            "plain",
            range=[float(places[0] - margin), float(places[-1] + margin)],
            showgrid=False,
            tickmode="array",
            tickvals=[float(places[i]) for i in named],
            ticktext=[plotly_text(ticks[i]) for i in named],
        ),
        y=axis(y_title, nticks=7),
        keep_zoom=(list(losses), len(tokens)),
        numbers=lambda: table_of([(x_title, list(tokens)), *losses.items()]),
        showlegend=True,
        legend=LEGEND,
        shapes=[upright_line(float(places[i]), line) | {"layer": "below"} for i, line in lines],
    )


def _curves(
    series: Mapping[str, NDArray[np.float32]],
    places: NDArray[np.float64],
    tokens: Sequence[int],
    *,
    large: Collection[int],
) -> list[dict[str, Any]]:
    sizes = np.asarray([LARGE if i in large else SMALL for i in range(len(places))], np.float32)
    return [
        {
            "type": "scatter",
            "mode": "lines+markers",
            "x": places,
            "y": values,
            "name": plotly_text(name),
            "line": {"width": 2.5, "color": COLOURS[i % len(COLOURS)], "dash": DASHES[i % len(DASHES)]},
            "marker": {"size": sizes, "opacity": 1, "symbol": SYMBOLS[i % len(SYMBOLS)]},
            "connectgaps": True,
            "customdata": np.asarray(tokens, np.int32),
            "hovertemplate": "%{customdata:,}<br>%{fullData.name}: <b>%{y:.3f}</b><extra></extra>",
        }
        for i, (name, values) in enumerate(series.items())
    ]


def _with_room_for_names(places: NDArray[np.float64], named: list[int], chosen: int | None) -> list[int]:
    """Of the named places those with room for their names: the chosen one always, then the last, then from the left."""
    room = ROOM * (places[-1] - places[0])
    shown: list[int] = [] if chosen is None else [chosen]
    for i in [*named[-1:], *named[:-1]]:
        if all(abs(places[i] - places[j]) > room for j in shown):
            shown.append(i)
    return sorted(shown)

"""One number on its way through the model: after the embedding, after each attention, after each feed-forward."""

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from pages.figures.labels import plotly_text
from pages.figures.layout import axis, figure
from pages.figures.palette import ATTENTION, FEED_FORWARD, PLAIN, TOKEN
from pages.figures.series import LEGEND

BAND = "rgba(138, 144, 153, 0.14)"  # behind every second block


def ranks_by_depth(ranks: ArrayLike, *, names: tuple[str, str, str], x_title: str, y_title: str) -> go.Figure:
    """Ranks at 1 + 2 × blocks stations, the best (1) on top; what was read last gives each point its colour.

    `names` are those of the embedding, of attention and of the feed-forward.
    """
    numbers = np.asarray(ranks, np.int32)
    places = np.arange(len(numbers), dtype=np.int32)
    n_blocks = len(numbers) // 2
    way = {
        "type": "scatter",
        "mode": "lines",
        "x": places,
        "y": numbers,
        "line": {"width": 2.5, "color": PLAIN},
        "hoverinfo": "skip",
        "showlegend": False,
    }
    kinds = ((slice(0, 1), TOKEN), (slice(1, None, 2), ATTENTION), (slice(2, None, 2), FEED_FORWARD))
    points = [
        {
            "type": "scatter",
            "mode": "markers",
            "x": places[which],
            "y": numbers[which],
            "name": plotly_text(name),
            "marker": {"size": 11, "color": colour},
            "customdata": (places[which] - 1) // 2,
            "hovertemplate": "%{fullData.name}"
            + (" %{customdata}" if which.start else "")
            + "<br><b>%{y:,d}</b><extra></extra>",
        }
        for name, (which, colour) in zip(names, kinds, strict=True)
    ]
    worst = np.log10(max(int(numbers.max()), 10))
    return figure(
        [way, *points],
        x=axis(
            x_title,
            tickmode="array",
            tickvals=[2 * block + 1.5 for block in range(n_blocks)],
            ticktext=[str(block) for block in range(n_blocks)],
            range=[-0.5, len(numbers) - 0.5],
            showgrid=False,
            ticks="",
        ),
        y=axis(y_title, type="log", dtick=1, tickformat=",d", range=[worst + 0.15, -0.15]),
        keep_zoom=(names, len(numbers)),
        showlegend=True,
        legend=LEGEND,
        shapes=[
            {"type": "rect", "xref": "x", "yref": "y domain", "x0": 2 * block + 0.5, "x1": 2 * block + 2.5}
            | {"y0": 0, "y1": 1, "fillcolor": BAND, "line": {"width": 0}, "layer": "below"}
            for block in range(0, n_blocks, 2)
        ],
    )

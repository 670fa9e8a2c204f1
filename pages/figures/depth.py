"""One number on its way through the model: after the embedding, after each attention, after each feed-forward."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pages.figures.kept import kept
from pages.figures.labels import plotly_text
from pages.figures.layout import LEGEND, Picture, axis, figure
from pages.figures.numbers import NAME, table_of
from pages.figures.palette import ATTENTION, FEED_FORWARD, PLAIN, TOKEN

BAND = "rgba(138, 144, 153, 0.14)"  # behind every second block


@kept
def ranks_by_depth(ranks: ArrayLike, *, names: tuple[str, str, str], x_title: str, y_title: str) -> Picture:
    """Ranks [1 + 2 × blocks] on a logarithmic axis, the best (1) on top; what was read last gives each its colour.

    `names` are those of the embedding, of attention and of the feed-forward.

    Raises ValueError where the ranks are not an embedding's and two for each block.
    """
    numbers = np.asarray(ranks, np.int32)
    if numbers.ndim != 1 or len(numbers) % 2 == 0:
        raise ValueError(f"ranks of shape {numbers.shape} do not fit an embedding and two for each block")
    n_blocks = len(numbers) // 2
    path = {
        "type": "scatter",
        "mode": "lines",
        "x": np.arange(len(numbers), dtype=np.int32),
        "y": numbers,
        "line": {"width": 2.5, "color": PLAIN},
        "hoverinfo": "skip",
        "showlegend": False,
    }
    kinds = ((slice(0, 1), TOKEN), (slice(1, None, 2), ATTENTION), (slice(2, None, 2), FEED_FORWARD))
    worst = np.log10(max(int(numbers.max()), 10))
    block_ticks = {
        "tickmode": "array",
        "tickvals": [2 * block + 1.5 for block in range(n_blocks)],
        "ticktext": [str(block) for block in range(n_blocks)],
        "ticks": "",
    }
    return figure(
        [path, *(_points(numbers, which, name, colour) for name, (which, colour) in zip(names, kinds, strict=True))],
        x=axis(x_title, range=[-0.5, len(numbers) - 0.5], showgrid=False, **block_ticks),
        y=axis(y_title, type="log", dtick=1, tickformat=",d", range=[worst + 0.15, -0.15]),
        keep_zoom=(names, len(numbers)),
        numbers=lambda: table_of(
            [
                (NAME, [names[0], *(f"{names[1 + i % 2]} {i // 2}" for i in range(len(numbers) - 1))]),
                (y_title, numbers),
            ]
        ),
        showlegend=True,
        legend=LEGEND,
        shapes=[
            {"type": "rect", "xref": "x", "yref": "y domain", "x0": 2 * block + 0.5, "x1": 2 * block + 2.5}
            | {"y0": 0, "y1": 1, "fillcolor": BAND, "line": {"width": 0}, "layer": "below"}
            for block in range(0, n_blocks, 2)
        ],
    )


def _points(ranks: NDArray[np.int32], which: slice, name: str, colour: str) -> dict[str, Any]:
    """Those after one kind of layer."""
    depths = np.arange(len(ranks), dtype=np.int32)[which]
    block = " %{customdata}" if which.start else ""
    return {
        "type": "scatter",
        "mode": "markers",
        "x": depths,
        "y": ranks[which],
        "name": plotly_text(name),
        "marker": {"size": 11, "color": colour},
        "customdata": (depths - 1) // 2,
        "hovertemplate": f"%{{fullData.name}}{block}<br><b>%{{y:,d}}</b><extra></extra>",
    }

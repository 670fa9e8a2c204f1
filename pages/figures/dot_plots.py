"""Numbers as dots: a row for each label, panels side by side."""

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from pages.figures.axis import Axis, check_lengths
from pages.figures.kept import kept
from pages.figures.labels import plotly_text
from pages.figures.layout import LEGEND, Picture, axis, figure, label_axis, log_ticks
from pages.figures.numbers import table_by_label
from pages.figures.palette import AXIS_COLOURS, CATEGORICAL, NEUTRAL

PANEL_GAP = 0.1  # between panels side by side, as a share of all their width
MANY_ROWS = 32  # where there are more, their dots are smaller


@kept
def dots(
    panels: Mapping[str, Mapping[str, ArrayLike]],
    rows: Axis,
    *,
    colours: Mapping[str, str] | None = None,
    highlighted: int | None = None,
    logarithmic: Collection[str] = (),
) -> Picture:
    """A row for each label and a dot for each series [n] in it; panels {title: {name: series}} have axes of their own.

    The panels named in `logarithmic` have a logarithmic one. A series without one of `colours` has the next of the
    palette, the same in all panels.

    Raises ValueError where a series is not as long as the rows.
    """
    width = (1 - PANEL_GAP * (len(panels) - 1)) / len(panels)
    traces, axes = [], {}
    for panel, (title, series) in enumerate(panels.items()):
        suffix = "" if panel == 0 else str(panel + 1)
        kind = log_ticks(series.values(), most=4, finer=0.7) if title in logarithmic else {"nticks": 4}
        start = panel * (width + PANEL_GAP)
        axes[f"xaxis{suffix}"] = axis(title, domain=[start, start + width], fixedrange=True, zeroline=True) | kind
        panel_axis = {"xaxis": f"x{suffix}", "showlegend": panel == 0}
        traces += [trace | panel_axis for trace in _dots_of(series, rows, colours or {})]
    row_frame = {"type": "rect", "xref": "paper", "yref": "y", "x0": 0, "x1": 1, "layer": "below"}
    row_frame |= {"line": {"color": AXIS_COLOURS.get(rows.meaning, NEUTRAL), "width": 1.5}}
    return figure(
        traces,
        x=axes.pop("xaxis"),
        y=label_axis(rows, emphasised=highlighted, range=[len(rows) - 0.5, -0.5]),
        keep_zoom=(list(panels), rows.labels),
        numbers=lambda: table_by_label(
            rows, [(f"{panel}, {name}", one) for panel, series in panels.items() for name, one in series.items()]
        ),
        showlegend=True,
        legend=LEGEND,
        shapes=[] if highlighted is None else [row_frame | {"y0": highlighted - 0.5, "y1": highlighted + 0.5}],
        **axes,
    )


def _dots_of(series: Mapping[str, ArrayLike], rows: Axis, colours: Mapping[str, str]) -> list[dict[str, Any]]:
    """One trace for each series of a panel."""
    numbers = {name: np.asarray(one, np.float32) for name, one in series.items()}
    check_lengths(len(rows), numbers)
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "x": one,
            "y": np.arange(len(rows), dtype=np.int32),
            "name": plotly_text(name),
            "legendgroup": plotly_text(name),
            "marker": {
                "size": 9 if len(rows) <= MANY_ROWS else 6,
                "color": colours.get(name, CATEGORICAL[i % len(CATEGORICAL)]),
            },
            "customdata": [plotly_text(row) for row in rows.labels],
            "hovertemplate": "%{customdata}<br>%{fullData.name}: <b>%{x:.3f}</b><extra></extra>",
        }
        for i, (name, one) in enumerate(numbers.items())
    ]

"""What all figures share: axes, margins, legend and the promise that a zoom lasts as long as the labels do."""

import zlib
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from pages.figures.axis import Axis
from pages.figures.labels import plotly_text, tick_labels
from pages.figures.palette import AXIS_COLOURS, CATEGORICAL, AxisName

# The browser sets fonts, grid and background for the theme, and widens the margins for the labels it measures.
TEMPLATE = go.layout.Template(layout={"colorway": CATEGORICAL})
CHECKED = False  # Plotly looks at every property, in three times as long; the tests let it
MARGIN = {"l": 64, "r": 16, "t": 16, "b": 56, "pad": 0}
LEGEND = {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "itemsizing": "constant", "title": {"text": ""}}


class Picture(go.Figure):
    """A Plotly figure and, beside it, its numbers as a table, which the browser does not get.

    The table is made when it is asked for: most readers never open it. What is kept for all readers (`kept`) is not to
    be changed any more; `own` gives a copy that may be.
    """

    numbers: Callable[[], pd.DataFrame] = pd.DataFrame
    written = ""  # its JSON, where it is kept
    said: dict[str, str] | None = None  # by language, what its numbers say: found once
    if TYPE_CHECKING:
        layout: Any  # Plotly makes its properties when they are asked for

    def json(self) -> str:
        """What the browser gets. RuntimeError, while `CHECKED`, where it was changed after it was kept."""
        now = "" if self.written and not CHECKED else str(self.to_json(validate=False))
        if self.written and now and now != self.written:
            raise RuntimeError("this picture is kept for all readers: change a copy (own) and show that")
        return self.written or now

    def keep(self) -> str:
        """From now on it is as it is; returns its JSON."""
        self.written = str(self.to_json(validate=False))
        return self.written

    def own(self) -> "Picture":
        """A copy that may be changed."""
        copy = Picture(self.to_dict(), _validate=CHECKED)
        copy.numbers, copy.said = self.numbers, self.said
        return copy


def figure(
    data: Sequence[Any],
    *,
    x: dict[str, Any],
    y: dict[str, Any],
    keep_zoom: Iterable[object],
    numbers: Callable[[], pd.DataFrame],
    **layout: Any,
) -> Picture:
    """One figure, built in one go; zoom and hidden series survive a rerun while `keep_zoom` stays equal."""
    revision = zlib.crc32(repr(tuple(keep_zoom)).encode("utf-8", "backslashreplace"))
    base = {
        "template": TEMPLATE,
        "xaxis": x,
        "yaxis": y,
        "margin": MARGIN,
        "hovermode": "closest",
        "uirevision": revision,
        "showlegend": False,
    }
    made = Picture(data, layout=base | layout, _validate=CHECKED)
    made.numbers, made.said = numbers, {}
    return made


def axis(title: str = "", name: AxisName = "plain", **more: Any) -> dict[str, Any]:
    """A numeric axis whose title wears the colour of what it counts."""
    colour = AXIS_COLOURS.get(name)
    font = {"color": colour, "weight": 600} if colour else {"weight": 600}
    return {
        "type": "linear",
        "automargin": False,
        "title": {"text": plotly_text(title), "font": font},
        "zeroline": False,
    } | more


def label_axis(side: Axis, *, emphasised: int | None = None, pitch: int = 1, **more: Any) -> dict[str, Any]:
    """Positions 0 … n-1 with their labels; or the middles of cells `pitch` wide."""
    colour = AXIS_COLOURS.get(side.meaning, "inherit")
    positions, texts = tick_labels(side.labels, emphasised=emphasised, colour=colour)
    middles = [i * pitch + (pitch - 1) / 2 for i in positions]
    return axis(
        side.title,
        side.meaning,
        **({"tickmode": "array", "tickvals": middles, "ticktext": texts, "showgrid": False, "ticks": ""} | more),
    )


def log_ticks(series: Iterable[ArrayLike], *, most: int = 8, finer: float = 2) -> dict[str, Any]:
    """A log axis with a tick at each power of ten, or at every second, third … where there are more than `most`.

    Where they span fewer than `finer` of them, there are ticks between.
    """
    values = np.concatenate([np.asarray(numbers, np.float64).ravel() for numbers in series])
    positive = values[np.isfinite(values) & (values > 0)]
    span = np.log10(positive.max() / positive.min()) if positive.size else 1.0
    if span > finer:
        return {"type": "log", "dtick": int(max(np.ceil(span / most), 1)), "exponentformat": "power"}
    return {"type": "log", "dtick": "D2", "tickformat": "~g"}  # 1, 2, 5, 10 …; without a format 0.2 would be called 2


def frame(x: tuple[float, float], y: tuple[float, float], colour: str, width: float) -> dict[str, Any]:
    """A rectangle of lines from x[0] to x[1] and y[0] to y[1]."""
    line = {"color": colour, "width": width}
    return {"type": "rect", "xref": "x", "yref": "y", "x0": x[0], "x1": x[1], "y0": y[0], "y1": y[1], "line": line}


def upright_line(x: float, line: dict[str, Any]) -> dict[str, Any]:
    """A line across the whole height at x."""
    return {"type": "line", "xref": "x", "yref": "y domain", "x0": x, "x1": x, "y0": 0, "y1": 1, "line": line}

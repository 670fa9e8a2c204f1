"""What all figures share: axes, margins and the promise that a zoom lasts as long as the labels do."""

import zlib
from collections.abc import Iterable, Sequence
from typing import Any

import plotly.graph_objects as go

from pages.figures.labels import Label, plotly_text, tick_labels
from pages.figures.meaning import Axis
from pages.figures.palette import AXIS_COLOURS, CATEGORICAL, AxisName

# The browser sets fonts, grid and background for the theme, and widens the margins for the labels it measures.
TEMPLATE = go.layout.Template(layout={"colorway": CATEGORICAL})
CHECKED = False  # Plotly looks at every property, in three times as long; the tests let it
MARGIN = {"l": 64, "r": 16, "t": 16, "b": 56, "pad": 0}


def figure(
    data: Sequence[Any], *, x: dict[str, Any], y: dict[str, Any], keep_zoom: Iterable[object], **layout: Any
) -> go.Figure:
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
    return go.Figure(data, layout=base | layout, _validate=CHECKED)


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


def token_axis(
    tokens: Sequence[Label],
    title: str = "",
    name: AxisName = "plain",
    *,
    emphasised: int | None = None,
    pitch: int = 1,
    **more: Any,
) -> dict[str, Any]:
    """Positions 0…T-1, labelled with their tokens; or the middles of cells `pitch` wide."""
    positions, texts = tick_labels(tokens, emphasised=emphasised, colour=AXIS_COLOURS.get(name, "inherit"))
    middles = [i * pitch + (pitch - 1) / 2 for i in positions]
    return axis(
        title,
        name,
        **({"tickmode": "array", "tickvals": middles, "ticktext": texts, "showgrid": False, "ticks": ""} | more),
    )


def labelled_axis(axis: Axis, *, emphasised: int | None = None, pitch: int = 1, **more: Any) -> dict[str, Any]:
    """The same for a side of a picture."""
    return token_axis(axis.labels, axis.title, axis.meaning, emphasised=emphasised, pitch=pitch, **more)

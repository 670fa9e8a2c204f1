"""The wiring of a transformer block: a stream that runs along the bottom, and two branches that add to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from textwrap import wrap

from pages.figures.kept import kept
from pages.figures.labels import plotly_text
from pages.figures.layout import Picture, axis, figure
from pages.figures.numbers import NAME, NUMBER, table_of
from pages.figures.palette import ATTENTION, FEED_FORWARD, NEUTRAL, PLAIN

# Where each station stands and what it is: the stream below, what reads it and writes to it above.
PLACES = {
    "x": (0, 0, PLAIN),
    "norm1": (0, 1, NEUTRAL),
    "attention": (1, 1, ATTENTION),
    "middle": (2, 0, PLAIN),
    "norm2": (2, 1, NEUTRAL),
    "widen": (3, 1, FEED_FORWARD),
    "bend": (4, 1, FEED_FORWARD),
    "narrow": (5, 1, FEED_FORWARD),
    "out": (6, 0, PLAIN),
}
PLUSES = {"attention": 1, "narrow": 5}  # below the last station of each branch
HALF_WIDTH, HALF_HEIGHT = 0.46, 0.37
DROPOUT_AT, DROPOUT_WIDTH, DROPOUT_HEIGHT = 0.4, 0.42, 0.09  # on the way from a branch to its plus: half of each side
RADIUS = 17  # of a plus, in pixels
LONGEST_LINE = 14  # letters of a line in a box
BRANCHES = [("x", "norm1"), ("norm1", "attention"), ("middle", "norm2")]
BRANCHES += [("norm2", "widen"), ("widen", "bend"), ("bend", "narrow")]
SELECTED = "#ff2d95"
IN_A_BOX = "in a box"
NARROWEST = 860


@dataclass(frozen=True)
class Station:
    """A name and a few lines of numbers below it."""

    name: str
    details: tuple[str, ...]


@kept
def wiring(
    stations: Mapping[str, Station], *, shortcut: str = "", dropout: str = "", selected: str | None = None
) -> Picture:
    """The block's stations as boxes with arrows; the shortcuts are the thick arrows of the stream.

    `stations` has a Station for each of `PLACES`. A click reports the station's name as customdata. `dropout` is
    what the dashed box before each sum is called: it is no station, since nothing is dropped there.

    Raises ValueError where a station is missing.
    """
    if missing := [name for name in PLACES if name not in stations]:
        raise ValueError(f"{len(missing)} of {len(PLACES)} stations are missing: {', '.join(missing)}")
    names = list(PLACES)
    texts = {name: [plotly_text(line) for line in (stations[name].name, *stations[name].details)] for name in names}
    points = {
        "type": "scatter",
        "mode": "markers",
        "x": [PLACES[name][0] for name in names],
        "y": [PLACES[name][1] for name in names],
        "marker": {"size": 64, "opacity": 0, "symbol": "square"},
        "customdata": names,
        "text": ["<br>".join(texts[name]) for name in names],
        "hovertemplate": "%{text}<extra></extra>",
    }
    circles = {
        "type": "scatter",
        "mode": "markers",
        "x": list(PLUSES.values()),
        "y": [0 for _ in PLUSES],
        "marker": {"size": 2 * RADIUS, "symbol": "circle-open", "color": PLAIN, "line": {"width": 2}},
        "hoverinfo": "skip",
    }
    return figure(
        [points, circles],
        x=axis(visible=False, range=[-0.5, 6.5], fixedrange=True),
        y=axis(visible=False, range=[-HALF_HEIGHT - 0.03, 1 + HALF_HEIGHT + 0.03], fixedrange=True),
        keep_zoom=names,
        numbers=lambda: table_of(
            [
                (NAME, [stations[name].name for name in names]),
                (NUMBER, [" · ".join(stations[name].details) for name in names]),
            ]
        ),
        shapes=_boxes(selected, dropout),
        annotations=_arrows(dropout) + _words(stations, shortcut) + _dropout_words(dropout),
        # The browser sets smaller letters in the boxes where the largest would leave them, down to a width in pixels.
        meta={
            "boxes": {"name": IN_A_BOX, "width": 2 * HALF_WIDTH, "height": 2 * HALF_HEIGHT},
            "narrowest": NARROWEST,
        },
    )


def _words(stations: Mapping[str, Station], shortcut: str) -> list[dict[str, object]]:
    """What is written: in the boxes, in the circles, and below each of these the shortcut's name."""
    in_boxes = [
        {"x": x, "y": y, "showarrow": False, "text": _lines_of(stations[name]), "name": IN_A_BOX}
        for name, (x, y, _colour) in PLACES.items()
    ]
    in_circles = [{"x": column, "y": 0, "showarrow": False, "text": "<b>+</b>"} for column in PLUSES.values()]
    below = [
        {"x": x, "y": 0, "yanchor": "top", "yshift": -RADIUS - 4, "showarrow": False}
        | {"text": plotly_text(shortcut), "font": {"color": PLAIN}}
        for x in (1, 3.5)
    ]
    return in_boxes + in_circles + below


def _boxes(selected: str | None, dropout: str) -> list[dict[str, object]]:
    dashed = [_dropout_box(column) for column in PLUSES.values() if dropout]
    return [_box(name, selected=name == selected) for name in PLACES] + dashed


def _dropout_box(column: int) -> dict[str, object]:
    return {
        "type": "rect",
        "x0": column - DROPOUT_WIDTH,
        "x1": column + DROPOUT_WIDTH,
        "y0": DROPOUT_AT - DROPOUT_HEIGHT,
        "y1": DROPOUT_AT + DROPOUT_HEIGHT,
        "line": {"color": PLAIN, "width": 1.5, "dash": "dash"},
    }


def _dropout_words(dropout: str) -> list[dict[str, object]]:
    look = {"showarrow": False, "text": plotly_text(dropout), "name": IN_A_BOX}
    return [{"x": column, "y": DROPOUT_AT} | look for column in PLUSES.values()] if dropout else []


def _lines_of(station: Station) -> str:
    """The name in bold, then the details, each in lines that a box has room for."""
    name, *details = [
        [plotly_text(line) for line in wrap(text, LONGEST_LINE, break_long_words=False)]
        for text in (station.name, *station.details)
    ]
    return "<br>".join([*(f"<b>{line}</b>" for line in name), *(line for lines in details for line in lines)])


def _box(name: str, *, selected: bool) -> dict[str, object]:
    x, y, colour = PLACES[name]
    return {
        "type": "rect",
        "x0": x - HALF_WIDTH,
        "x1": x + HALF_WIDTH,
        "y0": y - HALF_HEIGHT,
        "y1": y + HALF_HEIGHT,
        "line": {"color": SELECTED if selected else colour, "width": 3 if selected else 1.5},
        "fillcolor": "rgba({}, {}, {}, 0.15)".format(*(int(colour[i : i + 2], 16) for i in (1, 3, 5))),
    }


def _arrows(dropout: str) -> list[dict[str, object]]:
    """Thin ones along the branches, thick ones along the stream."""
    thin = []
    for start, end in BRANCHES:
        (x0, y0, _), (x1, y1, colour) = PLACES[start], PLACES[end]
        if x0 == x1:
            thin.append(_arrow((x0, y0 + HALF_HEIGHT), (x1, y1 - HALF_HEIGHT), colour, 1.5))
        else:
            thin.append(_arrow((x0 + HALF_WIDTH, y0), (x1 - HALF_WIDTH, y1), colour, 1.5))
    for name, column in PLUSES.items():
        start, colour = (column, 1 - HALF_HEIGHT), PLACES[name][2]
        if dropout:
            thin.append(_arrow(start, (column, DROPOUT_AT + DROPOUT_HEIGHT), colour, 1.5))
            start = (column, DROPOUT_AT - DROPOUT_HEIGHT)
        thin.append(_arrow(start, (column, 0), colour, 1.5) | {"standoff": RADIUS})
    first, second = PLUSES.values()
    into = [_arrow((x + HALF_WIDTH, 0), (plus, 0), PLAIN, 4) for x, plus in ((0, first), (2, second))]
    out_of = [_arrow((plus, 0), (x - HALF_WIDTH, 0), PLAIN, 4) for x, plus in ((2, first), (6, second))]
    return [*thin, *(arrow | {"standoff": RADIUS} for arrow in into)] + [
        arrow | {"startstandoff": RADIUS} for arrow in out_of
    ]


def _arrow(start: tuple[float, float], end: tuple[float, float], colour: str, width: float) -> dict[str, object]:
    """An annotation without text: only those have arrowheads in Plotly."""
    return {
        "text": "",
        "ax": start[0],
        "ay": start[1],
        "x": end[0],
        "y": end[1],
        "axref": "x",
        "ayref": "y",
        "xref": "x",
        "yref": "y",
        "showarrow": True,
        "arrowhead": 2,
        "arrowsize": 0.7 if width > 2 else 1,
        "arrowwidth": width,
        "arrowcolor": colour,
    }

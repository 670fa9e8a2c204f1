"""Tokens in relation: arcs from a token to those it attends to, and points near or far in space."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pages.figures.axis import Axis, check_lengths
from pages.figures.kept import kept
from pages.figures.labels import Label, plotly_text, solid_text, visible
from pages.figures.layout import LEGEND, Picture, axis, figure, label_axis
from pages.figures.numbers import NAME, distinct, table_of, table_of_matrix
from pages.figures.palette import CATEGORICAL, KEY, NEUTRAL, QUERY

MOST_ARCS = 200  # more cannot be told apart, and each is a path to draw
CANVAS = np.array([760.0, 340.0])  # pixels: about what a scatter has on a projector
LETTER, LINE = 8.5, 18.0  # pixels that a label takes
CAMERA = {"eye": {"x": 1.35, "y": 1.35, "z": 0.95}, "center": {"x": 0, "y": 0, "z": -0.1}}
SIDES = {"top center": (0, 1), "bottom center": (0, -1), "middle right": (1, 0), "middle left": (-1, 0)}


@kept
def arcs(
    weights: NDArray[np.floating],
    tokens: Axis,
    *,
    query: int | None = None,
    threshold: float = 0.05,
) -> Picture:
    """Attention [query, key] as arcs over the sentence, the heavier the thicker; `query` keeps one token's arcs.

    Only weights of at least `threshold` are drawn, the largest first, and a token's weight on itself is a dot.

    Raises ValueError where the weights are not as many, each way, as the tokens.
    """
    if weights.shape != (len(tokens), len(tokens)):
        raise ValueError(f"weights of shape {weights.shape} do not fit {len(tokens)} tokens")
    shown = np.argwhere(weights >= threshold)
    if query is not None:
        shown = shown[shown[:, 0] == query]
    order = np.argsort([-weights[i, j] for i, j in shown], kind="stable")[:MOST_ARCS]
    pairs = [(int(shown[k][0]), int(shown[k][1])) for k in order]
    paths = [_arc(float(weights[i, j]), i, j, tokens.labels) for i, j in pairs if i != j]
    highest = max([1, *(abs(i - j) for i, j in pairs)])
    return figure(
        [*paths, _weights_on_themselves(weights, tokens.labels, drawn={i for i, j in pairs if i == j}, query=query)],
        x=label_axis(tokens, emphasised=query, range=[-0.5, len(tokens) - 0.5]),
        y=axis(visible=False, range=[-0.06 * highest, 1.08 * highest]),
        keep_zoom=(tokens.labels,),
        numbers=lambda: table_of_matrix(weights, Axis(tokens.labels, meaning="query"), tokens),
    )


def _arc(weight: float, i: int, j: int, tokens: Sequence[Label]) -> dict[str, Any]:
    """Half an ellipse over the tokens from i to j."""
    bends = np.linspace(0, np.pi, 21)
    return {
        "type": "scatter",
        "mode": "lines",
        "x": ((i + j) / 2 + (i - j) / 2 * np.cos(bends)).astype(np.float32),
        "y": (abs(i - j) * np.sin(bends)).astype(np.float32),
        "line": {"width": 1 + 7 * weight, "color": KEY},
        "opacity": 0.25 + 0.7 * float(np.clip(weight, 0, 1)),
        # Once per arc, not once per point of it; a click reports it.
        "meta": [plotly_text(tokens[i]), plotly_text(tokens[j]), weight, i, j],
        "hovertemplate": "%{fullData.meta[0]} → %{fullData.meta[1]}<br><b>%{fullData.meta[2]:.2f}</b><extra></extra>",
    }


def _weights_on_themselves(
    weights: NDArray[np.floating], tokens: Sequence[Label], *, drawn: set[int], query: int | None
) -> dict[str, Any]:
    """A dot for each token, larger and in colour for those whose weight on itself is drawn."""
    on_itself = np.array([weights[i, i] if i in drawn else 0.0 for i in range(len(tokens))], np.float32)
    return {
        "type": "scatter",
        "mode": "markers",
        "x": np.arange(len(tokens), dtype=np.int32),
        "y": np.zeros(len(tokens), np.float32),
        "marker": {
            "size": (9 + 18 * on_itself).astype(np.float32),
            "color": [QUERY if i == query else (KEY if on_itself[i] else NEUTRAL) for i in range(len(tokens))],
            "line": {"width": 0},
        },
        "cliponaxis": False,
        "customdata": [[plotly_text(token), float(weights[i, i])] for i, token in enumerate(tokens)],
        "hovertemplate": "%{customdata[0]}<br><b>%{customdata[1]:.2f}</b><extra></extra>",
    }


def free_sides(points: NDArray[np.floating], labels: Sequence[Label]) -> list[str]:
    """On which side of each point [n, 2] its label runs least into other labels and points."""
    low, spread = points.min(axis=0), np.ptp(points, axis=0)
    pixels = (points - low) / np.where(spread > 0, spread, 1) * CANVAS
    texts = [visible(label) if isinstance(label, bytes) else label for label in labels]
    taken = [(x - 7, y - 7, x + 7, y + 7) for x, y in pixels]
    sides = []
    for (x, y), text in zip(pixels, texts, strict=True):
        wide, high = LETTER * max(len(text), 1) / 2, LINE / 2
        boxes = {
            side: (
                x + dx * (wide + 8) - wide,
                y + dy * (high + 8) - high,
                x + dx * (wide + 8) + wide,
                y + dy * (high + 8) + high,
            )
            for side, (dx, dy) in SIDES.items()
        }
        best = min(boxes, key=lambda side: sum(_shared_area(boxes[side], other) for other in taken))
        taken.append(boxes[best])
        sides.append(best)
    return sides


def _shared_area(one: Sequence[float], other: Sequence[float]) -> float:
    """The area that two boxes (left, bottom, right, top) share."""
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    return max(wide, 0.0) * max(high, 0.0)


@kept
def scatter(
    points: NDArray[np.floating],
    *,
    labels: Sequence[Label],
    groups: Sequence[str] | None = None,
    colours: Mapping[str, str] | None = None,
    highlighted: int | None = None,
    axis_titles: Sequence[str] = ("", "", ""),
) -> Picture:
    """Points [n, 2] or [n, 3] with their labels; a group has one colour and one entry in the legend.

    A group without one of `colours` has the next of the palette; the highlighted point is larger and has a query's.
    A click reports the point's number as customdata.

    Raises ValueError where labels or groups are not as many as the points, or these are not in 2 or 3 dimensions.
    """
    if points.ndim != 2 or points.shape[1] not in (2, 3):
        raise ValueError(f"points of shape {points.shape} are not in 2 or 3 dimensions")
    check_lengths(len(points), {"labels": labels, "groups": groups}, of="points")
    is_solid = points.shape[1] == 3
    names = list(groups) if groups is not None else [""] * len(points)
    sides = ["top center"] * len(points) if is_solid else free_sides(points, labels)
    traces = []
    for k, group in enumerate(dict.fromkeys(names)):
        members = np.array([i for i, name in enumerate(names) if name == group])
        colour = (colours or {}).get(group, CATEGORICAL[k % len(CATEGORICAL)])
        traces.append(
            _marked_points(points, members, labels, highlighted=highlighted, colour=colour)
            | {"name": plotly_text(group), "textposition": [sides[i] for i in members]}
        )
    titles = [*axis_titles, "", "", ""]
    return figure(
        traces,
        x={} if is_solid else axis(titles[0]),
        y={} if is_solid else axis(titles[1]),
        keep_zoom=(labels, points.shape),
        numbers=lambda: table_of(
            [
                (NAME, distinct(labels)),
                *([] if groups is None else [(NAME, list(groups))]),
                *zip(titles, points.T, strict=False),
            ]
        ),
        showlegend=len(traces) > 1,
        legend=LEGEND,
        **({"scene": _scene(titles)} if is_solid else {}),
    )


def _marked_points(
    points: NDArray[np.floating],
    members: NDArray[np.intp],
    labels: Sequence[Label],
    *,
    highlighted: int | None,
    colour: str,
) -> dict[str, Any]:
    """Those points that are `members` of a group."""
    is_solid = points.shape[1] == 3
    texts = [plotly_text(labels[i]) for i in members]
    size = 7 if is_solid else 13
    trace = {
        "type": "scatter3d" if is_solid else "scatter",
        "mode": "markers+text",
        "text": [solid_text(labels[i]) for i in members] if is_solid else texts,
        "hovertext": texts,
        "customdata": members.astype(np.int32),
        "marker": {
            "size": [size * 1.7 if i == highlighted else size for i in members],
            "color": [QUERY if i == highlighted else colour for i in members],
            "line": {"width": 0},
            "opacity": 0.9,
        },
        "hovertemplate": "%{hovertext}<extra></extra>",
    }
    trace |= {name: points[members, d].astype(np.float32) for d, name in enumerate("xyz"[: points.shape[1]])}
    return trace if is_solid else trace | {"cliponaxis": False}


def _scene(titles: Sequence[str]) -> dict[str, Any]:
    """Three axes of one length, so that no title is cut, and without numbers, which would run into the titles."""
    sides = {
        f"{name}axis": {"title": {"text": solid_text(title)}, "zeroline": False, "showticklabels": False}
        for name, title in zip("xyz", titles, strict=False)
    }
    return sides | {"camera": CAMERA, "aspectmode": "cube"}

"""One query's way through attention: a row of numbers and bars for each step, all over the same keys."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from pages.figures.labels import Label, plotly_text, shortened
from pages.figures.layout import axis, figure, token_axis
from pages.figures.palette import ATTENTION, KEY, NEUTRAL, PLAIN, SIGNED, SIGNED_ON_DARK, colourscale

MOST_NUMBERS = 12  # more do not fit side by side; the chosen key's then stand beside the names of the rows
SPACE = 0.66  # of a row's height that its bars may fill; the numbers stand above
GAP = 0.5  # between the last key and the sum


def attention_steps(
    steps: Mapping[str, NDArray[np.floating]],
    *,
    parts: NDArray[np.floating],
    parts_title: str,
    keys: Sequence[Label],
    selected: int | None = None,
    masked: NDArray[np.bool_] | None = None,
    masked_from: int = 0,
    sum_title: str = "Σ",
    key_title: str = "",
    value_format: str = ".2f",
    written: Callable[[float], str] = "{:.2f}".format,
) -> go.Figure:
    """Named rows over one axis of keys, the last of them `parts` [key, dim] with its sum at the right.

    Every row of bars has a scale of its own, which begins at 0; where all its scores are much of a size it begins near
    the lowest, and that number is `written` at its foot. A row in which some are not finite, which are written as −∞,
    has the scale of the row above: the others are what they were. The last step holds weights: its sum is written too.
    `masked` keys stand last and are grey from row `masked_from` on.
    """
    n_keys, n_rows = len(keys), len(steps) + 1
    traces: list[dict[str, Any]] = []
    shapes: list[dict[str, Any]] = []
    width = 1 + 2 * (n_keys // 40)  # of the sums, in keys
    last = n_keys + GAP + width // 2  # where they stand: at no whole number, for those are keys
    names = [plotly_text(key) for key in keys]
    ticks: dict[float, str] = {}
    measure = np.zeros(0)
    for row, (name, values) in enumerate(steps.items()):
        floor = n_rows - 1 - row
        weights = row == len(steps) - 1
        if np.isfinite(values).all():
            measure = values
        foot = None if weights else _foot(measure)
        colour = ATTENTION if weights else PLAIN
        traces.append(_bars(values, measure, name, floor, names, selected, colour, value_format, foot))
        label = plotly_text(name)
        if n_keys <= MOST_NUMBERS:
            traces.append(_numbers(values, np.arange(n_keys), floor, value_format))
        elif selected is not None:
            number = written(float(values[selected])) if np.isfinite(values[selected]) else "−∞"
            label += f'<br><b><span style="color:{KEY}">{plotly_text(number)}</span></b>'
        ticks[floor + (0.5 if foot is None else 0.6)] = label
        if foot is not None:
            ticks[floor + 0.1] = f'<span style="color:{NEUTRAL}">{plotly_text(written(foot))} –</span>'
        if weights:
            traces.append(_numbers(np.array([values.sum()]), np.array([last]), floor, value_format))
        shapes.append(_line(floor, n_keys))
    traces.append(_cells(steps, names, n_rows, value_format))
    traces += _parts(parts, names, parts_title, (last, width), sum_title, value_format)
    if masked is not None and masked.any():
        first = int(np.flatnonzero(masked)[0])
        shapes.append(_box(first - 0.5, n_keys - 0.5, 0, n_rows - masked_from) | {"fillcolor": NEUTRAL, "opacity": 0.3})
    if selected is not None:
        shapes.append(_box(selected - 0.5, selected + 0.5, 0, n_rows) | {"line": {"color": KEY, "width": 2}})
    ticks[0.5] = plotly_text(parts_title)
    x = token_axis(
        [shortened(key) for key in keys], key_title, "key", emphasised=selected, range=[-0.5, last + width / 2]
    )
    x["tickvals"], x["ticktext"] = [*x["tickvals"], last], [*x["ticktext"], plotly_text(sum_title)]
    y = axis(
        tickmode="array",
        tickvals=list(ticks),
        ticktext=list(ticks.values()),
        ticks="",
        range=[0, n_rows],
        showgrid=False,
        fixedrange=True,
    )
    return figure(
        traces,
        x=x,
        y=y,
        keep_zoom=(keys, list(steps)),
        shapes=shapes,
        barmode="overlay",
        bargap=0.3,
        meta={"selected": None if selected is None else (0, selected)},
    )


def _foot(values: NDArray[np.floating]) -> float | None:
    """Where the bars of these scores begin if not at 0: a round number below the lowest, where zero is far off."""
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    together = high > low and min(abs(low), abs(high)) > high - low and low * high > 0
    if not together:
        return None
    step = 0.5 * 10.0 ** np.floor(np.log10(high - low))
    return float(np.floor((low - 0.05 * (high - low)) / step) * step)


def _bars(
    values: NDArray[np.floating],
    measure: NDArray[np.floating],
    name: str,
    floor: float,
    keys: Sequence[str],
    selected: int | None,
    colour: str,
    value_format: str,
    foot: float | None,
) -> dict[str, Any]:
    finite = np.where(np.isfinite(values), values - (foot or 0.0), 0.0)
    low, high = (float(end(measure - (foot or 0.0), initial=0.0)) for end in (np.min, np.max))
    scale = SPACE / ((high - low) or 1.0)
    return {
        "type": "bar",
        "x": np.arange(len(values), dtype=np.int32),
        "y": (finite * scale).astype(np.float32),
        "base": np.full(len(values), floor - low * scale + 0.02, np.float32),
        "marker": {"color": [KEY if i == selected else colour for i in range(len(values))], "line": {"width": 0}},
        "name": plotly_text(name),
        "text": keys,
        "textposition": "none",
        "customdata": np.where(np.isfinite(values), values, np.nan).astype(np.float32),
        "hovertemplate": f"%{{text}}<br>%{{fullData.name}}: <b>%{{customdata:{value_format}}}</b><extra></extra>",
        "hovertemplatefallback": "−∞",
    }


def _cells(
    steps: Mapping[str, NDArray[np.floating]], keys: Sequence[str], n_rows: int, value_format: str
) -> dict[str, Any]:
    """Invisible, one for each number: what the pointer and the keyboard meet where a bar is short."""
    values = np.stack(list(steps.values())).astype(np.float32)
    return {
        "type": "heatmap",
        "z": np.where(np.isfinite(values), values, np.float32(np.nan)),
        "x0": 0,
        "dx": 1,
        "y0": n_rows - 0.5,
        "dy": -1,
        "opacity": 0,
        "showscale": False,
        "hovertemplate": f"<b>%{{customdata[2]:{value_format}}}</b><extra></extra>",
        "hovertemplatefallback": "−∞",
        "meta": {"rows": [plotly_text(name) for name in steps], "columns": list(keys)},
    }


def _numbers(values: NDArray[np.floating], x: NDArray[Any], floor: float, value_format: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "text",
        "x": x.astype(np.float32),
        "y": np.full(len(x), floor + 0.85, np.float32),
        "customdata": [float(value) if np.isfinite(value) else None for value in values],
        "texttemplate": f"%{{customdata:{value_format}}}",
        "texttemplatefallback": "−∞",
        "hoverinfo": "skip",
        "cliponaxis": False,
    }


def _parts(
    parts: NDArray[np.floating],
    keys: Sequence[str],
    title: str,
    place: tuple[float, int],
    sum_title: str,
    value_format: str,
) -> list[dict[str, Any]]:
    """The lowest row: a column of numbers for each key, first number on top, and their sum."""
    n_dims = parts.shape[1]
    total = parts.sum(axis=0, keepdims=True)
    limit = float(max(np.abs(parts).max(), np.abs(total).max())) or 1.0
    shared = {
        "type": "heatmap",
        "y0": 0.92 - 0.46 / n_dims,
        "dy": -0.92 / n_dims,
        "zmin": -limit,
        "zmax": limit,
        "colorscale": colourscale(SIGNED),
        "showscale": False,
        "xgap": 2,
        "hovertemplate": f"<b>%{{customdata[2]:{value_format}}}</b><extra></extra>",
    }
    rows = [f"{plotly_text(title)} {i}" for i in range(n_dims)]
    meta = {"rows": rows, "colorscale_on_dark": colourscale(SIGNED_ON_DARK)}
    last, width = place
    return [
        shared | {"z": parts.T.astype(np.float32), "x0": 0, "dx": 1, "meta": meta | {"columns": list(keys)}},
        shared
        | {"z": total.T.astype(np.float32), "x0": last, "dx": width}
        | {"meta": meta | {"columns": [plotly_text(sum_title)]}},
    ]


def _line(y: float, n_keys: int) -> dict[str, Any]:
    ends = {"type": "line", "x0": -0.5, "x1": n_keys - 0.5, "y0": y, "y1": y}
    return ends | {"line": {"color": NEUTRAL, "width": 0.7}, "opacity": 0.6, "layer": "below"}


def _box(x0: float, x1: float, y0: float, y1: float) -> dict[str, Any]:
    return {"type": "rect", "x0": x0, "x1": x1, "y0": y0, "y1": y1, "line": {"width": 0}, "layer": "above"}

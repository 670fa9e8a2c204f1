"""One query's way through attention: a row of numbers and bars for each step, all over the same keys."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from pages.figures.labels import plotly_text, shortened
from pages.figures.layout import axis, figure, labelled_axis
from pages.figures.meaning import Axis, Drawn, Parts, Spelling
from pages.figures.palette import ATTENTION, KEY, NEUTRAL, PLAIN, SIGNED, SIGNED_ON_DARK, colourscale

MOST_NUMBERS = 12  # more do not fit side by side; the chosen key's then stand beside the names of the rows
SPACE = 0.66  # of a row's height that its bars may fill; the numbers stand above
SPELLING = Spelling()
GAP = 0.5  # between the last key and the sum


@dataclass(frozen=True)
class _Row:
    """One step: its numbers, the scale of its bars, where it stands and how it is drawn."""

    name: str
    values: NDArray[np.floating]
    scale_of: NDArray[np.floating]  # the numbers whose range gives the bars their scale
    floor: int  # in rows from below
    colour: str
    base: float | None  # the number at which its bars begin, where that is not 0


def attention_steps(
    steps: Mapping[str, NDArray[np.floating]],
    parts: Parts,
    keys: Axis,
    *,
    selected: int | None = None,
    masked: NDArray[np.bool_] | None = None,
    masked_from: int = 0,
    spelling: Spelling = SPELLING,
) -> go.Figure:
    """Named rows over one axis of keys, the last of them `parts` with its sum at the right.

    Every row of bars has a scale of its own, which begins at 0; where all its scores are much of a size it begins near
    the lowest, and that number is written at its foot. A row in which some are not finite, which are written as −∞,
    has the scale of the row above: the others are what they were. The last step holds weights: its sum is written too.
    `masked` keys stand last and are grey from row `masked_from` on.

    Raises ValueError where a step or `parts` has not as many numbers as there are keys.
    """
    n_keys, n_rows = len(keys.labels), len(steps) + 1
    for values in (*steps.values(), parts.values):
        keys.check(len(values), "keys")
    width = 1 + 2 * (n_keys // 40)  # of the sums, in keys
    last = n_keys + GAP + width // 2  # where they stand: at no whole number, for those are keys
    names = [plotly_text(key) for key in keys.labels]
    traces: list[Drawn] = []
    ticks: dict[float, str] = {}
    rows = _rows(steps, n_rows)
    for row in rows:
        traces += _drawn_row(row, names, selected, spelling, last if row is rows[-1] else None)
        ticks |= _row_ticks(row, n_keys, selected, spelling)
    traces.append(_cells(steps, names, n_rows, spelling.format))
    traces += _parts(parts, names, (last, width), spelling.format)
    ticks[0.5] = plotly_text(parts.title)
    short = Axis([shortened(key) for key in keys.labels], keys.title, "key")
    x = labelled_axis(short, emphasised=selected, range=[-0.5, last + width / 2])
    x["tickvals"], x["ticktext"] = [*x["tickvals"], last], [*x["ticktext"], plotly_text(parts.sum_title)]
    y_ticks = {"tickmode": "array", "tickvals": list(ticks), "ticktext": list(ticks.values()), "ticks": ""}
    shapes = [_line(row.floor, n_keys) for row in rows]
    if masked is not None and masked.any():
        first = int(np.flatnonzero(masked)[0])
        shapes.append(_box(first - 0.5, n_keys - 0.5, 0, n_rows - masked_from) | {"fillcolor": NEUTRAL, "opacity": 0.3})
    if selected is not None:
        shapes.append(_box(selected - 0.5, selected + 0.5, 0, n_rows) | {"line": {"color": KEY, "width": 2}})
    return figure(
        traces,
        x=x,
        y=axis(range=[0, n_rows], showgrid=False, fixedrange=True, **y_ticks),
        keep_zoom=(keys.labels, list(steps)),
        shapes=shapes,
        barmode="overlay",
        bargap=0.3,
        meta={"selected": None if selected is None else (0, selected)},
    )


def _rows(steps: Mapping[str, NDArray[np.floating]], n_rows: int) -> list[_Row]:
    """The steps from above to below; the last of them are weights."""
    rows, scale_of = [], np.zeros(0)
    for row, (name, values) in enumerate(steps.items()):
        weights = row == len(steps) - 1
        if np.isfinite(values).all():
            scale_of = values
        base = None if weights else _base(scale_of)
        rows.append(_Row(name, values, scale_of, n_rows - 1 - row, ATTENTION if weights else PLAIN, base))
    return rows


def _drawn_row(
    row: _Row, keys: Sequence[str], selected: int | None, spelling: Spelling, sum_at: float | None
) -> list[Drawn]:
    """The bars of a row, its numbers where there is room for them, and the sum of a row of weights."""
    drawn = [_bars(row, keys, selected, spelling.format)]
    if len(keys) <= MOST_NUMBERS:
        drawn.append(_numbers(row.values, np.arange(len(keys)), row.floor, spelling.format))
    if sum_at is not None:
        drawn.append(_numbers(np.array([row.values.sum()]), np.array([sum_at]), row.floor, spelling.format))
    return drawn


def _row_ticks(row: _Row, n_keys: int, selected: int | None, spelling: Spelling) -> dict[float, str]:
    """The row's name, with the chosen key's number where numbers have no room, and the number at its foot."""
    label = plotly_text(row.name)
    if n_keys > MOST_NUMBERS and selected is not None:
        chosen = float(row.values[selected])
        number = spelling.written(chosen) if np.isfinite(chosen) else "−∞"
        label += f'<br><b><span style="color:{KEY}">{plotly_text(number)}</span></b>'
    if row.base is None:
        return {row.floor + 0.5: label}
    foot = f'<span style="color:{NEUTRAL}">{plotly_text(spelling.written(row.base))} –</span>'
    return {row.floor + 0.6: label, row.floor + 0.1: foot}


def _base(values: NDArray[np.floating]) -> float | None:
    """Where the bars of these scores begin if not at 0: a round number below the lowest, where zero is far off."""
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    together = high > low and min(abs(low), abs(high)) > high - low and low * high > 0
    if not together:
        return None
    step = 0.5 * 10.0 ** np.floor(np.log10(high - low))
    return float(np.floor((low - 0.05 * (high - low)) / step) * step)


def _bars(row: _Row, keys: Sequence[str], selected: int | None, value_format: str) -> Drawn:
    values, base = row.values, row.base or 0.0
    finite = np.where(np.isfinite(values), values - base, 0.0)
    low, high = (float(end(row.scale_of - base, initial=0.0)) for end in (np.min, np.max))
    scale = SPACE / ((high - low) or 1.0)
    return {
        "type": "bar",
        "x": np.arange(len(values), dtype=np.int32),
        "y": (finite * scale).astype(np.float32),
        "base": np.full(len(values), row.floor - low * scale + 0.02, np.float32),
        "marker": {"color": [KEY if i == selected else row.colour for i in range(len(values))], "line": {"width": 0}},
        "name": plotly_text(row.name),
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


def _parts(parts: Parts, keys: Sequence[str], sums: tuple[float, int], value_format: str) -> list[Drawn]:
    """The lowest row: a column of numbers for each key, first number on top; `sums` is where their sum is, how wide."""
    n_dims = parts.values.shape[1]
    total = parts.values.sum(axis=0, keepdims=True)
    limit = float(max(np.abs(parts.values).max(), np.abs(total).max())) or 1.0
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
    rows = [f"{plotly_text(parts.title)} {i}" for i in range(n_dims)]
    meta = {"rows": rows, "colorscale_on_dark": colourscale(SIGNED_ON_DARK)}
    at, width = sums
    return [
        shared | {"z": parts.values.T.astype(np.float32), "x0": 0, "dx": 1, "meta": meta | {"columns": list(keys)}},
        shared
        | {"z": total.T.astype(np.float32), "x0": at, "dx": width}
        | {"meta": meta | {"columns": [plotly_text(parts.sum_title)]}},
    ]


def _line(y: float, n_keys: int) -> dict[str, Any]:
    ends = {"type": "line", "x0": -0.5, "x1": n_keys - 0.5, "y0": y, "y1": y}
    return ends | {"line": {"color": NEUTRAL, "width": 0.7}, "opacity": 0.6, "layer": "below"}


def _box(x0: float, x1: float, y0: float, y1: float) -> dict[str, Any]:
    return {"type": "rect", "x0": x0, "x1": x1, "y0": y0, "y1": y1, "line": {"width": 0}, "layer": "above"}

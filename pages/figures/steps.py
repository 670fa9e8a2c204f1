"""One query's way through attention: a row of numbers and bars for each step, all over the same keys."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pages.figures.axis import Axis, check_lengths
from pages.figures.kept import kept
from pages.figures.labels import plotly_text, shortened
from pages.figures.layout import Picture, axis, figure, label_axis
from pages.figures.numbers import distinct, heading, table_of
from pages.figures.palette import ATTENTION, KEY, NEUTRAL, PLAIN, SIGNED, SIGNED_ON_DARK, colourscale

MOST_NUMBERS = 12  # more do not fit side by side; the chosen key's then stand beside the names of the rows
SPACE = 0.66  # of a row's height that its bars may fill; the numbers stand above
GAP = 0.5  # between the last key and the sum


@dataclass(frozen=True)
class Summands:
    """The vectors [key, dim] that a weighted sum adds up, their title, and that of their sum."""

    values: NDArray[np.floating]
    title: str
    sum_title: str = "Σ"


@kept
def attention_steps(
    steps: Mapping[str, NDArray[np.floating]],
    keys: Axis,
    summands: Summands,
    *,
    selected: int | None = None,
    n_scores: int = 1,
    masked: NDArray[np.bool_] | None = None,
    value_format: str = ".2f",
    written: Callable[[float], str] = "{:.2f}".format,
) -> Picture:
    """Named rows [key] over one axis of keys, below them the `summands` with their sum at the right.

    The first `n_scores` rows of bars share one scale, so that what a step does to them can be seen; the others, which
    are shares, have another. Every bar begins at 0, where each row has its line. What is not finite has no bar and is
    written as −∞. The last step holds weights: its sum is written too. Beside the rows of many keys stand the selected
    one's numbers, as `written` has them. `masked` keys [key] stand last and are grey from the last row of scores on.
    `value_format` is a d3 format.

    Raises ValueError where steps, summands or mask are not as many as the keys.
    """
    check_lengths(len(keys), {**steps, "summands": summands.values, "masked": masked}, of="keys")
    n_keys, n_rows = len(keys), len(steps) + 1
    width = 1 + 2 * (n_keys // 40)  # of the sums, in keys
    last = n_keys + GAP + width // 2  # where they stand: at no whole number, for those are keys
    names = [plotly_text(key) for key in keys.labels]
    ticks: dict[float, str] = {}
    traces: list[dict[str, Any]] = []
    rows = _rows(steps, n_scores)
    for row in rows:
        traces.append(_bars(row, names, selected, value_format))
        if n_keys <= MOST_NUMBERS:
            traces.append(_numbers(row.values, np.arange(n_keys), row.bottom, value_format))
        if row.holds_weights:
            traces.append(_numbers(np.array([row.values.sum()]), np.array([last]), row.bottom, value_format))
        ticks |= _row_ticks(row, selected if n_keys > MOST_NUMBERS else None, written)
    traces.append(_pointer_targets(steps, names, value_format))
    traces += _summand_columns(summands, names, (last, width), value_format)
    y_ticks = {"tickvals": [*ticks, 0.5], "ticktext": [*ticks.values(), plotly_text(summands.title)]}
    return figure(
        traces,
        x=_key_axis(keys, selected, summands.sum_title, (last, width)),
        y=axis(tickmode="array", ticks="", range=[0, n_rows], showgrid=False, fixedrange=True, **y_ticks),
        keep_zoom=(keys.labels, list(steps)),
        numbers=lambda: _table(steps, keys, summands),
        shapes=_shapes(n_keys, rows, masked, n_scores - 1, selected),
        barmode="overlay",
        bargap=0.3,
        meta={
            "selected": None if selected is None else (0, selected),
            "least": (0.1 if n_keys <= MOST_NUMBERS else 0.13) * n_rows,
            "narrowest": _narrowest(n_keys),
        },
    )


def _table(steps: Mapping[str, NDArray[np.floating]], keys: Axis, summands: Summands) -> pd.DataFrame:
    """A row for each key with its steps and its summand; below them what is summed."""
    *before, (last, weights) = steps.items()
    return table_of(
        [
            (heading(keys), [*distinct(keys.labels), summands.sum_title]),
            *before,
            (last, np.append(weights, weights.sum())),
            *((f"{summands.title} {i}", np.append(column, column.sum())) for i, column in enumerate(summands.values.T)),
        ]
    )


def _narrowest(n_keys: int) -> int:
    """Pixels below which the numbers would run into one another, where they stand side by side."""
    return 110 + 58 * (n_keys + 2) if n_keys <= MOST_NUMBERS else 0


@dataclass(frozen=True)
class _Row:
    """A step: its values, the lowest and highest number of its scale, and where on y its lower edge lies."""

    name: str
    values: NDArray[np.floating]
    ends: tuple[float, float]
    bottom: int
    holds_weights: bool

    @property
    def unit(self) -> float:
        """How long a bar of 1 is."""
        low, high = self.ends
        return SPACE / ((high - low) or 1.0)

    @property
    def zero(self) -> float:
        """Where on y its bars begin."""
        return self.bottom - self.ends[0] * self.unit + 0.02


def _rows(steps: Mapping[str, NDArray[np.floating]], n_scores: int) -> list[_Row]:
    values = list(steps.values())
    ends = [_ends(group) for group in (values[:n_scores], values[n_scores:])]
    return [
        _Row(name, row, ends[i >= n_scores], bottom=len(steps) - i, holds_weights=i == len(steps) - 1)
        for i, (name, row) in enumerate(steps.items())
    ]


def _ends(rows: Sequence[NDArray[np.floating]]) -> tuple[float, float]:
    """Of a scale that has 0 and every finite number of these rows on it."""
    finite = np.concatenate([np.zeros(1), *(row[np.isfinite(row)] for row in rows)])
    return float(finite.min()), float(finite.max())


def _bars(row: _Row, keys: Sequence[str], selected: int | None, value_format: str) -> dict[str, Any]:
    is_finite = np.isfinite(row.values)
    colour = ATTENTION if row.holds_weights else PLAIN
    return {
        "type": "bar",
        "x": np.arange(len(keys), dtype=np.int32),
        "y": (np.where(is_finite, row.values, 0.0) * row.unit).astype(np.float32),
        "base": np.full(len(keys), row.zero, np.float32),
        "marker": {"color": [KEY if i == selected else colour for i in range(len(keys))], "line": {"width": 0}},
        "name": plotly_text(row.name),
        "text": keys,
        "textposition": "none",
        "customdata": np.where(is_finite, row.values, np.nan).astype(np.float32),
        "hovertemplate": f"%{{text}}<br>%{{fullData.name}}: <b>%{{customdata:{value_format}}}</b><extra></extra>",
        "hovertemplatefallback": "−∞",
    }


def _numbers(values: NDArray[np.floating], x: NDArray[Any], bottom: float, value_format: str) -> dict[str, Any]:
    """The values of a row, written above its bars."""
    return {
        "type": "scatter",
        "mode": "text",
        "x": x.astype(np.float32),
        "y": np.full(len(x), bottom + 0.85, np.float32),
        "customdata": [float(value) if np.isfinite(value) else None for value in values],
        "texttemplate": f"%{{customdata:{value_format}}}",
        "texttemplatefallback": "−∞",
        "hoverinfo": "skip",
        "cliponaxis": False,
    }


def _row_ticks(row: _Row, key: int | None, written: Callable[[float], str]) -> dict[float, str]:
    """The row's name, and below it the value of one key."""
    label = plotly_text(row.name)
    if key is not None:
        number = written(float(row.values[key])) if np.isfinite(row.values[key]) else "−∞"
        label += f'<br><b><span style="color:{KEY}">{plotly_text(number)}</span></b>'
    return {row.bottom + 0.5: label}


def _pointer_targets(
    steps: Mapping[str, NDArray[np.floating]], keys: Sequence[str], value_format: str
) -> dict[str, Any]:
    """Invisible, one for each number: what the pointer and the keyboard meet where a bar is short."""
    values = np.stack(list(steps.values())).astype(np.float32)
    return {
        "type": "heatmap",
        "z": np.where(np.isfinite(values), values, np.float32(np.nan)),
        "x0": 0,
        "dx": 1,
        "y0": len(steps) + 0.5,
        "dy": -1,
        "opacity": 0,
        "showscale": False,
        "hovertemplate": f"<b>%{{customdata[2]:{value_format}}}</b><extra></extra>",
        "hovertemplatefallback": "−∞",
        "meta": {"rows": [plotly_text(name) for name in steps], "columns": list(keys)},
    }


def _summand_columns(
    summands: Summands, keys: Sequence[str], sum_at: tuple[float, int], value_format: str
) -> list[dict[str, Any]]:
    """The lowest row: a column of numbers for each key, first number on top, and their sum at (place, width)."""
    values = summands.values
    n_dims = values.shape[1]
    total = values.sum(axis=0, keepdims=True)
    limit = float(max(np.abs(values).max(), np.abs(total).max())) or 1.0
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
    rows = [f"{plotly_text(summands.title)} {i}" for i in range(n_dims)]
    meta = {"rows": rows, "colorscale_on_dark": colourscale(SIGNED_ON_DARK)}
    place, width = sum_at
    return [
        shared | {"z": values.T.astype(np.float32), "x0": 0, "dx": 1, "meta": meta | {"columns": list(keys)}},
        shared
        | {"z": total.T.astype(np.float32), "x0": place, "dx": width}
        | {"meta": meta | {"columns": [plotly_text(summands.sum_title)]}},
    ]


def _key_axis(keys: Axis, selected: int | None, sum_title: str, sum_at: tuple[float, int]) -> dict[str, Any]:
    """The keys' names, and the sum's at (place, width)."""
    place, width = sum_at
    short = Axis([shortened(key) for key in keys.labels], keys.title, keys.meaning)
    x = label_axis(short, emphasised=selected, range=[-0.5, place + width / 2])
    return x | {"tickvals": [*x["tickvals"], place], "ticktext": [*x["ticktext"], plotly_text(sum_title)]}


def _shapes(
    n_keys: int, rows: Sequence[_Row], masked: NDArray[np.bool_] | None, masked_from: int, selected: int | None
) -> list[dict[str, Any]]:
    """A line at the 0 of each row of bars, grey over the masked keys, and a frame round the selected one."""
    n_rows = len(rows) + 1
    shapes = [_zero_line(row.zero, n_keys) for row in rows]
    if masked is not None and masked.any():
        first = int(np.flatnonzero(masked)[0])
        shapes.append(_box(first - 0.5, n_keys - 0.5, n_rows - masked_from) | {"fillcolor": NEUTRAL, "opacity": 0.3})
    if selected is not None:
        shapes.append(_box(selected - 0.5, selected + 0.5, n_rows) | {"line": {"color": KEY, "width": 2}})
    return shapes


def _zero_line(y: float, n_keys: int) -> dict[str, Any]:
    ends = {"type": "line", "x0": -0.5, "x1": n_keys - 0.5, "y0": y, "y1": y}
    return ends | {"line": {"color": NEUTRAL, "width": 1}, "opacity": 0.8, "layer": "below"}


def _box(x0: float, x1: float, height: float) -> dict[str, Any]:
    """A rectangle from the lowest row up."""
    return {"type": "rect", "x0": x0, "x1": x1, "y0": 0, "y1": height, "line": {"width": 0}, "layer": "above"}

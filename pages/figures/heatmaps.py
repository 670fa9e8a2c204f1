"""A matrix as colours, with its labels."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pages.figures.axis import Axis
from pages.figures.kept import kept
from pages.figures.labels import Label, plotly_text
from pages.figures.layout import Picture, figure, frame, label_axis
from pages.figures.numbers import table_of_cells, table_of_matrix
from pages.figures.palette import AXIS_COLOURS, SEQUENTIAL, SIGNED, SIGNED_ON_DARK, ScaleName, colourscale

OUTLINE = "#ff2d95"  # in neither scale, so the chosen cell shows on any of their colours
MANY_CELLS = 40  # along a side: where there are more, no gaps between them


@dataclass(frozen=True)
class Scale:
    """From numbers to colours: `limit` fixes the largest number of the scale, or (lowest, largest).

    Without a limit, "signed" ends at ± the largest magnitude, "probability" at 0 and 1, "sequential" at 0 and the
    largest value, "logarithmic" at the smallest and the largest positive one. A logarithmic limit needs both ends.
    `title` names the number beside the colour `bar`.
    """

    kind: ScaleName
    limit: float | tuple[float, float] | None = None
    title: str = ""
    bar: bool = True


@dataclass(frozen=True)
class Masked:
    """Cells without a number: `where` is true [rows, columns]; they are grey, and the hover says `label`."""

    where: NDArray[np.bool_]
    label: str = ""


@dataclass(frozen=True)
class Cells:
    """What a cell says: its number in a d3 `format` on hover, and, if `shown`, inside; or its own of `labels`.

    `labels` are [rows][columns]; the hover has both.
    """

    format: str = ".3f"
    shown: bool = False
    labels: Sequence[Sequence[Label]] | None = None


USUAL_CELLS = Cells()


@kept
def heatmap(
    values: NDArray[np.floating],
    rows: Axis,
    columns: Axis,
    *,
    scale: Scale | ScaleName,
    masked: Masked | None = None,
    selected: tuple[int | None, int | None] | None = None,
    cells: Cells = USUAL_CELLS,
    square: bool = False,
) -> Picture:
    """A matrix [rows, columns] in colours; a click reports the column as x and the row as y.

    On a logarithmic scale only the colours are logarithms, and what is not above 0 has none. `selected` is a cell, or
    with None for its column a whole row, with None for its row a whole column. Cells are as wide as high if `square`.

    Raises ValueError where values, mask or the labels of cells have another shape than the two axes say.
    """
    colours = Scale(scale) if isinstance(scale, str) else scale
    _check_shapes(values, (len(rows), len(columns)), masked, cells)
    z = _colour_levels(values, colours, masked)
    low, high = _colour_limits(z, colours)
    is_signed, is_logarithmic = colours.kind == "signed", colours.kind == "logarithmic"
    trace = {
        "type": "heatmap",
        "z": z,
        "zmin": low,
        "zmax": high,
        "colorscale": colourscale(SIGNED if is_signed else SEQUENTIAL),
        "xgap": 1 if len(columns) <= MANY_CELLS else 0,
        "ygap": 1 if len(rows) <= MANY_CELLS else 0,
        # The browser makes each cell's customdata of them, [row, column, value, text]: T² texts are too many to send.
        "meta": {
            "rows": [plotly_text(row) for row in rows.labels],
            "columns": [plotly_text(column) for column in columns.labels],
            "colorscale_on_dark": colourscale(SIGNED_ON_DARK) if is_signed else None,
            "logarithmic": is_logarithmic,
        },
    }
    row, column = selected if selected else (None, None)
    return figure(
        [trace | _texts(cells, masked) | _colour_bar(colours)],
        x=label_axis(columns, emphasised=column, range=[-0.5, len(columns) - 0.5]),
        y=label_axis(rows, emphasised=row, range=[len(rows) - 0.5, -0.5]),
        keep_zoom=(rows.labels, columns.labels),
        numbers=lambda: _table(values, (rows, columns), masked, cells, colours.title),
        shapes=[] if selected is None else _outline(*selected, rows, columns),
        meta={
            "masked": masked is not None,
            "selected": selected,
            "aspect": len(columns) / len(rows) if square else None,
        },
    )


def _table(
    values: NDArray[np.floating], sides: tuple[Axis, Axis], masked: Masked | None, cells: Cells, measure: str
) -> pd.DataFrame:
    """A row for each row, or for each cell where these have words."""
    if cells.labels is not None:
        return table_of_cells(values, *sides, cells.labels, measure)
    return table_of_matrix(values, *sides, masked=masked.where if masked else None)


def _check_shapes(values: NDArray[np.floating], shape: tuple[int, int], masked: Masked | None, cells: Cells) -> None:
    what_does_not_fit = f"do not fit {shape[0]} rows and {shape[1]} columns"
    if values.shape != shape:
        raise ValueError(f"values of shape {values.shape} {what_does_not_fit}")
    if masked is not None and masked.where.shape != shape:
        raise ValueError(f"masked cells of shape {masked.where.shape} {what_does_not_fit}")
    if cells.labels is not None and [len(row) for row in cells.labels] != [shape[1]] * shape[0]:
        raise ValueError(f"labels of cells, {[len(row) for row in cells.labels]} in each row, {what_does_not_fit}")


def _colour_levels(values: NDArray[np.floating], scale: Scale, masked: Masked | None) -> NDArray[np.float32]:
    """The numbers, or their logarithms, that become colours; NaN where there is none."""
    z = values.astype(np.float32)
    if scale.kind == "logarithmic":
        z = np.log10(z, out=np.full_like(z, np.nan), where=z > 0)
    if masked is not None:
        z[masked.where] = np.nan
    return z


def _colour_limits(z: NDArray[np.float32], scale: Scale) -> tuple[float, float]:
    """The lowest and the highest level of the scale."""
    finite = z[np.isfinite(z)]
    limit = scale.limit
    if scale.kind == "logarithmic":
        low, high = np.log10(limit) if isinstance(limit, tuple) else (finite.min(initial=0), finite.max(initial=0))
        return float(low), float(high)
    if isinstance(limit, tuple):
        return limit
    if scale.kind == "probability":
        return 0.0, limit or 1.0
    largest = limit or (float(np.abs(finite).max()) if finite.size else 0.0) or 1.0
    return (-largest if scale.kind == "signed" else 0.0), largest


def _texts(cells: Cells, masked: Masked | None) -> dict[str, Any]:
    """What a cell says on hover and inside."""
    number = f"<b>%{{customdata[2]:{cells.format}}}</b><extra></extra>"
    texts: dict[str, Any] = {
        "hovertemplate": number if cells.labels is None else f"%{{customdata[3]}} {number}",
        "hovertemplatefallback": plotly_text(masked.label if masked else "") or "–",
        "texttemplatefallback": "",
    }
    if cells.shown:
        texts["texttemplate"] = f"%{{z:{cells.format}}}" if cells.labels is None else "%{text}"
    if cells.labels is not None:
        texts["text"] = [[plotly_text(label) for label in row] for row in cells.labels]
    return texts


def _colour_bar(scale: Scale) -> dict[str, Any]:
    powers_of_ten = {"tickprefix": "10<sup>", "ticksuffix": "</sup>", "dtick": 1}
    return {
        "showscale": scale.bar,
        "colorbar": {
            "title": {"text": plotly_text(scale.title), "side": "right"},
            "thickness": 14,
            "x": 1,  # not 1.02: on a wide chart that would push the numbers out of the margin
            "outlinewidth": 0,
            "nticks": 6,
        }
        | (powers_of_ten if scale.kind == "logarithmic" else {}),
    }


def _outline(row: int | None, column: int | None, rows: Axis, columns: Axis) -> list[dict[str, Any]]:
    """The chosen cell framed, with a thin frame round the row and the column it belongs to; or the chosen line."""
    down = (0, 1) if row is None else (row - 0.5, row + 0.5)
    across = (0, 1) if column is None else (column - 0.5, column + 0.5)
    if column is None:
        return [frame(across, down, OUTLINE, 2.5) | {"xref": "x domain"}]
    if row is None:
        return [frame(across, down, OUTLINE, 2.5) | {"yref": "y domain"}]
    return [
        frame((0, 1), down, AXIS_COLOURS.get(rows.meaning, OUTLINE), 1.5) | {"xref": "x domain"},
        frame(across, (0, 1), AXIS_COLOURS.get(columns.meaning, OUTLINE), 1.5) | {"yref": "y domain"},
        frame(across, down, OUTLINE, 3),
    ]

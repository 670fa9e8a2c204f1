"""Matrices as colours: one of them with its labels, or all heads of a model at a glance."""

import base64
import struct
import zlib
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from pages.figures.labels import plotly_text
from pages.figures.layout import figure, labelled_axis
from pages.figures.meaning import Axis, Cells, Drawn, Masked, Scale
from pages.figures.palette import AXIS_COLOURS, SEQUENTIAL, SIGNED, SIGNED_ON_DARK, AxisName, ScaleName, colourscale

CELLS = Cells()
OUTLINE = "#ff2d95"  # in neither scale, so the chosen cell shows on any of their colours
LEVELS = 48  # shades in the mosaic: as many as the eye tells apart in a thumbnail, and a quarter less to send than 256


def heatmap(
    values: NDArray[np.floating],
    rows: Axis,
    columns: Axis,
    *,
    scale: Scale | ScaleName,
    masked: Masked | None = None,
    selected: tuple[int, int | None] | None = None,
    cells: Cells = CELLS,
    square: bool = False,
) -> go.Figure:
    """A matrix [rows, columns] as colours; masked cells are grey and say so.

    On a logarithmic scale only the colours are logarithms, and what is not above 0 has none.
    `selected` is a cell, or with None for its column a whole row. `square` gives both sides of a cell one length.

    Raises ValueError where rows, columns, mask or labels of cells do not fit the values.
    """
    _check_shapes(values, rows, columns, masked, cells)
    scale = Scale(scale) if isinstance(scale, str) else scale
    logarithmic = scale.kind == "logarithmic"
    z = values.astype(np.float32)
    if logarithmic:
        z = np.log10(z, out=np.full_like(z, np.nan), where=z > 0)
    if masked is not None:
        z[masked.where] = np.nan
    low, high = _colour_range(z, scale)
    size = {"xgap": 1 if len(columns.labels) <= 40 else 0, "ygap": 1 if len(rows.labels) <= 40 else 0}
    trace = {"type": "heatmap", "z": z, "zmin": low, "zmax": high}
    trace |= {"colorscale": colourscale(SIGNED if scale.kind == "signed" else SEQUENTIAL), **size}
    trace |= _cell_texts(cells, masked)
    trace |= {
        # The browser makes each cell's customdata of them, [row, column, value, text]: T² texts are too many to send.
        "meta": {
            "rows": [plotly_text(row) for row in rows.labels],
            "columns": [plotly_text(column) for column in columns.labels],
            "colorscale_on_dark": colourscale(SIGNED_ON_DARK) if scale.kind == "signed" else None,
            "logarithmic": logarithmic,
        },
        "showscale": scale.bar,
        "colorbar": _colour_bar(scale),
    }
    row, column = selected if selected else (None, None)
    return figure(
        [trace],
        x=labelled_axis(columns, emphasised=column, range=[-0.5, len(columns.labels) - 0.5]),
        y=labelled_axis(rows, emphasised=row, range=[len(rows.labels) - 0.5, -0.5]),
        keep_zoom=(rows.labels, columns.labels),
        shapes=[] if selected is None else _outline(*selected, rows.meaning, columns.meaning),
        meta={
            "masked": masked is not None,
            "selected": selected,
            "aspect": len(columns.labels) / len(rows.labels) if square else None,
        },
    )


def _check_shapes(values: NDArray[np.floating], rows: Axis, columns: Axis, masked: Masked | None, cells: Cells) -> None:
    shape = (len(rows.labels), len(columns.labels))
    if values.shape != shape:
        raise ValueError(f"values of shape {values.shape} do not fit {shape[0]} rows and {shape[1]} columns")
    if masked is not None and masked.where.shape != shape:
        raise ValueError(f"a mask of shape {masked.where.shape} does not fit values of shape {shape}")
    if cells.labels is not None and [len(row) for row in cells.labels] != [shape[1]] * shape[0]:
        raise ValueError(f"labels for cells do not fit {shape[0]} rows and {shape[1]} columns")


def _cell_texts(cells: Cells, masked: Masked | None) -> Drawn:
    """What a cell says under the pointer, and what is written into it."""
    texts: Drawn = {
        "hovertemplate": f"<b>%{{customdata[2]:{cells.format}}}</b><extra></extra>",
        "hovertemplatefallback": plotly_text(masked.label if masked else "") or "–",
        "texttemplatefallback": "",
    }
    if cells.shown:
        texts["texttemplate"] = f"%{{z:{cells.format}}}" if cells.labels is None else "%{text}"
    if cells.labels is not None:
        texts["text"] = [[plotly_text(label) for label in row] for row in cells.labels]
        texts["hovertemplate"] = f"%{{customdata[3]}} {texts['hovertemplate']}"
    return texts


def _colour_bar(scale: Scale) -> Drawn:
    bar: Drawn = {
        "title": {"text": plotly_text(scale.title), "side": "right"},
        "thickness": 14,
        "x": 1,  # not 1.02: on a wide chart that would push the numbers out of the margin
        "outlinewidth": 0,
        "nticks": 6,
    }
    if scale.kind == "logarithmic":
        bar |= {"tickprefix": "10<sup>", "ticksuffix": "</sup>", "dtick": 1}
    return bar


def _colour_range(z: NDArray[np.float32], scale: Scale) -> tuple[float, float]:
    """The numbers that the first and the last colour stand for."""
    finite, limit = z[np.isfinite(z)], scale.limit
    if scale.kind == "logarithmic":
        low, high = np.log10(limit) if isinstance(limit, tuple) else (finite.min(initial=0), finite.max(initial=0))
        return float(low), float(high)
    if isinstance(limit, tuple):
        return limit
    if scale.kind == "probability":
        return 0.0, limit or 1.0
    largest = limit or (float(np.abs(finite).max()) if finite.size else 0.0) or 1.0
    return (-largest if scale.kind == "signed" else 0.0), largest


def _outline(row: int, column: int | None, row_axis: AxisName, column_axis: AxisName) -> list[dict[str, Any]]:
    """The chosen cell framed, with a thin frame round the row and the column it belongs to; or the chosen row."""
    down = (row - 0.5, row + 0.5)
    if column is None:
        return [_frame((0, 1), down, OUTLINE, 2.5) | {"xref": "x domain"}]
    across = (column - 0.5, column + 0.5)
    return [
        _frame((0, 1), down, AXIS_COLOURS.get(row_axis, OUTLINE), 1.5) | {"xref": "x domain"},
        _frame(across, (0, 1), AXIS_COLOURS.get(column_axis, OUTLINE), 1.5) | {"yref": "y domain"},
        _frame(across, down, OUTLINE, 3),
    ]


def _frame(x: tuple[float, float], y: tuple[float, float], colour: str, width: float) -> dict[str, Any]:
    line = {"color": colour, "width": width}
    return {"type": "rect", "xref": "x", "yref": "y", "x0": x[0], "x1": x[1], "y0": y[0], "y1": y[1], "line": line}


def mosaic(
    weights: NDArray[np.floating],
    layers: Axis,
    heads: Axis,
    *,
    masked: NDArray[np.bool_] | None = None,
    selected: tuple[int, int] | None = None,
    limit: float = 1.0,
) -> go.Figure:
    """All heads [layer, head, query, key] in one picture: 144 subplots would take seconds, one PNG takes none.

    Weights of `limit` and above have the last colour; where `masked` [query, key] says so, cells are grey.
    A click on it is turned into (layer, head) by `mosaic_head`.

    Raises ValueError where layers, heads or mask do not fit the weights.
    """
    n_layers, n_heads, n_tokens, _ = weights.shape
    layers.check(n_layers, "layers")
    heads.check(n_heads, "heads")
    if masked is not None and masked.shape != weights.shape[2:]:
        raise ValueError(f"a mask of shape {masked.shape} does not fit heads of shape {weights.shape[2:]}")
    cell = n_tokens + 1
    width, height = n_heads * cell, n_layers * cell
    picture = {"type": "image", "source": _png(_shades(weights, masked, limit)), "hoverinfo": "skip"}
    targets = {  # invisible, one for each head: what the pointer and the keyboard meet
        "type": "heatmap",
        "z": np.zeros((n_layers, n_heads), np.uint8),
        "x0": n_tokens / 2,
        "dx": cell,
        "y0": n_tokens / 2,
        "dy": cell,
        "opacity": 0,
        "showscale": False,
        "hovertemplate": "<extra></extra>",
        "meta": {
            "rows": [f"{plotly_text(layers.title)} {plotly_text(layer)}" for layer in layers.labels],
            "columns": [f"{plotly_text(heads.title)} {plotly_text(head)}" for head in heads.labels],
        },
    }
    layer, head = selected if selected else (None, None)
    frames = [
        _frame((h * cell - 0.5, (h + 1) * cell - 1.5), (i * cell - 0.5, (i + 1) * cell - 1.5), OUTLINE, 3)
        for i, h in ([selected] if selected else [])
    ]
    return figure(
        [picture, targets],
        x=labelled_axis(heads, emphasised=head, range=[-0.5, width - 0.5], pitch=cell),
        y=labelled_axis(layers, emphasised=layer, range=[height - 0.5, -0.5], pitch=cell),
        keep_zoom=weights.shape,
        meta={"selected": selected, "aspect": width / height},
        shapes=frames,
    )


def _shades(weights: NDArray[np.floating], masked: NDArray[np.bool_] | None, limit: float) -> NDArray[np.uint8]:
    """The palette index of each pixel: a thumbnail for each head, with a gap at its right and below it."""
    n_layers, n_heads, n_tokens, _ = weights.shape
    cell = n_tokens + 1
    shades = np.full((n_layers, cell, n_heads, cell), LEVELS + 1, np.uint8)
    drawn = shades[:, :n_tokens, :, :n_tokens]
    share = np.clip(weights / limit, 0, 1).transpose(0, 2, 1, 3)
    drawn[:] = (share * (LEVELS - 1) + 0.5).astype(np.uint8)
    if masked is not None:
        drawn[:] = np.where(masked[:, None, :], np.uint8(LEVELS), drawn)
    return shades.reshape(n_layers * cell, n_heads * cell)


def mosaic_head(x: float, y: float, n_tokens: int) -> tuple[int, int]:
    """The (layer, head) under a point of the mosaic."""
    return int((y + 0.5) // (n_tokens + 1)), int((x + 0.5) // (n_tokens + 1))


def _png(shades: NDArray[np.uint8]) -> str:
    """A palette PNG as a data URL: no filter, fast deflate; masked cells half transparent grey, gaps fully."""
    height, width = shades.shape
    anchors = np.array([[int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in SEQUENTIAL])
    along = np.linspace(0, len(anchors) - 1, LEVELS)
    ramp = np.stack([np.interp(along, np.arange(len(anchors)), anchors[:, i]) for i in range(3)], axis=1)
    palette = np.vstack([ramp.round(), [[128, 128, 128], [128, 128, 128]]]).astype(np.uint8)
    opacity = bytes([255] * LEVELS + [90, 0])
    lines = np.zeros((height, width + 1), np.uint8)  # each line begins with its filter, 0
    lines[:, 1:] = shades
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
        (b"PLTE", palette.tobytes()),
        (b"tRNS", opacity),
        (b"IDAT", zlib.compress(lines.tobytes(), 1)),
        (b"IEND", b""),
    ]
    png = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")

"""Matrices as colours: one of them with its labels, or all heads of a model at a glance."""

import base64
import struct
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from pages.figures.labels import Label, plotly_text
from pages.figures.layout import figure, token_axis
from pages.figures.palette import AXIS_COLOURS, SEQUENTIAL, SIGNED, SIGNED_ON_DARK, AxisName, ScaleName, colourscale

OUTLINE = "#ff2d95"  # in neither scale, so the chosen cell shows on any of their colours
LEVELS = 48  # shades in the mosaic: as many as the eye tells apart in a thumbnail, and a quarter less to send than 256


def heatmap(
    values: NDArray[np.floating],
    *,
    rows: Sequence[Label],
    columns: Sequence[Label],
    scale: ScaleName,
    masked: NDArray[np.bool_] | None = None,
    masked_label: str = "",
    selected: tuple[int, int | None] | None = None,
    row_title: str = "",
    column_title: str = "",
    value_title: str = "",
    row_axis: AxisName = "query",
    column_axis: AxisName = "key",
    limit: float | tuple[float, float] | None = None,
    show_values: bool = False,
    cell_labels: Sequence[Sequence[Label]] | None = None,
    value_format: str = ".3f",
    square: bool = False,
    colour_bar: bool = True,
) -> go.Figure:
    """A matrix [rows, columns]; masked cells are grey and say so; `limit` fixes the end of the colour scale, or both.

    On a logarithmic scale only the colours are logarithms, and what is not above 0 has none.
    `selected` is a cell, or with None for its column a whole row.
    """
    if values.shape != (len(rows), len(columns)):
        raise ValueError(f"values of shape {values.shape} do not fit {len(rows)} rows and {len(columns)} columns")
    z = values.astype(np.float32)
    logarithmic = scale == "logarithmic"
    if logarithmic:
        z = np.log10(z, out=np.full_like(z, np.nan), where=z > 0)
    if masked is not None:
        z[masked] = np.nan
    low, high = _ends(z, scale, limit)
    trace = {
        "type": "heatmap",
        "z": z,
        "zmin": low,
        "zmax": high,
        "colorscale": colourscale(SIGNED if scale == "signed" else SEQUENTIAL),
        "xgap": 1 if len(columns) <= 40 else 0,
        "ygap": 1 if len(rows) <= 40 else 0,
        "hovertemplate": f"<b>%{{customdata[2]:{value_format}}}</b><extra></extra>",
        "hovertemplatefallback": plotly_text(masked_label) or "–",
        "texttemplatefallback": "",
        # The browser makes each cell's customdata of them, [row, column, value, text]: T² texts are too many to send.
        "meta": {
            "rows": [plotly_text(row) for row in rows],
            "columns": [plotly_text(column) for column in columns],
            "colorscale_on_dark": colourscale(SIGNED_ON_DARK) if scale == "signed" else None,
            "logarithmic": logarithmic,
        },
        "showscale": colour_bar,
        "colorbar": {
            "title": {"text": plotly_text(value_title), "side": "right"},
            "thickness": 14,
            "x": 1,  # not 1.02: on a wide chart that would push the numbers out of the margin
            "outlinewidth": 0,
            "nticks": 6,
        }
        | ({"tickprefix": "10<sup>", "ticksuffix": "</sup>", "dtick": 1} if logarithmic else {}),
    }
    if show_values:
        trace["texttemplate"] = f"%{{z:{value_format}}}" if cell_labels is None else "%{text}"
    if cell_labels is not None:
        trace["text"] = [[plotly_text(label) for label in row] for row in cell_labels]
        trace["hovertemplate"] = f"%{{customdata[3]}} {trace['hovertemplate']}"
    row, column = selected if selected else (None, None)
    return figure(
        [trace],
        x=token_axis(columns, column_title, column_axis, emphasised=column, range=[-0.5, len(columns) - 0.5]),
        y=token_axis(
            rows,
            row_title,
            row_axis,
            emphasised=row,
            range=[len(rows) - 0.5, -0.5],
        ),
        keep_zoom=(rows, columns),
        shapes=[] if selected is None else _outline(*selected, row_axis, column_axis),
        meta={
            "masked": masked is not None,
            "selected": selected,
            "aspect": len(columns) / len(rows) if square else None,
        },
    )


def _ends(z: NDArray[np.float32], scale: ScaleName, limit: float | tuple[float, float] | None) -> tuple[float, float]:
    finite = z[np.isfinite(z)]
    if scale == "logarithmic":
        low, high = np.log10(limit) if isinstance(limit, tuple) else (finite.min(initial=0), finite.max(initial=0))
        return float(low), float(high)
    if isinstance(limit, tuple):
        return limit
    if scale == "probability":
        return 0.0, limit or 1.0
    largest = limit or (float(np.abs(finite).max()) if finite.size else 0.0) or 1.0
    return (-largest if scale == "signed" else 0.0), largest


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
    *,
    layers: Sequence[Label],
    heads: Sequence[Label],
    masked: NDArray[np.bool_] | None = None,
    selected: tuple[int, int] | None = None,
    layer_title: str = "",
    head_title: str = "",
    limit: float = 1.0,
) -> go.Figure:
    """All heads [layer, head, query, key] in one picture: 144 subplots would take seconds, one PNG takes none.

    A click on it is turned into (layer, head) by `mosaic_head`.
    """
    n_layers, n_heads, n_tokens, _ = weights.shape
    cell = n_tokens + 1
    width, height = n_heads * cell, n_layers * cell
    shades = np.full((n_layers, cell, n_heads, cell), LEVELS + 1, np.uint8)
    drawn = shades[:, :n_tokens, :, :n_tokens]
    share = np.clip(weights / limit, 0, 1).transpose(0, 2, 1, 3)
    drawn[:] = (share * (LEVELS - 1) + 0.5).astype(np.uint8)
    if masked is not None:
        drawn[:] = np.where(masked[:, None, :], np.uint8(LEVELS), drawn)
    picture = {"type": "image", "source": _png(shades.reshape(height, width)), "hoverinfo": "skip"}
    cells = {  # invisible, one cell per head: what the pointer and the keyboard meet
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
            "rows": [f"{plotly_text(layer_title)} {plotly_text(layer)}" for layer in layers],
            "columns": [f"{plotly_text(head_title)} {plotly_text(head)}" for head in heads],
        },
    }
    layer, head = selected if selected else (None, None)
    frames = [
        _frame((h * cell - 0.5, (h + 1) * cell - 1.5), (i * cell - 0.5, (i + 1) * cell - 1.5), OUTLINE, 3)
        for i, h in ([selected] if selected else [])
    ]
    return figure(
        [picture, cells],
        x=token_axis(heads, head_title, "plain", emphasised=head, range=[-0.5, width - 0.5], pitch=cell),
        y=token_axis(
            layers,
            layer_title,
            "plain",
            emphasised=layer,
            range=[height - 0.5, -0.5],
            pitch=cell,
        ),
        keep_zoom=weights.shape,
        meta={"selected": selected, "aspect": width / height},
        shapes=frames,
    )


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

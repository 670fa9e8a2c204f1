"""All heads of a model at a glance: 144 subplots would take seconds, one PNG takes none."""

import base64
import struct
import zlib
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pages.figures.axis import Axis
from pages.figures.heatmaps import OUTLINE
from pages.figures.kept import kept
from pages.figures.labels import plotly_text, shown
from pages.figures.layout import Picture, figure, frame, label_axis
from pages.figures.numbers import OURS, table_of
from pages.figures.palette import SEQUENTIAL

LEVELS = 48  # shades: as many as the eye tells apart in a thumbnail, and a quarter less to send than 256
MASKED, GAP = LEVELS, LEVELS + 1  # the two entries of the palette after them


@kept
def mosaic(
    weights: NDArray[np.floating],
    layers: Axis,
    heads: Axis,
    *,
    masked: NDArray[np.bool_] | None = None,
    selected: tuple[int, int] | None = None,
    limit: float = 1.0,
) -> Picture:
    """All heads [layer, head, query, key] in one picture; `masked` [query, key] is that of every head.

    A weight of `limit` or more has the brightest shade. A click is turned into (layer, head) by `mosaic_head`.

    Raises ValueError where weights or mask have another shape than axes and tokens say.
    """
    n_layers, n_heads, n_tokens, _ = weights.shape
    if (n_layers, n_heads) != (len(layers), len(heads)):
        raise ValueError(f"weights of shape {weights.shape} do not fit {len(layers)} layers and {len(heads)} heads")
    if masked is not None and masked.shape != weights.shape[2:]:
        raise ValueError(f"masked cells of shape {masked.shape} do not fit {n_tokens} queries and keys")
    pitch = n_tokens + 1
    width, height = n_heads * pitch, n_layers * pitch
    picture = {"type": "image", "source": _png(_shades(weights / limit, masked)), "hoverinfo": "skip"}
    layer, head = selected if selected else (None, None)
    frames = [
        frame((h * pitch - 0.5, (h + 1) * pitch - 1.5), (i * pitch - 0.5, (i + 1) * pitch - 1.5), OUTLINE, 3)
        for i, h in ([selected] if selected else [])
    ]
    return figure(
        [picture, _pointer_targets(layers, heads, n_tokens)],
        x=label_axis(heads, emphasised=head, range=[-0.5, width - 0.5], pitch=pitch),
        y=label_axis(layers, emphasised=layer, range=[height - 0.5, -0.5], pitch=pitch),
        keep_zoom=weights.shape,
        numbers=lambda: _table(weights, layers, heads, masked),
        meta={"selected": selected, "aspect": width / height},
        shapes=frames,
    )


def _table(weights: NDArray[np.floating], layers: Axis, heads: Axis, masked: NDArray[np.bool_] | None) -> pd.DataFrame:
    """A row for each query of each head, a column for each key, by their places in the text."""
    n_layers, n_heads, n_tokens, _ = weights.shape
    free = weights if masked is None else np.where(masked, np.nan, weights)
    layer, head, query = np.indices((n_layers, n_heads, n_tokens)).reshape(3, -1)
    return table_of(
        [
            (layers.title, [shown(layers.labels[i]) for i in layer]),
            (heads.title, [shown(heads.labels[i]) for i in head]),
            (f"{OURS}query", query),
            *((str(key), free[..., key].ravel()) for key in range(n_tokens)),
        ]
    )


def mosaic_head(x: float, y: float, n_tokens: int) -> tuple[int, int]:
    """The (layer, head) under a point of the mosaic; x and y are those a click reports."""
    return int((y + 0.5) // (n_tokens + 1)), int((x + 0.5) // (n_tokens + 1))


def _pointer_targets(layers: Axis, heads: Axis, n_tokens: int) -> dict[str, Any]:
    """Invisible, one cell per head: what the pointer and the keyboard meet."""
    return {
        "type": "heatmap",
        "z": np.zeros((len(layers), len(heads)), np.uint8),
        "x0": n_tokens / 2,
        "dx": n_tokens + 1,
        "y0": n_tokens / 2,
        "dy": n_tokens + 1,
        "opacity": 0,
        "showscale": False,
        "hovertemplate": "<extra></extra>",
        "meta": {
            "rows": [f"{plotly_text(layers.title)} {plotly_text(layer)}" for layer in layers.labels],
            "columns": [f"{plotly_text(heads.title)} {plotly_text(head)}" for head in heads.labels],
        },
    }


def _shades(shares: NDArray[np.floating], masked: NDArray[np.bool_] | None) -> NDArray[np.uint8]:
    """Entries of the palette, [layers × (tokens + 1), heads × (tokens + 1)]: a gap below and right of each head."""
    n_layers, n_heads, n_tokens, _ = shares.shape
    shades = np.full((n_layers, n_tokens + 1, n_heads, n_tokens + 1), GAP, np.uint8)
    drawn = shades[:, :n_tokens, :, :n_tokens]
    drawn[:] = (np.clip(shares, 0, 1).transpose(0, 2, 1, 3) * (LEVELS - 1) + 0.5).astype(np.uint8)
    if masked is not None:
        drawn[:] = np.where(masked[:, None, :], np.uint8(MASKED), drawn)
    return shades.reshape(n_layers * (n_tokens + 1), n_heads * (n_tokens + 1))


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
    # https://www.w3.org/TR/png-3/, 5.3 Chunk layout: length, type, data, CRC of type and data
    png = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")

"""The stations of a block: what the chosen token's vector is on its way through."""

import numpy as np
from numpy.typing import NDArray

from pages.ui.chapter import Choices, Reading
from pages.ui.words import _

Vector = NDArray[np.floating]
STATION = "block_station"  # the selectbox that the diagram's clicks set


def names() -> dict[str, str]:
    """The block's stations in the reader's words, in the order in which a vector passes them."""
    return {
        "x": "x",
        "norm1": _("LayerNorm 1"),
        "attention": _("attention"),
        "middle": _("x + attention"),
        "norm2": _("LayerNorm 2"),
        "widen": _("widen"),
        "bend": "GELU",
        "narrow": _("narrow"),
        "out": "x′",
    }


def vectors(reading: Reading, chosen: Choices) -> dict[str, Vector]:
    """What the chosen token's vector is at each station of the chosen block."""
    block = reading.trace.blocks[chosen.layer]
    found = {
        "x": block.resid_pre,
        "norm1": block.norm1.out,
        "attention": block.att.out,
        "middle": block.resid_mid,
        "norm2": block.norm2.out,
        "widen": block.ff.pre,
        "bend": block.ff.post,
        "narrow": block.ff.out,
        "out": block.resid_post,
    }
    return {name: tensor[chosen.token].numpy() for name, tensor in found.items()}

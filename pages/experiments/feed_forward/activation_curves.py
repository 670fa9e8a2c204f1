"""Activation functions near zero: their view, their colours, and which of a token's activations lie in it."""

import numpy as np
from numpy.typing import NDArray

from pages.figures import palette

BEND = (-3.0, 3.0)  # the view of the activation functions: further out they are all but flat, or straight
COLOURS = {
    "GELU (tanh)": palette.FEED_FORWARD,
    "GELU (erf)": palette.KEY,
    "ReLU": palette.QUERY,
    "SiLU": palette.POSITION,
}
SHOWN = 10  # neurons in the list of the most active
RANK = "feed_forward_rank"  # the slider that a click on one of them sets


def within(values: NDArray[np.floating], view: tuple[float, float] = BEND) -> NDArray[np.bool_]:
    """Which of these numbers lie in the view."""
    return (values >= view[0]) & (values <= view[1])

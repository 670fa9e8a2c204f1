"""How long the stream is, by depth and token."""

import numpy as np
from numpy.typing import NDArray

from gpt_core.measure.stream import stream_lengths
from pages import figures, show
from pages.experiments.shortcuts.stream_gradients import stations
from pages.figures import Axis, Cells, Scale
from pages.ui.chapter import Choices, Reading, say, tell
from pages.ui.words import N_, _

TITLE = N_("The stream’s length")


def times_the_median(lengths: NDArray[np.floating]) -> float:
    """How many times as long as the median, at its own depth, the longest vector of all is."""
    depth = int(lengths.max(axis=1).argmax())
    return float(lengths[depth].max() / np.median(lengths[depth]))


def draw(reading: Reading, chosen: Choices) -> None:
    """Every token's length at every depth, and the chosen one's in words."""
    lengths = stream_lengths(reading.trace).numpy()
    picture = figures.heatmap(
        lengths,
        Axis(stations(reading)),
        Axis(reading.tokens, meaning="token"),
        scale=Scale("sequential", float(np.quantile(lengths, 0.95)), _("length")),
        cells=Cells(".1f", shown=len(reading.ids) <= 12),
    )
    alt = _("Length of the residual stream for each token (columns) as it passes the blocks (rows).")
    show.chart("growth", picture, alt, height=380)
    at = lengths[:, chosen.token]
    tell(
        _(
            "{token} enters with length {start:.1f} and leaves with {end:.1f}; the longest here is {longest:.1f}, of "
            "{who}, {times:.1f} times the median."
        ),
        token=reading.tokens[chosen.token],
        start=float(at[0]),
        end=float(at[-1]),
        longest=float(lengths.max()),
        who=reading.tokens[int(lengths.max(axis=0).argmax())],
        times=times_the_median(lengths),
    )
    sentence = _("It is longer behind {n:,} of {all:,|block|blocks} than before {n:|it|them}.")
    tell(sentence, n=int((np.diff(at) > 0).sum()), all=len(at) - 1)
    say("growth")

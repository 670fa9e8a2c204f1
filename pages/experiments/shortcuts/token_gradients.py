"""Gradients, token by token: their length at each depth, with shortcuts and without."""

import numpy as np

from pages import figures, show
from pages.experiments.shortcuts.stream_gradients import both_gradients, enough_tokens, stations
from pages.figures import Axis, Cells, Masked, Scale
from pages.ui.chapter import Choices, Reading, say, write
from pages.ui.layout import pictures
from pages.ui.words import N_, _

TITLE = N_("Gradients, token by token")


def draw(reading: Reading, _chosen: Choices) -> None:
    """Both pictures over one logarithmic scale: what enters the first block is often far above all others."""
    if not enough_tokens(reading):
        return
    names = (_("with shortcuts"), _("without"))
    both = [found.norms.numpy() for found in both_gradients(reading)]
    felt = np.concatenate([norms[norms > 0] for norms in both])
    limit = (float(felt.min(initial=np.inf)), float(felt.max(initial=0))) if felt.size else None
    for column, name, norms in zip(pictures(1, 1), names, both, strict=True):
        picture = figures.heatmap(
            norms,
            Axis(stations(reading)),
            Axis(reading.tokens, meaning="token"),
            scale=Scale("logarithmic", limit, _("gradient (log)")),
            masked=Masked(norms == 0, "0"),
            cells=Cells(".2e"),
        )
        alt = _("Length of the gradient for each token (columns) at each depth (rows), coloured by its logarithm.")
        with column:
            write(f"**{name}**")
            show.chart(f"token_gradients_{name}", picture, alt, height=360)
    say("gradients")

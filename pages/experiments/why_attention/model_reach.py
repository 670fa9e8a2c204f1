"""What this model reaches: the largest weight in each layer on each token that the chosen one may see."""

import numpy as np

from pages import figures, show
from pages.figures import Axis, Cells
from pages.ui import session
from pages.ui.chapter import Choices, Reading, say
from pages.ui.components.chart import Click
from pages.ui.words import N_, _

TITLE = N_("What this model reaches")


def draw(reading: Reading, chosen: Choices) -> None:
    """A row for each layer, which a click chooses on every chapter."""
    say("model")
    n_seen = chosen.token + 1
    weights = [block.att.weights[:, chosen.token, :n_seen] for block in reading.trace.blocks]
    largest = np.stack([of_layer.amax(dim=0).numpy() for of_layer in weights])
    figure = figures.heatmap(
        largest,
        Axis.numbered(len(largest), _("layer")),
        Axis(reading.tokens[:n_seen], _("key"), "key"),
        scale="probability",
        cells=Cells(".2f", shown=n_seen <= 12),
    )
    alt = _("The largest weight of any head, for each layer and each token that may be seen.")
    show.chart("model_reaches", figure, alt, height=340, on_click=_choose_layer)


def _choose_layer(click: Click) -> None:
    session.set("layer", round(float(click.y)))

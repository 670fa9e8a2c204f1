"""Experiments on heads: all at a glance, what each does, arcs, without the sink, compared, split and joined."""

import numpy as np

from pages import figures
from pages.ui import chapter
from pages.ui.chart import Click, chart
from pages.ui.choices import Choices
from pages.ui.engine import Reading
from pages.ui.words import _


def stacked(reading: Reading) -> np.ndarray:
    """Attention weights of all layers and heads, [layer, head, query, key]."""
    return np.stack([block.att.weights.numpy() for block in reading.trace.blocks])


def all_heads(reading: Reading, chosen: Choices) -> None:
    """All heads as thumbnails; a click chooses layer and head."""
    n_tokens = len(reading.ids)
    config = reading.entry.config

    def choose(click: Click) -> None:
        chapter.choose_head(*figures.mosaic_head(float(click.x), float(click.y), n_tokens))

    chart(
        figures.mosaic(
            stacked(reading),
            layers=[str(layer) for layer in range(config.n_layers)],
            heads=[str(head) for head in range(config.n_heads)],
            masked=reading.trace.blocks[0].att.later.numpy(),
            selected=(chosen.layer, chosen.head),
            layer_title=_("layer"),
            head_title=_("head"),
        ),
        key="all_heads",
        alt=_("All heads at a glance: a row for each layer, a column for each head."),
        on_click=choose,
    )

"""Wide and narrow again: the chosen token's numbers at all four stations, as wide as they are."""

import numpy as np

from pages import figures, show
from pages.figures import Axis, Masked, Scale
from pages.ui import told
from pages.ui.chapter import Choices, Reading, tell
from pages.ui.words import N_, _

TITLE = N_("Wide and narrow again")


def draw(reading: Reading, chosen: Choices) -> None:
    """One row wide, in GPT-2 four rows after widening and after GELU, one row again."""
    block, at = reading.trace.blocks[chosen.layer], chosen.token
    width = reading.card.config.emb_dim
    stages = {
        _("in"): block.norm2.out[at],
        _("widened"): block.ff.pre[at],
        _("after GELU"): block.ff.post[at],
        _("out"): block.ff.out[at],
    }
    names, strips = [], []
    for name, values in stages.items():
        numbers = np.pad(values.numpy(), (0, -len(values) % width), constant_values=np.nan)
        strip = numbers.reshape(-1, width)
        strips.append(strip / (np.nanmax(np.abs(strip)) or 1.0))
        names += [name if len(strip) == 1 else f"{name} {i + 1}/{len(strip)}" for i in range(len(strip))]
    cells = np.concatenate(strips)
    places = Axis.numbered(width, _("numbers of the vector"))
    picture = figures.heatmap(
        cells,
        Axis(names, meaning="feed_forward"),
        places,
        scale=Scale("signed", 0.5, _("of the stage’s largest")),
        masked=Masked(np.isnan(cells)) if np.isnan(cells).any() else None,
    )
    alt = _("The chosen token’s vector: one row wide, more rows after widening and after GELU, one row again.")
    show.chart("wide_and_narrow", picture, alt, told.of_cells(cells, names, places.labels), height=400)
    network = reading.model.blocks[chosen.layer].ff
    tell(
        _(
            "{n_in:,} → {n_wide:,} → {n_in:,}: two matrices of {weights:,} weights each, "
            "in each of {layers:,|layer|layers}."
        ),
        n_in=width,
        n_wide=network.up.out_features,
        weights=network.up.weight.numel(),
        layers=reading.card.config.n_layers,
    )

"""Sinusoids: the fixed table of the first Transformer, as wide as this model's learned one."""

from gpt_core.model import embedding
from pages.experiments.positions import position_tables
from pages.ui.chapter import Choices, Reading, say
from pages.ui.layout import columns
from pages.ui.words import N_, _

TITLE = N_("Sinusoids")


def draw(reading: Reading, _chosen: Choices) -> None:
    """The table, and how alike its rows are."""
    say("sinusoids")
    rows = embedding.sinusoids(position_tables.MOST_ROWS, reading.card.config.emb_dim)
    left, right = columns(1, 1)
    with left:
        alt = _("The table of sinusoids: fast waves at the left, slow ones at the right.")
        position_tables.draw_rows("positions_sinusoids", rows, alt)
    with right:
        alt = _("Cosine similarity of every two positions of the sinusoids: the same along each diagonal.")
        position_tables.draw_likeness("positions_sinusoids_alike", rows, alt)

"""Arcs: the chosen head as arcs over the sentence."""

from pages import figures, show
from pages.figures import Axis
from pages.ui.chapter import Choices, Reading, say
from pages.ui.layout import columns, decimal_slider, switch
from pages.ui.words import N_, _

TITLE = N_("Arcs")


def draw(reading: Reading, chosen: Choices) -> None:
    """An arc from each token to what it looks at, as thick as the weight."""
    say("arcs")
    left, right = columns(2, 1)
    threshold = decimal_slider(_("Smallest weight drawn"), 0.01, 0.5, 0.1, 0.01, key="heads_threshold", place=left)
    alone = switch(_("Only the chosen token"), key="heads_alone", place=right)
    weights = reading.trace.blocks[chosen.layer].att.weights[chosen.head].numpy()
    query = chosen.token if alone else None
    drawn = figures.arcs(weights, Axis(reading.tokens, meaning="token"), query=query, threshold=threshold)
    show.chart("arcs", drawn, _("Attention as arcs between tokens: the thicker, the larger the weight."), height=360)

"""Surprise: how unexpected each token of the text was, in bits."""

from math import log2

from pages import figures, show
from pages.experiments.forward_pass.predictions import surprise_or_word
from pages.figures import Axis, Measure
from pages.ui.chapter import Choices, Reading, say, tell
from pages.ui.words import N_, _

TITLE = N_("Surprise")


def draw(reading: Reading, chosen: Choices) -> None:
    """A bar for each token after the first, and what they come to on average."""
    say("surprise")
    bits = surprise_or_word(reading)
    if bits is None:
        return
    bars = figures.bars(
        bits,
        Axis(reading.tokens[1:], _("token"), "token"),
        measure=Measure(_("surprise in bits"), ".1f"),
        highlighted=chosen.token - 1 if chosen.token else None,
        horizontal=False,
    )
    show.chart("forward_surprise", bars, _("The surprise of each token after the first, in bits."))
    sentence = _(
        "On average {mean:.2f} bits a token; blind guessing among {n:,} tokens costs {guess:.2f}. Most surprising: "
        "{token}."
    )
    n, most = reading.card.config.vocab_size, reading.tokens[1 + int(bits.argmax())]
    tell(sentence, mean=float(bits.mean()), n=n, guess=log2(n), token=most)

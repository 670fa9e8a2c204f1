"""Along or aside? The cosine between each addition and the stream it is added to."""

from gpt_core.measure.stream import movement
from pages.experiments.block.additions import draw_lines
from pages.figures import Measure
from pages.ui.chapter import Choices, Reading, say
from pages.ui.words import N_, _

TITLE = N_("Along or aside?")


def draw(reading: Reading, chosen: Choices) -> None:
    """Both cosines for the chosen token, layer by layer."""
    found = reading.of(movement)
    cosines = found.attention_cosine[:, chosen.token].numpy(), found.feed_forward_cosine[:, chosen.token].numpy()
    alt = _("For each layer, the cosine between what is added and the stream it is added to.")
    draw_lines("directions", cosines, alt, Measure(_("cosine with the stream"), "+.2f"), reading, chosen)
    say("directions")

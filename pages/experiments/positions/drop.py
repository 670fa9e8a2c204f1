"""Drop the positions: the running model with zeros in place of its position vectors."""

from gpt_core import Intervention
from pages import show
from pages.ui.chapter import Choices, Reading, say
from pages.ui.words import N_, _

TITLE = N_("Drop the positions")


def draw(reading: Reading, chosen: Choices) -> None:
    """What comes next, and the chosen head, with positions and without."""
    say("drop")
    runs = (_("with positions"), reading), (_("without positions"), reading.under(Intervention(positions_off=True)))
    show.next_token_before_after(*runs)
    show.attention_before_after(*runs, chosen)

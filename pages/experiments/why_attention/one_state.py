"""One state for everything: the recurrent network's state after each word."""

from pages import show
from pages.experiments.why_attention import network
from pages.ui.chapter import Choices, Reading, say
from pages.ui.words import N_, _

TITLE = N_("One state for everything")


def draw(reading: Reading, _chosen: Choices) -> None:
    """The states, a row for each word that was read."""
    say("state")
    show.strips(
        "states",
        (reading.tokens, network.reach(reading).states.numpy()),
        _("The state of the recurrent network after each word: one row of numbers each."),
        rows=_("after reading"),
        title=_("number of the state"),
        meaning="token",
        limit=1.0,
    )

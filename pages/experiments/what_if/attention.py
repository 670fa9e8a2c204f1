"""Attention, before and after: the chosen head in both runs."""

from pages import show
from pages.experiments.what_if import switches
from pages.ui.chapter import Choices, Reading, note
from pages.ui.words import N_, _

TITLE = N_("Attention, before and after")


def draw(reading: Reading, chosen: Choices) -> None:
    """The chosen head in both runs; where it is off, what its picture is worth."""
    show.attention_before_after(*switches.runs(reading), chosen)
    change = switches.switched_off(reading.card.config)
    if chosen.layer in change.attention_off or (chosen.layer, chosen.head) in change.heads_off:
        note(_("Switched off here: the head still computes its weights, but nothing takes over what it found."))

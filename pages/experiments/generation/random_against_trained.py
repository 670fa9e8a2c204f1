"""Random against trained: the same text, settings and seed with trained and with random weights."""

from gpt_core.weights.catalogue import CATALOGUE
from pages.experiments.generation.continuation import Settings, as_text
from pages.services.reading import read
from pages.services.shared import engine
from pages.ui.chapter import Choices, Reading, say, tell
from pages.ui.layout import columns
from pages.ui.words import N_, _, literal

TITLE = N_("Random against trained")


def draw(reading: Reading, _chosen: Choices) -> None:
    """What the chosen model writes beside the smallest one of the other kind."""
    say("random")
    others = [name for name in engine.available_models() if CATALOGUE[name].random != reading.card.random]
    if not others:
        tell(_("No trained model is on this machine yet: fetch one under “About the models”."))
        return
    smallest = min(others, key=lambda name: CATALOGUE[name].parameters)
    other = read(smallest, reading.text, session=reading.session, special=reading.special)
    for column, one in zip(columns(1, 1), (reading, other), strict=True):
        column.markdown(f"**{_(one.card.title)}**")
        column.markdown(f"… {literal(as_text(one, Settings.chosen()))}")

"""Random against trained: the same text, settings and seed with trained and with random weights."""

from pages.experiments.generation.continuation import Settings, as_text
from pages.services.reading import read
from pages.services.shared import engine, models
from pages.ui.chapter import Choices, Reading, say, tell
from pages.ui.layout import columns
from pages.ui.model_picker import is_own, title_of
from pages.ui.words import N_, _, literal

TITLE = N_("Random against trained")


def draw(reading: Reading, _chosen: Choices) -> None:
    """What the chosen model writes beside the smallest one of the other kind, which is no reader's own."""
    say("random")
    known = [name for name in engine.available_models() if not is_own(models.card(name))]
    others = [name for name in known if models.card(name).random != reading.card.random]
    if not others:
        tell(_("No trained model is on this machine yet: fetch one under “About the models”."))
        return
    smallest = min(others, key=lambda name: models.card(name).parameters)
    other = read(smallest, reading.text, session=reading.session, special=reading.special)
    for column, one in zip(columns(1, 1), (reading, other), strict=True):
        column.markdown(f"**{literal(title_of(one.card))}**")
        column.markdown(f"… {literal(as_text(one, Settings.chosen()))}")

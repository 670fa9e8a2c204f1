"""Random against trained: the same text, settings and seed with either weights, and at each moment between the two."""

from functools import partial

import streamlit as st

from pages.experiments.generation.continuation import Settings, as_text, continued
from pages.services.reading import read
from pages.services.shared import engine, models
from pages.ui import history
from pages.ui.chapter import Choices, Reading, say, tell, write
from pages.ui.layout import columns
from pages.ui.model_picker import is_own, title_of
from pages.ui.words import N_, _, literal

TITLE = N_("Random against trained")

STORY = 25  # tokens


def draw(reading: Reading, chosen: Choices) -> None:
    """What the chosen model writes beside one of the other kind, then the story model at each moment of training."""
    say("random")
    other = of_the_other_kind(reading)
    if other is None:
        tell(_("No trained model is on this machine yet: fetch one under “About the models”."))
        return
    settings = Settings.chosen()
    for column, (name, one) in zip(columns(1, 1), ((title_of(reading.card), reading), other), strict=True):
        with column:
            write(f"**{literal(name)}**")
            write(f"… {literal(as_text(one, settings, STORY))}")
    if history.kept_snapshots():
        if not chosen.present:
            st.subheader(_("A story from each moment"))
        history.tell_each(reading, partial(written, settings=settings))


def written(reading: Reading, settings: Settings) -> list[int]:
    """Ids that the model of a reading puts after the text."""
    return reading.of(continued, settings=settings, n=STORY)


def of_the_other_kind(reading: Reading) -> tuple[str, Reading] | None:
    """For a trained model a random one: the story model before its first step, which draws from all its tokens.

    Where its past is not here, and for a random model, the first of the other kind that is no reader's own.
    """
    if not reading.card.untrained and history.kept_snapshots():
        first = history.kept_snapshots()[0]
        untrained = history.read_at(first, reading)
        return f"{title_of(untrained.card)}, {history.name_of(first)}", untrained
    known = [name for name in engine.available_models() if not is_own(models.card(name))]
    others = [name for name in known if models.card(name).random != reading.card.untrained]
    if not others:
        return None
    other = read(others[0], reading.text, session=reading.session, special=reading.special)
    return title_of(other.card), other

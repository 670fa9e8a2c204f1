"""Attention then and now: a head at a snapshot of the training, beside what has become of it."""

from dataclasses import replace

from pages import show
from pages.experiments.learning import history
from pages.ui.chapter import Choices, Reading, say
from pages.ui.words import N_, _

TITLE = N_("Attention then and now")
offered = history.are_kept


def draw(reading: Reading, chosen: Choices) -> None:
    """The chosen head, as far as the story model has it, at the chosen snapshot and at the end."""
    snapshot = history.chosen_snapshot()
    if snapshot is None:
        return
    say("attention")
    then, now = (history.read_at(one, reading) for one in (snapshot, history.finished()))
    config = then.model.config
    here = replace(chosen, layer=min(chosen.layer, config.n_layers - 1), head=min(chosen.head, config.n_heads - 1))
    show.attention_before_after((history.name_of(snapshot), then), (_("finished"), now), here)

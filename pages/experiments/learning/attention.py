"""Attention then and now: a head at a snapshot of the training, beside what has become of it."""

from dataclasses import replace

from gpt_core.measure.heads import spread_over
from pages import show
from pages.ui import history
from pages.ui.chapter import Choices, Reading, say, tell
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
    here = replace(
        chosen,
        layer=min(chosen.layer, config.n_layers - 1),
        head=min(chosen.head, config.n_heads - 1),
        token=min(chosen.token, len(then.ids) - 1),
    )
    show.attention_before_after((history.name_of(snapshot), then), (_("finished"), now), here)
    spread = [spread_over(one.trace.blocks[here.layer].att.weights[here.head, here.token]) for one in (then, now)]
    tell(
        _(
            "{token} spreads its attention over as much as {then:.1f} of {n:,} {n:|token|tokens} at that moment, over "
            "{now:.1f} in the finished model."
        ),
        token=reading.tokens[here.token],
        then=spread[0],
        now=spread[1],
        n=here.token + 1,
    )

"""Chapter 15: what if a part were missing? Before → after, on the reader's own text."""

from dataclasses import fields
from itertools import product

import pandas as pd
import streamlit as st

from gpt_core import Intervention
from gpt_core.measure import ablation
from gpt_core.measure.difference import NextTokenChange
from gpt_core.model.block import Block
from gpt_core.model.intervention import NOTHING
from pages import show
from pages.experiments.what_if import switches
from pages.figures import visible
from pages.services.classes.question import Choice, choice
from pages.ui import chapter
from pages.ui.chapter import Choices, Reading, check, inform, tell, write
from pages.ui.layout import choose_several, switch
from pages.ui.story import beside
from pages.ui.words import N_, _


def parts_off(reading: Reading, _chosen: Choices) -> None:
    """A list for each kind of part; what is chosen in it is off."""
    config = reading.card.config
    write(f"**{_('Switched off')}**")
    heads = product(range(config.n_layers), range(config.n_heads))
    names = [_("layer {layer}, head {head}").format(layer=layer, head=head) for layer, head in heads]
    _several("heads", _("heads"), dict(enumerate(names)))
    for kind, name in [(kind, _(name)) for kind, name in switches.KINDS.items() if kind != "heads"]:
        layers = {n: _("{part}: layer {n}").format(part=name, n=n) for n in range(config.n_layers)}
        _several(kind, name, {switches.ALL: _("{part}: everywhere").format(part=name)} | layers)
    with st.container(horizontal=True):
        switch(_("positions"), key=switches.POSITIONS)
        switch(_("final norm"), key=switches.FINAL_NORM)


def _several(kind: str, name: str, options: dict[int, str]) -> None:
    choose_several(
        name,
        list(options),
        format_func=options.__getitem__,
        first=switches.OFF_AT_FIRST.get(kind, ()),
        key=f"what_if_{kind}",
        placeholder=name,
        label_visibility="collapsed",
    )


def next_token(reading: Reading, _chosen: Choices) -> None:
    """What comes next, as the model is and without these parts."""
    if not switches.switched_off(reading.card.config):
        inform(_("Nothing is switched off: pick something from the list."))
    show.next_token_before_after(*switches.runs(reading), n=switches.SHOWN)


def left_behind(reading: Reading) -> float:
    """What the change in this pass has left behind: the largest difference in the logits of an unchanged pass."""
    before = reading.under(NOTHING).trace
    return float((reading.model.trace(before.ids).next_logits - before.next_logits).abs().max())


def nothing_left_behind(reading: Reading, _chosen: Choices) -> None:
    """The check: the change was in that one pass, and not on the model."""
    _before, (_name, changed) = switches.runs(reading)
    deviation = changed.of(left_behind)
    check(
        deviation == 0,
        _("Read again with nothing off, the model says what it said before: its logits differ by {n:tiny}."),
        n=deviation,
    )


def what_it_shows(_reading: Reading, _chosen: Choices) -> None:
    """What such an experiment shows, and what it does not."""
    chapter.say("honest", whole=True)


STORY = (beside((2, parts_off), (3, next_token), last=parts_off), nothing_left_behind, what_it_shows)


def without_either(reading: Reading) -> tuple[NextTokenChange, NextTokenChange]:
    """What becomes of the prediction without any attention, and without any feed-forward."""
    layers = range(reading.card.config.n_layers)
    blind, thoughtless = (
        reading.of(show.next_token_change, other=reading.under(change), n=switches.SHOWN)
        for change in (Intervention(attention_off=layers), Intervention(feed_forward_off=layers))
    )
    return blind, thoughtless


def guesses(reading: Reading, _chosen: Choices) -> list[Choice]:
    """Which part changes the prediction more; where both change it alike, that is the right one."""
    blind, thoughtless = without_either(reading)
    both = [choice(N_("All attention off")), choice(N_("All feed-forwards off"))]
    alike = choice(N_("Both alike, within one percent"))
    if abs(blind.moved - thoughtless.moved) <= 0.01:
        return [alike, *both]
    return [*(both if blind.moved > thoughtless.moved else both[::-1]), alike]


def answer(reading: Reading, _chosen: Choices) -> None:
    """The answer to the chapter's question: how far the prediction moves without attention, without feed-forwards."""
    blind, thoughtless = without_either(reading)
    tell(
        _(
            "Without attention {attention:.1%} of all probability changes hands, without feed-forward"
            " {feed_forward:.1%}."
        ),
        attention=blind.moved,
        feed_forward=thoughtless.moved,
    )
    best = int(thoughtless.after.argmax())
    tell(
        _("Without feed-forward the model says {token} first, with {share:.1%}."),
        token=show.pieces(thoughtless.ids)[best],
        share=float(thoughtless.after[best]),
    )


def notebook(reading: Reading, _chosen: Choices) -> dict[str, object]:
    """What the chapter's notebook must know besides the choices."""
    off = switches.switched_off(reading.card.config)
    parts = {field.name: getattr(off, field.name) for field in fields(off)}
    return {"switched_off": {name: sorted(part) if part is not True else True for name, part in parts.items() if part}}


CODE = (Intervention, Block.trace, ablation.head_effects, ablation.moved_over)


def table(reading: Reading, _chosen: Choices) -> pd.DataFrame:
    """The likeliest next tokens, before and after."""
    both = switches.next_token(reading)
    return pd.DataFrame(
        {
            _("token"): [visible(token) for token in show.pieces(both.ids)],
            _("as it is"): both.before.tolist(),
            _("changed"): both.after.tolist(),
        }
    )

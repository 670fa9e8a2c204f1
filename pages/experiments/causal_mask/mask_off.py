"""Mask off: change one word, with the mask and without, and see which earlier outputs notice."""

from dataclasses import replace

import numpy as np
import streamlit as st
from jaxtyping import Float
from torch import Tensor

from gpt_core import Intervention
from gpt_core.measure import difference
from pages import figures, show
from pages.figures import Axis, Measure, Scale
from pages.figures.palette import NEUTRAL, QUERY
from pages.services.reading import tokenizer
from pages.ui import session
from pages.ui.chapter import Choices, Reading, check, inform, say, tell, write
from pages.ui.layout import columns, number_box, pictures, text_box
from pages.ui.words import N_, _

TITLE = N_("Mask off")

PLACE, WORD, FIRST = "causal_mask_place", "causal_mask_word", " dragon"


def with_one_other(reading: Reading, position: int, id: int) -> Reading:
    """The same text with another token at `position`."""
    return replace(reading, ids=(*reading.ids[:position], id, *reading.ids[position + 1 :]))


def logit_change(reading: Reading, position: int, id: int) -> Float[Tensor, " T"]:
    """At each token, how far its logits move when the token at `position` becomes `id`."""
    return difference.logit_change(reading.trace, with_one_other(reading, position, id).trace)


def stream_change(reading: Reading, position: int, id: int) -> Float[Tensor, "depth T"]:
    """The same for the residual stream, at every depth."""
    return difference.stream_change(reading.trace, with_one_other(reading, position, id).trace)


def draw(reading: Reading, chosen: Choices) -> None:
    """What a changed token does to those before it, then attention and prediction with the mask on and off."""
    say("leak")
    if len(reading.ids) < 2:
        inform(_("A text of one token has no earlier token that could notice: type a longer one."))
        return
    position, id = _choose_change(reading)
    if id == reading.ids[position]:
        inform(_("That is the token which stands there already: nothing changes. Type another."))
        return
    unmasked = reading.under(Intervention(mask_off=range(reading.card.config.n_layers)))
    changed = {"position": position, "id": id}
    tell(
        _("Token {place}: {old} becomes {new}."),
        place=position,
        old=reading.tokens[position],
        new=tokenizer().token(id),
    )
    with_mask, without = (run.of(logit_change, **changed).numpy() for run in (reading, unmasked))
    if not with_mask.any():
        inform(_("To this model the two tokens are one and the same vector: nothing changes. Type another."))
        return
    if chosen.present:  # the wall has room for one picture
        _draw_outputs(reading, with_mask, without, position)
    else:
        one, two = pictures(1, 1)
        with one:
            write(f"**{_('How much the outputs change')}**")
            _draw_outputs(reading, with_mask, without, position)
        with two:
            write(f"**{_('Mask off: how the change spreads through the layers')}**")
            _draw_spread(reading, unmasked.of(stream_change, **changed).numpy(), position)
    earlier = float(with_mask[:position].max())
    check(
        earlier == 0,
        _(
            "With the mask, the outputs before token {place} change by exactly {on:tiny}; without it, by up to "
            "{off:.3f}."
        ),
        place=position,
        on=earlier,
        off=float(without[:position].max()),
    )
    noticed = int((without[:position] > 0).sum())
    tell(_("Without it, {n:,} of {all:,} earlier {all:|output|outputs} {n:|notices|notice}."), n=noticed, all=position)
    if not chosen.present:
        st.subheader(_("The same text, mask on → off"))
        runs = (_("mask on"), reading), (_("mask off"), unmasked)
        show.attention_before_after(*runs, chosen)
        show.next_token_before_after(*runs)


def _choose_change(reading: Reading) -> tuple[int, int]:
    """Which token is changed, and the id it becomes."""
    n_tokens = len(reading.ids)
    left, right = columns(1, 1)
    position = number_box(
        _("Which token to change"), 1, n_tokens - 1, n_tokens - 1, key=f"{PLACE} {n_tokens}", place=left
    )
    label = _("Put this in its place (its first token)")
    text = text_box(label, FIRST, key=WORD, most=40, place=right)
    return position, _becomes(reading, position, text)


def _becomes(reading: Reading, position: int, text: str) -> int:
    """The first token of what was typed; without a text the token stays."""
    return tokenizer().encode(text)[0] if text else reading.ids[position]


def _draw_outputs(reading: Reading, with_mask: np.ndarray, without: np.ndarray, position: int) -> None:
    changes = {_("mask on"): with_mask, _("mask off"): without}
    lines = figures.lines(
        changes,
        Axis(reading.tokens, meaning="token"),
        measure=Measure(_("largest change of a logit")),
        highlighted=position,
        colours=dict(zip(changes, (NEUTRAL, QUERY), strict=True)),
    )
    alt = _("Change of the output at each token: with the mask, 0 before the changed token; and without it.")
    show.chart("causal_mask_leak", lines, alt)


def _draw_spread(reading: Reading, moved: np.ndarray, position: int) -> None:
    # The changed token itself moves far more than those that the change leaks to.
    leaked = float(np.delete(moved, position, axis=1).max())
    spread = figures.heatmap(
        moved,
        Axis([_("input"), *(str(layer) for layer in range(len(moved) - 1))], _("after layer")),
        Axis(reading.tokens, meaning="token"),
        scale=Scale("sequential", leaked, _("distance moved")),
    )
    alt = _("How far the stream moved, by layer and token, with the mask off; the changed token exceeds the scale.")
    show.chart("causal_mask_spread", spread, alt)


def notebook(reading: Reading, _chosen: Choices) -> dict[str, object]:
    """What the notebook must know besides the choices: the token that is changed, and what it becomes."""
    n_tokens = len(reading.ids)
    position = session.get(f"{PLACE} {n_tokens}", n_tokens - 1)
    return {"changed_at": position, "changed_id": _becomes(reading, position, session.get(WORD, FIRST))}

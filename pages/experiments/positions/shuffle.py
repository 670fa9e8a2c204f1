"""Shuffle the tokens: does the model notice another order, with its positions and without?"""

from dataclasses import replace

import streamlit as st

from gpt_core import Intervention
from gpt_core.measure import positions
from pages import show
from pages.figures import visible
from pages.ui import session
from pages.ui.chapter import Choices, Reading, check, inform, say, tell
from pages.ui.layout import number_box, switch
from pages.ui.words import N_, _

TITLE = N_("Shuffle the tokens")

SEED, FIRST, DROPPED = "positions_seed", 1, "positions_shuffle_dropped"


def draw(reading: Reading, chosen: Choices) -> None:
    """The text in order and shuffled: what comes next, and the chosen head."""
    say("shuffle")
    left, right = st.columns(2, vertical_alignment="bottom")
    seed = number_box(_("Seed of the shuffle"), 0, 9_999, FIRST, key=SEED, place=left)
    dropped = switch(_("Drop the positions in both"), key=DROPPED, place=right)
    if len(set(reading.ids[:-1])) < 2:
        inform(_("There is no other order: the last token stays, and before it there must be two that differ."))
        return
    ordered = reading.under(Intervention(positions_off=dropped))
    mixed = replace(ordered, ids=positions.shuffled(reading.ids, seed))
    runs = (_("in order"), ordered), (_("shuffled"), mixed)
    tell(_("Shuffled: {order}"), order=" ".join(map(visible, mixed.tokens)))
    show.next_token_before_after(*runs)
    if dropped:
        _check_first_layer(ordered, mixed)
    if not chosen.present:  # the wall has room for one picture
        show.attention_before_after(*runs, chosen)


def _check_first_layer(ordered: Reading, mixed: Reading) -> None:
    one, other = (reading.trace.blocks[0].att.out[-1] for reading in (ordered, mixed))
    deviation = float((one - other).abs().max() / one.abs().max())
    sentence = _(
        "Without positions, the first layer gives the last token the same vector for any order of the tokens "
        "before it: the largest deviation is {deviation:tiny} of its largest number."
    )
    check(deviation < 1e-4, sentence, deviation=deviation)


def notebook(_reading: Reading, _chosen: Choices) -> dict[str, object]:
    """What the notebook must know besides the choices."""
    return {"shuffle_seed": session.get(SEED, FIRST), "without_positions": session.get(DROPPED, False)}

"""The moment of its training at which a model is looked at: a slider below the model, for all chapters."""

from collections.abc import Mapping

import streamlit as st

from gpt_core.weights.cards import ModelCard
from gpt_core.weights.catalogue import CATALOGUE, name_at, parted
from gpt_core.weights.packing import kept_in
from gpt_core.weights.snapshots import point_of
from pages.services.shared import models
from pages.ui import session
from pages.ui.words import _, filled, literal, number, plural

MOMENT = "moment"  # in the session and in addresses: the step of a snapshot as it is written there
FINISHED = ""  # which no address says


def take_over(said: Mapping[str, str], *, back: bool) -> bool:
    """Take over the moment that an address says; where that names a model alone, or is gone back to, the finished one.

    Returns whether it says one. Whether the model has such a moment is found by `settle`.
    """
    if MOMENT in said or "model" in said or back:
        session.set(MOMENT, said.get(MOMENT, FINISHED))
    return MOMENT in said


def settle() -> bool:
    """Before anything is drawn: a moment that the chosen model does not have becomes the finished one; then False."""
    wanted = session.get(MOMENT) or FINISHED
    fits = wanted in written(session.get("model"))
    session.set(MOMENT, wanted if fits else FINISHED)  # also where it fits: the browser keeps another language's name
    return fits


def written(model: str) -> dict[str, int | None]:
    """The steps of a model's snapshots as they are written in session and address; the finished model is the last."""
    return {str(step): step for step in models.moments(model)} | {FINISHED: None}


def chosen_model() -> str:
    """What is to be shown, by its name for the engine: the chosen model as it is, or as it was."""
    model = session.get("model")
    return name_at(model, written(model).get(session.get(MOMENT) or FINISHED))


def held(name: str) -> dict[str, str]:
    """What `chosen_model` returned, in the words of session and address."""
    model, step = models.parted(name)
    return {"model": model, MOMENT: FINISHED if step is None else str(step)}


def draw(model: str) -> None:
    """The slider, where the model has snapshots; its name stands beside it, for a sidebar has no line to spare."""
    steps = written(model)
    if len(steps) == 1:
        return
    names = {one: _("finished") if step is None else number(step) for one, step in steps.items()}
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="moment_row"):
        st.markdown(_("Moment"), width="content")
        st.select_slider(
            _("Moment of training"),
            list(steps),
            format_func=names.__getitem__,
            key=MOMENT,
            label_visibility="collapsed",
        )


def title_of(card: ModelCard) -> str:
    """What a snapshot is called wherever its model is named."""
    if not card.step:
        return _("{model} before training").format(model=_(card.title))
    title = plural("{model} after {n} step", "{model} after {n} steps", card.step)
    return title.format(model=_(card.title), n=number(card.step))


def briefly(card: ModelCard) -> str:
    """A snapshot in few letters, for the class bar: the class's sentence has the room that is left there."""
    return _("{model}, step {n}").format(model=_(card.title), n=number(card.step or 0))


def read_so_far(card: ModelCard) -> str:
    """How much a snapshot's model had read, in a few words; empty where that is not known."""
    point = point_of(card)
    if point is None:
        return ""
    return plural("{n} token read", "{n} tokens read", point.tokens).format(n=number(point.tokens))


def tell(card: ModelCard) -> None:
    """Say what a snapshot is, in small type."""
    if said := said_of(card):
        st.caption(" ".join(said))


def said_of(card: ModelCard) -> list[str]:
    """What a snapshot was worth at its moment, and what its file leaves out, as Markdown; nothing of other models."""
    if card.snapshot is None:
        return []
    told = [f"**{literal(title_of(card))}.**"]
    if point := point_of(card):
        sentence = _(
            "It had read {n:,} of {all:,} tokens; on chapters it never saw, the whole model’s loss was {en:.2f} nats "
            "in English and {fr:.2f} in French."
        )
        told.append(filled(sentence, n=point.tokens, all=point.of, **point.held_out))
    if added := CATALOGUE[parted(card.name)[0]].config.n_layers - card.config.n_layers:
        sentence = _("It had {n:,|block|blocks} then; {m:,|was|were} set on top later.")
        told.append(filled(sentence, n=card.config.n_layers, m=added))
    if packed := kept_in(card.snapshot):
        sentence = _("Kept are the rows of the {n:,} commonest tokens and {m:,|row|rows} for all others.")
        if packed.whole_numbers:
            sentence = _(
                "Its matrices are kept in 8 bits, with the rows of the {n:,} commonest tokens and {m:,|row|rows} for "
                "all others."
            )
        told.append(filled(sentence, n=packed.n_own, m=packed.n_shared))
    return told

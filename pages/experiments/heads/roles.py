"""What each head does: four scores for every head, and the best head of each kind."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import streamlit as st
from torch import Tensor

from gpt_core.measure import heads
from gpt_core.model.trace import GPTTrace
from gpt_core.weights.catalogue import CATALOGUE
from pages import show
from pages.figures import Scale
from pages.services.reading import read
from pages.services.shared import engine, models
from pages.ui import caveats, choices, session
from pages.ui.chapter import Choices, Reading, inform, note, say, tell, write
from pages.ui.layout import switch
from pages.ui.words import N_, _, number

TITLE = N_("What each head does")

TWICE = "heads_twice"
LAB, LAB_HAS = "induction-lab", {"previous", "induction"}  # the kinds of head it was trained to have
REPEATED = {"same", "induction"}  # the kinds of head that need a token twice
CLEAR = 0.3  # a head of a kind gives that much of its attention to the kind's places


@dataclass(frozen=True)
class Kind:
    """A habit of heads, with its score for every head; `part` is the part of the lesson on it."""

    part: str
    title: str
    scores: Tensor  # n_layers, n_heads
    everywhere: Tensor  # the same, with the tokens that are left out


def head_scores(trace: GPTTrace, left_out: tuple[int, ...]) -> heads.HeadScores:
    """All four scores of every head of the model, without the tokens that look alike to all of them."""
    return heads.head_scores(heads.all_weights(trace), trace.ids, left_out=left_out)


def measured(reading: Reading, *, twice: bool) -> tuple[Reading, tuple[int, ...]]:
    """The text, or the same said twice, and the positions that are left out of the means."""
    if twice:
        doubled = f"{reading.text} {reading.text}"
        reading = read(reading.name, doubled, session=reading.session, special=reading.special)
    return reading, reading.unmet if caveats.share_one_vector(reading) else ()


def draw(reading: Reading, chosen: Choices) -> None:
    """A picture of each kind's scores, with a button that shows its best head."""
    say("roles")
    twice = switch(_("Measure on the text said twice"), key=TWICE)
    reading, left_out = measured(reading, twice=twice)
    scores, everywhere = (reading.of(head_scores, left_out=without) for without in (left_out, ()))
    if left_out:
        note(_("Tokens without a row of their own share one vector: they are left out of these means."))
    kinds = (
        Kind("previous", _("previous token"), scores.previous_token, everywhere.previous_token),
        Kind("sink", _("first token"), scores.first_token, everywhere.first_token),
        Kind("same", _("same token"), scores.same_token, everywhere.same_token),
        Kind("induction", _("induction"), scores.induction, everywhere.induction),
    )
    missing: dict[str, str] = {}
    for column, kind in zip(st.columns(4), kinds, strict=True):
        with column:
            write(f"**{kind.title}**")
            if _draw_kind(kind, reading, twice=twice) < CLEAR:
                missing[kind.part] = kind.title
    if missing:
        _say_where_else(chosen, missing)


def _draw_kind(kind: Kind, reading: Reading, *, twice: bool) -> float:
    """One kind's scores and its best head; returns the best score, or 1 where the text has no such places."""
    best = heads.strongest(kind.scores)
    if best is None:
        if heads.strongest(kind.everywhere):
            write(_("Too few tokens of this text have rows of their own to say."))
        elif twice and kind.part in REPEATED:
            _say_why_not_repeated(reading)
        else:
            say(f"{kind.part}_nowhere")
        return 1.0
    show.by_layer_and_head(
        f"score_{kind.part}",
        kind.scores.numpy(),
        _("Score of every head, kind “{kind}”: a row for each layer, a column for each head.").format(kind=kind.title),
        scale=Scale("probability", bar=False),
        selected=best,
        height=200,
    )
    layer, head = best
    value = float(kind.scores[layer, head])
    st.button(
        _("Layer {layer}, head {head}: {score}").format(layer=layer, head=head, score=number(value, 2)),
        key=f"show_{kind.part}",
        width="stretch",
        on_click=choices.choose_head,
        args=best,
    )
    if not session.get("present"):
        say(kind.part)
    return value


def _say_why_not_repeated(reading: Reading) -> None:
    """Said twice, and still no token comes back."""
    if reading.n_tokens > len(reading.ids):
        tell(
            _(
                "Said twice, this text has {all:,} tokens. Only the first {n:,} are read, and too little of the second "
                "copy is among them: a shorter text would do."
            ),
            all=reading.n_tokens,
            n=len(reading.ids),
        )
    else:
        write(_("Even said twice, no token comes back: a word after a space is another token than at the very start."))


def _say_where_else(chosen: Choices, missing: Mapping[str, str]) -> None:
    """No head of a kind: say so, and which model has one; titles of the kinds by the part of the lesson on each."""
    inform(
        _("With this text, no head of this model has a score of {clear} or more for: {kinds}.").format(
            clear=number(CLEAR, 1), kinds=", ".join(missing.values())
        )
    )
    in_lab = ", ".join(title for part, title in missing.items() if part in LAB_HAS)
    if in_lab and LAB in engine.available_models() and chosen.model != LAB:
        st.button(
            _("{kinds}: look at “{model}”, which was trained for it").format(
                kinds=in_lab, model=_(CATALOGUE[LAB].title)
            ),
            on_click=partial(session.set_and_rerun, model=LAB),
        )
    elsewhere = ", ".join(title for part, title in missing.items() if part not in LAB_HAS)
    if elsewhere and models.card(chosen.model).hub is None:
        # Vig and Belinkov 2019 on the first token; Wang et al. 2022 on copies of the same token
        note(_("{kinds}: clear in GPT-2, in the bundled models with some texts at most."), kinds=elsewhere)


def notebook(reading: Reading, _chosen: Choices) -> dict[str, object]:
    """What the notebook must know besides the choices: the tokens that are measured, and those that are left out."""
    found, left_out = measured(reading, twice=session.get(TWICE, False))
    return {"measured_ids": list(found.ids), "left_out": left_out}

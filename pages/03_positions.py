"""Chapter 3: attention has no sense of order, so each token is told where it stands."""

import numpy as np
import pandas as pd
import streamlit as st

from gpt_core import GPT
from gpt_core.measure import by_torch, positions
from gpt_core.measure.embedding_space import cosine_table
from gpt_core.measure.positions import Band, linear_bias, rotate
from gpt_core.model.embedding import Embedding, sinusoids
from pages import show
from pages.experiments.positions import position_tables
from pages.services.classes.question import Choice
from pages.ui import chapter, guess
from pages.ui.chapter import Choices, Reading
from pages.ui.story import beside, charts_first
from pages.ui.words import N_, _

MOST_DIMENSIONS = 48  # of the sum that is drawn


def learned_table(reading: Reading, _chosen: Choices) -> None:
    """The table that this model has learned, a row for each position."""
    alt = _("The learned table: a row for each position, a column for each dimension.")
    position_tables.draw_rows("positions_table", reading.model.embedding.pos_emb.weight, alt)


def likeness(reading: Reading, _chosen: Choices) -> None:
    """How alike the rows of that table are."""
    rows = reading.model.embedding.pos_emb.weight
    alt = _("Cosine similarity of every two of the first {n} learned positions; 1 is the same direction.")
    n = min(len(rows), position_tables.MOST_ROWS)
    position_tables.draw_likeness("positions_alike", rows, alt.format(n=n))


def measured_band(model: GPT) -> Band:
    """How alike neighbouring rows of the picture are, and all others."""
    return positions.band(model.embedding.pos_emb.weight[: position_tables.MOST_ROWS])


def what_the_band_shows(reading: Reading) -> str:
    """Whether neighbouring positions are alike in this model."""
    if reading.of(measured_band).seen:
        return _(
            "Neighbouring positions have similar rows: their mean cosine is {near:.2f}, that of all others {far:.2f}."
        )
    return _(
        "Neighbouring positions are no more alike than others: their mean cosine is {near:.2f}, that of all others "
        "{far:.2f}."
    )


def neighbours(reading: Reading, _chosen: Choices) -> None:
    """What the picture of likeness shows, in words."""
    found = reading.of(measured_band)
    chapter.tell(what_the_band_shows(reading), near=found.neighbours, far=found.others)


def sum_of_two(reading: Reading, chosen: Choices) -> None:
    """The chosen token's vector, its position's, and their sum."""
    start, i = reading.trace.embedding, chosen.token
    n = min(start.out.shape[-1], MOST_DIMENSIONS)
    show.strips(
        "positions_sum",
        {
            reading.tokens[i]: start.token[i, :n].numpy(),
            _("position {n}").format(n=i): start.position[i, :n].numpy(),
            _("input = sum"): start.out[i, :n].numpy(),
        },
        _("Three rows: the token’s vector, its position’s vector, and their sum, which enters the first block."),
        title=_("dimension (the first {n} of {all})").format(n=n, all=start.out.shape[-1]),
        height=230,
    )


def two_lengths(reading: Reading, chosen: Choices) -> None:
    """How long the two vectors are that are added."""
    start = reading.trace.embedding
    chapter.tell(
        _(
            "{token} at position {position}: the token’s vector has length {token_size:.2f}, the position’s "
            "{position_size:.2f}."
        ),
        token=reading.tokens[chosen.token],
        position=chosen.token,
        token_size=float(start.token[chosen.token].norm()),
        position_size=float(start.position[chosen.token].norm()),
    )


def the_sum_is_the_input(reading: Reading, _chosen: Choices) -> None:
    """The check: nothing but a row of either table enters the first block."""
    start = reading.trace.embedding
    again = reading.of(by_torch.embedded)
    deviation = max(float((both - again).abs().max()) for both in (start.out, start.token + start.position))
    chapter.check(
        deviation == 0,
        _(
            "Read from the model’s two tables, the row of each id plus the row of its position gives the input of "
            "every token in all {width} dimensions: the largest deviation is {deviation:tiny}."
        ),
        width=start.out.shape[-1],
        deviation=deviation,
    )


def formula(_reading: Reading, _chosen: Choices) -> None:
    """What enters the first block."""
    chapter.formula(r"x_i = \text{tok\_emb}[\text{id}_i] + \text{pos\_emb}[i]")


STORY = (
    beside((1, learned_table), (1, likeness)),
    sum_of_two,
    charts_first,
    neighbours,
    two_lengths,
    the_sum_is_the_input,
    formula,
)


def guesses(reading: Reading, chosen: Choices) -> list[Choice]:
    """The position most like the one in focus, its neighbours, the first and the last."""
    if len(reading.ids) < 2:
        return []
    cosines = cosine_table(reading.trace.embedding.position)[chosen.token].numpy()
    at, last = chosen.token, len(cosines) - 1
    best = int(np.where(np.arange(last + 1) == at, -np.inf, cosines).argmax())
    wrong = [n for n in (at - 1, at + 1, 0, last, at - 2) if 0 <= n <= last and n != at]
    return guess.numbers(N_("position {n}"), best, *wrong)


def answer(reading: Reading, chosen: Choices) -> None:
    """The answer to the chapter's question: which of this text's other positions the chosen one resembles most."""
    if len(reading.ids) < 2:
        st.info(_("A text of one token has one position only: there is none to compare it with."))
        return
    cosines = cosine_table(reading.trace.embedding.position)[chosen.token].numpy()
    others = np.where(np.arange(len(cosines)) == chosen.token, -np.inf, cosines)
    best = int(others.argmax())
    chapter.tell(
        _("Position {position} is most like position {best} of this text: their cosine is {cosine:.3f}."),
        position=chosen.token,
        best=best,
        cosine=float(cosines[best]),
    )
    if reading.card.random:
        chapter.tell(_("These weights are random: no position resembles another but by chance."))


CODE = (Embedding, cosine_table, sinusoids, linear_bias, rotate)


def table(reading: Reading, chosen: Choices) -> pd.DataFrame:
    """The three vectors of the chosen token, a row for each dimension."""
    start = reading.trace.embedding
    vectors = (rows[chosen.token].numpy() for rows in (start.token, start.position, start.out))
    names = (_("dimension"), _("token"), _("position"), _("sum"))
    return pd.DataFrame(dict(zip(names, (range(start.out.shape[-1]), *vectors), strict=True)))

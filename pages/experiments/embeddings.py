"""Experiments on embeddings: nearest neighbours, one-hot times table, few dimensions, cosines within the text."""

from collections import Counter

import numpy as np
import streamlit as st
from jaxtyping import Int
from torch import Tensor

from gpt_core.examples import book
from gpt_core.measure.embedding_space import (
    Neighbours,
    cosine_table,
    most_alike,
    nearest,
    picked_by_one_hot,
    principal_components,
)
from gpt_core.weights.catalogue import bundled_file
from gpt_core.weights.packing import tokens_trained
from pages import figures
from pages.figures import palette, visible
from pages.services.reading import Reading, tokenizer
from pages.services.shared import engine
from pages.ui import chapter, session
from pages.ui.choices import Choices
from pages.ui.components.chart import Click, chart
from pages.ui.layout import PERSIST, columns
from pages.ui.words import _, bracketed, number, plural, tiny

SAME = 0.95  # the cosine above which ten neighbours say nothing


def choose_token(click: Click) -> None:
    """A click on a row chooses its token, on every chapter."""
    session.set("token", round(float(click.y)))


def found(reading: Reading, id: int, n: int = 10) -> Neighbours:
    """The nearest tokens in the vocabulary, of those that have a row of their own."""
    table, own = reading.model.embedding.tok_emb.weight, met(reading)
    return engine.cached(("nearest", reading.name, id, n), lambda: nearest(table, id, n=n, among=own))


def met(reading: Reading) -> Int[Tensor, " n_used"] | None:
    """Ids of the tokens that training met, where the model's file says so: the others share few rows."""
    path = bundled_file(reading.card)
    return engine.cached(("tokens met", reading.name), lambda: tokens_trained(path)) if path else None


def neighbours(reading: Reading, chosen: Choices) -> None:
    """The tokens whose vectors point most nearly the same way as the one in focus."""
    near = found(reading, reading.ids[chosen.token])
    chart(
        figures.bars(
            near.cosines.numpy(),
            labels=[tokenizer().token(int(id)) for id in near.ids],
            value_format=".2f",
            axis_title=_("cosine with {token}").format(token=visible(reading.tokens[chosen.token])),
            colour=palette.TOKEN,
        ),
        key="neighbours",
        alt=_("The ten tokens of the vocabulary whose vectors are most like that of the token in focus."),
        height=425,
    )


def chance(reading: Reading, chosen: Choices) -> None:
    """A warning where the table has learnt nothing, or nothing about this token."""
    id, own = reading.ids[chosen.token], met(reading)
    near = found(reading, id)
    if reading.card.random:
        st.caption(_("Random weights: these neighbours are chance. Training is what brings like tokens together."))
    elif own is not None and id not in own:
        st.caption(_("Training never met this token: its row is one that many such tokens share."))
    elif float(near.cosines.min()) > SAME:
        st.caption(
            _("These ten rows are almost the same: a sign that this model has hardly ever read the token in focus.")
        )


def picked(reading: Reading, chosen: Choices) -> tuple[float, int]:
    """How far one-hot × table is from the row, and how many tokens of the text occur again."""
    table, id = reading.model.embedding.tok_emb.weight, reading.ids[chosen.token]
    product = engine.cached(("one-hot", reading.name, id), lambda: picked_by_one_hot(table, id))
    difference = abs(product.numpy() - reading.trace.embedding.token[chosen.token].numpy()).max()
    return float(difference), len(reading.ids) - len(set(reading.ids))


def said_of_rows(difference: float, repeats: int) -> str:
    """What the chapter's check has found: one row for an id, however it is picked and however often."""
    said = _("One-hot × table gives the same row: largest difference {d}.").format(d=tiny(difference))
    if not repeats:
        return said
    again = plural(
        "Repeated tokens have the same row: {n} repetition in this text.",
        "Repeated tokens have the same row: {n} repetitions in this text.",
        repeats,
    )
    return f"{said} {again.format(n=number(repeats))}"


def same_id_same_row(reading: Reading, rows: np.ndarray) -> bool:
    """Whether every token has the very numbers of the first token with its id."""
    first = {id: place for place, id in reversed(list(enumerate(reading.ids)))}
    return bool((rows == rows[[first[id] for id in reading.ids]]).all())


def one_hot(ids: tuple[int, ...] = tuple(range(6))) -> None:
    """The book's table of six rows: choose one, and see the product that picks it."""
    chapter.say("one_hot")
    place = st.segmented_control(
        _("id"),
        ids,
        format_func=lambda i: f"{i}",
        default=3,
        required=True,
        key="embeddings_row",
        width="stretch",
        persist_state=PERSIST,
    )
    example = book.token_embedding((place or 0,))
    left, middle, right = columns(4, 3, 3)
    numbers = [str(i) for i in range(3)]
    for column, key, values, names, title in (
        (left, "one_hot", example.one_hot.numpy(), [""], _("1 × 6: one-hot, a 1 at place {id}").format(id=place)),
        (middle, "book_table", example.table.numpy(), [str(i) for i in ids], _("6 × 3: the table")),
        (right, "book_row", example.product.numpy(), [""], _("1 × 3: row {id}").format(id=place)),
    ):
        with column:
            st.markdown(f"**{title}**")
            chart(
                figures.heatmap(
                    values,
                    rows=names,
                    columns=[str(i) for i in ids] if key == "one_hot" else numbers,
                    scale="signed",
                    limit=2.84,
                    show_values=True,
                    value_format=".0f" if key == "one_hot" else ".4f",
                    selected=(place or 0, None) if key == "book_table" else None,
                    row_axis="token",
                    column_axis="plain",
                    colour_bar=False,
                ),
                key=key,
                alt=title,
                height=300 if key == "book_table" else 110,
            )
    sums = " + ".join(
        f"{number(float(one), 0)} × {bracketed(float(weight), 4)}"
        for one, weight in zip(example.one_hot[0], example.table[:, 0], strict=True)
    )
    chapter.tell(
        _("First number of the product: {sum} = {result}"), sum=sums, result=number(float(example.product[0, 0]), 4)
    )


def projection(reading: Reading, chosen: Choices) -> None:
    """The tokens of the text and the neighbours of the one in focus, where they differ most."""
    chapter.say("projection")
    solid = st.toggle(_("Three dimensions"), key="embeddings_solid", persist_state=PERSIST)
    id = reading.ids[chosen.token]
    near = [int(other) for other in found(reading, id, 15).ids]
    places = list(dict.fromkeys([*reading.ids, *near]))
    if len(places) < 3:
        st.markdown(_("Two points are always on one line: type a longer text."))
        return
    table = reading.model.embedding.tok_emb.weight
    flat = engine.cached(
        ("projection", reading.name, tuple(places), solid),
        lambda: principal_components(table[places], n=3 if solid else 2),
    )
    here, there = _("in this text"), _("nearest to the token in focus")
    shares = [number(100 * float(share), 0) for share in flat.shares]
    chart(
        figures.scatter(
            flat.points.numpy(),
            labels=[tokenizer().token(place) for place in places],
            groups=[here if place in reading.ids else there for place in places],
            colours={here: palette.TOKEN, there: palette.NEUTRAL},
            highlighted=places.index(id),
            axis_titles=[
                _("direction {i}: {share}%").format(i=i, share=share) for i, share in enumerate(shares, start=1)
            ],
        ),
        key=f"projection {solid}",
        alt=_("The tokens as points; near points have similar vectors."),
        height=480,
    )
    st.caption(
        _("These directions keep {percent}% of what tells the vectors apart; the rest is not in this picture.").format(
            percent=number(100 * float(flat.shares.sum()), 0)
        )
    )


def cosines_of(reading: Reading) -> Tensor:
    """The cosine of every pair of tokens of the text."""
    return reading.once("cosines", work=lambda: cosine_table(reading.trace.embedding.token))


def tell_most_alike(reading: Reading, alike: Tensor) -> None:
    """The two different tokens most alike, where the text has two that differ."""
    pair = reading.once("most alike", work=lambda: most_alike(alike, reading.ids))
    if pair:
        one, other = pair
        chapter.tell(
            _("The two different tokens most alike in this text: {one} and {other}, cosine {cosine}."),
            one=reading.tokens[one],
            other=reading.tokens[other],
            cosine=number(float(alike[one, other]), 3),
        )


def cosines(reading: Reading, chosen: Choices) -> None:
    """All cosines as a picture, and the one of query and key."""
    chapter.say("cosines")
    alike = cosines_of(reading)
    chart(
        figures.heatmap(
            alike.numpy(),
            rows=reading.tokens,
            columns=reading.tokens,
            scale="signed",
            limit=1.0,
            selected=(chosen.token, chosen.key),
            row_axis="token",
            column_axis="token",
            show_values=len(reading.ids) <= 9,
            value_format=".2f",
            square=True,
        ),
        key="cosines",
        alt=_("The cosine of each pair of tokens: 1 is the same direction, 0 is unrelated."),
        on_click=chapter.choose_cell,
        height=560,
    )
    chapter.tell(
        _("{one} and {other}: cosine {cosine}."),
        one=reading.tokens[chosen.token],
        other=reading.tokens[chosen.key],
        cosine=number(float(alike[chosen.token, chosen.key]), 3),
    )
    tell_most_alike(reading, alike)


def reveal(reading: Reading) -> None:
    """The two tokens most alike, and what the table holds in all."""
    config = reading.card.config
    tell_most_alike(reading, cosines_of(reading))
    ((most, times),) = Counter(reading.ids).most_common(1)
    chapter.tell(
        plural(
            "The table has {rows} × {dim} = {n} numbers; {token} picks its row {times} time in this text.",
            "The table has {rows} × {dim} = {n} numbers; {token} picks its row {times} times in this text.",
            times,
        ),
        rows=number(config.vocab_size),
        dim=number(config.emb_dim),
        n=number(config.vocab_size * config.emb_dim),
        token=tokenizer().token(most),
        times=times,
    )

"""Experiments on positions: tokens shuffled, positions dropped, and three schemes of other models."""

from dataclasses import replace

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from torch import Tensor

from gpt_core import Intervention
from gpt_core.measure import positions
from gpt_core.measure.embedding_space import cosine_table
from gpt_core.model import embedding
from pages import figures
from pages.experiments import before_after
from pages.services.reading import Reading
from pages.ui import chapter
from pages.ui.choices import Choices
from pages.ui.components.chart import chart
from pages.ui.layout import PERSIST, columns, decimal_slider, number_box
from pages.ui.words import _, number, tiny

HEIGHT = 400
MOST_ROWS, MOST_COLUMNS = 64, 96  # more would be finer than the picture and slow to send
WITHOUT = Intervention(positions_off=True)


def some(n: int, most: int) -> NDArray[np.int64]:
    """At most `most` of the numbers 0 … n - 1, evenly apart, the first always among them."""
    return np.arange(0, n, -(-n // most))


def table(rows: NDArray[np.float32], *, key: str, alt: str) -> None:
    """A table of positions as colours, thinned to what a picture can show, as its titles say."""
    places, dimensions = some(len(rows), MOST_ROWS), some(rows.shape[1], MOST_COLUMNS)
    chart(
        figures.heatmap(
            rows[np.ix_(places, dimensions)],
            rows=[str(place) for place in places],
            columns=[str(dimension) for dimension in dimensions],
            scale="signed",
            row_title=thinned(_("position"), places),
            row_axis="position",
            column_title=thinned(_("dimension"), dimensions),
            column_axis="plain",
        ),
        key=key,
        alt=alt,
        height=HEIGHT,
    )


def thinned(name: str, places: NDArray[np.int64]) -> str:
    """An axis's title, which says of how many numbers one is shown."""
    step = int(places[1] - places[0]) if len(places) > 1 else 1
    return name if step == 1 else _("{name} (one in {step})").format(name=name, step=step)


def similarity(rows: Tensor, *, key: str, alt: str) -> None:
    """Cosine similarity of the first positions, all of them: of every fourth, neighbours would not be alike."""
    alike = cosine_table(rows[:MOST_ROWS]).numpy()
    labels = [str(place) for place in range(len(alike))]
    title = _("position")
    if len(alike) < len(rows):
        title = _("position (the first {n} of {all})").format(n=len(alike), all=number(len(rows)))
    chart(
        figures.heatmap(
            alike,
            rows=labels,
            columns=labels,
            scale="signed",
            limit=1.0,
            row_title=_("position"),
            row_axis="position",
            column_title=title,
            column_axis="position",
            value_title=_("cosine"),
            square=True,
        ),
        key=key,
        alt=alt,
        height=HEIGHT,
    )


def learned(reading: Reading) -> None:
    """This model's own table, and how alike its rows are."""
    rows = reading.model.embedding.pos_emb.weight
    left, right = columns(1, 1)
    with left:
        table(
            rows.numpy(),
            key="positions_table",
            alt=_("The learned table: a row for each position, a column for each dimension."),
        )
    with right:
        similarity(
            rows,
            key="positions_alike",
            alt=_("Cosine similarity of every two of the first {n} learned positions; 1 is the same direction.").format(
                n=min(len(rows), MOST_ROWS)
            ),
        )


def shuffle(reading: Reading, chosen: Choices) -> None:
    """The same tokens in another order: does the model notice, with its positions and without?"""
    chapter.say("shuffle")
    left, right = st.columns(2, vertical_alignment="bottom")
    seed = number_box(_("Seed of the shuffle"), 0, 9_999, 1, key="positions_seed", place=left)
    dropped = right.toggle(_("Drop the positions in both"), key="positions_shuffle_dropped", persist_state=PERSIST)
    if len(reading.ids) < 3:
        st.info(_("There is nothing to shuffle: the last token stays, and before it there must be two."))
        return
    mixed = replace(reading, ids=positions.shuffled(reading.ids, seed))
    change = WITHOUT if dropped else Intervention()
    before = (_("in order"), reading, reading.changed(change))
    after = (_("shuffled"), mixed, mixed.changed(change))
    chapter.tell(_("Shuffled: {order}"), order=" ".join(map(figures.visible, mixed.tokens)))
    before_after.next_token(before, after, change=("shuffled", change))
    if dropped:
        one, other = (run[2].blocks[0].att.out[-1] for run in (before, after))
        deviation = float((one - other).abs().max() / one.abs().max())
        chapter.check(
            deviation < 1e-4,
            _(
                "Without positions, the first layer gives the last token the same vector for any order of the tokens "
                "before it: the largest deviation is {deviation} of its largest number."
            ).format(deviation=tiny(deviation)),
        )
    before_after.attention(before, after, chosen)


def drop(reading: Reading, chosen: Choices) -> None:
    """The running model with zeros in place of its position vectors."""
    chapter.say("drop")
    before = (_("with positions"), reading, reading.trace)
    after = (_("without positions"), reading, reading.changed(WITHOUT))
    before_after.next_token(before, after, change=WITHOUT)
    before_after.attention(before, after, chosen)


def sinusoids(reading: Reading) -> None:
    """The fixed table of the first Transformer, as wide as this model's learned one."""
    chapter.say("sinusoids")
    rows = embedding.sinusoids(MOST_ROWS, reading.card.config.emb_dim)
    left, right = columns(1, 1)
    with left:
        table(
            rows.numpy(),
            key="positions_sinusoids",
            alt=_("The table of sinusoids: fast waves at the left, slow ones at the right."),
        )
    with right:
        similarity(
            rows,
            key="positions_sinusoids_alike",
            alt=_("Cosine similarity of every two positions of the sinusoids: the same along each diagonal."),
        )


def distance_bias(reading: Reading, chosen: Choices) -> None:
    """No table at all: a far key's score is lowered. The bias, and what it would make of the chosen head."""
    chapter.say("bias")
    slope = decimal_slider(_("Slope of the bias"), 0.0, 2.0, 0.5, 0.05, key="positions_slope")
    att = reading.trace.blocks[chosen.layer].att
    places = [str(place) for place in range(len(reading.ids))]
    left, right = columns(1, 1)
    with left:
        st.markdown(f"**{_('added to the scores')}**")
        chart(
            figures.heatmap(
                positions.linear_bias(len(reading.ids), slope).numpy(),
                rows=places,
                columns=places,
                scale="signed",
                masked=att.mask.numpy(),
                masked_label=_("masked: it comes later"),
                row_title=_("query: the token that asks"),
                column_title=_("key: the token it looks at"),
                square=True,
            ),
            key="positions_bias",
            alt=_("The distance bias: 0 on the diagonal, more negative the further back the key."),
            height=380,
        )
    with right:
        st.markdown(f"**{_('attention with the bias')}** · {_('layer')} {chosen.layer}, {_('head')} {chosen.head}")
        chart(
            figures.heatmap(
                positions.biased_weights(att, slope)[chosen.head].numpy(),
                rows=reading.tokens,
                columns=reading.tokens,
                scale="probability",
                masked=att.mask.numpy(),
                masked_label=_("masked: it comes later"),
                row_title=_("query: the token that asks"),
                column_title=_("key: the token it looks at"),
                square=True,
            ),
            key="positions_biased",
            alt=_("Attention weights of the chosen head, had its scores been lowered by distance."),
            height=380,
        )


def rotation(reading: Reading, chosen: Choices) -> None:
    """Queries and keys are turned by an angle that grows with the position: only distance is left in the score."""
    chapter.say("rotation")
    att = reading.trace.blocks[chosen.layer].att
    query, key = att.queries[chosen.head, chosen.token], att.keys[chosen.head, chosen.key]
    scores = positions.rotated_scores(query, key, 32)
    places = [str(place) for place in range(len(scores))]
    left, right = columns(1, 1)
    with left:
        chart(
            figures.heatmap(
                scores.numpy(),
                rows=places,
                columns=places,
                scale="signed",
                row_title=_("position of the query"),
                column_title=_("position of the key"),
                square=True,
            ),
            key="positions_rotated",
            alt=_("The score of one query and one key at all positions, turned: the same along each diagonal."),
            height=380,
        )
    with right:
        chart(
            figures.lines(
                {_("score"): scores[-1].flip(0).numpy()},
                x_title=_("how far back the key stands"),
                y_title=_("score"),
                x_axis="position",
            ),
            key="positions_rotated_line",
            alt=_("The same score by distance alone."),
            height=380,
        )
    deviation = positions.spread_along_diagonals(scores) / max(float(scores.abs().max()), 1e-9)
    chapter.check(
        deviation < 1e-4,
        _("Only the distance counts: along a diagonal the scores differ by at most {deviation} of the largest.").format(
            deviation=tiny(deviation)
        ),
    )


def most_alike(reading: Reading, chosen: Choices) -> None:
    """Which of this text's other positions the chosen one resembles most."""
    if len(reading.ids) < 2:
        st.info(_("A text of one token has one position only: there is none to compare it with."))
        return
    alike = cosine_table(reading.trace.embedding.position)[chosen.token].numpy()
    others = np.where(np.arange(len(alike)) == chosen.token, -np.inf, alike)
    best = int(others.argmax())
    chapter.tell(
        _("Position {position} is most like position {best} of this text: their cosine is {cosine}."),
        position=chosen.token,
        best=best,
        cosine=number(float(alike[best]), 3),
    )
    if reading.card.random:
        chapter.tell(_("These weights are random: no position resembles another but by chance."))

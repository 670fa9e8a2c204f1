"""Chapter 2: an id picks a row of a table, and that row of numbers is what the model works with."""

from collections import Counter

import numpy as np
import pandas as pd
from torch import Tensor

from gpt_core import GPT
from gpt_core.measure import embedding_space
from gpt_core.measure.embedding_space import most_alike
from gpt_core.model import embedding
from pages import figures, show
from pages.experiments.embeddings.cosines import tell_most_alike, token_cosines
from pages.experiments.embeddings.neighbours import nearest_tokens
from pages.figures import Axis, Measure, palette, visible
from pages.services.classes.question import Choice, choice
from pages.services.reading import tokenizer
from pages.ui import chapter, choices, guess
from pages.ui.chapter import Choices, Reading, check, note, tell
from pages.ui.story import beside, charts_first
from pages.ui.words import N_, Written, _, listed, number, plural

HEIGHT = 425  # of the charts at the top: so they end in sight at 1280 × 720
SAME = 0.95  # the cosine above which ten neighbours say nothing


def rows(reading: Reading, chosen: Choices) -> None:
    """The row of numbers of each token of the text; a click chooses the token."""
    vectors = reading.trace.embedding.token.numpy()
    show.strips(
        "rows",
        (reading.tokens, vectors),
        _("The vector of each token of the text: a row of {n} numbers.").format(n=vectors.shape[1]),
        title=_("place in the vector"),
        rows=_("tokens of the text"),
        meaning="token",
        limit=float(np.quantile(abs(vectors), 0.98)),
        selected=chosen.token,
        height=HEIGHT,
        on_click=choices.choose_token,
    )


def neighbours(reading: Reading, chosen: Choices) -> None:
    """The tokens whose vectors point most nearly the same way as the one in focus."""
    near = reading.of(nearest_tokens, id=reading.ids[chosen.token])
    bars = figures.bars(
        near.cosines.numpy(),
        Axis(show.pieces(near.ids), meaning="token"),
        measure=Measure(_("cosine with “{token}”").format(token=visible(reading.tokens[chosen.token])), ".2f"),
        colour=palette.TOKEN,
    )
    alt = _("The ten tokens of the vocabulary whose vectors are most like that of the token in focus.")
    show.chart("neighbours", bars, alt, height=HEIGHT)


def one_row(reading: Reading, chosen: Choices) -> None:
    """Which row the token in focus picks, and its first numbers."""
    id, row = reading.ids[chosen.token], reading.trace.embedding.token[chosen.token]
    tell(
        _(
            "{token} has the id {id}: it picks row {id} of a table of {rows:,} rows, "
            "and gets its {n} numbers: {first} …"
        ),
        token=reading.tokens[chosen.token],
        id=id,
        rows=reading.card.config.vocab_size,
        n=len(row),
        first=Written(listed(number(value, 3) for value in row[:4].tolist()), row[:4].tolist()),
    )


def doubtful_neighbours(reading: Reading, chosen: Choices) -> None:
    """A warning where the table has learnt nothing, or nothing about this token."""
    id = reading.ids[chosen.token]
    if reading.card.untrained:
        note(_("Random weights: these neighbours are chance. Training is what brings like tokens together."))
    elif chosen.token in reading.unmet and reading.card.snapshot:
        note(_("Of this moment no row of this token is kept: these are the neighbours of the row that others share."))
    elif chosen.token in reading.unmet and chosen.token not in reading.rowless:
        note(_("Training never met this token: its row is computed from those of the two tokens it was merged from."))
    elif chosen.token in reading.unmet:
        note(_("Training never met this token: these are the neighbours of a row that many such tokens share."))
    elif float(reading.of(nearest_tokens, id=id).cosines.min()) > SAME:
        note(_("These ten rows point almost the same way: this model has hardly ever read the token in focus."))


def picked_by_one_hot(model: GPT, id: int) -> Tensor:
    """The row of an id the long way: one-hot times the whole table."""
    return embedding_space.picked_by_one_hot(model.embedding.tok_emb.weight, id)


def one_row_for_an_id(reading: Reading, chosen: Choices) -> None:
    """The check: one row for an id, however it is picked and however often."""
    vectors, ids = reading.trace.embedding.token, reading.ids
    picked = reading.of(picked_by_one_hot, id=ids[chosen.token])
    difference = float((picked - vectors[chosen.token]).abs().max())
    same = bool((vectors == vectors[[ids.index(id) for id in ids]]).all())
    sentence, repeats = _("One-hot × table gives the same row: largest difference {d:tiny}."), len(ids) - len(set(ids))
    if repeats:
        again = plural(
            "Repeated tokens have the same row: {n:,} repetition in this text.",
            "Repeated tokens have the same row: {n:,} repetitions in this text.",
            repeats,
        )
        sentence = f"{sentence} {again}"
    check(difference < 1e-6 and same, sentence, d=difference, n=repeats)


def formula(_reading: Reading, _chosen: Choices) -> None:
    """Picking a row is a product."""
    chapter.formula(r"\underbrace{(0 \;\cdots\; 0 \;\; 1 \;\; 0 \;\cdots\; 0)}_{\text{one-hot}} \cdot E \;=\; E_{id}")


STORY = (
    beside((3, rows), (2, neighbours)),
    charts_first,
    one_row,
    doubtful_neighbours,
    one_row_for_an_id,
    formula,
)


def guesses(reading: Reading, _chosen: Choices) -> list[Choice]:
    """The two tokens most alike, and other pairs."""
    alike = reading.of(token_cosines)
    best = most_alike(alike, reading.ids, left_out=reading.rowless)
    if best is None:
        return []
    first, second = ([i for i in range(len(reading.ids)) if i != one] for one in best)
    pairs = [best, (best[0], first[-1]), (second[0], best[1]), (first[0], second[-1])]
    named = [(reading.tokens[one], reading.tokens[other]) for one, other in pairs]
    different = [sorted(pair) for pair in named if pair[0] != pair[1]]
    return guess.distinct(choice(N_("{one} and {other}"), one=one, other=other) for one, other in different)


def answer(reading: Reading, _chosen: Choices) -> None:
    """The two tokens most alike, and what the table holds in all."""
    tell_most_alike(reading)
    config = reading.card.config
    ((most, times),) = Counter(reading.ids).most_common(1)
    tell(
        plural(
            "The table has {rows:,} × {dim:,} = {n:,} numbers; {token} picks its row {times} time in this text.",
            "The table has {rows:,} × {dim:,} = {n:,} numbers; {token} picks its row {times} times in this text.",
            times,
        ),
        rows=config.vocab_size,
        dim=config.emb_dim,
        n=config.vocab_size * config.emb_dim,
        token=tokenizer().token(most),
        times=times,
    )


CODE = (embedding.Embedding, embedding_space.picked_by_one_hot, embedding_space.nearest)


def table(reading: Reading, _chosen: Choices) -> pd.DataFrame:
    """The numbers of every token's vector, a column for each token."""
    vectors = reading.trace.embedding.token.numpy()
    frame = pd.DataFrame(vectors.T, columns=pd.Index(chapter.labels(reading)))
    return frame.rename_axis(_("place")).reset_index()

"""Chapter 5: one token asks, the others answer, and what they give is mixed into one vector."""

import pandas as pd

from gpt_core.examples import book
from gpt_core.measure import by_torch, written_sum
from gpt_core.model import attention
from pages.experiments.self_attention import step_rows, written_sums
from pages.experiments.self_attention.written_sums import Cell
from pages.services.classes.question import Choice
from pages.ui import chapter, guess, sums
from pages.ui.chapter import Choices, Reading
from pages.ui.story import charts_first
from pages.ui.sums import Sum
from pages.ui.words import N_, _


def cell(reading: Reading, chosen: Choices) -> Cell:
    """The chosen query and key in the chosen head."""
    att = reading.trace.blocks[chosen.layer].att
    return Cell(att, chosen.head, chosen.token, chosen.key, reading.tokens, digits=3)


def five_steps(reading: Reading, chosen: Choices) -> None:
    """The query's way: scores, scaled, masked, weights, context, over one axis of keys."""
    step_rows.draw_head("five_steps", cell(reading, chosen), chooses="key")


def how_to_read(reading: Reading, chosen: Choices) -> None:
    """What is blue in the picture, which rows share a scale, and why nothing is masked for the last token."""
    sentence = _(
        "Blue: the chosen key. Scores, ÷ √d and mask share one scale, with its line at 0; the softmax has its own."
    )
    chapter.note(sentence)
    scores = reading.trace.blocks[chosen.layer].att.scores[chosen.head, chosen.token, : chosen.token + 1]
    if len(scores) > 1 and float(scores.abs().min()) > float(scores.max() - scores.min()):
        chapter.note(_("All scores are far from 0 and close together: for the softmax only their differences count."))
    if chosen.present:
        return
    if len(reading.ids) == 1:
        chapter.note(_("The only token can look at itself alone, and gets all of its own attention."))
    elif chosen.token == len(reading.ids) - 1:
        chapter.note(
            _("The last token may look at all others. Take an earlier one as the query, and the mask hides some.")
        )


def score(reading: Reading, chosen: Choices) -> None:
    """Query times key, number by number."""
    written_sums.tell_score(cell(reading, chosen))


def weight(reading: Reading, chosen: Choices) -> None:
    """From the score to the weight."""
    written_sums.tell_weight(cell(reading, chosen))


def context(reading: Reading, chosen: Choices) -> None:
    """Weights times values: the largest number of the context."""
    att, at = reading.trace.blocks[chosen.layer].att, (chosen.head, chosen.token)
    written_sums.tell_context(att.weights[at], att.values[chosen.head], att.context[at], digits=3)


def the_models_own(reading: Reading, chosen: Choices) -> None:
    """The check: what is drawn and written is what PyTorch's own attention makes of the stream and the weights."""
    again = reading.of(by_torch.head_from_weights, layer=chosen.layer, head=chosen.head)
    written_sums.check_sums(cell(reading, chosen), again)


def whole_score(reading: Reading, chosen: Choices) -> None:
    """All terms of the score, for who opens them."""
    written_sums.offer_whole_score(cell(reading, chosen))


def formula(_reading: Reading, _chosen: Choices) -> None:
    """What all heads compute for all queries at once."""
    chapter.formula(
        r"\text{Attention}(Q, K, V) = \text{softmax}\!\left(\frac{Q K^\top}{\sqrt{d}} + M\right) V, \qquad "
        r"M_{ij} = -\infty\ \ (j > i)"
    )


STORY = (five_steps, charts_first, how_to_read, score, weight, context, the_models_own, whole_score, formula)


def guesses(reading: Reading, chosen: Choices) -> list[Choice]:
    """The largest weight without ÷ √d, the one with it, and a smaller one."""
    att, head, query = reading.trace.blocks[chosen.layer].att, chosen.head, chosen.token
    scores = att.scores[head, query].masked_fill(att.mask[query], float("-inf"))
    before, after = float(att.weights[head, query].max()), float(scores.softmax(dim=-1).max())
    return guess.numbers(N_("{n:.1%}"), after, before, before / 2, (before + 1) / 2)


def answer(reading: Reading, chosen: Choices) -> None:
    """The answer to the chapter's question: the largest weight without ÷ √d."""
    att, head, query = reading.trace.blocks[chosen.layer].att, chosen.head, chosen.token
    scores = att.scores[head, query].masked_fill(att.mask[query], float("-inf"))
    chapter.tell(
        _("With ÷ √{d} the largest weight is {before:.1%}; without, it would be {after:.1%}."),
        d=att.queries.shape[-1],
        before=float(att.weights[head, query].max()),
        after=float(scores.softmax(dim=-1).max()),
    )


def exercise(reading: Reading, chosen: Choices) -> Sum | None:
    """The softmax of three scores, of the query in focus or of another whose scores are near enough to each other."""
    scaled = reading.trace.blocks[chosen.layer].att.scaled[chosen.head]
    queries = (chosen.token, *reversed(range(len(reading.ids))))
    rows = ((query, scaled[query, : query + 1].tolist()) for query in queries)
    found = (sums.softmax_of_three(scores, reading.tokens, query=query) for query, scores in rows)
    return next(filter(None, found), None)


CODE = (attention.attend, attention.SelfAttention, written_sum.written_out, by_torch.one_head, book.simple_attention)


def table(reading: Reading, chosen: Choices) -> pd.DataFrame:
    """All steps of one query, a row for each key."""
    att, at = reading.trace.blocks[chosen.layer].att, (chosen.head, chosen.token)
    steps = {
        _("scores"): att.scores,
        _("scaled"): att.scaled,
        _("masked"): att.masked,
        _("weights"): att.weights,
    }
    rows = {name: numbers[at].numpy() for name, numbers in steps.items()}
    return pd.DataFrame({_("key"): chapter.labels(reading), **rows})

"""The sums behind one query and one key of a head, written out with their numbers: score, weight, context."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import streamlit as st
from torch import Tensor

from gpt_core.measure.by_torch import Head, one_head
from gpt_core.measure.written_sum import written_out
from gpt_core.model.trace import AttentionTrace
from pages.figures import Label
from pages.ui.chapter import check, tell, write_out
from pages.ui.words import Written, _, number

MOST_TERMS = 6
FEW_NUMBERS = 3


@dataclass(frozen=True)
class Cell:
    """One query and one key of a head, in which text, and with how many digits its sums are written."""

    att: AttentionTrace
    head: int
    query: int
    key: int
    tokens: Sequence[Label]
    digits: int

    @property
    def powers(self) -> Tensor:
        """Of each key, e to its masked score less the highest: what the softmax shares out."""
        row = self.att.masked[self.head, self.query]
        return (row - row.max()).exp()


def tell_rest(cell: Cell) -> None:
    """What follows the weight: the context; and a check that all is PyTorch's attention too."""
    att, head, query = cell.att, cell.head, cell.query
    tell_context(att.weights[head, query], att.values[head], att.context[head, query], cell.digits)
    parts = (part[head] for part in (att.queries, att.keys, att.values))
    check_sums(cell, one_head(*parts, causal=bool(att.mask.any())))
    offer_whole_score(cell)


def tell_score(cell: Cell) -> None:
    """Query times key, number by number."""
    sentence = _("**Score** of the query {query} with the key {key}, the largest terms first:")
    tell(sentence, query=cell.tokens[cell.query], key=cell.tokens[cell.key])
    write_out(_score(cell, most=MOST_TERMS), score=float(cell.att.scores[cell.head, cell.query, cell.key]))


def tell_weight(cell: Cell) -> None:
    """From the score to its share of the softmax, or to 0 behind the mask."""
    att, at, digits = cell.att, (cell.head, cell.query, cell.key), cell.digits
    values = {"score": float(att.scores[at]), "scaled": float(att.scaled[at]), "weight": float(att.weights[at])}
    score, scaled, weight = (number(value, digits) for value in values.values())
    divided = f"{score} ÷ √{att.queries.shape[-1]} = **{scaled}**"
    if att.mask[cell.query, cell.key]:
        write_out(f"{divided} · {_('but the key comes later: −∞ instead, and the weight is **0**')}", **values)
        return
    shares = {"above": float(cell.powers[cell.key]), "below": float(cell.powers.sum())}
    above, below = (number(power, digits) for power in shares.values())
    softmax = r"softmax $= e^{x - \max} / \sum e^{x - \max}$"
    write_out(f"{divided} · {softmax} = {above} ÷ {below} = **{weight}**", **values, **shares)


def tell_context(weights: Tensor, values: Tensor, context: Tensor, digits: int) -> None:
    """Weight times value of each key: of all numbers of the context where they are few, else of the largest."""
    numbers = context.tolist()
    shown = list(range(len(numbers)))
    if len(numbers) <= FEW_NUMBERS:
        vector = "[ " + " ; ".join(number(value, 4) for value in numbers) + " ]"
        write_out(_("**Context vector**: {numbers}").format(numbers=vector), numbers=Written(vector, numbers))
    else:
        shown = [int(context.abs().argmax())]
        tell(_("**Context**, the largest of its {n} numbers: weight × value of each key"), n=len(numbers))
    for i in shown:
        line = _("number {i}: {sum}").format(i=i, sum=equation(weights, values[:, i], numbers[i], digits))
        write_out(line, **({"largest": numbers[i]} if len(shown) == 1 else {}))


def check_sums(cell: Cell, again: Head) -> None:
    """All that is drawn and written of this query, from score to context, against PyTorch's own attention.

    `again` is that attention; the scores, which it keeps to itself, are those of the queries and keys it was given.
    """
    att, at, head_dim = cell.att, (cell.head, cell.query), cell.att.queries.shape[-1]
    scores, weights, context = (
        again.keys @ again.queries[cell.query],
        again.weights[cell.query],
        again.context[cell.query],
    )
    written = written_out(att.queries[at], att.keys[cell.head, cell.key], most=MOST_TERMS).total
    deviation = max(
        _off(att.scores[at], scores),
        _off(att.scaled[at] * sqrt(head_dim), scores),
        _off(scores.new_tensor(written), scores[cell.key]),
        _off(att.weights[at], weights),
        _off(cell.powers / cell.powers.sum(), weights),
        _off(att.context[at], context),
    )
    sentence = _(
        "Scores, ÷ √{d}, softmax and context, as drawn and written above, are those of PyTorch’s own "
        "scaled_dot_product_attention: they differ by at most {deviation:tiny}."
    )
    check(deviation < 1e-3, sentence, d=head_dim, deviation=deviation)


def _off(found: Tensor, wanted: Tensor) -> float:
    """The largest difference; of numbers above 1, as a share of the largest."""
    return float((found - wanted).abs().max()) / max(1.0, float(wanted.abs().max()))


def offer_whole_score(cell: Cell) -> None:
    """All terms of the score, where some were left out."""
    head_dim = cell.att.queries.shape[-1]
    if head_dim > MOST_TERMS:
        with st.expander(_("The whole score: all {n} terms").format(n=head_dim)):
            st.markdown(_score(cell, most=head_dim))


def _score(cell: Cell, *, most: int) -> str:
    att, head = cell.att, cell.head
    score = float(att.scores[head, cell.query, cell.key])
    return equation(att.queries[head, cell.query], att.keys[head, cell.key], score, cell.digits, most=most)


def equation(
    left: Tensor, right: Tensor, result: float, digits: int, *, term_digits: int | None = None, most: int = MOST_TERMS
) -> str:
    """left · right as Markdown, `most` of its terms in full: (0.43 × 0.55) + … 61 more terms (0.02) = **0.26**."""
    total = written_out(left, right, most=most)
    fine = digits if term_digits is None else term_digits
    terms = [f"({number(term.left, fine)} × {number(term.right, fine)})" for term in total.terms]
    if total.n_rest:
        terms.append(_("… {n} more terms ({sum})").format(n=total.n_rest, sum=number(total.rest, fine)))
    return f"{' + '.join(terms)} = **{number(result, digits)}**"

"""Chapter 6: a token may look back but not ahead, or predicting the next one would be copying."""

import numpy as np
import pandas as pd

from gpt_core.measure import by_torch
from gpt_core.measure.dropout import dropped_out
from gpt_core.model import attention
from pages.experiments.causal_mask.matrices import Matrix, side_by_side
from pages.figures import Scale
from pages.services.classes.question import Choice
from pages.ui import chapter, choices, guess
from pages.ui.chapter import Choices, Reading, check, tell
from pages.ui.story import charts_first
from pages.ui.words import N_, _


def three_steps(reading: Reading, chosen: Choices) -> None:
    """Scores, the same with minus infinity, and the weights that the softmax makes of them."""
    att = reading.trace.blocks[chosen.layer].att
    scaled, weights, later = att.scaled[chosen.head].numpy(), att.weights[chosen.head].numpy(), att.mask.numpy()
    signed = Scale("signed", limit=float(np.abs(scaled).max()) or 1.0, bar=False)
    matrices = (
        Matrix("mask_scores", _("1 · scaled scores"), scaled, scale=signed),
        Matrix("mask_masked", _("2 · masked scores"), scaled, later, signed),
        Matrix("mask_weights", _("3 · weights (softmax)"), weights, later),
    )
    side_by_side(matrices, reading.tokens, selected=(chosen.token, chosen.key), on_click=choices.choose_cell)


def one_score(reading: Reading, chosen: Choices) -> None:
    """What the mask does to the chosen score."""
    att = reading.trace.blocks[chosen.layer].att
    cell = chosen.head, chosen.token, chosen.key
    if att.mask[chosen.token, chosen.key]:
        sentence = _(
            "{query} may not see {key}: its score {score:.2f} becomes minus infinity, and e to that power is 0."
        )
    else:
        sentence = _("{query} may see {key}: the score {score:.2f} stays and becomes a weight of {weight:.4f}.")
    tell(
        sentence,
        query=reading.tokens[chosen.token],
        key=reading.tokens[chosen.key],
        score=float(att.scaled[cell]),
        weight=float(att.weights[cell]),
    )


def nothing_ahead(reading: Reading, chosen: Choices) -> None:
    """The check: later tokens get nothing, and the others what PyTorch's own attention gives them."""
    att, head = reading.trace.blocks[chosen.layer].att, chosen.head
    again = reading.of(by_torch.head_from_weights, layer=chosen.layer, head=head).weights
    ahead = float(att.weights[head].triu(1).abs().sum())
    deviation = max(float((one - again).abs().max()) for one in (att.weights[head], att.masked[head].softmax(dim=-1)))
    check(
        ahead == 0 and deviation < 1e-3,
        _(
            "All weights on later tokens together: {ahead:tiny}. PyTorch’s own causal attention, from the stream and "
            "this head’s matrices, gives the same weights: the largest deviation is {deviation:tiny}."
        ),
        ahead=ahead,
        deviation=deviation,
    )


def formula(_reading: Reading, _chosen: Choices) -> None:
    """The mask as a matrix that is added."""
    chapter.formula(
        rf"\text{{{_('weights')}}} = "
        r"\text{softmax}\!\left(\frac{QK^\top}{\sqrt{d}} + M\right), \qquad "
        r"M_{ij} = \begin{cases} 0 & j \le i \\ -\infty & j > i \end{cases}"
    )


STORY = (three_steps, charts_first, one_score, nothing_ahead, formula)


def guesses(reading: Reading, _chosen: Choices) -> list[Choice]:
    """The cells above the diagonal, those with it, all, and one row."""
    n = len(reading.ids)
    return guess.numbers(N_("{n:,|cell|cells}"), n * (n - 1) // 2, n * (n + 1) // 2, n * n, n)


def answer(reading: Reading, _chosen: Choices) -> None:
    """How many cells of this text's matrix the mask forbids."""
    later = reading.trace.blocks[0].att.mask
    tell(
        _(
            "{n:,|token makes|tokens make} {all:,|cell|cells}, of which {forbidden:,|is|are} forbidden: "
            "n · (n − 1) ÷ 2."
        ),
        n=len(later),
        all=later.numel(),
        forbidden=int(later.sum()),
    )


CODE = (attention.causal_mask, attention.attend, attention.renormalised, dropped_out)


def table(reading: Reading, chosen: Choices) -> pd.DataFrame:
    """Each query and key of the chosen head, with the score on its way to a weight."""
    att, head = reading.trace.blocks[chosen.layer].att, chosen.head
    labels = chapter.labels(reading)
    return pd.DataFrame(
        {
            _("query"): np.repeat(labels, len(labels)),
            _("key"): labels * len(labels),
            _("scaled score"): att.scaled[head].flatten().numpy(),
            _("masked score"): att.masked[head].flatten().numpy(),
            _("weight"): att.weights[head].flatten().numpy(),
        }
    )

"""Chapter 13: from the stream to a probability for every token of the vocabulary."""

from math import exp

import pandas as pd
from torch import Tensor

from gpt_core.measure import by_torch, lens, prediction
from gpt_core.measure.prediction import Prediction, rounding_of_sum
from pages import figures, show
from pages.experiments.forward_pass import predictions
from pages.experiments.forward_pass.predictions import FOLLOWED, here
from pages.figures import Measure
from pages.services.classes.question import Choice
from pages.ui import caveats, chapter, guess, session
from pages.ui.chapter import Choices, Reading, check, tell
from pages.ui.story import beside, charts_first
from pages.ui.words import _, number

SMALL_SHARE = 0.01
ON_THE_WALL = 7  # candidates


def candidates(reading: Reading, chosen: Choices) -> None:
    """The likeliest next tokens, and what all others share; a click on a bar follows its candidate."""
    now, tokens, followed = here(reading, chosen)
    if chosen.present:
        tokens = tokens[: max(ON_THE_WALL, followed + 1)]
    probs = now.probs.numpy()[: len(tokens)]
    rest = max(now.total - float(probs.sum(dtype=float)), 0.0)
    show.candidates(
        "forward_bars",
        [*tokens, _("{n} others").format(n=number(now.vocab_size - len(tokens)))],
        [*probs, rest],
        _("The likeliest next tokens with their probabilities, and what all others share."),
        # those of random weights would all be 0.0%
        measure=Measure(_("probability"), ".1%" if probs.max() >= SMALL_SHARE else ".2~p"),
        highlighted=followed,
        height=380,
        on_click=show.candidate_by_click(tokens, key=FOLLOWED),
    )


def rank_by_depth(reading: Reading, chosen: Choices) -> None:
    """Which candidate is followed, and its rank as the stream goes through the layers."""
    followed = show.choose_candidate(here(reading, chosen)[1], key=FOLLOWED)
    ranks = figures.ranks_by_depth(
        reading.of(predictions.candidates_through_depth, position=chosen.token).ranks[:, followed].numpy(),
        names=(_("embedding"), _("attention"), _("feed-forward")),
        x_title=_("block"),
        y_title=_("rank of the candidate"),
    )
    alt = _("The rank of the chosen candidate after the embedding, each attention and each feed-forward.")
    show.chart("forward_ranks", ranks, alt, height=295)


def one_candidate(reading: Reading, chosen: Choices) -> None:
    """The candidate that is followed in words."""
    now, tokens, followed = here(reading, chosen)
    tell(
        _("After {token}, the candidate {candidate} has {share:.1%}: rank {rank:,} of {all:,}."),
        token=reading.tokens[chosen.token],
        candidate=tokens[followed],
        share=float(now.probs[followed]),
        rank=int(now.ranks[followed]),
        all=now.vocab_size,
    )


def the_texts_own(reading: Reading, chosen: Choices) -> None:
    """What really follows in the text."""
    for token in reading.tokens[chosen.token + 1 : chosen.token + 2]:
        tell(_("In the text, {token} comes next."), token=token)
    caveats.note_untrained(reading)


def probs_by_torch(reading: Reading, position: int) -> Tensor:
    """The probability of every token to come after `position`, without anything of the pass that is shown."""
    return by_torch.next_probs(reading.model, reading.of(by_torch.final_vectors)[position])


def the_same_by_torch(reading: Reading, chosen: Choices) -> None:
    """The check: a second pass, by PyTorch's own functions, gives the bars, and the formula below gives its own."""
    now, _tokens, followed = here(reading, chosen)
    again = reading.of(probs_by_torch, position=chosen.token)
    of_bars = (now.probs - again[now.ids]).tolist()
    of_rest = abs(now.rest - (1 - float(again[now.ids].sum())))  # a sum of many, each of which was rounded
    by_formula = exp(float(now.logits[followed]) - now.highest) / now.exp_sum
    of_formula = by_formula - float(again[now.ids[followed]])
    deviation = max(abs(found) for found in (*of_bars, of_formula)) / float(again.max())
    check(
        deviation < 1e-3 and of_rest < rounding_of_sum(now.vocab_size),
        _(
            "PyTorch’s own functions, from the ids and the model’s weights alone, give the same probabilities: they "
            "differ by at most {deviation:tiny} of the largest."
        ),
        deviation=deviation,
    )


def lens_is_the_output(reading: Reading, chosen: Choices) -> None:
    """The check: at the last station the lens sees what the model says, and no token has seen a later one."""
    deviation = reading.of(prediction.lens_deviation, position=chosen.token)
    check(
        deviation < 1e-3,
        _("The lens at the last station equals the output of a model that read no further: within {deviation:tiny}."),
        deviation=deviation,
    )


def formula(reading: Reading, chosen: Choices) -> None:
    """The softmax with the numbers of the candidate that is followed."""
    now, _tokens, followed = here(reading, chosen)
    logit, share = float(now.logits[followed]), float(now.probs[followed])
    chapter.formula(worked_formula(now, followed), logit=logit, highest=now.highest, exp_sum=now.exp_sum, share=share)


STORY = (
    beside((5, candidates), (6, rank_by_depth), first=rank_by_depth),
    charts_first,
    one_candidate,
    the_texts_own,
    the_same_by_torch,
    lens_is_the_output,
    formula,
)


def worked_formula(now: Prediction, followed: int) -> str:
    """The softmax with the numbers of one candidate in it."""
    logit, highest, share = float(now.logits[followed]), tex(now.highest, 3), float(now.probs[followed])
    subtracted = f"({highest})" if highest.startswith("−") else highest
    return (
        rf"p = \frac{{e^{{z - z_\text{{max}}}}}}{{\sum_j e^{{z_j - z_\text{{max}}}}}}"
        rf" = \frac{{e^{{{tex(logit, 3)} - {subtracted}}}}}{{{tex(now.exp_sum, 3)}}} = {tex(share, 5)}"
    )


def tex(value: float, digits: int) -> str:
    """A number for a formula: a decimal comma without the space after it, powers of ten raised."""
    mantissa, _times, exponent = number(value, digits, raised="^{}").partition("·10^")
    plain = mantissa.replace(",", "{,}").replace("\u202f", r"\,")
    return rf"{plain} \cdot 10^{{{exponent}}}" if exponent else plain


def guesses(reading: Reading, _chosen: Choices) -> list[Choice]:
    """The token that surprised the model most, and those that did less."""
    if len(reading.ids) < 2:
        return []
    order = reading.of(predictions.surprise).argsort(descending=True)
    return guess.positions(reading, [1 + at for at in order.tolist()])


def answer(reading: Reading, _chosen: Choices) -> None:
    """The answer to the chapter's question: the token that the model expected least, and what it expected instead."""
    bits = predictions.surprise_or_word(reading)
    if bits is None:
        return
    least = 1 + int(bits.argmax())
    expected = reading.of(predictions.after, position=least - 1)
    tell(
        _("{token}, number {n}: {bits:.1f} bits. After {before} the model had expected {other}, with {share:.1%}."),
        token=reading.tokens[least],
        n=least,
        bits=float(bits.max()),
        before=reading.tokens[least - 1],
        other=show.pieces(expected.ids)[0],
        share=float(expected.probs[0]),
    )


def notebook(_reading: Reading, _chosen: Choices) -> dict[str, object]:
    """What the chapter's notebook must know besides the choices."""
    return {"followed": session.get(FOLLOWED, 0)}


CODE = (prediction.predicted, lens.logit_lens, prediction.through_depth, lens.contributions, lens.surprise)


def table(reading: Reading, chosen: Choices) -> pd.DataFrame:
    """A row for each candidate, from logit to probability."""
    return pd.DataFrame(predictions.candidate_rows(here(reading, chosen)[0]))

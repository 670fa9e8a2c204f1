"""Which words mattered: each left out in turn, exactly, beside what the gradient guesses."""

from math import log2

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from torch import Tensor

from gpt_core import GPT, GPTTrace
from gpt_core.measure import by_torch, mattered
from pages import figures, show
from pages.figures import Axis, Beside, Measure, palette
from pages.ui import chapter
from pages.ui.chapter import Choices, Reading, check, say, tell
from pages.ui.words import N_, _

TITLE = N_("Which words mattered")

MOST = 24  # tokens, the last of the text: each one left out is a pass of its own


def read_again(model: GPT, trace: GPTTrace, token: int) -> Tensor:
    """The bits lost without each token."""
    return mattered.bits_lost(model, trace.ids[-MOST:], token=token)


def guessed(model: GPT, trace: GPTTrace, token: int) -> Tensor:
    """The same as gradient × input has it."""
    return mattered.gradient_times_input(model, trace.ids[-MOST:], token=token)


def without(model: GPT, trace: GPTTrace, place: int, token: int) -> float:
    """The bits lost without one token, by PyTorch's own functions."""
    ids = trace.ids[-MOST:].tolist()
    shorter = ids[:place] + ids[place + 1 :]
    whole, rest = (
        float(by_torch.next_probs(model, by_torch.final_vectors(model, trace.ids.new_tensor(one))[-1])[token])
        for one in (ids, shorter)
    )
    return log2(whole / rest)


def disagree(exact: NDArray[np.floating], guess: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Where one says that the token helps and the other that it harms."""
    return exact * guess < 0


def both(reading: Reading) -> tuple[bytes, list[bytes], NDArray[np.floating], NDArray[np.floating]]:
    """The model's first choice, the tokens that were read, and both measures of each."""
    best = int(reading.of(read_from_here).argmax())
    exact, guess = (reading.of(of, token=best).numpy() for of in (read_again, guessed))
    return show.pieces(reading.trace.ids.new_tensor([best]))[0], list(reading.tokens[-MOST:]), exact, guess


def read_from_here(model: GPT, trace: GPTTrace) -> Tensor:
    """The logits after the tokens that take part."""
    return model.trace(trace.ids[-MOST:]).next_logits


def draw(reading: Reading, _chosen: Choices) -> None:
    """Both measures of each token as bars, the word that matters most, and where the two disagree."""
    say("mattered")
    if len(reading.ids) < 2:
        tell(_("The text has one token only: without it there is nothing to read."))
        return
    choice, tokens, exact, guess = both(reading)
    bars = figures.bars(
        exact,
        Axis(tokens, meaning="token"),
        measure=Measure(_("bits"), ".1f", written=False),
        beside=Beside(guess, (_("left out"), _("gradient × input"))),
        colour=palette.TOKEN,
        horizontal=False,
    )
    alt = _("For each token of the text: by how many bits the first choice is less expected without it.")
    show.chart("mattered", bars, alt, height=380)
    most, apart = int(np.abs(exact).argmax()), disagree(exact, guess)
    tell(
        _(
            "Without {word} the first choice, {choice}, is worth {bits:+.2f} bits more of surprise: no token changes "
            "more. Gradient × input says {guess:+.2f}, and has another sign for {n:,} of {all:,|token|tokens}."
        ),
        word=tokens[most],
        choice=choice,
        bits=float(exact[most]),
        guess=float(guess[most]),
        n=int(apart.sum()),
        all=len(tokens),
    )
    best = int(reading.of(read_from_here).argmax())
    off = abs(reading.of(without, place=most, token=best) - float(exact[most]))
    sentence = _(
        "PyTorch’s own functions, on both texts from the weights alone, say the same: they differ by {n:tiny}."
    )
    check(off < 1e-2, sentence, n=off)


def answer(reading: Reading, _chosen: Choices) -> None:
    """The token whose absence changes most, and the one that the gradient would have named."""
    if len(reading.ids) < 2:
        tell(_("The text has one token only: without it there is nothing to read."))
        return
    _choice, tokens, exact, guess = both(reading)
    named = (tokens[int(np.abs(one).argmax())] for one in (exact, guess))
    tell(
        _("The largest difference is made by {exact}; by gradient × input it would be {guess}."),
        exact=next(named),
        guess=next(named),
    )


CODE = (mattered.bits_lost, mattered.gradient_times_input)


def table(reading: Reading, _chosen: Choices) -> pd.DataFrame:
    """A row for each token that was read."""
    labels = chapter.labels(reading)[-MOST:]
    if len(reading.ids) < 2:
        return pd.DataFrame({_("token"): labels})
    _choice, _tokens, exact, guess = both(reading)
    return pd.DataFrame({_("token"): labels, _("left out"): exact, _("gradient × input"): guess})

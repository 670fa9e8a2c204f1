"""A dial instead of a switch: one head from 0 to 2 times its size, and what becomes of the candidates."""

import numpy as np
import pandas as pd
from torch import Tensor

from gpt_core import GPT, GPTTrace, Intervention
from gpt_core.model.attention import SelfAttention
from pages import figures, show
from pages.experiments.what_if import switches
from pages.figures import Measure, NumberAxis, visible
from pages.ui.chapter import Choices, Reading, check, say, tell
from pages.ui.layout import decimal_slider
from pages.ui.words import N_, _

TITLE = N_("A dial for one head")

DIAL = "what_if_dial"
STOPS = tuple(round(0.25 * i, 2) for i in range(9))  # at which the lines are computed
SHOWN = 5


def dialled(reading: Reading, chosen: Choices, factor: float) -> Reading:
    """The text with the chosen head's context vectors multiplied."""
    return reading.under(Intervention(heads_times={(chosen.layer, chosen.head, factor)}))


def next_probs(trace: GPTTrace) -> Tensor:
    """Of every token to come next."""
    return trace.next_logits.softmax(dim=-1)


def apart(model: GPT, trace: GPTTrace, layer: int, head: int) -> tuple[float, float]:
    """How far a factor of 0 is from the switch, and one of 1 from the model as it is, in the logits."""
    read = [
        model.trace(trace.ids, change).next_logits
        for change in (
            Intervention(heads_times={(layer, head, 0.0)}),
            Intervention(heads_off={(layer, head)}),
            Intervention(heads_times={(layer, head, 1.0)}),
        )
    ]
    return float((read[0] - read[1]).abs().max()), float((read[2] - trace.next_logits).abs().max())


def draw(reading: Reading, chosen: Choices) -> None:
    """Candidates as lines over the dial, and in a sentence what it does where it stands."""
    say("dial")
    factor = decimal_slider(_("The head, this many times"), 0.0, 2.0, 1.0, 0.25, key=DIAL)
    ids, lines = along(reading, chosen)
    names = [f"{i + 1}. {visible(token)}" for i, token in enumerate(show.pieces(ids))]
    figure = figures.lines(
        {name: lines[:, i] for i, name in enumerate(names)},
        NumberAxis(STOPS, _("layer {layer}, head {head}, times").format(layer=chosen.layer, head=chosen.head)),
        measure=Measure(_("probability"), ".1%"),
        highlighted=STOPS.index(factor),
    )
    at, usual = lines[STOPS.index(factor)], lines[STOPS.index(1.0)]
    sentence = _(
        "{token}, the first choice of the model as it is: {usual:.1%}; with the head {factor:.2f} times: {now:.1%}."
    )
    alt = _("Lines: the likeliest tokens while one head is turned from 0 to 2 times its size.")
    show.chart("dial", figure, alt, height=360, least=0.45)
    tell(sentence, token=show.pieces(ids)[0], usual=float(usual[0]), factor=factor, now=float(at[0]))
    off, as_it_is = reading.of(apart, layer=chosen.layer, head=chosen.head)
    check(
        off == as_it_is == 0,
        _("At 0 the logits are those of the head switched off, at 1 those of the model: they differ by {n:tiny}."),
        n=max(off, as_it_is),
    )


def along(reading: Reading, chosen: Choices) -> tuple[Tensor, np.ndarray]:
    """The likeliest tokens of the model as it is, and their probabilities [stop, token]."""
    ids = reading.trace.next_logits.topk(SHOWN).indices
    return ids, np.stack([dialled(reading, chosen, stop).of(next_probs)[ids].numpy() for stop in STOPS])


def answer(reading: Reading, chosen: Choices) -> None:
    """What twice the head does, beside none of it."""
    none, twice = (
        reading.of(show.next_token_change, other=dialled(reading, chosen, factor), n=switches.SHOWN).moved
        for factor in (0.0, 2.0)
    )
    sentence = _("Switched off, this head moves {none:.1%} of all probability; twice as strong, {twice:.1%}.")
    tell(sentence, none=none, twice=twice)


CODE = (SelfAttention.trace, Intervention)


def table(reading: Reading, chosen: Choices) -> pd.DataFrame:
    """A row for each stop of the dial."""
    ids, lines = along(reading, chosen)
    shares = {f"{i + 1}. {visible(token)}": lines[:, i] for i, token in enumerate(show.pieces(ids))}
    return pd.DataFrame({_("times"): STOPS, **shares})

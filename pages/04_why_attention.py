"""Chapter 4: one state cannot hold a long text; attention looks straight back at every word."""

import numpy as np
import pandas as pd
from torch import Tensor

from gpt_core import GPTTrace
from gpt_core.examples import recurrent
from gpt_core.examples.recurrent import Reach
from pages import figures, show
from pages.experiments.why_attention import network
from pages.figures import Axis, Measure, palette
from pages.services.classes.question import Choice
from pages.ui import chapter, guess
from pages.ui.chapter import Choices, Reading
from pages.ui.layout import decimal_slider, slider
from pages.ui.story import beside, charts_first
from pages.ui.words import N_, _, plural


def attention_reach(trace: GPTTrace, seed: int) -> Reach:
    """How much the last context vector of one untrained head depends on each word."""
    return recurrent.attention_reach(trace.embedding.token, seed=seed)


def differentiated_reach(trace: GPTTrace, strength: float, seed: int) -> Tensor:
    """The influences on the network's last state, by automatic differentiation."""
    return recurrent.differentiated_reach(trace.embedding.token, strength=strength, seed=seed)


def shares(reading: Reading, chosen: Choices) -> dict[str, np.ndarray]:
    """Three answers to: how much does each word count at the end? Each sums to 1."""
    weights = reading.trace.blocks[chosen.layer].att.weights[chosen.head, -1]
    model = _("this model: layer {layer}, head {head}").format(layer=chosen.layer, head=chosen.head)
    untrained = reading.of(attention_reach, seed=network.settings()["seed"])
    return {
        _("recurrent network"): network.reach(reading).shares.numpy(),
        _("untrained attention head"): untrained.shares.numpy(),
        model: weights.numpy(),
    }


def settings(_reading: Reading, _chosen: Choices) -> None:
    """The two settings of the network."""
    decimal_slider(_("Memory strength"), 0.1, 1.0, network.STRENGTH, 0.05, key="why_attention_strength")
    slider(_("Seed"), 101, 150, network.SEED, key="why_attention_seed")
    chapter.note(_("strength: by how much each step keeps the state; 1 is the most that does not explode"))


def fading(reading: Reading, chosen: Choices) -> None:
    """The three answers over the words of the text, on a log axis."""
    series = shares(reading, chosen)
    colours = (palette.POSITION, palette.KEY, palette.ATTENTION)
    figure = figures.lines(
        series,
        Axis(reading.tokens, meaning="token"),
        measure=Measure(_("share of the influence"), ".2~g", log=True),
        colours=dict(zip(series, colours, strict=True)),
        highlighted=network.word_in_focus(reading, chosen),
    )
    alt = _("How much of each word is left at the end of the text: recurrent network, attention head, this model.")
    show.chart("fading", figure, alt, height=410, on_click=network.choose_word)


def one_word(reading: Reading, chosen: Choices) -> None:
    """What the word in focus has in each of the three."""
    word = network.word_in_focus(reading, chosen)
    recurrent_share, head_share, model_share = (float(share[word]) for share in shares(reading, chosen).values())
    behind = len(reading.ids) - 1 - word
    chapter.tell(
        plural(
            "{token} stands {n} token before the end. Of all influence on the last state it has {recurrent:.2%} in "
            "the recurrent network, {head:.2%} in the attention head, and this model’s head gives it {model:.2%}.",
            "{token} stands {n} tokens before the end. Of all influence on the last state it has {recurrent:.2%} in "
            "the recurrent network, {head:.2%} in the attention head, and this model’s head gives it {model:.2%}.",
            behind,
        ),
        token=reading.tokens[word],
        n=behind,
        recurrent=recurrent_share,
        head=head_share,
        model=model_share,
    )


def half_from_the_end(share: np.ndarray) -> int:
    """How many words, counted from the end, have half of the influence."""
    so_far = np.cumsum(share[::-1]) / share.sum()
    return int((so_far < 0.5).sum()) + 1


def half_of_all(reading: Reading, chosen: Choices) -> None:
    """How far back one must go for half of the influence, in each of the three."""
    recurrent_n, head_n, model_n = map(half_from_the_end, shares(reading, chosen).values())
    chapter.tell(
        _(
            "Counted from the end, half of the influence lies within {recurrent:,|token|tokens} in the recurrent "
            "network, {head:,} in the untrained head and {model:,} in this model’s head, of {all:,}."
        ),
        recurrent=recurrent_n,
        head=head_n,
        model=model_n,
        all=len(reading.ids),
    )


def differentiated(reading: Reading, _chosen: Choices) -> None:
    """The check: the chain rule by hand against automatic differentiation."""
    influence = network.reach(reading).influence
    found = reading.of(differentiated_reach, **network.settings())
    deviation = float((found - influence).abs().max() / influence.max())
    chapter.check(
        deviation < 1e-4,
        _("Automatic differentiation finds the same influences: they differ by {deviation:tiny} of the largest."),
        deviation=deviation,
    )


def honest(_reading: Reading, _chosen: Choices) -> None:
    """What is trained here and what is not."""
    chapter.say("honest")


def formula(_reading: Reading, _chosen: Choices) -> None:
    """One state that is overwritten, against a sum that reaches every word."""
    chapter.formula(
        r"s_t = \tanh(W x_t + U s_{t-1}) \qquad "
        rf"\text{{{_('against')}}} \qquad "
        r"z_T = \textstyle\sum_t \alpha_{T,t}\, v_t"
    )


STORY = (
    beside((7, fading), (2, settings), first=settings),
    charts_first,
    one_word,
    half_of_all,
    differentiated,
    honest,
    formula,
)


def guesses(reading: Reading, _chosen: Choices) -> list[Choice]:
    """What is left of the first word's share, and shares that would be left by other rules."""
    now = network.settings()
    weaker = reading.of(network.recurrent_reach, strength=now["strength"] / 2, seed=now["seed"])
    share = float(network.reach(reading).shares[0])
    return guess.numbers(N_("{n:.2%}"), float(weaker.shares[0]), share / 2, share / 10, share)


def answer(reading: Reading, _chosen: Choices) -> None:
    """The answer to the chapter's question: half the strength."""
    now = network.settings()
    half = now["strength"] / 2
    weaker = reading.of(network.recurrent_reach, strength=half, seed=now["seed"])
    chapter.tell(
        _(
            "With strength {strength:.2f}, the first word {token} has {share:.2%} of the influence on the last state; "
            "with {half:.3f}, {less:.2%}."
        ),
        strength=now["strength"],
        token=reading.tokens[0],
        share=float(network.reach(reading).shares[0]),
        half=half,
        less=float(weaker.shares[0]),
    )


def notebook(_reading: Reading, _chosen: Choices) -> dict[str, object]:
    """What the chapter's notebook must know besides the choices."""
    return network.settings()


CODE = (recurrent.recurrent_reach, recurrent.attention_reach, recurrent.alignment)


def table(reading: Reading, chosen: Choices) -> pd.DataFrame:
    """The three shares of every word."""
    return pd.DataFrame({_("token"): chapter.labels(reading), **shares(reading, chosen)})

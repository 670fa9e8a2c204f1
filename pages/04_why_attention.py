"""Chapter 4: one state cannot hold a long text; attention looks straight back at every word."""

import numpy as np
import pandas as pd
from torch import Tensor

from gpt_core import GPTTrace
from gpt_core.examples import recurrent
from gpt_core.examples.recurrent import Reach
from pages import figures, show
from pages.experiments.why_attention import network
from pages.figures import Axis, Beside, Measure, palette
from pages.services.classes.question import Choice
from pages.ui import chapter, guess
from pages.ui.chapter import Choices, Reading
from pages.ui.layout import decimal_slider, slider
from pages.ui.story import beside, charts_first
from pages.ui.words import N_, _, plural

MOST_BARS = 12  # words that have bars of their own


def attention_reach(trace: GPTTrace, seed: int) -> Reach:
    """How much the last context vector of one untrained head depends on each word."""
    return recurrent.attention_reach(trace.embedding.token, seed=seed)


def differentiated_reach(trace: GPTTrace, strength: float, seed: int) -> Tensor:
    """The influences on the network's last state, by automatic differentiation."""
    return recurrent.differentiated_reach(trace.embedding.token, strength=strength, seed=seed)


def shares(reading: Reading) -> dict[str, np.ndarray]:
    """Two answers to: how much of each word is left at the end? Each sums to 1."""
    untrained = reading.of(attention_reach, seed=network.settings()["seed"])
    return {_("recurrent network"): network.reach(reading).shares.numpy(), _("attention"): untrained.shares.numpy()}


def settings(_reading: Reading, _chosen: Choices) -> None:
    """The two settings of the network."""
    decimal_slider(_("Memory strength"), *network.STRENGTHS, key="why_attention_strength")
    slider(_("Seed"), *network.SEEDS, network.SEED, key="why_attention_seed")
    chapter.note(_("strength: how much of the state each step keeps"))


def groups_by_distance(n: int) -> list[range]:
    """How far before the end words stand, the furthest first: one by one, or where many in groups that double.

    >>> [(group.start, group.stop - 1) for group in groups_by_distance(14)]
    [(8, 13), (4, 7), (2, 3), (1, 1), (0, 0)]
    """
    if n <= MOST_BARS:
        return [range(back, back + 1) for back in reversed(range(n))]
    starts = [0, *(2**power for power in range((n - 1).bit_length()))]
    groups = [range(start, min(stop, n)) for start, stop in zip(starts, [*starts[1:], n], strict=True)]
    return groups[::-1]


def mean_left(share: np.ndarray, groups: list[range]) -> np.ndarray:
    """What is left of one word, on average over each group."""
    from_the_end = share[::-1]
    return np.array([from_the_end[group.start : group.stop].mean() for group in groups])


def fading(reading: Reading, _chosen: Choices) -> None:
    """What is left of a word at the end: two bars for each distance."""
    n = len(reading.ids)
    groups, (of_network, of_attention) = groups_by_distance(n), shares(reading).values()
    alone = n == len(groups)
    far = [f"{one.start}–{one.stop - 1}" if len(one) > 1 else str(one.start) for one in groups]
    along = _("the end of the text is on the right") if alone else _("tokens before the end of the text")
    figure = figures.bars(
        mean_left(of_network, groups),
        Axis(reading.tokens if alone else far, along, "token" if alone else "plain"),
        measure=Measure(_("left of a word at the end"), ".1%", written=False),
        beside=Beside(mean_left(of_attention, groups), (_("recurrent"), _("attention")), palette.ATTENTION),
        colour=palette.POSITION,
        horizontal=False,
    )
    alt = _("Bars: how much of each word is left at the end of the text, in a recurrent network and with attention.")
    show.chart("fading", figure, alt, height=410, on_click=network.choose_word if alone else None)


def one_word(reading: Reading, chosen: Choices) -> None:
    """What is left of the word in focus, by both roads, and how many times as much by the second."""
    word = network.word_in_focus(reading, chosen)
    of_network, of_attention = (float(share[word]) for share in shares(reading).values())
    behind = len(reading.ids) - 1 - word
    told = {"token": reading.tokens[word], "n": behind, "recurrent": of_network, "head": of_attention}
    chapter.tell(
        plural(
            "{token} stands {n} token before the end. Of all that reaches the last state, {recurrent:.2%} is its own "
            "in the recurrent network, {head:.2%} with attention.",
            "{token} stands {n} tokens before the end. Of all that reaches the last state, {recurrent:.2%} is its own "
            "in the recurrent network, {head:.2%} with attention.",
            behind,
        ),
        **told,
    )
    if of_network:
        chapter.tell(_("With attention it is {times:.2f} times as much."), times=of_attention / of_network)


def half_from_the_end(share: np.ndarray) -> int:
    """How many words, counted from the end, have half of the influence."""
    so_far = np.cumsum(share[::-1]) / share.sum()
    return int((so_far < 0.5).sum()) + 1


def half_of_all(reading: Reading, _chosen: Choices) -> None:
    """How far back one must go for half of all that is left, by both roads."""
    of_network, of_attention = map(half_from_the_end, shares(reading).values())
    chapter.tell(
        _(
            "Counted from the end, half of all that is left lies within {recurrent:,|token|tokens} in the recurrent "
            "network, within {head:,} with attention, of {all:,}."
        ),
        recurrent=of_network,
        head=of_attention,
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


CODE = (recurrent.recurrent_reach, recurrent.attention_reach)


def table(reading: Reading, chosen: Choices) -> pd.DataFrame:
    """Both shares of every word, and what this model's chosen head gives it from the last token."""
    model = _("this model: layer {layer}, head {head}").format(layer=chosen.layer, head=chosen.head)
    weights = reading.trace.blocks[chosen.layer].att.weights[chosen.head, -1].numpy()
    return pd.DataFrame({_("token"): chapter.labels(reading), **shares(reading), model: weights})

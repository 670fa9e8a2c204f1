"""Dropout, as in training: weights dropped at random, the others made larger; on average nothing changes."""

import streamlit as st
from jaxtyping import Float
from torch import Tensor

from gpt_core import GPTTrace
from gpt_core.measure import dropout
from gpt_core.measure.dropout import dropped_out, mean_of_draws
from pages.experiments.causal_mask.matrices import Matrix, side_by_side
from pages.ui.chapter import Choices, Reading, check, say, tell
from pages.ui.layout import decimal_slider, number_box, stops
from pages.ui.words import N_, _

TITLE = N_("Dropout")


def averaged(trace: GPTTrace, layer: int, head: int, rate: float, seed: int, draws: int) -> Float[Tensor, "query key"]:
    """The mean of many draws from one head's weights."""
    return mean_of_draws(trace.blocks[layer].att.weights[head], rate=rate, seed=seed, draws=draws)


def draw(reading: Reading, chosen: Choices) -> None:
    """The weights, one draw, and the mean of many."""
    say("dropout")
    left, middle, right = st.columns(3, gap="medium", vertical_alignment="bottom")
    rate = decimal_slider(_("Dropout rate"), 0.0, 0.9, 0.5, 0.1, key="causal_mask_rate", place=left)
    seed = number_box(_("Seed"), 0, 9_999, 123, key="causal_mask_seed", place=middle)
    draws = stops(_("Draws to average"), [1, 10, 100, 1_000], 100, key="causal_mask_draws", place=right)
    att = reading.trace.blocks[chosen.layer].att
    weights, later = att.weights[chosen.head], att.mask.numpy()
    once = dropped_out(weights, rate=rate, seed=seed)
    mean = reading.of(averaged, layer=chosen.layer, head=chosen.head, rate=rate, seed=seed, draws=draws)
    three = (
        Matrix("mask_dropout_weights", _("weights"), weights.numpy(), later),
        Matrix("mask_dropout_draw", _("one draw"), once.numpy(), later),
        Matrix("mask_dropout_mean", _("mean of the draws"), mean.numpy(), later),
    )
    side_by_side(three, reading.tokens)
    sums = once.sum(dim=-1)
    tell(
        _("In this draw the rows sum to anything from {low:.2f} to {high:.2f}; what is kept grows {factor:.2f} times."),
        low=float(sums.min()),
        high=float(sums.max()),
        factor=1 / (1 - rate),
    )
    if not chosen.present:  # on the wall the matrices need the room
        _check_draws(weights, once, mean, rate, draws)


def _check_draws(weights: Tensor, once: Tensor, mean: Tensor, rate: float, draws: int) -> None:
    """What a single draw may hold, and how far chance lets the mean be off, weight by weight."""
    off = dropout.draw_deviation(weights, once, rate=rate)
    if not rate:
        deviation = float((mean - weights).abs().max())
        sentence = _("Nothing is dropped: the mean of the draws is at most {deviation:tiny} off the weights.")
        check(max(off, deviation) < 1e-6, sentence, deviation=deviation)
        return
    errors = dropout.errors_off(weights, mean, rate=rate, draws=draws)
    most = dropout.most_by_chance(int((weights > 0).sum()), rate=rate, draws=draws)
    sentence = _("In the draw each weight is 0 or {factor:.2f} times itself.")
    if draws > 1:
        sentence = _(
            "In the draw each weight is 0 or {factor:.2f} times itself. The mean of {n:,|draw|draws} is off by at most "
            "{errors:.1f} times the weight’s own standard error, weight · √(rate ÷ ((1 − rate) · {n:,})); chance "
            "allows {most:.1f}."
        )
    holds = off < 1e-6 / (1 - rate) and errors <= most + 1e-3
    check(holds, sentence, n=draws, factor=1 / (1 - rate), errors=errors, most=most)

"""Dropout on average: each draw disturbs the attention weights, and the mean of many draws gives them back."""

from math import log, sqrt

import torch
from jaxtyping import Float
from torch import Tensor


def dropped_out(weights: Float[Tensor, "... query key"], *, rate: float, seed: int) -> Float[Tensor, "... query key"]:
    """Dropout as in training: each weight is zeroed with probability `rate`, the others grow by 1 / (1 - rate).

    Rows no longer sum to 1, on purpose: only their average over many draws does. Raschka, section 3.5.2.
    """
    if not 0 <= rate < 1:
        raise ValueError(f"rate={rate} is not in [0, 1)")
    generator = torch.Generator().manual_seed(seed)
    kept = torch.rand(weights.shape, generator=generator) >= rate
    return weights * kept / (1 - rate)


def mean_of_draws(
    weights: Float[Tensor, "query key"], *, rate: float, seed: int, draws: int
) -> Float[Tensor, "query key"]:
    """The mean of `dropped_out` for the seeds `seed`, `seed + 1`, …; its error shrinks as 1 / sqrt(draws)."""
    total = torch.zeros_like(weights, dtype=torch.double)  # a thousand float32 sums would add up their rounding
    for draw in range(draws):
        total += dropped_out(weights, rate=rate, seed=seed + draw)
    return (total / draws).to(weights.dtype)


def draw_deviation(weights: Float[Tensor, "*shape"], once: Float[Tensor, "*shape"], *, rate: float) -> float:
    """How far the numbers of one draw are from what they may be, 0 or weight ÷ (1 - rate), whichever is nearer."""
    grown = weights.double() / (1 - rate)
    return float(torch.minimum(once.double().abs(), (once - grown).abs()).max())


def standard_error(rate: float, draws: int) -> float:
    """Of the mean of `draws` draws, as a share of the weight itself: weight · √(rate ÷ ((1 - rate) · draws)).

    >>> standard_error(0.5, 100)
    0.1
    """
    return sqrt(rate / ((1 - rate) * draws))


def errors_off(weights: Float[Tensor, "*shape"], mean: Float[Tensor, "*shape"], *, rate: float, draws: int) -> float:
    """The largest deviation of a mean from its weight, in standard errors of that very weight.

    Weights of less than a millionth stay out: rounding would count for more than chance.
    """
    seen = weights > 1e-6
    off = (mean[seen].double() - weights[seen]).abs() / weights[seen]
    return float(off.max()) / standard_error(rate, draws)


def most_by_chance(n_weights: int, *, rate: float, draws: int, risk: float = 1e-6) -> float:
    """The deviation, in standard errors, that the worst of `n_weights` exceeds in one picture out of a million.

    Exact: how often a weight is kept follows the binomial distribution, which is lopsided at high rates and few draws.

    >>> round(most_by_chance(1, rate=0.5, draws=1000), 1)
    4.9
    """
    n_kept = torch.arange(draws + 1.0, dtype=torch.double)
    of_n = torch.tensor(float(draws), dtype=torch.double)
    ways = torch.lgamma(of_n + 1) - torch.lgamma(n_kept + 1) - torch.lgamma(of_n - n_kept + 1)
    chances = (ways + n_kept * log(1 - rate) + (of_n - n_kept) * log(rate)).exp()
    at_most, at_least = chances.cumsum(0), chances.flip(0).cumsum(0).flip(0)
    possible = n_kept[torch.minimum(at_most, at_least) > risk / (2 * n_weights)]
    expected = draws * (1 - rate)
    return float((possible - expected).abs().max()) / (expected * standard_error(rate, draws))

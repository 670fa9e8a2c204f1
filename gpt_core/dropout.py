"""Dropout on average: each draw disturbs the attention weights, and the mean of many draws gives them back."""

import torch
from jaxtyping import Float
from torch import Tensor

from gpt_core.attention import dropped_out


def mean_of_draws(
    weights: Float[Tensor, "query key"], *, rate: float, seed: int, draws: int
) -> Float[Tensor, "query key"]:
    """The mean of `dropped_out` for the seeds `seed`, `seed + 1`, …; its error shrinks as 1 / sqrt(draws)."""
    total = torch.zeros_like(weights, dtype=torch.double)  # a thousand float32 sums would add up their rounding
    for draw in range(draws):
        total += dropped_out(weights, rate=rate, seed=seed + draw)
    return (total / draws).to(weights.dtype)

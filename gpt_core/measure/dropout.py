"""Dropout on average: each draw disturbs the attention weights, and the mean of many draws gives them back."""

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

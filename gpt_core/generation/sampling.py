"""What is drawn from: probabilities at a temperature, and what top-k and top-p leave of them."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

COLDEST = 1e-6  # anything colder counts as 0: logits divided by it would overflow


def apply_temperature(logits: Float[Tensor, "... vocab_size"], temperature: float) -> Float[Tensor, "... vocab_size"]:
    """Probabilities at a temperature: below 1 sharper, above 1 flatter, and at 0 all on the highest logit."""
    if not temperature >= 0:
        raise ValueError(f"temperature={temperature} is not a number of at least 0")
    if temperature < COLDEST:
        winner = logits.argmax(dim=-1, keepdim=True)
        return torch.zeros_like(logits).scatter(-1, winner, 1.0)
    highest = logits.amax(dim=-1, keepdim=True)  # subtracted first, or a tiny temperature would overflow
    return ((logits - highest) / temperature).softmax(dim=-1)


def top_k_top_p_mask(
    probs: Float[Tensor, " vocab_size"], *, top_k: int | None = None, top_p: float | None = None
) -> Bool[Tensor, " vocab_size"]:
    """Which tokens survive: among the `top_k` likeliest, and in the smallest set whose sum reaches `top_p`.

    A probability of 0 never survives. Equal probabilities at the edge of top-k all stay. Top-p looks at what top-k
    left, made to sum to 1 again.
    Source: Holtzman et al. 2019, "The Curious Case of Neural Text Degeneration".
    """
    if top_k is not None and top_k < 1:
        raise ValueError(f"top_k={top_k} leaves no token to choose from")
    if top_p is not None and not 0 < top_p <= 1:
        raise ValueError(f"top_p={top_p} is not in (0, 1]")
    survives = probs > 0
    if top_k is not None and top_k < probs.shape[-1]:
        survives = survives & (probs >= probs.topk(top_k).values[-1])
    if top_p is not None and top_p < 1:
        left = probs * survives
        ordered, order = (left / left.sum()).sort(descending=True, stable=True)
        before = ordered.cumsum(dim=-1) - ordered  # what the likelier ones already sum to
        survives = survives & torch.zeros_like(survives).scatter(-1, order, before < top_p)
    return survives


def renormalise_over(
    probs: Float[Tensor, " vocab_size"], mask: Bool[Tensor, " vocab_size"]
) -> Float[Tensor, " vocab_size"]:
    """`probs` with those outside `mask` at 0, and the others made to sum to 1 again."""
    left = probs * mask
    return left / left.sum()

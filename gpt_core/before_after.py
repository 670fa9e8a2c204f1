"""Before and after: what a change to the model does to its next-token probabilities."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from gpt_core.trace import GPTTrace


@dataclass(frozen=True)
class Shift:
    """The likeliest tokens of both, those of before first, and how much probability moved elsewhere."""

    ids: Int[Tensor, " n_ids"]
    before: Float[Tensor, " n_ids"]
    after: Float[Tensor, " n_ids"]
    moved: Float[Tensor, ""]  # total variation: 0 nothing changed, 1 nothing is left as it was


def shift(before: GPTTrace, after: GPTTrace, *, position: int = -1, n: int = 5) -> Shift:
    """Compare two traces of the same text at `position`, over the whole vocabulary."""
    one, other = (trace.out_head(trace.final_norm.out[position]).softmax(dim=-1) for trace in (before, after))
    first, then = one.topk(n).indices, other.topk(n).indices
    ids = torch.cat([first, then[~torch.isin(then, first)]])
    return Shift(ids, one[ids], other[ids], moved=0.5 * (one - other).abs().sum())

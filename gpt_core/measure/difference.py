"""Before and after: how two traces differ, in what they say comes next and at each position."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from gpt_core.model.trace import GPTTrace


@dataclass(frozen=True)
class NextTokenChange:
    """The likeliest next tokens of two traces taken together, best first, and what each trace gives them."""

    ids: Int[Tensor, " n"]
    before: Float[Tensor, " n"]
    after: Float[Tensor, " n"]
    moved: float  # probability that changed hands, over the whole vocabulary: 0 for no change, 1 for all of it

    @property
    def difference(self) -> Float[Tensor, " n"]:
        """What each token gained from the first trace to the second; below 0, lost."""
        return self.after - self.before

    @property
    def finite(self) -> bool:
        """False when numbers overflowed on the way, so that there is no prediction."""
        return bool(torch.isfinite(self.after).all() and torch.isfinite(self.before).all())


def next_token_change(before: GPTTrace, after: GPTTrace, n: int = 8) -> NextTokenChange:
    """Compare what two traces say comes after their last token; the first choice of each is among the tokens.

    `moved` is the total variation distance: half the sum of all absolute differences.
    """
    first, second = (trace.next_logits.softmax(dim=-1) for trace in (before, after))
    likeliest = torch.maximum(first, second.nan_to_num())
    likeliest[torch.stack([first.argmax(), second.nan_to_num().argmax()])] = 2.0  # above any probability
    ids = likeliest.topk(n).indices
    ids = ids[first[ids].argsort(descending=True, stable=True)]
    return NextTokenChange(ids, first[ids], second[ids], moved=float((first - second).abs().sum() / 2))


def logit_change(before: GPTTrace, after: GPTTrace) -> Float[Tensor, " T"]:
    """At each position, the largest absolute change of any of its logits; both texts have equally many tokens."""
    return (before.logits - after.logits).abs().amax(dim=-1)


def stream_change(before: GPTTrace, after: GPTTrace) -> Float[Tensor, "depth T"]:
    """How far the residual stream moved at each depth and position: the length of the difference."""
    return (before.residual_stream - after.residual_stream).norm(dim=-1)

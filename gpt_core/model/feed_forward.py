"""The feed-forward network: each token, on its own, is widened fourfold, bent by GELU and narrowed again."""

from collections.abc import Callable

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from gpt_core.model.config import GPTConfig
from gpt_core.model.intervention import Activation
from gpt_core.model.trace import FeedForwardTrace


def gelu(x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """GPT-2 was trained with this tanh form; nn.GELU() alone is a different function (up to 5e-4 per activation).

    Source: openai/gpt-2, src/model.py: gelu(); Raschka, section 4.3.

    >>> import torch
    >>> gelu(torch.tensor([-1.0, 0.0, 1.0]))
    tensor([-0.1588,  0.0000,  0.8412])
    """
    return F.gelu(x, approximate="tanh")


BENDS: dict[Activation, Callable[[Tensor], Tensor]] = {"relu": F.relu, "silu": F.silu}  # what other models bend with


class FeedForward(nn.Module):
    """Widen (`up`), bend, narrow (`down`). Without the bend, the two matrices would be no more than one."""

    up: nn.Linear
    down: nn.Linear

    def __init__(self, config: GPTConfig) -> None:
        super().__init__()
        self.up = nn.Linear(config.emb_dim, config.ff_dim)
        self.down = nn.Linear(config.ff_dim, config.emb_dim)

    def trace(self, x: Float[Tensor, "... T emb_dim"], *, activation: Activation | None = None) -> FeedForwardTrace:
        """Widen, bend, narrow; keeps the neurons before (`pre`) and after (`post`) the bend.

        With an `activation` it bends by that instead of the one it was trained with.
        """
        pre = self.up(x)
        post = BENDS[activation](pre) if activation else gelu(pre)
        return FeedForwardTrace(pre=pre, post=post, out=self.down(post))

    def forward(self, x: Float[Tensor, "... T emb_dim"]) -> Float[Tensor, "... T emb_dim"]:
        """What the layer adds to the stream, of the shape of `x`."""
        return self.trace(x).out

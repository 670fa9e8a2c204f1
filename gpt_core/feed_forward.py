"""The feed-forward network: each token, on its own, is widened fourfold, bent by GELU and narrowed again."""

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from gpt_core.config import GPTConfig
from gpt_core.linear import Linear
from gpt_core.trace import FeedForwardTrace


def gelu(x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """GPT-2 was trained with this tanh form; nn.GELU() alone is a different function (up to 5e-4 per activation).

    Source: openai/gpt-2, src/model.py: gelu(); Raschka, section 4.3.

    >>> gelu(torch.tensor([-1.0, 0.0, 1.0]))
    tensor([-0.1588,  0.0000,  0.8412])
    """
    return F.gelu(x, approximate="tanh")


ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "GELU (tanh)": gelu,
    "GELU (erf)": F.gelu,
    "ReLU": F.relu,
    "SiLU": F.silu,
}


def slope(name: str, x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """The derivative of `ACTIVATIONS[name]` at each number of `x`, by autograd.

    >>> slope("ReLU", torch.tensor([-2.0, 3.0]))
    tensor([0., 1.])
    """
    with torch.inference_mode(mode=False), torch.enable_grad():
        at = x.detach().clone().requires_grad_()
        (derivative,) = torch.autograd.grad(ACTIVATIONS[name](at).sum(), at)
    return derivative


def at_numbers(function: Callable[[Tensor], Tensor], numbers: NDArray[np.floating]) -> NDArray[np.floating]:
    """A function of tensors at numpy's numbers, for whoever draws it."""
    return function(torch.from_numpy(np.ascontiguousarray(numbers))).numpy()


class FeedForward(nn.Module):
    """Widen (`up`), bend, narrow (`down`). Without the bend, the two matrices would be no more than one."""

    def __init__(self, config: GPTConfig) -> None:
        super().__init__()
        self.up = Linear(config.emb_dim, config.ff_dim)
        self.down = Linear(config.ff_dim, config.emb_dim)

    def trace(self, x: Float[Tensor, "... T emb_dim"]) -> FeedForwardTrace:
        pre = self.up(x)
        post = gelu(pre)
        return FeedForwardTrace(pre=pre, post=post, out=self.down(post))

    def forward(self, x: Float[Tensor, "... T emb_dim"]) -> Float[Tensor, "... T emb_dim"]:
        return self.trace(x).out

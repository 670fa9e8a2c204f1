"""Layer normalisation: each token's vector is brought to mean 0 and variance 1, then scaled and shifted."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from gpt_core.model.trace import LayerNormTrace

EPS = 1e-5  # openai/gpt-2, src/model.py: norm()


class LayerNorm(nn.Module):
    """The variance is the biased one (divided by n, not n - 1): the book says so in 4.2, and GPT-2 was trained so."""

    scale: nn.Parameter
    shift: nn.Parameter

    def __init__(self, emb_dim: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(emb_dim))
        self.shift = nn.Parameter(torch.zeros(emb_dim))

    def trace(self, x: Float[Tensor, "... T emb_dim"], *, skip: bool = False) -> LayerNormTrace:
        """Normalise over the last axis; `skip=True` measures mean and variance but hands `x` on unchanged."""
        mean = x.mean(dim=-1, keepdim=True)
        centred = x - mean
        variance = centred.square().mean(dim=-1, keepdim=True)
        if skip:
            return LayerNormTrace(mean=mean, variance=variance, normalised=x, out=x)
        normalised = centred * torch.rsqrt(variance + EPS)
        return LayerNormTrace(mean, variance, normalised, out=normalised * self.scale + self.shift)

    def forward(self, x: Float[Tensor, "... T emb_dim"]) -> Float[Tensor, "... T emb_dim"]:
        """`x` normalised, scaled and shifted, of the shape it came in."""
        return self.trace(x).out

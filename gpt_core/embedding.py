"""Embedding: each id picks a row of a table, and so does each position; the two rows are added."""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from gpt_core.config import GPTConfig
from gpt_core.trace import EmbeddingTrace


class Table(nn.Embedding):
    """`nn.Embedding`; on the "meta" device, where there is nothing to fill, it is not filled."""

    def reset_parameters(self) -> None:
        if not self.weight.is_meta:
            super().reset_parameters()


class Embedding(nn.Module):
    """The token table and the position table. GPT-2 learns both; the first Transformer computed the second."""

    def __init__(self, config: GPTConfig) -> None:
        super().__init__()
        self.tok_emb = Table(config.vocab_size, config.emb_dim)
        self.pos_emb = Table(config.context_length, config.emb_dim)

    def trace(self, ids: Int[Tensor, "... T"], *, start: int = 0, positions: bool = True) -> EmbeddingTrace:
        """Look up `ids`, the first of which stands at position `start`; `positions=False` adds zeros instead."""
        token = self.tok_emb(ids)
        learned = self.pos_emb(torch.arange(start, start + ids.shape[-1], device=ids.device))
        position = learned if positions else torch.zeros_like(learned)
        return EmbeddingTrace(token=token, position=position, out=token + position)

    def forward(self, ids: Int[Tensor, "... T"]) -> Float[Tensor, "... T emb_dim"]:
        return self.trace(ids).out


def sinusoids(n_positions: int, emb_dim: int) -> Float[Tensor, "n_positions emb_dim"]:
    """The fixed positions of the first Transformer: sines at even places, cosines at odd ones.

    Source: Vaswani et al. 2017, section 3.5. Wavelengths run from 2π to 10000·2π.

    >>> sinusoids(2, 4)[0]
    tensor([0., 1., 0., 1.])
    """
    positions = torch.arange(n_positions, dtype=torch.float64)[:, None]
    pair = torch.arange(emb_dim) // 2 * 2
    angles = positions / 10_000 ** (pair / emb_dim)
    even = torch.arange(emb_dim) % 2 == 0
    return torch.where(even, angles.sin(), angles.cos()).float()


def linear_bias(n_positions: int, slope: float = 0.5) -> Float[Tensor, "query key"]:
    """A relative scheme: the further back a key, the more its score is lowered (ALiBi).

    Source: Press et al. 2021, "Train Short, Test Long". Later keys are left at 0; the causal mask hides them.

    >>> linear_bias(3, slope=0.5)
    tensor([[ 0.0000,  0.0000,  0.0000],
            [-0.5000,  0.0000,  0.0000],
            [-1.0000, -0.5000,  0.0000]])
    """
    place = torch.arange(n_positions)
    distance = (place[:, None] - place[None, :]).clamp(min=0)
    return torch.where(distance > 0, -slope * distance, 0.0)


def rotate(vectors: Float[Tensor, "... T head_dim"], *, base: float = 10_000.0) -> Float[Tensor, "... T head_dim"]:
    """A relative scheme: turn each pair of numbers by an angle that grows with the position (RoPE).

    The dot product of two turned vectors depends on their distance alone, not on where they stand.
    Source: Su et al. 2021, "RoFormer", section 3.2 (neighbouring numbers form a pair).
    """
    n_positions, head_dim = vectors.shape[-2:]
    if head_dim % 2:
        raise ValueError(f"rotation turns pairs of numbers: head_dim={head_dim} is odd")
    speeds = base ** (-torch.arange(0, head_dim, 2) / head_dim)
    angles = torch.arange(n_positions)[:, None] * speeds
    first, second = vectors[..., 0::2], vectors[..., 1::2]
    turned = (first * angles.cos() - second * angles.sin(), first * angles.sin() + second * angles.cos())
    return torch.stack(turned, dim=-1).flatten(-2)

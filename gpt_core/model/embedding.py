"""Embedding: each id picks a row of a table, and so does each position; the two rows are added."""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from gpt_core.model.config import GPTConfig
from gpt_core.model.trace import EmbeddingTrace


class Embedding(nn.Module):
    """The token table and the position table. GPT-2 learns both; the first Transformer computed the second."""

    tok_emb: nn.Embedding
    pos_emb: nn.Embedding

    def __init__(self, config: GPTConfig) -> None:
        super().__init__()
        self.tok_emb = nn.Embedding(config.vocab_size, config.emb_dim)
        self.pos_emb = nn.Embedding(config.context_length, config.emb_dim)

    def trace(self, ids: Int[Tensor, "... T"], *, start: int = 0, positions: bool = True) -> EmbeddingTrace:
        """Look up `ids`, the first of which stands at position `start`; `positions=False` adds zeros instead."""
        token = self.tok_emb(ids)
        learned = self.pos_emb(torch.arange(start, start + ids.shape[-1], device=ids.device))
        position = learned if positions else torch.zeros_like(learned)
        return EmbeddingTrace(token=token, position=position, out=token + position)

    def forward(self, ids: Int[Tensor, "... T"]) -> Float[Tensor, "... T emb_dim"]:
        """Token plus position: the first vectors of the stream."""
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

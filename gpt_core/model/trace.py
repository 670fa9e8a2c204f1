"""Everything a GPT computes on its way from ids to logits, each thing with its name and its shape."""

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor


class KeyValues(NamedTuple):
    """What one layer's attention keeps of earlier tokens: all that a later token will ever ask of them."""

    keys: Float[Tensor, "... n_heads past head_dim"]
    values: Float[Tensor, "... n_heads past head_dim"]


@dataclass(frozen=True)
class EmbeddingTrace:
    """What a token is plus where it stands: the first vectors of the residual stream."""

    token: Float[Tensor, "... T emb_dim"]
    position: Float[Tensor, "T emb_dim"]
    out: Float[Tensor, "... T emb_dim"]


@dataclass(frozen=True)
class LayerNormTrace:
    """One normalisation: `out = normalised * scale + shift`."""

    mean: Float[Tensor, "... T 1"]
    variance: Float[Tensor, "... T 1"]  # biased: divided by emb_dim, as in training
    normalised: Float[Tensor, "... T emb_dim"]  # mean 0 and variance 1 for each token
    out: Float[Tensor, "... T emb_dim"]


@dataclass(frozen=True)
class AttentionTrace:
    """One layer's attention, all heads. A row is the token that asks (query), a column the one that answers (key)."""

    queries: Float[Tensor, "... n_heads query head_dim"]
    keys: Float[Tensor, "... n_heads key head_dim"]
    values: Float[Tensor, "... n_heads key head_dim"]
    scores: Float[Tensor, "... n_heads query key"]  # q·k, as the book's attn_scores: not scaled, not masked
    weights: Float[Tensor, "... n_heads query key"]  # softmax(mask(scores / sqrt(head_dim))): every row sums to 1
    context: Float[Tensor, "... n_heads query head_dim"]  # weights @ values
    out: Float[Tensor, "... query emb_dim"]  # heads side by side, then out_proj
    mask: Bool[Tensor, "query key"]  # True where a key may not be seen: it comes after the query

    @property
    def scaled(self) -> Float[Tensor, "... n_heads query key"]:
        """Scores divided by sqrt(head_dim), so that wide heads do not make the softmax all-or-nothing."""
        return self.scores / sqrt(self.queries.shape[-1])

    @property
    def masked(self) -> Float[Tensor, "... n_heads query key"]:
        """Scaled scores with minus infinity where the key comes later than the query."""
        return self.scaled.masked_fill(self.mask, -torch.inf)


@dataclass(frozen=True)
class FeedForwardTrace:
    """The feed-forward network: widen, GELU, narrow."""

    pre: Float[Tensor, "... T ff_dim"]
    post: Float[Tensor, "... T ff_dim"]
    out: Float[Tensor, "... T emb_dim"]


@dataclass(frozen=True)
class BlockTrace:
    """One transformer block: `resid_mid = resid_pre + att.out`, `resid_post = resid_mid + ff.out`."""

    resid_pre: Float[Tensor, "... T emb_dim"]
    norm1: LayerNormTrace
    att: AttentionTrace
    resid_mid: Float[Tensor, "... T emb_dim"]
    norm2: LayerNormTrace
    ff: FeedForwardTrace
    resid_post: Float[Tensor, "... T emb_dim"]


@dataclass(frozen=True)
class GPTTrace:
    """One honest forward pass.

    The output head is a third of GPT-2's work and its output larger than all the rest, so logits are computed each time
    they are asked for and not kept: `logits` for every position, `next_logits` for the last one alone.
    """

    ids: Int[Tensor, "... T"]
    embedding: EmbeddingTrace
    blocks: tuple[BlockTrace, ...]
    final_norm: LayerNormTrace
    out_head: Callable[[Float[Tensor, "... emb_dim"]], Float[Tensor, "... vocab_size"]]

    @property
    def logits(self) -> Float[Tensor, "... T vocab_size"]:
        """One score per vocabulary entry, at every position."""
        return self.out_head(self.final_norm.out)

    def logits_at(self, position: int) -> Float[Tensor, "... vocab_size"]:
        """The logits at one position: what the model says comes after that token. -1 is the last.

        Raises IndexError for a position that the text does not have.
        """
        return self.out_head(self.final_norm.out[..., position, :])

    @property
    def next_logits(self) -> Float[Tensor, "... vocab_size"]:
        """The last position's logits: what the model says comes next."""
        return self.logits_at(-1)

    @property
    def probs(self) -> Float[Tensor, "... T vocab_size"]:
        """The softmax of the logits: at each position, a probability for every possible next token."""
        return self.logits.softmax(dim=-1)

    @property
    def residual_stream(self) -> Float[Tensor, "... depth T emb_dim"]:
        """The stream as it enters the first block and as it leaves each one: depth = n_layers + 1."""
        stations = [self.embedding.out, *(block.resid_post for block in self.blocks)]
        return torch.stack(stations, dim=-3)

    @property
    def kv_cache(self) -> tuple[KeyValues, ...]:
        """The key/value cache: give it to the next `GPT.trace` as `past` and only new tokens need computing."""
        return tuple(KeyValues(block.att.keys, block.att.values) for block in self.blocks)

    @property
    def n_bytes(self) -> int:
        """Memory held by the tensors of this trace."""
        parts = [self.embedding, self.final_norm]
        for block in self.blocks:
            parts += [block, block.norm1, block.att, block.norm2, block.ff]
        tensors = [value for part in parts for value in vars(part).values() if isinstance(value, Tensor)]
        tensors += [value for value in vars(self).values() if isinstance(value, Tensor)]
        storages = {tensor.untyped_storage().data_ptr(): tensor.untyped_storage().nbytes() for tensor in tensors}
        return sum(storages.values())

"""Causal self-attention: each token gathers from itself and the tokens before it."""

from math import sqrt

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from gpt_core.config import GPTConfig
from gpt_core.linear import Linear
from gpt_core.trace import AttentionTrace, KeyValues


def later_keys(n_queries: int, n_keys: int) -> Bool[Tensor, "query key"]:
    """True where the key stands after the query. The queries are the last `n_queries` of the `n_keys` tokens.

    >>> later_keys(2, 3)
    tensor([[False, False,  True],
            [False, False, False]])
    """
    return torch.ones(n_queries, n_keys, dtype=torch.bool).triu(1 + n_keys - n_queries)


def attend(
    queries: Float[Tensor, "... query head_dim"],
    keys: Float[Tensor, "... key head_dim"],
    values: Float[Tensor, "... key out_dim"],
    later: Bool[Tensor, "query key"],
) -> tuple[Float[Tensor, "... query key"], Float[Tensor, "... query key"], Float[Tensor, "... query out_dim"]]:
    """The heart of it: compare every query with every key, then mix the values accordingly.

    Returns scores, weights and context. Source: Vaswani et al. 2017, section 3.2.1; Raschka, section 3.4.
    """
    scores = queries @ keys.transpose(-2, -1)
    scaled = scores / sqrt(queries.shape[-1])
    masked = scaled.masked_fill(later, -torch.inf)
    weights = masked.softmax(dim=-1)
    return scores, weights, weights @ values


def silenced_heads(
    context: Float[Tensor, "... n_heads query head_dim"], heads: tuple[int, ...]
) -> Float[Tensor, "... n_heads query head_dim"]:
    """The context vectors with those of `heads` set to zero."""
    off = torch.tensor([head in heads for head in range(context.shape[-3])], device=context.device)
    return context.masked_fill(off[:, None, None], 0.0)


class SelfAttention(nn.Module):
    """All heads of one layer. The columns of W_query, W_key and W_value are shared out evenly among the heads."""

    def __init__(self, config: GPTConfig) -> None:
        super().__init__()
        self.n_heads = config.n_heads
        self.W_query = Linear(config.emb_dim, config.emb_dim, bias=config.qkv_bias)
        self.W_key = Linear(config.emb_dim, config.emb_dim, bias=config.qkv_bias)
        self.W_value = Linear(config.emb_dim, config.emb_dim, bias=config.qkv_bias)
        self.out_proj = Linear(config.emb_dim, config.emb_dim)

    def split_heads(self, x: Float[Tensor, "... T emb_dim"]) -> Float[Tensor, "... n_heads T head_dim"]:
        """Cut each token's vector into `n_heads` pieces of `head_dim` numbers."""
        return x.unflatten(-1, (self.n_heads, -1)).transpose(-3, -2)

    def trace(
        self,
        x: Float[Tensor, "... T emb_dim"],
        *,
        past: KeyValues | None = None,
        causal: bool = True,
        heads_off: tuple[int, ...] = (),
    ) -> AttentionTrace:
        """Attend over `past` and `x`; `causal=False` drops the mask; the context of `heads_off` is set to zero."""
        queries = self.split_heads(self.W_query(x))
        new_keys = self.split_heads(self.W_key(x))
        new_values = self.split_heads(self.W_value(x))
        keys = new_keys if past is None else torch.cat([past.keys, new_keys], dim=-2)
        values = new_values if past is None else torch.cat([past.values, new_values], dim=-2)

        n_queries, n_keys = queries.shape[-2], keys.shape[-2]
        later = later_keys(n_queries, n_keys).to(x.device) & causal
        scores, weights, gathered = attend(queries, keys, values, later)
        context = silenced_heads(gathered, heads_off) if heads_off else gathered
        merged = context.transpose(-3, -2).flatten(-2)
        return AttentionTrace(queries, keys, values, scores, weights, context, self.out_proj(merged), later)

    def forward(self, x: Float[Tensor, "... T emb_dim"]) -> Float[Tensor, "... T emb_dim"]:
        return self.trace(x).out


def renormalised(
    weights: Float[Tensor, "... query key"], later: Bool[Tensor, "query key"]
) -> Float[Tensor, "... query key"]:
    """The book's first way to mask: zero the later keys after the softmax, then make each row sum to 1 again.

    The same matrix as minus infinity before the softmax: what is common to a row cancels. Raschka, section 3.5.
    """
    kept = weights.masked_fill(later, 0.0)
    return kept / kept.sum(dim=-1, keepdim=True)


def dropped_out(weights: Float[Tensor, "... query key"], *, rate: float, seed: int) -> Float[Tensor, "... query key"]:
    """Dropout as in training: each weight is zeroed with probability `rate`, the others grow by 1 / (1 - rate).

    Rows no longer sum to 1, on purpose: only their average over many draws does. Raschka, section 3.5.2.
    """
    if not 0 <= rate < 1:
        raise ValueError(f"rate={rate} is not in [0, 1)")
    generator = torch.Generator().manual_seed(seed)
    kept = torch.rand(weights.shape, generator=generator) >= rate
    return weights * kept / (1 - rate)

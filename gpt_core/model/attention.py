"""Causal self-attention: each token gathers from itself and the tokens before it."""

from math import sqrt

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from gpt_core.model.config import GPTConfig
from gpt_core.model.trace import AttentionTrace, KeyValues


def causal_mask(n_queries: int, n_keys: int) -> Bool[Tensor, "query key"]:
    """True where the key stands after the query. The queries are the last `n_queries` of the `n_keys` tokens.

    >>> causal_mask(2, 3)
    tensor([[False, False,  True],
            [False, False, False]])
    """
    return torch.ones(n_queries, n_keys, dtype=torch.bool).triu(1 + n_keys - n_queries)


def attend(
    queries: Float[Tensor, "... query head_dim"],
    keys: Float[Tensor, "... key head_dim"],
    values: Float[Tensor, "... key out_dim"],
    mask: Bool[Tensor, "query key"],
) -> tuple[Float[Tensor, "... query key"], Float[Tensor, "... query key"], Float[Tensor, "... query out_dim"]]:
    """The heart of it: compare every query with every key, then mix the values accordingly.

    Returns scores, weights and context. Source: Vaswani et al. 2017, section 3.2.1; Raschka, section 3.4.
    """
    scores = queries @ keys.transpose(-2, -1)
    scaled = scores / sqrt(queries.shape[-1])
    masked = scaled.masked_fill(mask, -torch.inf)
    weights = masked.softmax(dim=-1)
    return scores, weights, weights @ values


def zeroed_heads(
    context: Float[Tensor, "... n_heads query head_dim"], heads: tuple[int, ...]
) -> Float[Tensor, "... n_heads query head_dim"]:
    """The context vectors with those of `heads` set to zero."""
    off = torch.tensor([head in heads for head in range(context.shape[-3])], device=context.device)
    return context.masked_fill(off[:, None, None], 0.0)


def scaled_heads(
    context: Float[Tensor, "... n_heads query head_dim"], times: dict[int, float]
) -> Float[Tensor, "... n_heads query head_dim"]:
    """The context vectors, those of some heads multiplied."""
    factors = context.new_tensor([times.get(head, 1.0) for head in range(context.shape[-3])])
    return context * factors[:, None, None]


class SelfAttention(nn.Module):
    """All heads of one layer. The columns of W_query, W_key and W_value are shared out evenly among the heads."""

    n_heads: int
    W_query: nn.Linear
    W_key: nn.Linear
    W_value: nn.Linear
    out_proj: nn.Linear

    def __init__(self, config: GPTConfig) -> None:
        super().__init__()
        self.n_heads = config.n_heads
        self.W_query = nn.Linear(config.emb_dim, config.emb_dim, bias=config.qkv_bias)
        self.W_key = nn.Linear(config.emb_dim, config.emb_dim, bias=config.qkv_bias)
        self.W_value = nn.Linear(config.emb_dim, config.emb_dim, bias=config.qkv_bias)
        self.out_proj = nn.Linear(config.emb_dim, config.emb_dim)

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
        heads_times: dict[int, float] | None = None,
    ) -> AttentionTrace:
        """Attend over `past` and `x`; `causal=False` drops the mask.

        The context of `heads_off` is set to zero, that of the heads in `heads_times` multiplied.
        """
        queries = self.split_heads(self.W_query(x))
        new_keys = self.split_heads(self.W_key(x))
        new_values = self.split_heads(self.W_value(x))
        keys = new_keys if past is None else torch.cat([past.keys, new_keys], dim=-2)
        values = new_values if past is None else torch.cat([past.values, new_values], dim=-2)

        n_queries, n_keys = queries.shape[-2], keys.shape[-2]
        mask = causal_mask(n_queries, n_keys).to(x.device) & causal
        scores, weights, gathered = attend(queries, keys, values, mask)
        dialled = scaled_heads(gathered, heads_times) if heads_times else gathered
        context = zeroed_heads(dialled, heads_off) if heads_off else dialled
        merged = context.transpose(-3, -2).flatten(-2)
        return AttentionTrace(queries, keys, values, scores, weights, context, self.out_proj(merged), mask)

    def forward(self, x: Float[Tensor, "... T emb_dim"]) -> Float[Tensor, "... T emb_dim"]:
        """What the layer adds to the stream, of the shape of `x`."""
        return self.trace(x).out


def renormalised(
    weights: Float[Tensor, "... query key"], mask: Bool[Tensor, "query key"]
) -> Float[Tensor, "... query key"]:
    """The book's first way to mask: zero the later keys after the softmax, then make each row sum to 1 again.

    The same matrix as minus infinity before the softmax: what is common to a row cancels. Raschka, section 3.5.
    """
    kept = weights.masked_fill(mask, 0.0)
    return kept / kept.sum(dim=-1, keepdim=True)

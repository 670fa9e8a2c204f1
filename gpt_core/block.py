"""The transformer block: normalise, attend, add; normalise, think, add. The shape of the stream never changes."""

from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor, nn

from gpt_core.attention import SelfAttention
from gpt_core.config import GPTConfig
from gpt_core.feed_forward import FeedForward
from gpt_core.intervention import NOTHING, Intervention
from gpt_core.layer_norm import LayerNorm
from gpt_core.trace import BlockTrace, KeyValues


def silenced(x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """Zeros instead of `x`, but still computed from it, so that a gradient can be asked for (and is 0)."""
    return x.masked_fill(torch.ones_like(x, dtype=torch.bool), 0.0)


class Block(nn.Module):
    """Pre-norm: each sub-layer reads a normalised copy, and its result is added to the stream by a shortcut."""

    def __init__(self, config: GPTConfig, layer: int = 0) -> None:
        super().__init__()
        self.layer = layer
        self.att = SelfAttention(config)
        self.ff = FeedForward(config)
        self.norm1 = LayerNorm(config.emb_dim)
        self.norm2 = LayerNorm(config.emb_dim)

    def trace(
        self,
        x: Float[Tensor, "... T emb_dim"],
        *,
        past: KeyValues | None = None,
        intervention: Intervention | None = None,
    ) -> BlockTrace:
        """Run the block on the stream `x`, changed as `intervention` says for this layer."""
        change, layer = intervention or NOTHING, self.layer
        resid_pre = change.patched(x, "resid_pre", layer)

        norm1 = self.norm1.trace(resid_pre, skip=(layer, 1) in change.norms_off)
        heads_off = tuple(head for at, head in change.heads_off if at == layer)
        attended = self.att.trace(norm1.out, past=past, causal=layer not in change.mask_off, heads_off=heads_off)
        att_out = silenced(attended.out) if layer in change.attention_off else attended.out
        att = replace(attended, out=change.patched(att_out, "att.out", layer))
        added = att.out if (layer, 1) in change.shortcuts_off else resid_pre + att.out
        resid_mid = change.patched(added, "resid_mid", layer)

        norm2 = self.norm2.trace(resid_mid, skip=(layer, 2) in change.norms_off)
        thought = self.ff.trace(norm2.out)
        ff_out = silenced(thought.out) if layer in change.feed_forward_off else thought.out
        ff = replace(thought, out=change.patched(ff_out, "ff.out", layer))
        grown = ff.out if (layer, 2) in change.shortcuts_off else resid_mid + ff.out
        return BlockTrace(
            resid_pre, norm1, att, resid_mid, norm2, ff, resid_post=change.patched(grown, "resid_post", layer)
        )

    def forward(self, x: Float[Tensor, "... T emb_dim"]) -> Float[Tensor, "... T emb_dim"]:
        return self.trace(x).resid_post

"""The transformer block: normalise, attend, add; normalise, think, add. The shape of the stream never changes."""

from jaxtyping import Float
from torch import Tensor, nn

from gpt_core.model.attention import SelfAttention
from gpt_core.model.config import GPTConfig
from gpt_core.model.feed_forward import FeedForward
from gpt_core.model.intervention import NOTHING, Intervention
from gpt_core.model.layer_norm import LayerNorm
from gpt_core.model.trace import BlockTrace, KeyValues


class Block(nn.Module):
    """Pre-norm: each sub-layer reads a normalised copy, and its result is added to the stream by a shortcut.

    Source: Raschka, section 4.5; Radford et al. 2019, section 2.3.
    """

    layer: int
    att: SelfAttention
    ff: FeedForward
    norm1: LayerNorm
    norm2: LayerNorm

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
        change = (intervention or NOTHING).at(self.layer)
        resid_pre = change.enter(x)

        norm1 = self.norm1.trace(resid_pre, skip=change.skips_norm(1))
        heads = {"heads_off": change.heads_off, "heads_times": change.heads_times}
        att = change.output(self.att.trace(norm1.out, past=past, causal=change.causal, **heads))
        resid_mid = change.add(resid_pre, att.out, shortcut=1)  # x + attention

        norm2 = self.norm2.trace(resid_mid, skip=change.skips_norm(2))
        ff = change.output(self.ff.trace(norm2.out, activation=change.whole.activation))
        resid_post = change.add(resid_mid, ff.out, shortcut=2)  # … + feed-forward

        return BlockTrace(resid_pre, norm1, att, resid_mid, norm2, ff, resid_post)

    def forward(self, x: Float[Tensor, "... T emb_dim"]) -> Float[Tensor, "... T emb_dim"]:
        """The stream after the block, of the shape it came in."""
        return self.trace(x).resid_post

"""GPT: embeddings, a stack of blocks, one last norm, and a logit for every token of the vocabulary."""

from collections.abc import Sequence
from typing import cast

from jaxtyping import Float, Int
from torch import Tensor, nn

from gpt_core.model.block import Block
from gpt_core.model.config import GPTConfig
from gpt_core.model.embedding import Embedding
from gpt_core.model.intervention import FINAL, NOTHING, Intervention
from gpt_core.model.layer_norm import LayerNorm
from gpt_core.model.trace import GPTTrace, KeyValues


class GPT(nn.Module):
    """GPT-2. Parameters are created in the book's order, so that `torch.manual_seed(123)` gives the book's numbers."""

    config: GPTConfig
    embedding: Embedding
    blocks: Sequence[Block]
    final_norm: LayerNorm
    out_head: nn.Linear

    def __init__(self, config: GPTConfig) -> None:
        super().__init__()
        self.config = config
        self.embedding = Embedding(config)
        blocks = nn.ModuleList(Block(config, layer) for layer in range(config.n_layers))
        self.blocks = cast("Sequence[Block]", blocks)  # torch's type forgets what a ModuleList holds
        self.final_norm = LayerNorm(config.emb_dim)
        self.out_head = nn.Linear(config.emb_dim, config.vocab_size, bias=False)
        if config.tied_head:
            self.out_head.weight = self.embedding.tok_emb.weight

    def trace(
        self,
        ids: Int[Tensor, "... T"],
        intervention: Intervention | None = None,
        *,
        past: Sequence[KeyValues] | None = None,
    ) -> GPTTrace:
        """Run the model once and keep everything it computed on the way.

        Args:
            ids: token ids, of shape [T] or [batch, T].
            intervention: what to switch off or replace in this pass alone.
            past: `kv_cache` of the trace of all earlier tokens; `ids` are then the new tokens only.

        Raises:
            ValueError: no ids, an id outside the vocabulary, more tokens than context_length,
                or an intervention on a part that this model does not have.
        """
        n_past = past[0].keys.shape[-2] if past else 0
        self._check(ids, n_past)
        change = intervention or NOTHING
        change.check(self.config)

        embedding = self.embedding.trace(ids, start=n_past, positions=not change.positions_off)
        stream = embedding.out
        blocks = []
        for layer, block in enumerate(self.blocks):
            traced = block.trace(stream, past=past[layer] if past else None, intervention=change)
            blocks.append(traced)
            stream = traced.resid_post
        final_norm = self.final_norm.trace(stream, skip=(FINAL, 1) in change.norms_off)
        return GPTTrace(ids, embedding, tuple(blocks), final_norm, self.out_head)

    def forward(self, ids: Int[Tensor, "... T"]) -> Float[Tensor, "... T vocab_size"]:
        """A logit for every token of the vocabulary after each of `ids`. Raises ValueError as `trace` does."""
        return self.trace(ids).logits

    def _check(self, ids: Int[Tensor, "... T"], n_past: int) -> None:
        n_tokens = n_past + ids.shape[-1]
        if ids.numel() == 0:
            raise ValueError("no ids: a GPT needs at least one token to say what comes next")
        if n_tokens > self.config.context_length:
            raise ValueError(f"{n_tokens} tokens do not fit in context_length={self.config.context_length}")
        lowest, highest = int(ids.min()), int(ids.max())
        if lowest < 0 or highest >= self.config.vocab_size:
            raise ValueError(f"ids run from {lowest} to {highest}, but vocab_size={self.config.vocab_size}")

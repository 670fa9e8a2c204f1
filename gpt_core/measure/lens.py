"""Reading the residual stream: what the model would say if it stopped here, and who pushed it there."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from gpt_core.measure.heads import head_outputs
from gpt_core.model.gpt import GPT
from gpt_core.model.layer_norm import EPS
from gpt_core.model.trace import GPTTrace


def stations(trace: GPTTrace) -> Float[Tensor, "... stations T emb_dim"]:
    """The stream after the embedding, then after each attention and each feed-forward: 1 + 2 * n_layers stations."""
    streams = [trace.embedding.out]
    for block in trace.blocks:
        streams += [block.resid_mid, block.resid_post]
    return torch.stack(streams, dim=-3)


def logit_lens(model: GPT, stream: Float[Tensor, "... emb_dim"]) -> Float[Tensor, "... vocab_size"]:
    """Logits as if `stream` were the last block's: always through the final norm, or the numbers mean nothing.

    Source: nostalgebraist 2020, "interpreting GPT: the logit lens".
    """
    return model.out_head(model.final_norm(stream))


@dataclass(frozen=True)
class LensGrid:
    """For each station and position the likeliest token, and how the text's own next token fares."""

    top_ids: Int[Tensor, "stations T"]
    top_probs: Float[Tensor, "stations T"]
    next_ranks: Int[Tensor, "stations T_minus_1"]  # 1 is best
    next_probs: Float[Tensor, "stations T_minus_1"]


def lens_grid(model: GPT, trace: GPTTrace) -> LensGrid:
    """The logit lens at every station and position of one text, computed one station at a time."""
    targets = trace.ids[1:, None]
    top_ids, top_probs, ranks, probs = [], [], [], []
    above = torch.empty(len(targets), model.config.vocab_size, device=targets.device)  # 1 or 0: floats add up fastest
    for stream in stations(trace):
        chances = logit_lens(model, stream).softmax(dim=-1)
        best = chances.max(dim=-1)
        of_next = chances[:-1].gather(-1, targets)
        top_ids.append(best.indices)
        top_probs.append(best.values)
        probs.append(of_next[:, 0])
        ranks.append(1 + torch.gt(chances[:-1], of_next, out=above).sum(dim=-1).long())
    return LensGrid(torch.stack(top_ids), torch.stack(top_probs), torch.stack(ranks), torch.stack(probs))


@dataclass(frozen=True)
class Contributions:
    """A logit taken apart: what each part of the model added to it directly. The parts sum to the logit."""

    embedding: Float[Tensor, ""]
    heads: Float[Tensor, "n_layers n_heads"]
    attention_bias: Float[Tensor, " n_layers"]  # out_proj's bias, which belongs to no head
    feed_forward: Float[Tensor, " n_layers"]
    final_shift: Float[Tensor, ""]

    @property
    def total(self) -> Float[Tensor, ""]:
        """The sum of all parts: the logit itself, but for rounding."""
        parts = (self.embedding, self.heads, self.attention_bias, self.feed_forward, self.final_shift)
        return torch.stack([part.sum() for part in parts]).sum()


def through_final_norm(
    model: GPT, trace: GPTTrace, part: Float[Tensor, "... emb_dim"], *, position: int
) -> Float[Tensor, "... emb_dim"]:
    """What the final norm makes of one `part` of the stream at `position`, held as it was in this pass.

    With mean and variance frozen, everything from the stream to the logits is a sum; its shift belongs to no part.
    """
    spread = torch.rsqrt(trace.final_norm.variance[position] + EPS)
    return (part - part.mean(dim=-1, keepdim=True)) * spread * model.final_norm.scale


def contributions(model: GPT, trace: GPTTrace, *, token: int, position: int = -1) -> Contributions:
    """Take the logit of vocabulary entry `token` at `position` apart.

    Only direct effects count: what a head tells later layers is theirs.
    """
    direction = model.out_head.weight[token]

    def direct(vector: Float[Tensor, "... emb_dim"]) -> Float[Tensor, "..."]:
        return through_final_norm(model, trace, vector, position=position) @ direction

    heads, biases, thoughts = [], [], []
    for block, part in zip(trace.blocks, model.blocks, strict=True):
        heads.append(direct(head_outputs(part.att, block.att.context[:, position])))
        biases.append(direct(part.att.out_proj.bias))
        thoughts.append(direct(block.ff.out[position]))
    return Contributions(
        embedding=direct(trace.embedding.out[position]),
        heads=torch.stack(heads),
        attention_bias=torch.stack(biases),
        feed_forward=torch.stack(thoughts),
        final_shift=model.final_norm.shift @ direction,
    )


def surprise(logits: Float[Tensor, "T vocab_size"], ids: Int[Tensor, " T"]) -> Float[Tensor, " T_minus_1"]:
    """How unexpected each token after the first was, in bits: minus log2 of the probability it had."""
    log_probs = logits[:-1].log_softmax(dim=-1)
    return -log_probs.gather(-1, ids[1:, None])[:, 0] / torch.log(torch.tensor(2.0))

"""Pre-norm and post-norm: the same blocks with their norms before each sub-layer, as in GPT-2, or after each sum."""

from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor

from gpt_core.measure.lens import logit_lens, surprise
from gpt_core.model.block import Block
from gpt_core.model.gpt import GPT

NormOrder = Literal["pre", "post"]


def ordered_block(block: Block, x: Float[Tensor, "T emb_dim"], order: NormOrder) -> Float[Tensor, "T emb_dim"]:
    """What leaves a block whose norms stand before its sub-layers, or after its sums. The weights are the same.

    Source: pre-norm Radford et al. 2019, section 2.3; post-norm Vaswani et al. 2017, section 3.1.
    """
    if order == "pre":
        middle = x + block.att(block.norm1(x))
        return middle + block.ff(block.norm2(middle))
    middle = block.norm1(x + block.att(x))
    return block.norm2(middle + block.ff(middle))


def ordered_stream(model: GPT, ids: Int[Tensor, " T"], order: NormOrder) -> Float[Tensor, "depth T emb_dim"]:
    """The stream as it enters the first block and as it leaves each one: depth = n_layers + 1.

    With "pre" it is `GPTTrace.residual_stream`.
    """
    stream = [model.embedding.trace(ids).out]
    for block in model.blocks:
        stream.append(ordered_block(block, stream[-1], order))
    return torch.stack(stream)


def ordered_surprise(model: GPT, ids: Int[Tensor, " T"], order: NormOrder) -> float:
    """Mean surprise at the text's own next tokens, in bits; the final norm, which the head needs, is kept in both.

    Not a number where there is but one token.
    """
    return float(surprise(logit_lens(model, ordered_stream(model, ids, order)[-1]), ids).mean())

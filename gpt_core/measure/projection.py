"""A matrix product cell by cell: what enters a head, times W_query, W_key or W_value."""

from dataclasses import dataclass
from typing import Literal, get_args

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from gpt_core.measure.by_torch import layer_norm
from gpt_core.measure.written_sum import WrittenSum, written_out
from gpt_core.model.gpt import GPT
from gpt_core.model.trace import GPTTrace

Role = Literal["query", "key", "value"]
ROLES: tuple[Role, ...] = get_args(Role)


@dataclass(frozen=True)
class Projection:
    """`inputs @ weight + bias = product`; a row of `inputs` is a token, a column of `weight` a number of the product.

    >>> x, W = torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0], [4.0]])
    >>> Projection(x, W, torch.zeros(1), x @ W).written(0, 0).total
    11.0
    """

    inputs: Float[Tensor, "T dim"]
    weight: Float[Tensor, "dim out"]
    bias: Float[Tensor, " out"]
    product: Float[Tensor, "T out"]

    def written(self, row: int, column: int, *, most: int = 6) -> WrittenSum:
        """One cell of the product as a sum, without its bias."""
        return written_out(self.inputs[row], self.weight[:, column], most=most)


def of_head(model: GPT, trace: GPTTrace, *, layer: int, head: int, role: Role) -> Projection:
    """What one head makes of the normalised stream: its queries, keys or values, as they are in the trace."""
    att = trace.blocks[layer].att
    part = getattr(model.blocks[layer].att, f"W_{role}")
    product = {"query": att.queries, "key": att.keys, "value": att.values}[role][head]
    width = product.shape[-1]
    own = slice(head * width, (head + 1) * width)
    bias = torch.zeros(width) if part.bias is None else part.bias[own].detach()
    return Projection(trace.blocks[layer].norm1.out, part.weight[own].detach().T, bias, product)


def by_torch(model: GPT, trace: GPTTrace, *, layer: int, head: int, role: Role) -> Float[Tensor, "T out"]:
    """The same product by PyTorch's own functions in double precision, from the stream that enters the block."""
    block = model.blocks[layer]
    part = getattr(block.att, f"W_{role}")
    x = layer_norm(block.norm1, trace.blocks[layer].resid_pre.double())
    whole = F.linear(x, part.weight.double(), None if part.bias is None else part.bias.double())
    return whole.unflatten(-1, (block.att.n_heads, -1))[:, head]

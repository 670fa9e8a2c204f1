"""Linear layers as torch has them, but born empty when their numbers come from a file, and quick when wide."""

from functools import cache

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

WIDE = 8_192  # outputs; narrower layers are as fast with torch's own choice (tests/benchmarks/trace_speed.py)


class Linear(nn.Linear):
    """`nn.Linear`; on the "meta" device, where there is nothing to fill, it is not filled."""

    def reset_parameters(self) -> None:
        if not self.weight.is_meta:
            super().reset_parameters()


class OutputHead(Linear):
    """A linear layer with one output for every token of the vocabulary, by oneDNN where that is possible.

    For float32 on a processor torch prefers MKL, which takes up to 1.5 times as long for so many outputs and few rows.
    The numbers differ in the last digit only. Where a gradient is wanted, torch's own way is taken.
    """

    def forward(self, input: Float[Tensor, "... inputs"]) -> Float[Tensor, "... outputs"]:
        followed = torch.is_grad_enabled() and (input.requires_grad or self.weight.requires_grad)
        ordinary = input.dtype == self.weight.dtype == torch.float32 and input.device.type == "cpu" and input.ndim > 1
        if self.out_features >= WIDE and ordinary and not followed and one_dnn_works():
            return torch.ops.mkldnn._linear_pointwise(input, self.weight, None, "none", [], "")
        return F.linear(input, self.weight)


@cache
def one_dnn_works() -> bool:
    """Whether this torch on this processor has the operation, and it computes what `F.linear` computes."""
    numbers = torch.linspace(-1, 1, 96 * 70).reshape(96, 70)
    rows, weight = numbers[:32].clone(), numbers[32:].clone()
    try:
        found = torch.ops.mkldnn._linear_pointwise(rows, weight, None, "none", [], "")
    except (AttributeError, NotImplementedError, RuntimeError):
        return False
    return torch.allclose(found, F.linear(rows, weight), rtol=1e-5, atol=1e-5)

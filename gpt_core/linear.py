"""Linear layers as torch has them, but born empty when their numbers come from a file, and quick when large."""

from collections.abc import Callable
from functools import cache

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

LARGE = 2**18  # numbers in the matrix; below, torch's own choice is as fast (tests/benchmarks/trace_speed.py)


class Linear(nn.Linear):
    """`nn.Linear`; on the "meta" device, where there is nothing to fill, it is not filled.

    For float32 on a processor torch prefers MKL, which takes 1.1 to 1.9 times as long as oneDNN for a large matrix and
    few rows. The numbers differ in the last digit only. Where a gradient is wanted, torch's own way is taken.
    """

    def reset_parameters(self) -> None:
        if not self.weight.is_meta:
            super().reset_parameters()

    def forward(self, input: Float[Tensor, "... inputs"]) -> Float[Tensor, "... outputs"]:
        followed = torch.is_grad_enabled() and (input.requires_grad or self.weight.requires_grad)
        ordinary = input.dtype == self.weight.dtype == torch.float32 and input.device.type == "cpu" and input.ndim > 1
        if self.weight.numel() >= LARGE and ordinary and not followed:
            if not self.weight.is_contiguous():  # as GPT-2's files have it: a view, turned on its side
                return turned_linear(input, self.weight, self.bias) if turned_works() else self._ordinary(input)
            if straight_works():
                return straight_linear(input, self.weight, self.bias)
        return self._ordinary(input)

    def _ordinary(self, input: Float[Tensor, "... inputs"]) -> Float[Tensor, "... outputs"]:
        return F.linear(input, self.weight, self.bias)


def straight_linear(input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """oneDNN by its own operation; it would be hundreds of times too slow for a matrix turned on its side."""
    return torch.ops.mkldnn._linear_pointwise(input, weight, bias, "none", [], "")


def turned_linear(input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """oneDNN by the setting that allows it bfloat16, which it makes no use of where `turned_works` says so."""
    setting = torch.backends.mkldnn.matmul  # pyright: ignore[reportAttributeAccessIssue] (set while torch starts)
    before, setting.fp32_precision = setting.fp32_precision, "bf16"
    try:
        return F.linear(input, weight, bias)
    finally:
        setting.fp32_precision = before


@cache
def straight_works() -> bool:
    """Whether this torch on this processor has the operation, and it computes what `F.linear` computes."""
    return _agrees(straight_linear, *_trial())


@cache
def turned_works() -> bool:
    """Whether this torch has the setting, and with it computes what `F.linear` computes: not so with AMX units."""
    rows, weight = _trial()
    return _agrees(turned_linear, rows, weight.T.contiguous().T)


def _trial() -> tuple[Tensor, Tensor]:
    numbers = torch.linspace(-1, 1, 96 * 70).reshape(96, 70)
    return numbers[:32].clone(), numbers[32:].clone()


def _agrees(linear: Callable[[Tensor, Tensor, None], Tensor], rows: Tensor, weight: Tensor) -> bool:
    try:
        found = linear(rows, weight, None)
    except (AttributeError, NotImplementedError, RuntimeError):
        return False
    return torch.allclose(found, F.linear(rows, weight), rtol=1e-5, atol=1e-5)

"""Linear layers that compute what torch's compute, in less time where the matrix is large."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn import init
from torch.overrides import TorchFunctionMode

from gpt_core.model.gpt import GPT

FILLING = (init.kaiming_uniform_, init.uniform_, init.normal_)  # what nn.Linear and nn.Embedding call
LARGE = 2**18  # numbers in the matrix; below, torch's own choice is as fast (tests/benchmarks/trace_speed.py)


class FastLinear(nn.Linear):
    """`nn.Linear` with oneDNN where it is faster.

    For float32 on a processor torch prefers MKL, which takes 1.1 to 1.9 times as long as oneDNN for a large matrix and
    few rows. The numbers differ in the last digit only. Where a gradient is wanted, torch's own way is taken.
    """

    def forward(self, input: Float[Tensor, "... inputs"]) -> Float[Tensor, "... outputs"]:
        """`input @ weight.T + bias`, as `nn.Linear` has it."""
        if input.ndim == 1:  # oneDNN wants rows
            return self.forward(input[None])[0]
        followed = torch.is_grad_enabled() and (input.requires_grad or self.weight.requires_grad)
        ordinary = input.dtype == self.weight.dtype == torch.float32 and input.device.type == "cpu"
        if self.weight.numel() >= LARGE and ordinary and not followed:
            if not self.weight.is_contiguous():  # as GPT-2's files have it: a view with its sides exchanged
                if transposed_onednn_works():
                    return transposed_onednn(input, self.weight, self.bias)
            elif contiguous_onednn_works():
                return contiguous_onednn(input, self.weight, self.bias)
        return super().forward(input)


def accelerate(model: GPT) -> GPT:
    """Exchange every linear layer of `model` for a fast one over the same parameters; returns the same model."""
    for parent in list(model.modules()):
        for name, layer in parent.named_children():
            if type(layer) is nn.Linear:
                setattr(parent, name, _fast(layer))
    return model


def _fast(layer: nn.Linear) -> FastLinear:
    with Unfilled():
        fast = FastLinear(layer.in_features, layer.out_features, bias=layer.bias is not None, device="meta")
    fast.weight, fast.bias = layer.weight, layer.bias
    return fast.train(layer.training)


class Unfilled(TorchFunctionMode):
    """Within, new layers are not given their random first numbers: for those whose numbers come from a file.

    Filling a tensor on the "meta" device does nothing but make torch import some 800 modules, in two seconds.
    """

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Called by torch for each of its functions; those that fill a tensor hand it back as it is."""
        if func in FILLING:
            return kwargs["tensor"] if kwargs and "tensor" in kwargs else args[0]
        return func(*args, **(kwargs or {}))


def contiguous_onednn(input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """oneDNN by its own operation; it would be hundreds of times too slow for a matrix with its sides exchanged."""
    return torch.ops.mkldnn._linear_pointwise(input, weight, bias, "none", [], "")


def transposed_onednn(input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """oneDNN by the setting that allows it bfloat16, which it makes no use of where `turned_works` says so."""
    setting = torch.backends.mkldnn.matmul  # pyright: ignore[reportAttributeAccessIssue] (set while torch starts)
    before, setting.fp32_precision = setting.fp32_precision, "bf16"
    try:
        return F.linear(input, weight, bias)
    finally:
        setting.fp32_precision = before


@cache
def contiguous_onednn_works() -> bool:
    """Whether this torch on this processor has the operation, and it computes what `F.linear` computes."""
    return _agrees(contiguous_onednn, *_trial())


@cache
def transposed_onednn_works() -> bool:
    """Whether this torch has the setting, and with it computes what `F.linear` computes: not so with AMX units."""
    rows, weight = _trial()
    return _agrees(transposed_onednn, rows, weight.T.contiguous().T)


def _trial() -> tuple[Tensor, Tensor]:
    numbers = torch.linspace(-1, 1, 96 * 70).reshape(96, 70)
    return numbers[:32].clone(), numbers[32:].clone()


def _agrees(linear: Callable[[Tensor, Tensor, None], Tensor], rows: Tensor, weight: Tensor) -> bool:
    try:
        found = linear(rows, weight, None)
    except (AttributeError, NotImplementedError, RuntimeError):
        return False
    return torch.allclose(found, F.linear(rows, weight), rtol=1e-5, atol=1e-5)

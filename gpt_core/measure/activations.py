"""GELU beside what other models bend with: the functions, and their slopes by autograd."""

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from gpt_core.model.feed_forward import gelu

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "GELU (tanh)": gelu,
    "GELU (erf)": F.gelu,
    "ReLU": F.relu,
    "SiLU": F.silu,
}


def slope(name: str, x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """The derivative of `ACTIVATIONS[name]` at each number of `x`, by autograd.

    >>> slope("ReLU", torch.tensor([-2.0, 3.0]))
    tensor([0., 1.])
    """
    with torch.inference_mode(mode=False), torch.enable_grad():
        at = x.detach().clone().requires_grad_()
        (derivative,) = torch.autograd.grad(ACTIVATIONS[name](at).sum(), at)
    return derivative


def at_numbers(function: Callable[[Tensor], Tensor], numbers: NDArray[np.floating]) -> NDArray[np.floating]:
    """A function of tensors at numpy's numbers, for whoever draws it."""
    return function(torch.from_numpy(np.ascontiguousarray(numbers))).numpy()

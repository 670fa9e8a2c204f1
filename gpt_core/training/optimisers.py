"""Muon: an optimiser for matrices, which turns every step until it pushes equally in all directions."""

from collections.abc import Iterable

import torch
from jaxtyping import Float
from torch import Tensor

# Keller Jordan, github.com/KellerJordan/Muon: a fifth-degree polynomial that drives singular values to about 1.
COEFFICIENTS = (3.4445, -4.7750, 2.0315)
ITERATIONS = 5


def orthogonalised(matrices: Float[Tensor, "... rows columns"]) -> Float[Tensor, "... rows columns"]:
    """For each matrix the nearest whose singular values are all about 1 (0.7 to 1.2), by a Newton-Schulz iteration.

    `torch.optim.Muon` does this in bfloat16, which processors without such units emulate fifty times too slowly; here
    it is done so only where products are halved anyway.
    """
    a, b, c = COEFFICIENTS
    x = matrices if matrices.shape[-2] <= matrices.shape[-1] else matrices.mT
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    x = x.to(torch.get_autocast_dtype("cpu")) if torch.is_autocast_enabled("cpu") else x
    for _ in range(ITERATIONS):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    return (x if matrices.shape[-2] <= matrices.shape[-1] else x.mT).to(matrices.dtype)


class Muon(torch.optim.Optimizer):
    """Momentum, then `orthogonalised`. For the matrices inside the blocks; tables and gains are AdamW's.

    Source: Jordan et al. 2024, "Muon: An optimizer for hidden layers in neural networks".
    """

    def __init__(self, params: Iterable[torch.nn.Parameter], lr: float, momentum: float = 0.95) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Move every parameter once, by its gradient. Each must be a matrix that has one."""
        for group in self.param_groups:
            alike: dict[torch.Size, list[torch.nn.Parameter]] = {}  # matrices of one shape are multiplied together
            for parameter in group["params"]:
                alike.setdefault(parameter.shape, []).append(parameter)
            for (rows, columns), parameters in alike.items():
                ahead = [self._ahead(parameter, group["momentum"]) for parameter in parameters]
                rate = group["lr"] * max(1.0, rows / columns) ** 0.5
                for parameter, moved in zip(parameters, orthogonalised(torch.stack(ahead)), strict=True):
                    parameter.add_(moved, alpha=-rate)

    def _ahead(self, parameter: torch.nn.Parameter, momentum: float) -> Tensor:
        """Nesterov: the gradient's mean, one step further."""
        if parameter.grad is None:
            raise ValueError(f"a matrix of {tuple(parameter.shape)} has no gradient")
        state = self.state[parameter]
        if "velocity" not in state:
            state["velocity"] = torch.zeros_like(parameter)
        velocity = state["velocity"].lerp_(parameter.grad, 1 - momentum)
        return parameter.grad.lerp(velocity, momentum)

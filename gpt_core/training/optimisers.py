"""Muon: an optimiser for matrices, which turns every step until it pushes equally in all directions."""

from collections.abc import Iterable

import torch
from jaxtyping import Float
from torch import Tensor

# Keller Jordan, github.com/KellerJordan/Muon: a fifth-degree polynomial that drives singular values to about 1.
COEFFICIENTS = (3.4445, -4.7750, 2.0315)
ITERATIONS = 5


def orthogonalised(matrix: Float[Tensor, "rows columns"]) -> Float[Tensor, "rows columns"]:
    """The nearest matrix whose singular values are all about 1 (0.7 to 1.2), by a Newton-Schulz iteration.

    `torch.optim.Muon` does this in bfloat16, which processors without such units emulate fifty times too slowly.
    """
    a, b, c = COEFFICIENTS
    x = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.mT
    x = x / (x.norm() + 1e-7)
    for _ in range(ITERATIONS):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x if matrix.shape[0] <= matrix.shape[1] else x.mT


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
            for parameter in group["params"]:
                state = self.state[parameter]
                if "velocity" not in state:
                    state["velocity"] = torch.zeros_like(parameter)
                velocity = state["velocity"].lerp_(parameter.grad, 1 - group["momentum"])
                ahead = parameter.grad.lerp(velocity, group["momentum"])  # Nesterov: look one step further
                rows, columns = parameter.shape
                parameter.add_(orthogonalised(ahead), alpha=-group["lr"] * max(1.0, rows / columns) ** 0.5)

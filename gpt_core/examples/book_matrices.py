"""The matrices that the book's attention begins with: its six words, and what turns them into query, key and value."""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from gpt_core.model.seeding import seeded

Version = Literal["parameters", "linear"]


def inputs() -> Float[Tensor, "word 3"]:
    """Section 3.3: the six words of "Your journey starts with one step", each as three numbers."""
    rows = [[0.43, 0.15, 0.89], [0.55, 0.87, 0.66], [0.57, 0.85, 0.64]]
    rows += [[0.22, 0.58, 0.33], [0.77, 0.25, 0.10], [0.05, 0.80, 0.55]]
    return torch.tensor(rows)


def trainable_matrices(version: Version = "parameters") -> list[Float[Tensor, "3 2"]]:
    """Section 3.4: W_query, W_key and W_value of the six words' attention; a row vector times a matrix.

    "parameters" draws three 3 × 2 matrices with seed 123 (SelfAttention_v1), "linear" three `nn.Linear` with seed 789
    (SelfAttention_v2).
    """
    if version == "parameters":
        with seeded(123):
            return [torch.rand(3, 2) for _ in ("query", "key", "value")]
    with seeded(789):
        return [nn.Linear(3, 2, bias=False).weight.detach().T for _ in ("query", "key", "value")]

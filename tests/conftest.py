"""What several tests share: a model so small and so odd that a transposed axis cannot pass by luck."""

from dataclasses import replace

import pytest
import torch

from gpt_core import GPT, GPTConfig
from gpt_core.seeding import seeded

TINY = GPTConfig(vocab_size=17, context_length=8, n_layers=2, n_heads=3, emb_dim=12)


def random_gpt(config: GPTConfig, seed: int = 5) -> GPT:
    """Random weights everywhere: biases, scales and shifts too, or a forgotten one would go unnoticed."""
    with seeded(seed):
        model = GPT(config)
        for parameter in model.parameters():
            parameter.data.normal_(0.0, 0.3)
        for norm in (module for module in model.modules() if hasattr(module, "scale")):
            norm.scale.data.add_(1.0)
    return model.eval().requires_grad_(requires_grad=False)


@pytest.fixture(scope="session")
def tiny() -> GPT:
    return random_gpt(TINY)


@pytest.fixture(scope="session")
def tiny_untied() -> GPT:
    return random_gpt(replace(TINY, tied_head=False), seed=6)


@pytest.fixture(scope="session")
def ids() -> torch.Tensor:
    return torch.tensor([3, 1, 4, 1, 5, 9, 2])

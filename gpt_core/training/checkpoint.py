"""Checkpoints: all that a training run needs to be taken up again as if nothing had happened."""

from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import nn


def save(path: Path, model: nn.Module, optimisers: Sequence[torch.optim.Optimizer] = (), *, step: int) -> None:
    """Write parameters and what the optimisers remember of each; first to another name, so a crash leaves the old."""
    tensors = {f"model.{name}": parameter.detach() for name, parameter in model.named_parameters()}
    for name, parameter in model.named_parameters():
        for optimiser in optimisers:
            remembered = optimiser.state.get(parameter, {})
            tensors |= {f"optimiser.{name}:{key}": value.contiguous() for key, value in remembered.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    save_file(tensors, unfinished, metadata={"step": str(step)})
    unfinished.replace(path)


@torch.no_grad()
def resume(path: Path, model: nn.Module, optimisers: Sequence[torch.optim.Optimizer] = ()) -> int:
    """Read a checkpoint into `model` and `optimisers`; the number of steps that were done."""
    tensors = load_file(path)
    for name, parameter in model.named_parameters():
        parameter.copy_(tensors[f"model.{name}"])
        start = f"optimiser.{name}:"
        remembered = {key.removeprefix(start): value for key, value in tensors.items() if key.startswith(start)}
        for optimiser in optimisers:
            if any(parameter is ours for group in optimiser.param_groups for ours in group["params"]):
                optimiser.state[parameter] = remembered
    with safe_open(path, framework="pt") as file:
        return int(file.metadata()["step"])

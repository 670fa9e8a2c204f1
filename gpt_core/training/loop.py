"""Training: show windows of text, measure the surprise at each next token, and move every number a little downhill."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import cos, pi, sqrt
from typing import Any, Protocol, runtime_checkable

import torch
from jaxtyping import Int
from torch import Tensor, nn

from gpt_core.measure.text_loss import next_token_loss
from gpt_core.model.embedding import sinusoids
from gpt_core.model.gpt import GPT
from gpt_core.training.optimisers import Muon

MICRO_BATCH = 1_024  # tokens in one pass; a batch is the sum of several, which needs less memory and fits the cache


@runtime_checkable
class WindowSource(Protocol):
    """Where windows come from. The same number always gives the same window, so a run can be taken up again."""

    def draw(self, first: int, n_windows: int, length: int) -> Int[Tensor, "n_windows length_and_one"]:
        """Windows `first` to `first + n_windows - 1`: `length + 1` ids each, the last only as a target."""
        ...


@dataclass(frozen=True)
class Phase:
    """A stretch of training: so many steps of so many windows. With `sampled_softmax`, only so many tokens compete."""

    steps: int
    n_windows: int
    length: int
    sampled_softmax: tuple[int, int] | None = None  # how many: the commonest tokens, and some drawn from the others
    skip: int = 0  # tokens at the start of a window whose guesses do not count


@dataclass(frozen=True)
class Recipe:
    """All there is to choose in a training run, besides the model and the text."""

    phases: tuple[Phase, ...]
    matrix_rate: float = 0.02
    other_rate: float = 3e-3
    warm_up: int = 50  # steps
    cool_down: int = 500  # steps, the last ones
    clip: float = 1.0
    late_positions: bool = False  # whether the table of positions learns fast again where windows grow
    half_products: bool = False  # multiply in bfloat16; weights, sums and steps stay float32
    seed: int = 1

    @property
    def steps(self) -> int:
        """How many steps all phases have together."""
        return sum(phase.steps for phase in self.phases)

    def at(self, step: int) -> tuple[Phase, int]:
        """The phase of `step`, and the number of its first window."""
        first_window = 0
        for phase in self.phases:
            if step < phase.steps:
                return phase, first_window + step * phase.n_windows
            step -= phase.steps
            first_window += phase.steps * phase.n_windows
        raise ValueError(f"step {step + self.steps} is past the end: this recipe has {self.steps} steps")

    def tokens(self, steps: int) -> int:
        """How many tokens the first `steps` steps show."""
        return sum(phase.n_windows * phase.length for phase, _ in map(self.at, range(steps)))

    def rate(self, step: int) -> float:
        """Warm up, hold, cool down to nothing along half a cosine; as a share of the highest rate."""
        cooled = max(0, step - (self.steps - self.cool_down)) / self.cool_down
        return min(1.0, (step + 1) / self.warm_up) * (1 + cos(pi * cooled)) / 2

    def positions_rate(self, step: int) -> float:
        """The same for the table of positions: where windows grow, the new places begin at the highest rate.

        They are met for the first time when all else has nearly come to rest. From there this rate falls along a line.
        """
        first = next((n for n in range(len(self.phases)) if self.phases[n].length > self.phases[0].length), None)
        if first is None or not self.late_positions:
            return self.rate(step)
        begin = sum(phase.steps for phase in self.phases[:first])
        return self.rate(step) if step < begin else 1 - (step - begin) / (self.steps - begin)


@dataclass(frozen=True)
class TrainingStep:
    """What one step did."""

    step: int
    tokens: int
    loss: float
    rate: float


@torch.no_grad()
def initialise(model: GPT, *, seed: int, positions: float = 0.02) -> None:
    """Give every parameter a first value, as GPT-2 does, but for positions: they start as sines, not as noise.

    `positions` is how high these sines are. Higher than the noise of the tokens (0.02), they make a head that looks
    at a place, as the one before, easy to find.
    Source: openai/gpt-2, src/model.py: w_init_stdev=0.02; Radford et al. 2019, 2.3: shortcuts scaled by 1/√N.
    """
    generator = torch.Generator().manual_seed(seed)
    for name, parameter in model.named_parameters():
        if parameter.ndim == 1:
            parameter.fill_(1.0 if name.endswith("scale") else 0.0)
        elif name.endswith("pos_emb.weight"):
            parameter.copy_(positions * sinusoids(*parameter.shape))
        else:
            ends_shortcut = name.endswith(("out_proj.weight", "down.weight"))
            parameter.normal_(
                0.0, 0.02 / sqrt(2 * model.config.n_layers) if ends_shortcut else 0.02, generator=generator
            )


def optimisers(model: nn.Module, recipe: Recipe) -> list[torch.optim.Optimizer]:
    """Muon for the matrices inside the blocks, AdamW for the tables, gains and biases."""
    named = list(model.named_parameters())
    matrices = [p for name, p in named if name.startswith("blocks.") and p.ndim == 2]
    others = [p for name, p in named if not (name.startswith("blocks.") and p.ndim == 2)]
    positions = [p for name, p in named if name.endswith("pos_emb.weight")]
    groups: list[dict[str, Any]] = [{"params": [p for p in others if not any(p is one for one in positions)]}]
    if positions:
        groups.append({"params": positions, "positions": True})
    adam = torch.optim.AdamW(groups, lr=recipe.other_rate, betas=(0.9, 0.95), weight_decay=0.0, fused=True)
    found: list[torch.optim.Optimizer] = [Muon(matrices, lr=recipe.matrix_rate), adam]
    for optimiser in found:
        for group in optimiser.param_groups:
            group["highest"] = group["lr"]
    return found


def train(
    model: GPT,
    lessons: WindowSource,
    recipe: Recipe,
    *,
    start: int = 0,
    optimising: Sequence[torch.optim.Optimizer] = (),
) -> Iterator[TrainingStep]:
    """Train `model` in place, one step each time the next item is asked for. Stop whenever you like."""
    used = optimising or optimisers(model, recipe)
    products = torch.autocast("cpu", torch.bfloat16, enabled=recipe.half_products)
    tokens = recipe.tokens(start)
    for step in range(start, recipe.steps):
        phase, first = recipe.at(step)
        drawn = torch.Generator().manual_seed(recipe.seed * 1_000_003 + step)
        batch = lessons.draw(first, phase.n_windows, phase.length)
        loss = 0.0
        for part in batch.split(max(1, MICRO_BATCH // phase.length)):
            share = len(part) / len(batch)
            with products:
                surprise = next_token_loss(
                    model, part, skip=phase.skip, sampled_softmax=phase.sampled_softmax, generator=drawn
                )
            (share * surprise).backward()
            loss += share * surprise.item()
        nn.utils.clip_grad_norm_(model.parameters(), recipe.clip)
        for optimiser in used:
            for group in optimiser.param_groups:
                share = recipe.positions_rate(step) if group.get("positions") else recipe.rate(step)
                group["lr"] = group["highest"] * share
            with products:
                optimiser.step()
            optimiser.zero_grad()
        tokens += batch[:, 1:].numel()
        yield TrainingStep(step + 1, tokens, loss, recipe.rate(step))


@torch.no_grad()
def evaluate(model: GPT, texts: Sequence[Int[Tensor, " n_tokens"]], *, length: int) -> float:
    """Mean surprise in nats over whole texts, read in windows of `length` that do not overlap."""
    total, n_tokens = 0.0, 0
    for text in texts:
        for start in range(0, len(text) - 1, length):
            window = text[start : start + length + 1][None]
            total += next_token_loss(model, window).item() * (window.shape[-1] - 1)
            n_tokens += window.shape[-1] - 1
    return total / n_tokens

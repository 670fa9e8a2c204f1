"""A GPT small enough to learn one text while a class watches: its vocabulary is the tokens of that text alone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import torch
from jaxtyping import Int
from torch import Tensor

from gpt_core.generation.generate import generate
from gpt_core.model.config import GPTConfig
from gpt_core.model.gpt import GPT
from gpt_core.model.seeding import seeded
from gpt_core.training.loop import Phase, Recipe, evaluate, initialise, train

SHORTEST = 4  # tokens: fewer hold next to nothing to learn
LONGEST_WINDOW = 32
WINDOWS = 16
SAMPLE = 24  # tokens
HELD_BACK = 5  # of so many tokens, the last one is not trained on …
ENOUGH = 20  # … where the text has so many


@dataclass(frozen=True)
class OneText:
    """Windows of one text, the start of each drawn by its number: the same number, the same window."""

    ids: Int[Tensor, " n_tokens"]

    def draw(self, first: int, n_windows: int, length: int) -> Int[Tensor, "n_windows length_and_one"]:
        """Windows number `first`, `first + 1`, … of `length` inputs and one target more."""
        n_starts = len(self.ids) - length
        starts = [
            int(torch.randint(n_starts, (1,), generator=torch.Generator().manual_seed(first + i)))
            for i in range(n_windows)
        ]
        return torch.stack([self.ids[start : start + length + 1] for start in starts])


@dataclass(frozen=True)
class Progress:
    """How far the learning is. `sample` continues the text's first token by what is likeliest, as ids of the text.

    `learner` is one and the same in all of a training: the model as it is when it is looked at.
    """

    step: int
    steps: int
    tokens: int
    loss: float  # nats per token
    sample: tuple[int, ...] | None  # now and then
    held_out: float | None = None  # nats per token, on the end of the text, which is not trained on
    learner: "Learner | None" = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, eq=False)
class Learner:
    """A tiny model, and the ids of the text that its own ids 0, 1, … stand for."""

    model: GPT
    vocabulary: tuple[int, ...]
    ids: Int[Tensor, " n_tokens"]  # what it is trained on, as its own ids


def n_trained(n_tokens: int) -> int:
    """How many tokens of a text are trained on: all of a short one, else all but the last fifth.

    >>> n_trained(19), n_trained(20)
    (19, 16)
    """
    return n_tokens - n_tokens // HELD_BACK if n_tokens >= ENOUGH else n_tokens


def learn(ids: Sequence[int], *, steps: int = 200, every: int = 20, seed: int = 123) -> Iterator[Progress]:
    """Train a fresh tiny GPT on `ids`, one step for each item asked for. Needs gradients: not under inference_mode.

    The end of a text of `ENOUGH` tokens is held back, and its loss measured at each step.

    Args:
        ids: the text, at least `SHORTEST` tokens.
        steps: how many steps in all.
        every: a sample is written at the first step and then once in so many.
        seed: of the first weights and of the order of the windows.

    Raises:
        ValueError: the text is too short.
    """
    if len(ids) < SHORTEST:
        raise ValueError(f"{len(ids)} tokens are too few to learn from; at least {SHORTEST} are needed")
    vocabulary = sorted(set(ids))
    own = torch.tensor([vocabulary.index(id) for id in ids])
    trained_on = own[: n_trained(len(ids))]
    length = min(LONGEST_WINDOW, len(trained_on) - 1)
    # A head of its own: one that is the token table finds each token itself likeliest next, which is no blind guess.
    config = GPTConfig(
        vocab_size=len(vocabulary), context_length=length + 1, emb_dim=64, n_heads=4, n_layers=2, tied_head=False
    )
    with seeded(seed):
        model = GPT(config)
    initialise(model, seed=seed)
    recipe = Recipe((Phase(steps, WINDOWS, length),), warm_up=min(10, steps), cool_down=max(1, steps // 2), seed=seed)
    learner, held_back = Learner(model, tuple(vocabulary), trained_on), own[len(trained_on) - 1 :]
    for done in train(model, OneText(trained_on), recipe):
        sample = None
        if done.step == 1 or done.step % every == 0 or done.step == steps:
            taken = [step.id for step in generate(model, [int(own[0])], max_new_tokens=min(SAMPLE, length))]
            sample = tuple(vocabulary[id] for id in (int(own[0]), *taken))
        held_out = evaluate(model, [held_back], length=length) if len(held_back) > 1 else None
        yield Progress(done.step, steps, done.tokens, done.loss, sample, held_out, learner)


def pairs(ids: Sequence[int], *, length: int, stride: int) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Windows of inputs, and the same windows moved on by one as targets: what pre-training is made of.

    Source: Raschka, section 2.6: GPTDatasetV1, max_length and stride.

    >>> pairs([5, 6, 7, 8, 9], length=2, stride=2)
    [((5, 6), (6, 7)), ((7, 8), (8, 9))]
    """
    if length < 1 or stride < 1:
        raise ValueError(f"length={length} and stride={stride} must be at least 1")
    starts = range(0, len(ids) - length, stride)
    return [(tuple(ids[i : i + length]), tuple(ids[i + 1 : i + length + 1])) for i in starts]

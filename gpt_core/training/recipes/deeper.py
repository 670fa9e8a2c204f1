"""Storyteller's third course: the books of the second, read on with more blocks.

Eight times as many books had taught six blocks the new ones, and left the old English ones where they were.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import torch

from gpt_core.model.gpt import GPT
from gpt_core.training.loop import Phase, Recipe
from gpt_core.training.recipes import more_stories
from gpt_core.training.recipes.more_stories import SAMPLED, taken_over
from gpt_core.training.recipes.storyteller import Library, follow
from gpt_core.weights import packing
from gpt_core.weights.folder import load_folder
from gpt_core.weights.model_file import MODEL_FILE

N_LAYERS = 10
SEED = 4  # of the windows: other places in the books than the second course's
# Short and long windows in turn: a place that is not met while others move is forgotten.
IN_TURN = (
    Phase(steps=100, n_windows=32, length=128, sampled_softmax=SAMPLED),
    Phase(steps=100, n_windows=16, length=256, sampled_softmax=SAMPLED),
)
RECIPE = Recipe(
    phases=(*IN_TURN * 25, Phase(steps=40, n_windows=16, length=256)),
    matrix_rate=0.01,
    other_rate=1.5e-3,
    warm_up=100,
    cool_down=4_500,
    half_products=True,
    seed=SEED,
)


def run(corpus: Path, out: Path, second: Path, recipe: Recipe = RECIPE, *, every: int = 100) -> Iterator[str]:
    """Train on from the packed model in the folder `second`, or go on where `out` has a checkpoint."""
    library = prepare(corpus)
    known = packing.trained_ids(second / MODEL_FILE)
    model = grown(taken_over(load_folder(second), known, library.vocabulary), N_LAYERS)
    return follow(model, library, recipe, out, every=every)


def prepare(folder: Path) -> Library:
    """The library of the second course, with windows at other places."""
    library = more_stories.prepare(folder)
    return replace(library, windows=replace(library.windows, seed=SEED))


@torch.no_grad()
def grown(model: GPT, n_layers: int) -> GPT:
    """The same model with more blocks, which says what it said before.

    The new blocks are copies of the last ones, set on top, whose two last linear layers begin as zeros: they compute,
    and add nothing yet. Source: Wu et al. 2024, "LLaMA Pro: Progressive LLaMA with Block Expansion", section 3.

    Raises ValueError where there would be fewer blocks than before, or more than twice as many.
    """
    before = model.config.n_layers
    if not before <= n_layers <= 2 * before:
        raise ValueError(f"{before} blocks do not grow to {n_layers}")
    larger = GPT(replace(model.config, n_layers=n_layers))
    state = dict(model.state_dict())
    for layer in range(before, n_layers):
        copied = model.blocks[layer - (n_layers - before)].state_dict()
        state |= {f"blocks.{layer}.{name}": tensor for name, tensor in copied.items()}
    larger.load_state_dict(state)
    for block in larger.blocks[before:]:
        for last in (block.att.out_proj, block.ff.down):
            last.weight.zero_()
            last.bias.zero_()
    return larger

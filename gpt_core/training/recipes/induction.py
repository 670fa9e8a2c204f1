"""The induction lab: a GPT so small, and a task so plain, that one trick is all there is to learn.

A few words in a random order, again and again: "A B C A B C A …". Nothing but the earlier copy says what comes next.
"""

from dataclasses import dataclass
from math import cos, sin

import torch
from jaxtyping import Int
from torch import Tensor

from gpt_core.model.config import GPTConfig
from gpt_core.model.embedding import sinusoids
from gpt_core.model.gpt import GPT
from gpt_core.tokenizer.bpe import Tokenizer
from gpt_core.training.loop import Phase, Recipe, initialise

WORDS = """
    the and to of a that he in was it you said his I with for they as had on her at not but him she be all so one
    them have my this from up no by out me into went very if will now king came could man down about do been old
    their or come good did an like go again well day see how more your time over two before great are back upon made
    home after never long off boy here only tree must took saw house thought water way Princess head asked eyes hand
    door night Prince cried woman fire bird dog cat horse moon sun star sea gold red white black blue green bread
    fish fox bear wolf wood road hill
"""
CONFIG = GPTConfig(context_length=64, emb_dim=128, n_heads=4, n_layers=2, tied_head=False)
PERIODS = (8, 32)  # shortest and longest; a fixed length would let a head count places instead of finding the copy
RECIPE = Recipe(
    phases=(Phase(steps=400, n_windows=32, length=CONFIG.context_length, skip=PERIODS[1]),),
    matrix_rate=0.005,
    other_rate=1e-3,
    warm_up=30,
    cool_down=150,
)
POSITIONS = 0.2  # positions begin ten times as large as token vectors, so that looking at a place is easy
SHIFT = (
    0.3  # of the final norm: all outputs then share a direction, and tokens that are never meant can stand against it
)
GAIN = 3.0  # how sharply the head that is begun for the model looks at the place before


@torch.no_grad()
def begin(model: GPT, *, seed: int) -> None:
    """First values, and a push: head 0 of layer 0 begins as one that looks at the token before.

    Left to chance, a model of this size needs thousands of steps to find such a head, and finds the other half of the
    circuit at once when it has it. The push is a start, not a rule: training is free to undo it.
    A position is a row of clock hands, (sin, cos) pairs; the head's keys are these, its queries are these turned back
    by one place, so they agree best with the key of the place before.
    """
    initialise(model, seed=seed)
    model.embedding.pos_emb.weight.copy_(POSITIONS * sinusoids(*model.embedding.pos_emb.weight.shape))
    model.final_norm.shift.fill_(SHIFT)
    attention, width = model.blocks[0].get_submodule("att"), model.config.head_dim
    speeds = 10_000 ** (-torch.arange(0, width, 2) / model.config.emb_dim)  # as in `sinusoids`
    turns = [torch.tensor([[cos(w), -sin(w)], [sin(w), cos(w)]]) for w in speeds.tolist()]
    for name, hands in (("W_key", torch.eye(width)), ("W_query", torch.block_diag(*turns))):
        rows = attention.get_submodule(name).get_parameter("weight")[:width]
        rows.zero_()[:, :width] = GAIN * hands


def word_ids(tokenizer: Tokenizer) -> Int[Tensor, " n_words"]:
    """The token of each word, with the space before it."""
    return torch.tensor([token for word in WORDS.split() for token in tokenizer.encode(" " + word)])


@dataclass(frozen=True)
class Repeats:
    """Windows of `n_words` different ids in random order, drawn once and repeated until the window is full."""

    n_words: int
    seed: int

    def draw(self, first: int, n_windows: int, length: int) -> Int[Tensor, "n_windows length_and_one"]:
        """Windows number `first` to `first + n_windows`, each of `length` tokens and the one that comes next."""
        generator = torch.Generator().manual_seed(self.seed * 1_000_003 + first)
        shortest, longest = PERIODS
        windows = []
        for _ in range(n_windows):
            period = int(torch.randint(shortest, longest + 1, (1,), generator=generator))
            words = torch.randperm(self.n_words, generator=generator)[:period]
            windows.append(words.repeat(length // period + 1)[: length + 1])
        return torch.stack(windows)

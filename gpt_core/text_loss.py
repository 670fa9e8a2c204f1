"""The loss of a model on one text: how surprised it is by each next token, in nats, and what that means."""

from dataclasses import dataclass
from math import exp, log
from pathlib import Path

from jaxtyping import Float, Int
from safetensors import safe_open
from torch import Tensor

from gpt_core import packing
from gpt_core.gpt import GPT
from gpt_core.lens import surprise
from gpt_core.trace import GPTTrace
from gpt_core.training import next_token_loss

NATS = log(2)  # in one bit


@dataclass(frozen=True)
class TextLoss:
    """The same number on two roads: as training computes it, and as the mean surprise of the tokens."""

    loss: float  # nats per token, by the function that training calls
    surprises: Float[Tensor, " T_minus_1"]  # nats, of each token after the first

    @property
    def mean_bits(self) -> float:
        """The mean surprise, in bits."""
        return float(self.surprises.double().mean()) / NATS

    @property
    def deviation(self) -> float:
        """How far apart the two roads end: nearly 0."""
        return abs(self.mean_bits * NATS - self.loss)

    @property
    def perplexity(self) -> float:
        """The doubt behind this loss, as a number of tokens."""
        return perplexity(self.loss)


def text_loss(model: GPT, trace: GPTTrace) -> TextLoss:
    """The loss of `model` on the text of `trace`, which it has read.

    Raises:
        ValueError: the text has one token: nothing comes next.
    """
    if len(trace.ids) < 2:
        raise ValueError(f"a text of {len(trace.ids)} token has no next token; at least 2 are needed")
    logits = trace.out_head(trace.final_norm.out)
    return TextLoss(float(next_token_loss(model, trace.ids[None])), surprise(logits, trace.ids) * NATS)


def perplexity(loss: float) -> float:
    """e to the loss: among how many equally likely tokens one would be as much in doubt.

    >>> round(perplexity(blind_loss(20)))
    20
    """
    return exp(min(loss, 700.0))  # more would overflow


def blind_loss(n_tokens: int) -> float:
    """The loss of a guess that holds all tokens for equally likely: ln n.

    >>> round(blind_loss(50_257), 2)
    10.82
    """
    return log(n_tokens)


def tokens_trained(path: Path) -> Int[Tensor, " n_used"]:
    """Ids of the tokens that a packed model met in training: its file stores a row for each, and few for all others."""
    with safe_open(path, framework="pt") as file:
        return file.get_tensor(packing.USED).long()

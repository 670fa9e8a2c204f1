"""A token's journey: every vector that one token is on its way through the model, by its place in the trace."""

import re
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from gpt_core.measure.lens import logit_lens
from gpt_core.model.gpt import GPT
from gpt_core.model.trace import GPTTrace

WITHIN_BLOCK = (
    "resid_pre",
    "norm1.normalised",
    "att.context",
    "att.out",
    "resid_mid",
    "norm2.normalised",
    "ff.pre",
    "ff.post",
    "ff.out",
    "resid_post",
)
OF_HEAD = ("att.queries", "att.keys", "att.values", "att.weights")
BY_KEY = ("att.keys", "att.values", "att.weights")  # one row or number for each token that may be looked at
INDEX = re.compile(r"blocks\.(\d+)\.(.+)")


def places(n_layers: int) -> list[str]:
    """All places that a token's vector passes, in order: attributes of a `GPTTrace`, written with points.

    >>> places(1)[:4]
    ['embedding.token', 'embedding.position', 'embedding.out', 'blocks.0.resid_pre']
    """
    inner = [f"blocks.{layer}.{part}" for layer in range(n_layers) for part in WITHIN_BLOCK]
    return ["embedding.token", "embedding.position", "embedding.out", *inner, "final_norm.normalised"]


def tensor_at(trace: GPTTrace, place: str) -> Tensor:
    """The tensor of a trace at a place such as `blocks.2.att.context`.

    Raises:
        AttributeError: a trace has no such place.
        IndexError: it has fewer layers.
    """
    inside = INDEX.fullmatch(place)
    found: object = trace.blocks[int(inside[1])] if inside else trace
    for name in (inside[2] if inside else place).split("."):
        found = getattr(found, name)
    assert isinstance(found, Tensor)
    return found


def vector_at(trace: GPTTrace, place: str, *, position: int) -> Float[Tensor, " n"]:
    """The numbers that one token has at a place; of a context vector, those of all heads side by side."""
    tensor = tensor_at(trace, place)
    if place.endswith("att.context"):
        return tensor[:, position].flatten()
    return tensor[position]


def of_head(trace: GPTTrace, place: str, *, head: int, position: int) -> Float[Tensor, "..."]:
    """What one head has for a query: its numbers, or for all keys up to it theirs, [key, head_dim] or [key]."""
    tensor = tensor_at(trace, place)[head]
    if place.endswith("att.weights"):
        return tensor[position, : position + 1]
    return tensor[: position + 1] if place.endswith(BY_KEY) else tensor[position]


@dataclass(frozen=True)
class Guesses:
    """What the model would say after one token if it stopped there: after the embedding, then after each block."""

    ids: Int[Tensor, "depth n"]  # the likeliest first
    probs: Float[Tensor, "depth n"]


def guesses(model: GPT, trace: GPTTrace, *, position: int, n: int = 3) -> Guesses:
    """The logit lens over one token, station by station; `depth` is one more than there are blocks.

    The last row is what the model itself says.
    """
    probs = logit_lens(model, trace.residual_stream[:, position]).softmax(dim=-1)
    best = probs.topk(n, dim=-1)
    return Guesses(best.indices, best.values)


def strongest_keys(weights: Float[Tensor, " key"], *, n: int) -> Int[Tensor, " n"]:
    """The tokens that a query looks at most, the most looked at first."""
    return torch.topk(weights, min(n, len(weights))).indices

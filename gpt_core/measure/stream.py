"""The residual stream: a sum that every attention and every feed-forward adds to, and how far each one moves it."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from gpt_core.model.trace import GPTTrace


@dataclass(frozen=True)
class Movement:
    """For each layer and token: how long each addition is, and whether it points along the stream it is added to.

    A cosine of 1 makes the stream longer, 0 turns it aside, -1 takes something back.
    """

    attention: Float[Tensor, "n_layers T"]
    feed_forward: Float[Tensor, "n_layers T"]
    attention_cosine: Float[Tensor, "n_layers T"]
    feed_forward_cosine: Float[Tensor, "n_layers T"]


def movement(trace: GPTTrace) -> Movement:
    """Measure both additions of every block."""
    blocks = trace.blocks
    return Movement(
        attention=torch.stack([block.att.out.norm(dim=-1) for block in blocks]),
        feed_forward=torch.stack([block.ff.out.norm(dim=-1) for block in blocks]),
        attention_cosine=torch.stack([F.cosine_similarity(block.att.out, block.resid_pre, dim=-1) for block in blocks]),
        feed_forward_cosine=torch.stack(
            [F.cosine_similarity(block.ff.out, block.resid_mid, dim=-1) for block in blocks]
        ),
    )


def stream_lengths(trace: GPTTrace) -> Float[Tensor, "depth T"]:
    """Length of the stream as it enters the first block and as it leaves each one, token by token."""
    return trace.residual_stream.norm(dim=-1)


def everything_added(trace: GPTTrace) -> Float[Tensor, "T emb_dim"]:
    """The embedding plus all that was ever added: with every shortcut in place, what leaves the last block."""
    added = torch.stack([block.att.out + block.ff.out for block in trace.blocks])
    return trace.embedding.out + added.sum(dim=0)

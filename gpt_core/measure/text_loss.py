"""The loss of a model on one text: how surprised it is by each next token, in nats, and what that means."""

from dataclasses import dataclass
from math import exp, log

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from gpt_core.measure.lens import surprise
from gpt_core.model.gpt import GPT
from gpt_core.model.trace import GPTTrace

NATS = log(2)  # in one bit


def next_token_loss(
    model: GPT,
    windows: Int[Tensor, "n_windows length_and_one"],
    *,
    skip: int = 0,
    sampled_softmax: tuple[int, int] | None = None,
    generator: torch.Generator | None = None,
) -> Float[Tensor, ""]:
    """Mean surprise in nats, -ln p(next token), over all places of all windows, the first `skip` left out.

    With `sampled_softmax=(common, drawn)` only the first `common` rows of the table compete, and `drawn` of the others,
    each standing for as many as were not drawn. Source: Jean et al. 2015, section 3.2.
    """
    hidden = model.trace(windows[:, :-1]).final_norm.out[:, skip:].flatten(0, -2)
    targets = windows[:, skip + 1 :].flatten()
    head = model.out_head.weight
    if sampled_softmax is None:
        return F.cross_entropy(hidden @ head.mT, targets)
    common, drawn = sampled_softmax
    n_rare = len(head) - common
    rare = common + torch.randperm(n_rare, generator=generator)[:drawn]
    rows = torch.cat([torch.arange(common), rare, torch.tensor([0])])  # one column more, for targets not among them
    stands_for = torch.zeros(len(rows))
    stands_for[common:-1] = log(n_rare / drawn)
    stands_for[-1] = -torch.inf
    column = torch.full((len(head),), common + drawn).index_copy(0, rows[:-1], torch.arange(common + drawn))[targets]
    return _loss_among(hidden, head, rows, stands_for, targets, column)


def _loss_among(
    hidden: Float[Tensor, "n_places emb_dim"],
    head: Float[Tensor, "vocab_size emb_dim"],
    rows: Int[Tensor, " n_rows"],
    stands_for: Float[Tensor, " n_rows"],
    targets: Int[Tensor, " n_places"],
    column: Int[Tensor, " n_places"],
) -> Float[Tensor, ""]:
    """The loss where only `rows` compete; a target's own logit stands in its `column`."""
    logits = F.linear(hidden, head[rows], stands_for).float()  # scores may come in half precision, sums may not
    own = (hidden * F.embedding(targets, head)).sum(-1, keepdim=True)
    return F.cross_entropy(logits.scatter_(-1, column[:, None], own), column)


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
    logits = trace.logits
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

"""What comes next: the likeliest tokens, what all the others share, and how it came about."""

from dataclasses import dataclass
from math import log

import torch
from jaxtyping import Float, Int
from torch import Tensor

from gpt_core.measure.distribution import RankGroup, by_rank, distribution
from gpt_core.measure.lens import logit_lens, stations
from gpt_core.model.gpt import GPT
from gpt_core.model.trace import GPTTrace


def rounding_of_sum(n: int) -> float:
    """How far a sum of `n` probabilities in float32 may be from 1 by rounding alone.

    A softmax divides by a sum of `n` numbers, each of which may be off by half a unit in its last place.

    >>> round(rounding_of_sum(50_257), 4)
    0.003
    """
    return n * 2.0**-24


@dataclass(frozen=True)
class Prediction:
    """A few candidates out of the whole vocabulary, and what the others amount to."""

    ids: Int[Tensor, " n"]  # the likeliest first, then those that were asked for besides
    logits: Float[Tensor, " n"]
    probs: Float[Tensor, " n"]
    ranks: Int[Tensor, " n"]  # 1 is likeliest
    highest: float  # the largest logit, which a softmax subtracts first so that no exponential overflows
    exp_sum: float  # the sum of exp(logit - highest) over the whole vocabulary
    total: float  # the sum of all probabilities, counted in double precision
    entropy: float  # bits: the doubt of a fair choice among 2 ** entropy tokens
    vocab_size: int

    @property
    def rest(self) -> float:
        """What all tokens that are not among the candidates share."""
        return max(self.total - float(self.probs.double().sum()), 0.0)


def predicted(logits: Float[Tensor, " vocab_size"], *, n: int = 12, besides: tuple[int, ...] = ()) -> Prediction:
    """The `n` likeliest tokens and those named in `besides`, out of logits for the whole vocabulary.

    >>> prediction = predicted(torch.tensor([0.0, 2.0, 1.0, -1.0]), n=2, besides=(3,))
    >>> prediction.ids.tolist(), prediction.ranks.tolist()
    ([1, 2, 3], [1, 2, 4])
    """
    top = logits.topk(min(n, len(logits))).indices
    ids = torch.tensor([*top.tolist(), *(id for id in besides if id not in top.tolist())])
    probs = logits.softmax(dim=-1)
    highest = logits.max()
    return Prediction(
        ids=ids,
        logits=logits[ids],
        probs=probs[ids],
        ranks=1 + (probs > probs[ids, None]).sum(dim=-1),
        highest=float(highest),
        exp_sum=float((logits - highest).double().exp().sum()),
        total=float(probs.double().sum()),
        entropy=float(torch.special.entr(probs.double()).sum()) / log(2),
        vocab_size=len(logits),
    )


@dataclass(frozen=True)
class WholeVocabulary:
    """Every token's share in one prediction, from the likeliest to the very last."""

    groups: list[RankGroup]
    half: int  # so many of the likeliest have half of all probability
    nine_tenths: int
    last_id: int
    last_prob: float  # in double precision: small, never 0


def whole_vocabulary(logits: Float[Tensor, " vocab_size"]) -> WholeVocabulary:
    """How the probability is spread over all tokens.

    >>> spread = whole_vocabulary(torch.tensor([5.0, 1.0, 2.0, 0.0]).log_softmax(dim=-1))
    >>> spread.half, spread.nine_tenths, spread.last_id, [(group.first, group.last) for group in spread.groups]
    (1, 1, 3, [(1, 1), (2, 4)])
    """
    probs = logits.double().softmax(dim=-1)
    so_far = probs.sort(descending=True).values.cumsum(dim=-1)
    half, nine_tenths = (1 + int((so_far < share).sum()) for share in (0.5, 0.9))
    last = int(logits.argmin())
    return WholeVocabulary(by_rank(distribution(logits, temperature=1.0)), half, nine_tenths, last, float(probs[last]))


@dataclass(frozen=True)
class Depth:
    """The logit lens at one position: what each station would predict, and how some tokens fare there."""

    top_ids: Int[Tensor, " stations"]
    top_probs: Float[Tensor, " stations"]
    ranks: Int[Tensor, "stations n"]  # 1 is best
    probs: Float[Tensor, "stations n"]


def through_depth(model: GPT, trace: GPTTrace, ids: Int[Tensor, " n"], *, position: int) -> Depth:
    """Follow the tokens `ids` from the embedding through each attention and each feed-forward."""
    logits = logit_lens(model, stations(trace)[:, position])
    probs = logits.softmax(dim=-1)
    best = probs.max(dim=-1)
    ranks = torch.stack([1 + (probs > probs[:, id, None]).sum(dim=-1) for id in ids.tolist()], dim=-1)
    return Depth(best.indices, best.values, ranks, probs[:, ids])


def lens_deviation(model: GPT, trace: GPTTrace, *, position: int) -> float:
    """Largest difference between the last station's logits and those of a model that read no further than here.

    Nearly 0: the last station is the model's own output, and no token has seen a later one.
    """
    alone = model.trace(trace.ids[: position + 1]).next_logits
    return float((logit_lens(model, stations(trace)[-1, [position]]) - alone).abs().max())

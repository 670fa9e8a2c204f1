"""What a head does: shares of its attention that go to known places, and what it writes into the stream.

Each score is a mean, over the queries that have such a place, of the weight found there; all lie between 0 and 1.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from gpt_core.model.attention import SelfAttention
from gpt_core.model.trace import GPTTrace


@dataclass(frozen=True)
class HeadScores:
    """One number per head and kind; NaN where the text holds no such place, as "same token" without any repeat."""

    previous_token: Float[Tensor, "... n_heads"]
    first_token: Float[Tensor, "... n_heads"]
    same_token: Float[Tensor, "... n_heads"]
    induction: Float[Tensor, "... n_heads"]


def previous_token_score(weights: Float[Tensor, "... T T"]) -> Float[Tensor, "..."]:
    """Mean weight on the token just before, over all queries but the first."""
    return _share(weights, _previous_token(weights.shape[-1]))


def first_token_share(weights: Float[Tensor, "... T T"]) -> Float[Tensor, "..."]:
    """Mean weight on the first token, over all queries but the first two, for which it is unavoidable or previous."""
    return _share(weights, _first_token(weights.shape[-1]))


def same_token_score(weights: Float[Tensor, "... T T"], ids: Int[Tensor, " T"]) -> Float[Tensor, "..."]:
    """Mean weight on earlier copies of the query's own token, itself not counted, over queries that have one."""
    return _share(weights, _earlier_copies(ids))


def induction_score(weights: Float[Tensor, "... T T"], ids: Int[Tensor, " T"]) -> Float[Tensor, "..."]:
    """Mean weight on the tokens that followed earlier copies of the query's token, over queries that have one.

    A head with a high score finds "A B … A" and looks at B: it can copy what came next last time.
    Source: Olsson et al. 2022, "In-context Learning and Induction Heads".
    """
    return _share(weights, _followers(ids))


def head_scores(
    weights: Float[Tensor, "... T T"], ids: Int[Tensor, " T"], *, left_out: Sequence[int] = ()
) -> HeadScores:
    """All four scores of every head; `weights` may hold one layer or several, `[..., n_heads, T, T]`.

    Places `left_out` count neither as queries nor as keys: tokens that share one vector look alike to any head.
    """
    counted = torch.ones(len(ids), dtype=torch.bool)
    counted[list(left_out)] = False
    both = counted[:, None] & counted
    return HeadScores(
        previous_token=_share(weights, _previous_token(len(ids)) & both),
        first_token=_share(weights, _first_token(len(ids)) & both),
        same_token=_share(weights, _earlier_copies(ids) & both),
        induction=_share(weights, _followers(ids) & both),
    )


def without_sink(weights: Float[Tensor, "... T T"]) -> Float[Tensor, "... T T"]:
    """Weights with the first key left out and each row made to sum to 1 again: what a sink head does besides.

    The first row had nothing else to look at and stays as it was.
    """
    rest = weights.clone()
    rest[..., 1:, 0] = 0.0
    return rest / rest.sum(dim=-1, keepdim=True).clamp(min=torch.finfo(rest.dtype).tiny)


def all_weights(trace: GPTTrace) -> Float[Tensor, "n_layers n_heads T T"]:
    """The attention weights of every head of the model."""
    return torch.stack([block.att.weights for block in trace.blocks])


def strongest(scores: Float[Tensor, "n_layers n_heads"]) -> tuple[int, int] | None:
    """Layer and head with the highest score; None where no head has one."""
    if bool(scores.isnan().all()):
        return None
    layer, head = divmod(int(scores.nan_to_num(-1.0).argmax()), scores.shape[-1])
    return layer, head


def strongest_key(weights: Float[Tensor, "T T"], query: int) -> int:
    """The earlier token that a query looks at most. Itself does not count, but the first token has nothing else.

    >>> strongest_key(torch.tensor([[1.0, 0.0, 0.0], [0.4, 0.6, 0.0], [0.1, 0.2, 0.7]]), query=2)
    1
    """
    return int(weights[query, :query].argmax()) if query else 0


def spread_over(weights: Float[Tensor, " T"]) -> float:
    """Over how many tokens a query spreads its attention: as many as would share it evenly with the same entropy.

    >>> round(spread_over(torch.tensor([0.5, 0.5, 0.0])), 3)
    2.0
    """
    return float(torch.special.entr(weights).sum().exp())


def looks_back(trace: GPTTrace, query: int, *, left_out: Sequence[int] = ()) -> Float[Tensor, "n_layers n_heads"]:
    """For each head: how much a query looks at the one earlier token that it looks at most, further back.

    What tells nothing of the text does not count: itself, the first token, where heads rest that find nothing to look
    for, and the one just before, which some heads look at in any text (but where there is no other). Nor do places
    `left_out`. NaN where nothing is left.
    """
    counted = torch.ones(query, dtype=torch.bool)
    counted[:1] = False
    counted[[place for place in left_out if place < query]] = False
    if counted[:-1].any():
        counted[-1] = False
    rows = torch.stack([block.att.weights[:, query, :query] for block in trace.blocks])
    return rows[..., counted].amax(dim=-1) if counted.any() else torch.full(rows.shape[:2], torch.nan)


def clearest_head(
    trace: GPTTrace,
    query: int,
    *,
    layer: int | None = None,
    head: int | None = None,
    n_layers: int | None = None,
    left_out: Sequence[int] = (),
) -> tuple[int, int] | None:
    """Layer and head where a query looks back most clearly (`looks_back`), of all or of one layer or one head number.

    Without `layer`, of the first `n_layers` layers.

    None where there is nothing to look back at.
    """
    scores = looks_back(trace, query, left_out=left_out)
    asked = torch.zeros_like(scores, dtype=torch.bool)
    asked[slice(n_layers) if layer is None else layer, slice(None) if head is None else head] = True
    return strongest(scores.where(asked, torch.nan))


def head_outputs(
    attention: SelfAttention, context: Float[Tensor, "n_heads *T head_dim"]
) -> Float[Tensor, "n_heads *T emb_dim"]:
    """What each head adds to the stream: its context vectors through its own slice of `out_proj`.

    Their sum and `out_proj.bias`, which belongs to no head, are the layer's `out`.
    """
    by_head = attention.out_proj.weight.unflatten(-1, (attention.n_heads, -1))  # emb_dim, n_heads, head_dim
    return torch.einsum("h...d,ehd->h...e", context, by_head)


def _previous_token(n: int) -> Bool[Tensor, "T T"]:
    return torch.ones(n, n, dtype=torch.bool).tril(-1).triu(-1)


def _first_token(n: int) -> Bool[Tensor, "T T"]:
    places = torch.zeros(n, n, dtype=torch.bool)
    places[2:, 0] = True
    return places


def _followers(ids: Int[Tensor, " T"]) -> Bool[Tensor, "T T"]:
    return _earlier_copies(ids).roll(1, dims=-1).tril(-1)


def _earlier_copies(ids: Int[Tensor, " T"]) -> Bool[Tensor, "T T"]:
    return (ids[:, None] == ids[None, :]).tril(-1)


def _share(weights: Float[Tensor, "... T T"], places: Bool[Tensor, "T T"]) -> Float[Tensor, "..."]:
    found = (weights * places).sum(dim=-1)
    return found[..., places.any(dim=-1)].mean(dim=-1)

"""The token table as a space: each row is a point, and tokens used alike lie in similar directions."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from gpt_core.model.gpt import GPT


def picked_by_one_hot(table: Float[Tensor, "vocab_size emb_dim"], id: int) -> Float[Tensor, " emb_dim"]:
    """Row `id` the long way: a vector of zeros with a single 1, times the whole table.

    >>> picked_by_one_hot(torch.tensor([[1.0, 2.0], [3.0, 4.0]]), 1)
    tensor([3., 4.])
    """
    one_hot = torch.zeros(len(table), dtype=table.dtype)
    one_hot[id] = 1
    return one_hot @ table


@dataclass(frozen=True)
class Neighbours:
    """Tokens whose vectors point most nearly the same way as one vector, nearest first."""

    ids: Int[Tensor, " n"]
    cosines: Float[Tensor, " n"]


def nearest(
    table: Float[Tensor, "vocab_size emb_dim"],
    id: int,
    *,
    n: int = 10,
    among: Int[Tensor, " candidates"] | None = None,
) -> Neighbours:
    """The `n` nearest rows by cosine, in the whole table or `among` some ids.

    Rows that no training has touched are only noise, or all alike: leave them out with `among`.
    """
    found = nearest_to(table, table[id], n=n + 1, among=among)
    others = found.ids != id
    return Neighbours(found.ids[others][:n], found.cosines[others][:n])


def nearest_to(
    table: Float[Tensor, "vocab_size emb_dim"],
    vector: Float[Tensor, " emb_dim"],
    *,
    n: int = 10,
    among: Int[Tensor, " candidates"] | None = None,
) -> Neighbours:
    """The `n` rows nearest to any vector by cosine, such as one row minus another plus a third (Mikolov et al. 2013).

    >>> nearest_to(torch.eye(3), torch.tensor([2.0, 1.0, 0.0]), n=2).ids.tolist()
    [0, 1]
    """
    rows = table if among is None else table[among]
    cosines = rows @ vector / (rows.norm(dim=-1) * vector.norm()).clamp(min=torch.finfo(rows.dtype).tiny)
    places = torch.arange(len(table)) if among is None else among
    best = cosines.topk(min(n, len(rows)))
    return Neighbours(places[best.indices], best.values)


def cosine_table(vectors: Float[Tensor, "T emb_dim"]) -> Float[Tensor, "T T"]:
    """The cosine of every pair: 1 for the same direction, 0 for none in common; 0 too for a vector of zeros."""
    lengths = vectors.norm(dim=-1, keepdim=True).clamp(min=torch.finfo(vectors.dtype).tiny)
    directions = vectors / lengths
    return directions @ directions.T


def nearest_of_each(vectors: Float[Tensor, "point emb_dim"]) -> list[int]:
    """Place of the vector most like each one by cosine, itself left out."""
    return cosine_table(vectors).fill_diagonal_(-torch.inf).argmax(dim=-1).tolist()


def nearest_by_distance(vectors: Float[Tensor, "point emb_dim"]) -> list[int]:
    """The same by another road: every vector at length 1, and how far their ends are apart.

    >>> nearest_by_distance(torch.tensor([[1.0, 0.0], [9.0, 1.0], [0.0, 1.0]]))
    [1, 0, 1]
    """
    ends = torch.nn.functional.normalize(vectors.double(), dim=-1)
    return torch.cdist(ends, ends).fill_diagonal_(torch.inf).argmin(dim=-1).tolist()


def has_own_row(model: GPT, id: int) -> bool:
    """Whether no other token has the same vector, as tokens may that training never met."""
    table = model.embedding.tok_emb.weight
    return int((table == table[id]).all(dim=-1).sum()) == 1


def most_alike(
    cosines: Float[Tensor, "T T"], ids: Sequence[int], *, left_out: Sequence[int] = ()
) -> tuple[int, int] | None:
    """Places of the two different tokens that a `cosine_table` finds most alike; None where there are no two.

    Places `left_out` do not count: tokens that share one vector are no more alike than any others.

    >>> most_alike(torch.tensor([[1.0, 1.0, 0.2], [1.0, 1.0, 0.2], [0.2, 0.2, 1.0]]), [5, 5, 7])
    (0, 2)
    """
    kinds = torch.tensor(ids)
    others = cosines.masked_fill(kinds == kinds[:, None], -torch.inf)
    others[list(left_out), :] = others[:, list(left_out)] = -torch.inf
    row, column = divmod(int(others.argmax()), len(ids))
    return (row, column) if others[row, column] > -torch.inf else None


@dataclass(frozen=True)
class Projection:
    """Points in few dimensions, and which share of the original spread each of these keeps."""

    points: Float[Tensor, "point dim"]
    shares: Float[Tensor, " dim"]


def principal_components(vectors: Float[Tensor, "point emb_dim"], *, n: int = 2) -> Projection:
    """The `n` directions in which the points differ most; zeros where there are fewer such directions than `n`.

    Each direction is turned so that its largest number is positive: a picture must not flip from run to run.
    """
    centred = vectors - vectors.mean(dim=0)
    left, sizes, directions = torch.linalg.svd(centred, full_matrices=False)
    largest = directions.abs().argmax(dim=-1, keepdim=True)
    signs = directions.gather(-1, largest).sign().squeeze(-1)
    kept = min(n, len(sizes))
    points = torch.zeros(len(vectors), n)
    points[:, :kept] = (left * sizes * signs)[:, :kept]
    spread = sizes.square()
    shares = torch.zeros(n)
    shares[:kept] = spread[:kept] / spread.sum().clamp(min=torch.finfo(spread.dtype).tiny)
    return Projection(points, shares)

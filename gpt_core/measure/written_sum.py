"""The two sums of attention written out: query times key, number by number, and weight times value, key by key."""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor


@dataclass(frozen=True)
class Term:
    """One product of the sum, and which of the numbers it is made of."""

    place: int
    left: float
    right: float
    product: float


@dataclass(frozen=True)
class WrittenSum:
    """`terms` in full, the others as one number; together they are `total`."""

    terms: tuple[Term, ...]
    n_rest: int
    rest: float

    @property
    def total(self) -> float:
        """The whole sum, what is not written out included."""
        return sum(term.product for term in self.terms) + self.rest


def written_out(left: Float[Tensor, " d"], right: Float[Tensor, " d"], *, most: int = 8) -> WrittenSum:
    """left · right with its `most` largest terms, by absolute value, in full; summed in double precision.

    >>> import torch
    >>> written_out(torch.tensor([1.0, 2.0, 3.0]), torch.tensor([0.5, -4.0, 1.0]), most=2)
    WrittenSum(terms=(Term(place=1, left=2.0, right=-4.0, product=-8.0), \
Term(place=2, left=3.0, right=1.0, product=3.0)), n_rest=1, rest=0.5)
    """
    products = left.double() * right.double()
    order = products.abs().argsort(descending=True, stable=True)
    first = order[:most].tolist()
    terms = tuple(Term(i, float(left[i]), float(right[i]), float(products[i])) for i in first)
    return WrittenSum(terms, n_rest=max(len(order) - most, 0), rest=float(products[order[most:]].sum()))


def weighted(weights: Float[Tensor, " key"], values: Float[Tensor, "key dim"]) -> Float[Tensor, "key dim"]:
    """What each key adds to a context vector: its value times its weight. The sum over the keys is the context.

    >>> import torch
    >>> weighted(torch.tensor([0.25, 0.75]), torch.tensor([[4.0, 8.0], [0.0, 4.0]])).sum(dim=0)
    tensor([1., 5.])
    """
    return weights[:, None] * values

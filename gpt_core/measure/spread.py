"""Two ways to measure a spread, and the small number that keeps a division by it safe."""

from collections.abc import Sequence
from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor


@dataclass(frozen=True)
class Spread:
    """The variance of the first `size` numbers of a vector, divided by `size` (biased) and by `size - 1`."""

    size: int
    biased: float
    unbiased: float


def bessel_excess(size: int) -> float:
    """By what share the unbiased variance is larger, whatever the numbers are.

    >>> bessel_excess(5), round(bessel_excess(768), 4)
    (0.25, 0.0013)
    """
    return 1 / (size - 1)


def spreads(vector: Float[Tensor, " n"], sizes: Sequence[int]) -> list[Spread]:
    """Both variances of the first 5, 48, … numbers of a vector; sizes it does not have are left out.

    >>> import torch
    >>> spreads(torch.tensor([1.0, 2.0, 3.0, 4.0, 5.0]), sizes=[5, 768])
    [Spread(size=5, biased=2.0, unbiased=2.5)]
    """
    fitting = [size for size in sizes if 2 <= size <= len(vector)]
    return [
        Spread(size, *(float(vector[:size].var(correction=correction)) for correction in (0, 1))) for size in fitting
    ]


def variance_after(variance: Float[Tensor, "..."], eps: float) -> Float[Tensor, "..."]:
    """The variance that normalising leaves: just under 1, and towards 0 where `eps` outweighs the variance itself.

    >>> import torch
    >>> variance_after(torch.tensor([4.0, 1e-5]), eps=1e-5)
    tensor([1.0000, 0.5000])
    """
    return variance / (variance + eps)

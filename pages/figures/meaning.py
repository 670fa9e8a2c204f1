"""What is asked for: the sides of a picture, its colours, its numbers, each as one thing with its name."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pages.figures.labels import Label
from pages.figures.palette import AxisName, ScaleName


@dataclass(frozen=True)
class Axis:
    """One side of a picture: what stands along it, what it is called, and what it means, which gives its colour.

    Tokens come as bytes, words of ours as str. Without labels it counts numbers.
    """

    labels: Sequence[Label] = ()
    title: str = ""
    meaning: AxisName = "plain"

    @classmethod
    def numbered(cls, n: int, title: str = "", meaning: AxisName = "plain") -> "Axis":
        """Layers, heads or places of a vector: 0 … n - 1.

        >>> Axis.numbered(3).labels
        ['0', '1', '2']
        """
        return cls([str(i) for i in range(n)], title, meaning)

    def check(self, n: int, what: str) -> None:
        """Raise ValueError unless there is a label for each of `n`."""
        if len(self.labels) != n:
            raise ValueError(f"{len(self.labels)} labels do not fit {n} {what}")


@dataclass(frozen=True)
class Scale:
    """What colours stand for: their kind, where they end (one number, or both ends), and the bar that explains them."""

    kind: ScaleName
    limit: float | tuple[float, float] | None = None
    title: str = ""
    bar: bool = True


@dataclass(frozen=True)
class Masked:
    """Cells that hold no number: where they are, and what they say instead."""

    where: NDArray[np.bool_]
    label: str = ""


@dataclass(frozen=True)
class Cells:
    """The numbers of a heatmap: how they are written, whether in the cells too, and words in their place."""

    format: str = ".3f"
    shown: bool = False
    labels: Sequence[Sequence[Label]] | None = None


@dataclass(frozen=True)
class Measure:
    """The axis of the numbers: its title, how they are written, whether it is logarithmic.

    `texts` are the numbers in words of ours, one for each.
    """

    title: str = ""
    format: str | None = None
    log: bool = False
    texts: Sequence[str] | None = None


@dataclass(frozen=True)
class Beside:
    """Other numbers for the same labels, drawn beside the first; `names` are those of both, for the legend."""

    values: ArrayLike
    names: tuple[str, str]


@dataclass(frozen=True)
class Points:
    """Where numbers fall on a curve, their name in the legend, and a label for each."""

    values: ArrayLike
    name: str = ""
    labels: Sequence[Label] | None = None


@dataclass(frozen=True)
class Parts:
    """A column of numbers for each key [key, dim], and their sum at the right."""

    values: NDArray[np.floating]
    title: str
    sum_title: str = "Σ"


@dataclass(frozen=True)
class Spelling:
    """How numbers are written: by Plotly, as its format says, and by us, in the reader's language."""

    format: str = ".2f"
    written: Callable[[float], str] = "{:.2f}".format


Drawn = dict[str, Any]  # a trace, a shape or an axis as Plotly wants it

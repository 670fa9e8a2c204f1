"""The sides of a picture: labels or numbers along one, measured values along the other."""

from collections.abc import Mapping, Sequence, Sized
from dataclasses import dataclass
from typing import Literal

from numpy.typing import ArrayLike

from pages.figures.labels import Label
from pages.figures.palette import NEUTRAL, AxisName


@dataclass(frozen=True)
class Axis:
    """A side with labels: what stands along it, its title, and what it means, which gives its colour.

    The labels stand at 0 … n-1; two of them may be equal.
    """

    labels: Sequence[Label]
    title: str = ""
    meaning: AxisName = "plain"

    def __len__(self) -> int:
        return len(self.labels)

    @classmethod
    def numbered(cls, n: int, title: str = "", meaning: AxisName = "plain") -> "Axis":
        """Labels "0" … "n-1".

        >>> Axis.numbered(3, "head").labels
        ['0', '1', '2']
        """
        return cls([str(i) for i in range(n)], title, meaning)


@dataclass(frozen=True)
class NumberAxis:
    """A side with numbers instead of labels; without `values` they are 0 … n-1."""

    values: ArrayLike | None = None
    title: str = ""
    meaning: AxisName = "plain"


@dataclass(frozen=True)
class Measure:
    """The side along which values are measured.

    `format` is a d3 format, https://github.com/d3/d3-format; without one the picture has its usual. On a `log` axis
    what is not above 0 has no place. `texts` are the numbers in words of ours, one for each label, in place of
    formatted ones. Where they are not `written`, the pointer tells them.
    """

    title: str = ""
    format: str | None = None
    log: bool = False
    texts: Sequence[str] | None = None
    written: bool = True

    def refuse(self, *unused: Literal["log", "texts"]) -> None:
        """Raise ValueError where one of `unused`, which the picture at hand would not show, is set."""
        for name in unused:
            if getattr(self, name):
                raise ValueError(f"this picture has no use for {name}={getattr(self, name)!r}")


@dataclass(frozen=True)
class Beside:
    """A second series beside the first, the names of both, (first, second), for the legend, and its colour."""

    values: ArrayLike
    names: tuple[str, str] = ("", "")
    colour: str = NEUTRAL


USUAL_MEASURE = Measure()
ZERO_TO_N = NumberAxis()


def check_lengths(n_labels: int, series: Mapping[str, Sized | None], *, of: str = "labels") -> None:
    """Raise ValueError where one of the series that are there has another length than the labels.

    >>> check_lengths(2, {"values": [1, 2, 3], "texts": None})
    Traceback (most recent call last):
    ValueError: values: 3 do not fit 2 labels
    """
    for name, one in series.items():
        if one is not None and len(one) != n_labels:
            raise ValueError(f"{name}: {len(one)} do not fit {n_labels} {of}")

"""Matrices of queries and keys side by side, as large as can be: the first names the rows for all."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pages import figures, show
from pages.figures import Axis, Cells, Label, Masked, Scale
from pages.ui.chapter import check, write
from pages.ui.components.chart import Click
from pages.ui.layout import pictures
from pages.ui.words import _

WIDTHS = 1.35, 1, 1  # the first has the names of the rows
LETTERS = 8  # of a token's name beside them
FEW = 6  # tokens up to which a narrow picture has room for its numbers


@dataclass(frozen=True)
class Matrix:
    """One of them under its name; what `masked` marks is grey, and says so."""

    key: str
    name: str
    values: NDArray[np.floating]
    masked: NDArray[np.bool_] | None = None
    scale: Scale = Scale("probability", bar=False)  # noqa: RUF009 (frozen)
    masked_label: str | None = None


def side_by_side(
    matrices: Sequence[Matrix],
    tokens: Sequence[Label],
    *,
    selected: tuple[int, int] | None = None,
    on_click: Callable[[Click], None] | None = None,
    height: int = 368,
    numbers: bool = True,
) -> None:
    """Three matrices over the same tokens; the pointer tells the numbers that have no room."""
    labels = [figures.shortened(token, LETTERS) for token in tokens]
    for matrix, column in zip(matrices, pictures(*WIDTHS), strict=True):
        says = _("masked: it comes later") if matrix.scale.kind == "probability" else _("minus infinity")
        first = matrix is matrices[0]
        figure = figures.heatmap(
            matrix.values,
            Axis(labels, _("query") if first else "", "query"),
            Axis(labels, _("key"), "key"),
            scale=matrix.scale,
            masked=None if matrix.masked is None else Masked(matrix.masked, matrix.masked_label or says),
            selected=selected,
            cells=Cells(".2f", shown=numbers and len(tokens) <= FEW),
            square=True,
        )
        if not first:
            figure = figure.own()
            figure.update_yaxes(tickvals=[0], ticktext=[""])
        with column:
            write(f"**{matrix.name}**")
            alt = _("{name}: each row is a query, each column a key.").format(name=matrix.name)
            show.chart(matrix.key, figure, alt, height=height, on_click=on_click)


def two_ways(
    free: NDArray[np.floating],
    renormalised: NDArray[np.floating],
    weights: NDArray[np.floating],
    later: NDArray[np.bool_],
    tokens: Sequence[Label],
    *,
    key: str,
) -> None:
    """The weights without a mask, and masked in both ways, which give the same."""
    matrices = (
        Matrix(f"{key}_free", _("softmax without a mask"), free),
        Matrix(f"{key}_again", _("zeroed, renormalised"), renormalised, later),
        Matrix(f"{key}_infinity", _("−∞, then softmax"), weights, later),
    )
    side_by_side(matrices, tokens)
    deviation = float(np.abs(renormalised - weights).max())
    said = _("Both ways give the same weights: the largest deviation is {deviation:tiny}.")
    check(deviation < 1e-5, said, deviation=deviation)

"""What a picture shows, in words with its own numbers, for those who hear the page instead of seeing it."""

import functools
from collections.abc import Callable, Sequence
from typing import ParamSpec

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from pages.figures import Label, visible
from pages.figures.kept import KEPT
from pages.ui.words import _, language, listed, number, percent, percent_or_less

MOST = 3  # bars, or columns of a table, that are told of
Writes = Callable[[float], str]
P = ParamSpec("P")


def _kept(tell: Callable[P, str]) -> Callable[P, str]:
    """Say it once of the same numbers in the same language, for all readers."""

    @functools.wraps(tell)
    def told(*args: P.args, **named: P.kwargs) -> str:
        return KEPT.of(tell, args, named, language())

    return told


def _named(label: Label) -> str:
    return _("“{token}”").format(token=visible(label)) if isinstance(label, bytes) else label


def share(value: float) -> str:
    """A weight, a probability, or how much one has grown."""
    return percent(value) if value < 0 else percent_or_less(value)


def plain(value: float) -> str:
    """Any other number."""
    return number(value, 2)


@_kept
def of_cells(
    values: NDArray[np.floating],
    rows: Sequence[Label],
    columns: Sequence[Label],
    *,
    masked: NDArray[np.bool_] | None = None,
    selected: tuple[int, int] | None = None,
    writes: Writes = plain,
) -> str:
    """Of a matrix: where its largest number stands, how small its smallest is, and what the chosen cell says."""
    hidden = ~np.isfinite(values) if masked is None else ~np.isfinite(values) | masked
    if hidden.all():
        return ""

    def at(row: int, column: int) -> dict[str, str]:
        value = writes(float(values[row, column]))
        return {"row": _named(rows[row]), "column": _named(columns[column]), "value": value}

    row, column = divmod(int(np.where(hidden, -np.inf, values).argmax()), values.shape[1])
    least = writes(float(values[~hidden].min()))
    said = [_("Largest: {row} → {column}, {value}; smallest: {least}.").format(**at(row, column), least=least)]
    if selected is not None and not hidden[selected]:
        said.append(_("Chosen: {row} → {column}, {value}.").format(**at(*selected)))
    return " ".join(said)


@_kept
def of_candidates(tokens: Sequence[Label], probs: ArrayLike, *, writes: Writes = share) -> str:
    """Of bars: the longest of them, with their numbers."""
    numbers = np.asarray(probs, np.float64)
    longest = np.argsort(-np.abs(numbers), kind="stable")[:MOST]
    bars = listed(f"{_named(tokens[i])} {writes(float(numbers[i]))}" for i in longest)
    return _("Longest bars: {bars}.").format(bars=bars)


def of_table(table: pd.DataFrame) -> str:
    """Of any picture's numbers, named by their first column: how far each of the others goes, and where."""
    numbers = table.iloc[:, 1:].select_dtypes("number")
    numbers = numbers.loc[:, np.isfinite(numbers.to_numpy(np.float64)).any(axis=0)]
    if numbers.empty:
        return ""
    places = [plain(one) if isinstance(one, float) else str(one) for one in table.iloc[:, 0].tolist()]
    values, columns = numbers.to_numpy(np.float64), [str(one) for one in numbers.columns]
    counts = bool((values[np.isfinite(values)] % 1 == 0).all())
    writes = (lambda value: number(value, 0)) if counts else plain
    if len(columns) > MOST:
        return of_cells(values, places, columns, writes=writes)
    said = _("{column}: largest {most} ({place}), smallest {least} ({other}).")
    return " ".join(
        said.format(
            column=columns[i],
            most=writes(float(np.nanmax(column))),
            place=places[int(np.nanargmax(column))],
            least=writes(float(np.nanmin(column))),
            other=places[int(np.nanargmin(column))],
        )
        for i, column in enumerate(np.where(np.isfinite(values), values, np.nan).T)
    )

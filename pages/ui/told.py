"""What a picture shows, in words with its own numbers, for those who hear the page instead of seeing it."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pages.figures import Label, visible
from pages.ui.words import _, listed, number, percent, percent_or_less

MOST = 3  # bars that are told of
Writes = Callable[[float], str]


def _named(label: Label) -> str:
    return _("“{token}”").format(token=visible(label)) if isinstance(label, bytes) else label


def share(value: float) -> str:
    """A weight, a probability, or how much one has grown."""
    return percent(value) if value < 0 else percent_or_less(value)


def plain(value: float) -> str:
    """Any other number."""
    return number(value, 2)


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


def of_candidates(tokens: Sequence[Label], probs: ArrayLike, *, writes: Writes = share) -> str:
    """Of bars: the longest of them, with their numbers."""
    numbers = np.asarray(probs, np.float64)
    longest = np.argsort(-np.abs(numbers), kind="stable")[:MOST]
    bars = listed(f"{_named(tokens[i])} {writes(float(numbers[i]))}" for i in longest)
    return _("Longest bars: {bars}.").format(bars=bars)

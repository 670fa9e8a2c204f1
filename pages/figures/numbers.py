"""The numbers of a picture as a table: what it was given, under the labels that are seen on it.

What Plotly holds would not do: lengths are scaled there, places are logarithms, and labels are escaped.
"""

from collections.abc import Container, Iterable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from pages.figures.axis import Axis
from pages.figures.labels import Label, shown

OURS = "\0"  # in front of a heading in words of ours, which no label that is seen begins with: its reader translates it
NAME, NUMBER = f"{OURS}name", f"{OURS}number"  # columns to which their picture gives no title

SAID_OF_A_LABEL = ("query", "key", "token", "position")  # meanings that say what each label is, and no mere colour


def distinct(labels: Sequence[Label]) -> list[str]:
    """Labels as they are seen, with their places in front where two of them are equal.

    >>> distinct([b" the", b"<b>"]), distinct([b"the", b"the"])
    (['␣the', '<b>'], ['0 the', '1 the'])
    """
    seen = [shown(label) for label in labels]
    return seen if len(set(seen)) == len(seen) else [f"{i} {label}" for i, label in enumerate(seen)]


def heading(side: Axis) -> str:
    """What the column of a side's labels is called."""
    return side.title or (OURS + side.meaning if side.meaning in SAID_OF_A_LABEL else NAME)


def free_heading(asked: str, taken: Container[str]) -> str:
    """The heading, with a number behind it where it is taken."""
    free, n = asked, 1
    while free in taken:
        n += 1
        free = f"{asked} ({n})"
    return free


def table_of(named: Iterable[tuple[str, ArrayLike]]) -> pd.DataFrame:
    """Columns of any length under their names, of which no two may be equal, as tables on screen want it.

    >>> list(table_of([("a", [1]), ("a", [2, 3]), ("", [4])]))
    ['a', 'a (2)', '\\x00number']
    """
    made: dict[str, pd.Series] = {}
    for name, values in named:
        asked = name if name.startswith(OURS) else shown(name) or NUMBER
        made[free_heading(asked, made)] = pd.Series(values if isinstance(values, list) else np.asarray(values))
    return pd.DataFrame(made)


def table_by_label(side: Axis, series: Iterable[tuple[str, ArrayLike]]) -> pd.DataFrame:
    """A row for each label, a column for each series."""
    return table_of([(heading(side), distinct(side.labels)), *series])


def table_of_matrix(
    values: NDArray[np.floating], rows: Axis, across: Axis, *, masked: NDArray[np.bool_] | None = None
) -> pd.DataFrame:
    """A row for each row of a matrix; a masked cell has no number."""
    numbers = np.array(values, np.float64 if values.dtype == np.float64 else np.float32)
    if masked is not None:
        numbers[masked] = np.nan
    return table_by_label(rows, zip(distinct(across.labels), numbers.T, strict=True))


def table_of_cells(
    values: NDArray[np.floating], rows: Axis, across: Axis, labels: Sequence[Sequence[Label]], measure: str
) -> pd.DataFrame:
    """A row for each cell of a matrix in which something is written."""
    down, along = np.indices(values.shape).reshape(2, -1)
    row_names, column_names = distinct(rows.labels), distinct(across.labels)
    return table_of(
        [
            (heading(rows), [row_names[i] for i in down]),
            (heading(across), [column_names[i] for i in along]),
            (NAME, [shown(label) for row in labels for label in row]),
            (measure, values.reshape(-1)),
        ]
    )

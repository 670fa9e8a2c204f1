"""Rows of small pieces: tokens of several encodings one below the other, a word's parts after each merge."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import zip_longest

import pandas as pd
from streamlit.components.v2 import component

from pages.figures.numbers import NAME, NUMBER, OURS
from pages.ui import session, shown, tables
from pages.ui.components import HERE, script
from pages.ui.shown import Line

_mount = component(
    "glassbox_chips",
    html='<div class="rows"></div>',
    css=(HERE / "chips.css").read_text("utf-8"),
    js=script("chips.js"),
)


@dataclass(frozen=True)
class Row:
    """Pieces side by side, with what they are at the left. All texts are shown exactly as they are."""

    label: str
    pieces: Sequence[str]
    notes: Sequence[str] = ()  # below each piece, in small type
    marked: Sequence[int] = ()  # pieces that are new, or that something is said about
    plain: bool = False  # without colours: bytes, not tokens


def draw(rows: Sequence[Row], *, key: str, label: str, growing: bool = False) -> None:
    """Draw the rows; long ones wrap, many scroll. Where they are `growing`, the last one stays in sight."""
    tables.add(label, lambda: _table(rows))
    shown.pieces(label, [Line(row.label, row.pieces, row.notes, row.marked) for row in rows])
    if session.is_aside():
        return
    _mount(
        key=key,
        data={"label": label, "rows": [asdict(row) | {"marked": list(row.marked)} for row in rows], "growing": growing},
    )


def _table(rows: Sequence[Row]) -> pd.DataFrame:
    """A line for each piece, with the row it stands in and what stands below it."""
    pieces = [
        (row.label, piece, note) for row in rows for piece, note in zip_longest(row.pieces, row.notes, fillvalue="")
    ]
    return pd.DataFrame(pieces, columns=pd.Index([NAME, f"{OURS}token", NUMBER]))
